"""Matches: which series a person chose by hand, remembered beyond this process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from app.folder import remembered as kept
from diagnostics import Key

Sides = tuple[Key | None, Key | None]
"""The training and the validation side; one that was left open is the best partner of the other."""


def file() -> Path:
    """Where the choices are kept."""
    return kept.file("matches")


def remembered(place: str) -> dict[str, Sides]:
    """The choices for a folder or URL, by run; what cannot be understood is as if it had never been written."""
    read = {name: _sides(sides) for name, sides in kept.kept("matches", place).items()}
    return {name: sides for name, sides in read.items() if sides is not None}


def remember(place: str, run: str, sides: Sides | None) -> None:
    """Keep the choice, or forget it where there is none. Raises ``OSError`` when the file cannot be written."""
    written = None if sides is None else dict(zip(("train", "val"), sides, strict=True))
    kept.keep("matches", place, {run: written})


def _sides(written: object) -> Sides | None:
    if not isinstance(written, Mapping):
        return None
    train, val = _key(written.get("train")), _key(written.get("val"))
    return (train, val) if train or val else None


def _key(written: object) -> Key | None:
    if isinstance(written, list) and len(written) == 2 and all(isinstance(part, str) for part in written):
        return Key(*written)
    return None
