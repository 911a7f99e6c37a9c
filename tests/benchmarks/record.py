"""Record: a benchmark's table in the page of docs/ that reports it."""

from __future__ import annotations

import os
import platform
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def record(page: str, name: str, text: str, *, write: bool) -> None:
    """Print ``text`` and the machine; ``write`` also puts them into ``docs/<page>``.

    They go between the lines ``<!-- name: begin -->`` and ``<!-- name: end -->``.

    Raises ``ValueError`` when the page has no such place.
    """
    measured = f"{text.strip()}\n\n{machine()}"
    print(measured)
    if not write:
        return
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    path = DOCS / page
    before, found, rest = path.read_text(encoding="utf-8").partition(begin)
    if not found or end not in rest:
        raise ValueError(f"{path} has no place for {name}; add the lines {begin} and {end} where its table belongs")
    path.write_text(f"{before}{begin}\n{measured}\n{end}{rest.partition(end)[2]}", encoding="utf-8")


def machine() -> str:
    """One sentence on what the numbers were measured on."""
    return f"Measured on {os.cpu_count()} shared cores ({platform.machine()}), Python {platform.python_version()}."
