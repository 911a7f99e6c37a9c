"""Advisories: whether a version that requirements.txt pins is one that an advisory warns of, without a network.

``python -m tests.advisories`` checks the pinned versions against ``tests/advisories.json``. That list was written by
hand and compared with no database: it has the advisories that we knew of at its date, not all there are, so that it
proves a version bad and none good. Where there is a network, download the export of the OSV database for Python
packages (a ZIP with a JSON file for each advisory) and give it to ``python -m tests.advisories --renew all.zip``, which
makes the list anew and complete for what we pin.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).parent.parent
LIST = Path(__file__).with_suffix(".json")
PINNED = (ROOT / "requirements.txt", ROOT / "tests" / "requirements.txt")


class Advisory(NamedTuple):
    """``package`` is affected from version ``introduced`` on, up to but not at ``fixed``, which may be missing."""

    id: str
    package: str
    introduced: str
    fixed: str | None

    def affects(self, version: str) -> bool:
        """Whether the version is in the range."""
        try:
            known = Version(version)
            return Version(self.introduced) <= known and (self.fixed is None or known < Version(self.fixed))
        except InvalidVersion:
            return False


def pinned() -> dict[str, str]:
    """Package -> the version that is pinned."""
    lines = [line for path in PINNED for line in path.read_text(encoding="utf-8").splitlines()]
    needed = [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]
    return {
        canonicalize_name(one.name): spec.version for one in needed for spec in one.specifier if spec.operator == "=="
    }


def advisories() -> tuple[datetime.date, list[Advisory]]:
    """The date of the list, and what it holds."""
    content = json.loads(LIST.read_text(encoding="utf-8"))
    return datetime.date.fromisoformat(content["date"]), [Advisory(*row) for row in content["advisories"]]


def warnings(versions: dict[str, str], listed: Iterable[Advisory]) -> list[str]:
    """A sentence for each version that an advisory is about."""
    return [
        f"{name} {versions[name]} is affected by {advisory.id}; {_way_out(advisory)}"
        for advisory in listed
        if (name := canonicalize_name(advisory.package)) in versions and advisory.affects(versions[name])
    ]


def _way_out(advisory: Advisory) -> str:
    return f"pin {advisory.fixed} or newer" if advisory.fixed else "nothing newer mends it"


def exported(archive: zipfile.ZipFile, packages: Iterable[str]) -> Iterator[Advisory]:
    """The advisories of an OSV export that are about the packages and were not withdrawn."""
    wanted = set(packages)
    for name in archive.namelist():
        advisory = json.loads(archive.read(name))
        for affected in () if advisory.get("withdrawn") else advisory.get("affected", ()):
            package = canonicalize_name(affected.get("package", {}).get("name", ""))
            if package in wanted:
                yield from (
                    Advisory(advisory["id"], package, *limits) for limits in _limits(affected.get("ranges", ()))
                )


def _limits(ranges: Iterable[dict[str, object]]) -> Iterator[tuple[str, str | None]]:
    for span in ranges:
        events = span["events"] if span.get("type") == "ECOSYSTEM" else []
        introduced: str | None = None
        for event in events:  # type: ignore[attr-defined]
            if "introduced" in event:
                introduced = event["introduced"]
            elif introduced is not None and "fixed" in event:
                yield introduced, event["fixed"]
                introduced = None
        if introduced is not None:
            yield introduced, None


def main() -> int:
    """Check, or renew the list and check."""
    parser = argparse.ArgumentParser(description="Check the pinned versions against the list of advisories.")
    parser.add_argument("--renew", type=Path, metavar="ZIP", help="make the list anew from an export of OSV")
    options = parser.parse_args()
    if options.renew:
        with zipfile.ZipFile(options.renew) as archive:
            rows = sorted(set(exported(archive, pinned())), key=lambda row: (row.package, row.id, row.introduced))
        LIST.write_text(json.dumps({"date": str(datetime.date.today()), "advisories": rows}, indent=1) + "\n")
    date, listed = advisories()
    found = warnings(pinned(), listed)
    print(
        "\n".join(found)
        or f"none of {len(pinned())} pinned versions is in the {len(listed)} ranges of the list of {date}"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
