"""What frameworks and people log, and the pair a person would choose: the table in frameworks.txt.

Each entry is a name, then ``directory when: tag | tag`` (``when`` is a function of tests/rows.py), then
``= train -> val`` with tags of the first directory or ``directory::tag``, and ``by`` what the steps count where it
matters. Written down from the sources of the frameworks and from public training scripts.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from diagnostics.logs.run import Key, Rows
from tests import rows

_LOGGED = re.compile(r"  (?P<directory>.+) (?P<when>\w+): (?P<tags>.+)")
_EXPECTED = re.compile(r"  = (?P<train>.+) -> (?P<val>.+?)(?: by (?P<axis>epoch|step|mixed))?")


@dataclass(frozen=True)
class Framework:
    """One entry of the table."""

    name: str
    directories: dict[str, dict[str, Rows]]
    train: Key | None
    val: Key | None
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
    return Framework(name, directories, _key(end["train"], first), _key(end["val"], first), end["axis"])


def _key(text: str, directory: str) -> Key | None:
    if text == "none":
        return None
    return Key(*text.split("::", 1)) if "::" in text else Key(directory, text)


_TABLE = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8")
FRAMEWORKS = [_framework(entry) for entry in _TABLE.strip().split("\n\n")]
