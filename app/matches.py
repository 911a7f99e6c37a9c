"""Matches: which series a person chose by hand, remembered in their own folder, as log folders are never written to."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from diagnostics import Key

Sides = tuple[Key | None, Key | None]
"""The training and the validation side; one that was left open is the best partner of the other."""


def file() -> Path:
    """Where the choices are kept, by the XDG base directory specification."""
    given = os.environ.get("XDG_STATE_HOME", "")
    state = Path(given) if os.path.isabs(given) else Path(os.path.expanduser("~"), ".local", "state")
    return state / "fitwatch" / "matches.json"


def remembered(place: str) -> dict[str, Sides]:
    """The choices for a folder or URL, by run; what cannot be understood is as if it had never been written."""
    runs = _written().get(place)
    read = {name: _sides(sides) for name, sides in runs.items()} if isinstance(runs, dict) else {}
    return {name: sides for name, sides in read.items() if sides is not None}


def remember(place: str, run: str, sides: Sides | None) -> None:
    """Keep the choice, or forget it where there is none. Raises ``OSError`` when the file cannot be written."""
    places = _written()
    runs = places.get(place)
    kept = {**runs} if isinstance(runs, dict) else {}
    kept.pop(run, None)
    if sides is not None:
        kept[run] = dict(zip(("train", "val"), sides, strict=True))
    places[place] = kept
    path = file()
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        scratch.write_text(json.dumps({name: runs for name, runs in places.items() if runs}, indent=1))
        scratch.replace(path)
    except OSError:
        with suppress(OSError):
            scratch.unlink()
        raise


def _written() -> dict[str, Any]:
    try:
        places = json.loads(file().read_bytes())
    except (OSError, ValueError):
        return {}
    return places if isinstance(places, dict) else {}


def _sides(written: object) -> Sides | None:
    if not isinstance(written, Mapping):
        return None
    train, val = _key(written.get("train")), _key(written.get("val"))
    return (train, val) if train or val else None


def _key(written: object) -> Key | None:
    if isinstance(written, list) and len(written) == 2 and all(isinstance(part, str) for part in written):
        return Key(*written)
    return None
