"""Remembered: what a person decided about runs, remembered in their own folder, as log folders are never written to."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import lru_cache
from itertools import count
from math import isfinite
from pathlib import Path
from typing import Any, Literal, get_args

from filelock import FileLock
from platformdirs import user_state_path

from diagnostics import GivenSetup, Key
from diagnostics.recommend import ARCHITECTURES, OPTIMIZERS
from trainer import files

Kind = Literal["matches", "told", "hidden", "notes", "names", "colors", "pins", "notifications", "folds"]
KINDS: tuple[Kind, ...] = get_args(Kind)
NOTHING_GIVEN = GivenSetup()
PATIENCE = 10.0  # seconds to wait for another process that keeps a decision
Version = tuple[int, int, int]  # of a file: when it was written, its size, and its number on the disk
Sides = tuple[Key | None, Key | None]  # training and validation; one left open is the best partner of the other


def file(kind: Kind) -> Path:
    """Where decisions of this kind are kept: where the platform wants the state of programs."""
    return user_state_path("fitwatch", appauthor=False) / f"{kind}.json"


def decisions(kind: Kind, place: str) -> dict[str, Any]:
    """Run -> what was decided, for a folder or URL; a file that cannot be understood is as if never written."""
    runs = _written(kind)[0].get(place)
    return {**runs} if isinstance(runs, dict) else {}


def keep_decisions(kind: Kind, place: str, decided: dict[str, Any]) -> None:
    """Keep what was decided about some runs of a place; None forgets. Raises ``OSError`` when it cannot be written.

    Tabs and processes may decide at once: each adds to what the others kept. A damaged file is set aside, not lost.
    """
    path = file(kind)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock"), timeout=PATIENCE):
        places, problem = _written(kind)
        if problem:
            with suppress(FileNotFoundError):  # it stands where it was kept before, and stays there
                path.rename(_aside(path))
        runs = places.get(place)
        kept = {**(runs if isinstance(runs, dict) else {}), **decided}
        places = {**places, place: {run: value for run, value in kept.items() if value is not None}}
        content = json.dumps({name: runs for name, runs in places.items() if runs}, indent=1).encode()
        files.write(path, content, mode=0o600)  # a webhook's address is a secret, and a note may be one


def version() -> object:
    """Another one whenever a decision of any kind was written."""
    return tuple(_version(_path(kind)) for kind in KINDS)


def problems() -> list[str]:
    """A sentence for each file of decisions that is damaged."""
    return [problem for kind in KINDS if (problem := _written(kind)[1])]


def _aside(path: Path) -> Path:
    """The first name for a damaged file that is free."""
    return next(aside for n in count(1) if not (aside := path.with_name(f"{path.name}.damaged-{n}")).exists())


def _earlier(name: str) -> Path:
    """Where it was kept on every platform before; read until something is written to the place of now."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path("~/.local/state").expanduser(), "fitwatch", name)


def _written(kind: Kind) -> tuple[Mapping[str, Any], str]:
    """Place -> runs -> decisions, and a sentence where the file is damaged."""
    path = _path(kind)
    version = _version(path)
    return ({}, "") if version is None else _parsed(path, version)


def _path(kind: Kind) -> Path:
    path = file(kind)
    return path if path.exists() else _earlier(path.name)


def _version(path: Path) -> Version | None:
    """Another one after each writing; ``None`` where there is no such file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


@lru_cache(16)
def _parsed(path: Path, _version: Version) -> tuple[Mapping[str, Any], str]:
    """What the file holds in that version; nobody may change it."""
    try:
        places = json.loads(files.read(path))
        if isinstance(places, dict):
            return places, ""
        reason = f"it holds a {type(places).__name__}, not an object"
    except (OSError, ValueError, RecursionError) as error:
        reason = str(error) or type(error).__name__
    return {}, f"{path} is damaged ({reason}), so what it remembers does not count; the next decision sets it aside"


def given_setup(place: str, run: str) -> GivenSetup:
    """What a person gave of a run's setup; what cannot be understood is as if it had never been given."""
    return given_setups(place).get(run, NOTHING_GIVEN)


def given_setups(place: str) -> dict[str, GivenSetup]:
    """The same of all runs of a folder or URL of which a person gave anything."""
    return {run: _given(written) for run, written in decisions("told", place).items()}


def _given(written: object) -> GivenSetup:
    if not isinstance(written, dict):
        return NOTHING_GIVEN
    samples = _positive(written.get("val_samples"))
    architecture = written.get("architecture")
    optimizer, momentum = written.get("optimizer"), _positive(written.get("momentum"))
    return GivenSetup(
        architecture=architecture if architecture in ARCHITECTURES else None,
        optimizer=optimizer if optimizer in OPTIMIZERS else None,
        momentum=momentum if momentum is not None and momentum < 1 else None,
        val_samples=None if samples is None else int(samples),
        lr=_positive(written.get("lr")),
        steps_per_epoch=_positive(written.get("steps_per_epoch")),
        strengths=_strengths(written.get("strengths")),
    )


def keep_given_setup(place: str, run: str, given: GivenSetup) -> None:
    """Keep what was given, or forget it where that is nothing. Raises ``OSError`` when it cannot be written."""
    keep_decisions(
        "told", place, {run: {name: value for name, value in asdict(given).items() if value not in (None, ())} or None}
    )


def hidden_runs(place: str) -> frozenset[str]:
    """The runs of a folder or URL that a person does not want to see in lists."""
    return frozenset(decisions("hidden", place))


def keep_hidden_runs(place: str, names: Sequence[str], *, hidden: bool) -> None:
    """Leave these runs out of lists, or show them again. Raises ``OSError`` when the file cannot be written."""
    keep_decisions("hidden", place, dict.fromkeys(names, True if hidden else None))


def folds(place: str) -> dict[str, bool]:
    """Which groups of the table of a folder or URL a person has folded (True) or opened (False)."""
    return {group: folded for group, folded in decisions("folds", place).items() if isinstance(folded, bool)}


def keep_fold(place: str, group: str, folded: bool) -> None:
    """Keep a group folded or open. Raises ``OSError`` when the file cannot be written."""
    keep_decisions("folds", place, {group: folded})


def _strengths(written: object) -> tuple[tuple[str, float], ...]:
    """Pairs of a name and a strength; whatever is none is left out."""
    pairs = [pair for pair in written if isinstance(pair, list) and len(pair) == 2] if isinstance(written, list) else []
    return tuple(
        (name, value) for name, value in pairs if isinstance(name, str) and (value == 0 or _positive(value) is not None)
    )


def _positive(value: Any) -> float | None:
    number = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) and value > 0
    return value if number else None


def chosen_series(place: str) -> dict[str, Sides]:
    """The choices for a folder or URL, by run; what cannot be understood is as if it had never been written."""
    read = {name: _sides(sides) for name, sides in decisions("matches", place).items()}
    return {name: sides for name, sides in read.items() if sides is not None}


def keep_chosen_series(place: str, run: str, sides: Sides | None) -> None:
    """Keep the choice, or forget it where there is none. Raises ``OSError`` when the file cannot be written."""
    written = None if sides is None else dict(zip(("train", "val"), sides, strict=True))
    keep_decisions("matches", place, {run: written})


def _sides(written: object) -> Sides | None:
    if not isinstance(written, Mapping):
        return None
    train, val = _key(written.get("train")), _key(written.get("val"))
    return (train, val) if train or val else None


def _key(written: object) -> Key | None:
    if isinstance(written, list) and len(written) == 2 and all(isinstance(part, str) for part in written):
        return Key(*written)
    return None
