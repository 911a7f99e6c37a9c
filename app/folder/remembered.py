"""Kept: what a person decided about runs, remembered in their own folder, as log folders are never written to."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

Kind = Literal["matches", "told", "hidden"]


def file(kind: Kind) -> Path:
    """Where decisions of this kind are kept, by the XDG base directory specification."""
    given = os.environ.get("XDG_STATE_HOME", "")
    state = Path(given) if os.path.isabs(given) else Path(os.path.expanduser("~"), ".local", "state")
    return state / "fitwatch" / f"{kind}.json"


def kept(kind: Kind, place: str) -> dict[str, Any]:
    """Run -> what was decided, for a folder or URL; a file that cannot be understood is as if never written."""
    runs = _written(kind).get(place)
    return {**runs} if isinstance(runs, dict) else {}


def keep(kind: Kind, place: str, decided: dict[str, Any]) -> None:
    """Keep what was decided about some runs of a place; None forgets. Raises ``OSError`` when it cannot be written."""
    places = _written(kind)
    places[place] = {run: value for run, value in {**kept(kind, place), **decided}.items() if value is not None}
    path = file(kind)
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        scratch.write_text(json.dumps({name: runs for name, runs in places.items() if runs}, indent=1))
        scratch.replace(path)
    except OSError:
        with suppress(OSError):
            scratch.unlink()
        raise


def _written(kind: Kind) -> dict[str, Any]:
    try:
        places = json.loads(file(kind).read_bytes())
    except (OSError, ValueError):
        return {}
    return places if isinstance(places, dict) else {}
