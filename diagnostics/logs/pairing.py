"""Pairing: which two curves of a run are training and validation, why, and what else there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from diagnostics.curves import Curve
from diagnostics.logs.axis import onto, same_unit, x_axis
from diagnostics.logs.candidates import Series, score, sides
from diagnostics.logs.choice import choose, first
from diagnostics.logs.grouping import full_names, group, is_summary, own_names
from diagnostics.logs.naming import Name, read_name
from diagnostics.logs.run import Key, Pair, Rows, Run
from diagnostics.logs.sessions import sessions
from diagnostics.logs.tidy import Curves, Session

__all__ = ["MatchError", "group", "match"]


class MatchError(ValueError):
    """A series was asked for that the run does not have; the message lists what it has."""


def match(
    name: str,
    directories: Mapping[str, Sequence[Mapping[str, Rows]]],
    *,
    root: str = "",
    train: Key | None = None,
    val: Key | None = None,
) -> Run:
    """One run from the rows of its directories (each one's files in order of time): sessions split, curves matched.

    ``root`` is the opened folder's own name, where it is known. ``train`` and ``val`` override what would be matched;
    ``MatchError`` when the shown session has no such series.
    """
    texts = {
        Key(directory, tag): text
        for directory, tags in _tags(directories).items()
        for tag, text in full_names(name, directory, tags, root=root).items()
    }
    own = {d: own_names(name, d, tags, root=root) for d, tags in _tags(directories).items()}
    names = {key: read_name(text, own[key.run]) for key, text in texts.items()}
    trainings = {d: directories[d] for d, tags in _tags(directories).items() if not is_summary(name, d, tags)}
    found = sessions(trainings, counts=lambda directory, tag: names[Key(directory, tag)].kind in _JUDGED)
    if not found:
        return Run(name, {}, why="no scalars were logged", sessions=0)
    curves = Curves(_newest_worth_showing(found, names))
    series = [
        Series(key, names[key], curves[key], keyed=texts[key].startswith(f"{key.tag}/"))
        for key in curves
        if names[key].kind != "none"
    ]
    run = Run(name, curves, sessions=len(found))
    return _on_axis(
        choose(run, series) if train is None and val is None else _asked_for(run, series, train, val), series
    )


_JUDGED = ("loss", "component", "metric", "error", "contest")


def _tags(directories: Mapping[str, Sequence[Mapping[str, Rows]]]) -> dict[str, set[str]]:
    return {directory: {tag for file in files for tag in file} for directory, files in sorted(directories.items())}


def _newest_worth_showing(found: Sequence[Session], names: Mapping[Key, Name]) -> Session:
    """The newest session with both sides, 3 points of validation and a quarter of what the longest has."""
    points = [_points(session, names) for session in found]
    pool = [i for i, (t, v) in enumerate(points) if t and v] or [i for i, (_, v) in enumerate(points) if v]
    lengths = [v if pool else t for t, v in points]
    pool = pool or list(range(len(found)))
    enough = max(3.0, max(lengths[i] for i in pool) / 4)
    return found[next((i for i in reversed(pool) if lengths[i] >= enough), pool[-1])]


def _points(session: Session, names: Mapping[Key, Name]) -> tuple[int, int]:
    """The most points that a series of the training and of the validation side has."""
    most = {False: 0, True: 0}
    for directory, files in session.items():
        for tag in {tag for file in files for tag in file}:
            if (name := names[Key(directory, tag)]).fits:
                length = sum(_distinct(file[tag]) for file in files if tag in file)
                on_val = name.split in ("val", "test")
                most[on_val] = max(most[on_val], length)
    return most[False], most[True]


def _distinct(rows: Rows) -> int:
    same = int(np.count_nonzero(rows.steps[1:] == rows.steps[:-1]))
    return len(rows.steps) - (0 if same == len(rows.steps) - 1 else same)


def _asked_for(run: Run, series: Sequence[Series], train: Key | None, val: Key | None) -> Run:
    """The pair that was asked for; a side that was left open is the best partner of the other."""
    automatic = choose(run, series)
    for key in (train, val):
        if key is not None and key not in automatic.curves:
            there = ", ".join(f"{one.run}::{one.tag}" for one in automatic.curves) or "nothing"
            raise MatchError(f"run {run.name} has no series {key.run}::{key.tag}; it has {there}")
    asked = next((one for one in series if one.key in (train, val)), None)
    if asked is None and automatic.primary is not None:
        train, val = train or automatic.primary.train, val or automatic.primary.val
    elif asked is not None:
        train, val = train or _partner(asked, series, to_val=True), val or _partner(asked, series, to_val=False)
    label = asked.label if asked else (train or val or Key("", "")).tag
    pair = Pair(label, train, val, higher_is_better=asked is not None and asked.higher_is_better)
    return replace(automatic, primary=pair, pairs=first(pair, automatic.pairs), why="chosen by hand")


def _partner(asked: Series, series: Sequence[Series], *, to_val: bool) -> Key | None:
    """The series of the other side that goes best with the one asked for, which is validation or training."""
    trains, vals = sides([one for one in series if one.name.kind == asked.name.kind and one is not asked])
    best = (
        max(trains, key=lambda one: score(one, asked), default=None)
        if to_val
        else max(vals, key=lambda one: score(asked, one), default=None)
    )
    return None if best is None else best.key


def _on_axis(run: Run, series: Sequence[Series]) -> Run:
    """What the steps count, and training brought onto validation's steps where they count something else."""
    epochs = _epochs(series)
    names = {one.key: one.name for one in series}
    if run.primary is None:
        contest = [one.curve for one in series if one.name.kind == "contest"]
        return replace(run, x_axis="step" if contest else None, epochs=epochs)
    keys = [key for key in (run.primary.train, run.primary.val) if key is not None]
    says_epoch = all(key in names and "epoch" in key.tag.lower() for key in keys)
    train, val = run.train, run.val
    axis = x_axis(train, val, says_epoch=says_epoch, epochs=epochs)
    if train is None or val is None or same_unit(train, val, says_epoch=says_epoch):
        return replace(run, x_axis=axis, epochs=epochs)
    return replace(run, x_axis=axis, epochs=epochs, train_on_val=onto(train, val, epochs=epochs))


def _epochs(series: Sequence[Series]) -> Curve | None:
    """The epoch by step, where the run logged it."""
    counters = [one for one in series if one.name.kind == "counter" and one.key.tag.lower().endswith("epoch")]
    return max((one.curve for one in counters if _counts(one.curve)), key=len, default=None)


def _counts(curve: Curve) -> bool:
    values = curve.values
    return len(values) > 1 and bool(np.isfinite(values).all() and (values[1:] >= values[:-1]).all())
