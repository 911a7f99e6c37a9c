"""What frameworks and people log, and the pair a person would choose: the table in frameworks.txt.

Each entry is a name, then ``directory when: tag | tag`` (``when`` is a function of tests/rows.py), then
``= train -> val`` with tags of the first directory or ``directory::tag``, ``beside`` the training loss where validation
has a metric alone, and ``by`` what the steps count where it matters. Written down from the sources of the frameworks
and from public training scripts.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from diagnostics.logs.run import Key, Rows
from tests import rows

_LOGGED = re.compile(r"  (?P<directory>.+) (?P<when>\w+): (?P<tags>.+)")
_EXPECTED = re.compile(
    r"  = (?P<train>.+) -> (?P<val>.+?)(?: beside (?P<beside>.+?))?(?: by (?P<axis>epoch|step|mixed))?"
)


@dataclass(frozen=True)
class Framework:
    """One entry of the table."""

    name: str
    directories: dict[str, dict[str, Rows]]
    train: Key | None
    val: Key | None
    beside: Key | None
    axis: str | None


def _framework(entry: str) -> Framework:
    name, *logged, expected = entry.splitlines()
    directories: dict[str, dict[str, Rows]] = {}
    for line in logged:
        found = _LOGGED.fullmatch(line)
        assert found, line
        when = getattr(rows, found["when"])
        directories.setdefault(found["directory"], {}).update({tag: when() for tag in found["tags"].split(" | ")})
    end = _EXPECTED.fullmatch(expected)
    assert end, expected
    first = next(iter(directories))
    train, val, beside = (_key(end[side], first) for side in ("train", "val", "beside"))
    return Framework(name, directories, train, val, beside, end["axis"])


def _key(text: str | None, directory: str) -> Key | None:
    if text in (None, "none"):
        return None
    return Key(*text.split("::", 1)) if "::" in text else Key(directory, text)


_TABLE = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8")
FRAMEWORKS = [_framework(entry) for entry in _TABLE.strip().split("\n\n")]
