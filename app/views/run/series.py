"""Series: what a run's log holds beside its primary pair, as small charts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from app.folder.quantities import any_finite
from app.wording import charts as chart_words
from app.wording import title
from diagnostics import Curve, Key, Pair, Run
from diagnostics.logs.run import LAYER

CANARY = "accuracy/canary"
# what a card shows already, or its twin
CARDED = (
    *("weights/l2_norm", "weights/l1_norm", "weights/sparsity", "weights/zeros"),
    *("optim/update_norm", "optim/lr_sum"),
)


@dataclass(frozen=True)
class SmallChart:
    """A title, and a line for each side, layer or plain series."""

    title: str
    x: str
    lines: dict[str, Curve]
    about: str = ""
    percent: bool = False
    sided: bool = False


def small_charts_of(run: Run) -> list[SmallChart]:
    """Every series but the primary pair's and the layers': pairs, those known by name, the rest, those with a card."""
    pairs = [pair for pair in run.pairs if pair is not run.primary and pair.train and pair.val]
    paired = {key for pair in (*pairs, run.primary) if pair is not None for key in (pair.train, pair.val)}
    single = [key for key, curve in run.curves.items() if key not in paired and _has_chart(key, curve)]
    order = {tag: place for place, tag in enumerate(chart_words.SERIES)}
    single.sort(key=lambda key: (key.tag in CARDED, order.get(key.tag, len(order)), key))
    several = len({key.run for key in single}) > 1
    return [*(_pair(run, pair) for pair in pairs), *(_single(run, key, several=several) for key in single)]


def _has_chart(key: Key, curve: Curve) -> bool:
    """Whether a series outside the pairs has a chart of its own; a strength that never changes stands in the audit."""
    elsewhere = key.tag == CANARY or LAYER.fullmatch(key.tag) is not None
    constant = key.tag.startswith("strength/") and np.ptp(curve.values) == 0
    return not elsewhere and any_finite(curve) and not constant


def canaries(run: Run) -> SmallChart | None:
    """The accuracy on training samples with random labels; ``None`` where it was not logged."""
    key = next((key for key in run.curves if key.tag == CANARY and any_finite(run.curves[key])), None)
    if key is None:
        return None
    lines = {chart_words.CANARIES: run.curves[key]}
    return SmallChart(chart_words.CANARIES, axis_title(run, lines), lines, percent=True)


def _pair(run: Run, pair: Pair) -> SmallChart:
    sides = {"Train": pair.train, "Validation": pair.val}
    curves = {side: run.curves[key] for side, key in sides.items() if key is not None}
    tags = chart_words.both([key.tag for key in sides.values() if key is not None])
    return SmallChart(title(pair.name), axis_title(run, curves), curves, tags, sided=True)


def _single(run: Run, key: Key, *, several: bool) -> SmallChart:
    name, about = chart_words.SERIES.get(key.tag, (key.tag, ""))
    folder = key.run.removeprefix(run.name).strip("/")
    curves = {name: run.curves[key]}
    heading = f"{name} ({folder})" if several and folder else name
    return SmallChart(heading, axis_title(run, curves), curves, about, percent=key.tag in chart_words.SHARES)


def axis_title(run: Run, curves: Mapping[str, Curve]) -> str:
    """The axis of the run, unless these curves count something else: their steps go far beyond the run's last."""
    sides = [side for side in (run.train, run.val) if side is not None and len(side)]
    last = max((int(side.steps[-1]) for side in sides), default=None)
    beyond = last is not None and any(len(curve) and curve.steps[-1] > 2 * max(last, 1) for curve in curves.values())
    return chart_words.axis("step" if beyond else run.x_axis)
