"""Pairing: which two curves of a run are training and validation, why, and what else there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from diagnostics.curves import Curve
from diagnostics.logs.matching.axis import on_one_axis, says_epoch, x_axis
from diagnostics.logs.matching.candidates import LoggedSeries, score, sides
from diagnostics.logs.matching.choice import choose, first
from diagnostics.logs.matching.grouping import full_names, is_summary, own_names
from diagnostics.logs.matching.naming import Name, read_name
from diagnostics.logs.matching.resumes import join_resumed
from diagnostics.logs.matching.sessions import Side, newest_worth_showing, sessions
from diagnostics.logs.matching.tidy import Curves
from diagnostics.logs.run import Key, Pair, Rows, Run

__all__ = ["MatchError", "match", "need_two_series"]


class MatchError(ValueError):
    """A series was asked for that the run does not have, or one for both sides; the message says the way out."""


def need_two_series(train: Key | None, val: Key | None) -> None:
    """Raises ``MatchError`` where one series is chosen for both sides: a curve has no gap to itself."""
    if train is not None and train == val:
        raise MatchError(
            f"{train.tag} is chosen for training and for validation; choose another series for one of the two"
        )


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
    tags = {directory: {tag for file in files for tag in file} for directory, files in sorted(directories.items())}
    texts = {d: full_names(name, d, tags[d], root=root) for d in tags}
    own = {d: own_names(name, d, tags[d], root=root) for d in tags}
    names = {Key(d, tag): read_name(text, own[d]) for d in texts for tag, text in texts[d].items()}
    with_curves = {d: directories[d] for d in tags if not is_summary(name, d, tags[d])}

    def side(directory: str, tag: str) -> Side | None:
        return _side(names[Key(directory, tag)])

    trainings = sessions(with_curves, side=side)
    if not trainings:
        return Run(name, {}, why="no scalars were logged", sessions=0)
    trainings = join_resumed(trainings, fits=lambda directory, tag: names[Key(directory, tag)].fits)
    curves = Curves(newest_worth_showing(trainings, side=side))
    logged = [
        LoggedSeries(key, names[key], curves[key], keyed=texts[key.run][key.tag].startswith(f"{key.tag}/"))
        for key in curves
        if names[key].kind != "none"
    ]
    run = Run(name, curves, sessions=len(trainings))
    by_hand = train is not None or val is not None
    run = _on_axis(_by_hand(run, logged, train, val) if by_hand else choose(run, logged), logged)
    return replace(run, resumed_at=_resumed_at(run, curves))


def _side(name: Name) -> Side | None:
    if not name.fits and name.kind != "contest":
        return None
    return "train" if name.split in ("train", None) else "val"


def _by_hand(run: Run, logged: Sequence[LoggedSeries], train: Key | None, val: Key | None) -> Run:
    """The pair that was chosen by hand; a side that was left open is the best partner of the other."""
    automatic = choose(run, logged)
    for key in (train, val):
        if key is not None and key not in automatic.curves:
            there = ", ".join(f"{other.run}::{other.tag}" for other in automatic.curves) or "nothing"
            raise MatchError(f"run {run.name} has no series {key.run}::{key.tag}; it has {there}")
    chosen = next((series for series in logged if series.key in (train, val)), None)
    if chosen is None and automatic.primary is not None:
        train, val = train or automatic.primary.train, val or automatic.primary.val
    elif chosen is not None:
        train, val = train or _partner(chosen, logged, to_val=True), val or _partner(chosen, logged, to_val=False)
    label = chosen.label if chosen else (train or val or Key("", "")).tag
    pair = Pair(label, train, val, higher_is_better=chosen is not None and chosen.higher_is_better)
    return replace(automatic, primary=pair, pairs=first(pair, automatic.pairs), why="chosen by hand")


def _partner(chosen: LoggedSeries, logged: Sequence[LoggedSeries], *, to_val: bool) -> Key | None:
    """The series of the other side that goes best with the chosen one, which is validation or training."""
    same_kind = [series for series in logged if series.name.kind == chosen.name.kind and series is not chosen]
    trains, vals = sides(same_kind)
    best = (
        max(trains, key=lambda train: score(train, chosen), default=None)
        if to_val
        else max(vals, key=lambda val: score(chosen, val), default=None)
    )
    return None if best is None else best.key


def _on_axis(run: Run, logged: Sequence[LoggedSeries]) -> Run:
    """What the steps count, and training brought onto validation's steps where they count something else."""
    run = replace(run, epochs=_epochs(logged))
    if run.primary is None:
        contest = any(series.name.kind == "contest" for series in logged)
        return replace(run, x_axis="step" if contest else None)
    axis = x_axis(run.train, run.val, says_epoch=says_epoch(run.primary), epochs=run.epochs)
    train, _ = on_one_axis(run, run.primary)
    return replace(run, x_axis=axis, train_on_val=None if train is run.train else train)


def _resumed_at(run: Run, curves: Curves) -> tuple[int, ...]:
    pair = run.primary.parts[0] if run.primary is not None and run.primary.parts else run.primary
    key = None if pair is None else pair.val or pair.train
    return () if key is None else curves.resumed_at(key)


def _epochs(logged: Sequence[LoggedSeries]) -> Curve | None:
    """The epoch by step, where the run logged it."""
    counters = [
        series.curve for series in logged if series.name.kind == "counter" and series.key.tag.lower().endswith("epoch")
    ]
    return max((curve for curve in counters if _counts(curve)), key=len, default=None)


def _counts(curve: Curve) -> bool:
    values = curve.values
    return len(values) > 1 and bool(np.isfinite(values).all() and (values[1:] >= values[:-1]).all())
