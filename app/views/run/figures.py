"""Figures: the numbers and the series that the Run page shows, picked out of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from app import wording
from app.charts.frames import spark
from app.folder.quantities import RECENT, Figure, figure, train_at_val
from app.views.run import words
from app.wording import charts as chart_words
from app.wording.charts import Canaries
from diagnostics import Curve, Diagnosis, Key, Pair, Run, check_overfitting
from diagnostics.logs.run import LAYER

LAYERS_SHOWN = 40  # rows of a heat map that fits a screen
TARGETS = ("label_smoothing", "mixup", "cutmix")  # what the audit tells by the training loss alone


@dataclass(frozen=True)
class Card:
    """A figure with its title and what it tells."""

    title: str
    figure: Figure
    about: str


@dataclass(frozen=True)
class LayerMap:
    """One quantity of every layer: a heat map's rows, and whether its colour is growth since the first value."""

    title: str
    curves: dict[str, Curve]
    relative: bool
    about: str = ""


@dataclass(frozen=True)
class Series:
    """One small chart: a title, and a line for each side, layer or plain series."""

    title: str
    x: str
    lines: dict[str, Curve]
    about: str = ""
    percent: bool = False
    sided: bool = False


def trend(run: Run) -> Curve | None:
    """The slope of validation's last ``RECENT`` points at each point, per point; ``None`` with fewer points."""
    if run.val is None or len(run.val) < RECENT:
        return None
    windows = np.lib.stride_tricks.sliding_window_view(run.val.values, RECENT)
    x = np.arange(RECENT) - (RECENT - 1) / 2
    with np.errstate(all="ignore"):
        return Curve(run.val.steps[RECENT - 1 :], windows @ x / (x @ x))


def update_ratio(run: Run) -> Curve | None:
    """How far each epoch moves the weights over their norm, where both were logged at the same steps."""
    update, norm = run.tagged("optim/update_norm"), run.tagged("weights/l2_norm")
    if update is None or norm is None or not np.array_equal(update.steps, norm.steps):
        return None
    with np.errstate(all="ignore"):
        return Curve(update.steps, update.values / norm.values)


def cards(run: Run) -> list[Card]:
    """How validation heads and what the weights do, as far as the log tells."""
    found = {
        words.TREND: (trend(run), words.TREND_HELP.format(RECENT)),
        words.NORM: (run.tagged("weights/l2_norm"), words.NORM_HELP),
        words.RATIO: (update_ratio(run), words.RATIO_HELP),
        words.SPARSITY: (run.tagged("weights/sparsity"), words.SPARSITY_HELP),
    }
    drawn = {title: (curve, about) for title, (curve, about) in found.items() if curve is not None and _drawn(curve)}
    return [Card(title, figure(curve), about) for title, (curve, about) in drawn.items()]


def best_so_far(run: Run) -> list[float]:
    """Validation's best up to each point, as a short line."""
    if run.val is None or run.primary is None:
        return []
    best = np.fmax if run.primary.higher_is_better else np.fmin
    return spark(Curve(run.val.steps, best.accumulate(run.val.values))) if len(run.val) else []


def points_since(run: Run, step: int) -> int:
    """How many validation points came after ``step``."""
    return 0 if run.val is None else int((run.val.steps > step).sum())


def textbook(run: Run) -> tuple[bool | None, str]:
    """The textbook check at validation's steps with both of its numbers; no flag, and why, where it cannot say."""
    fitted = train_at_val(run)
    if fitted is None or run.val is None or run.primary is None or run.primary.higher_is_better:
        return None, words.TEXTBOOK_NOT
    if not np.isfinite([*fitted[-RECENT:], *run.val.values[-RECENT:]]).all():
        return None, words.TEXTBOOK_NOT_FINITE
    flagged, numbers = check_overfitting(fitted.tolist(), run.val.values.tolist())
    return (flagged if len(fitted) >= RECENT else None), f"{numbers}."


def series(run: Run) -> list[Series]:
    """Every series but the primary pair's and the layers': pairs, those known by name, the rest, those with a card."""
    pairs = [pair for pair in run.pairs if pair is not run.primary and pair.train and pair.val]
    shown = {key for pair in (*pairs, run.primary) if pair is not None for key in (pair.train, pair.val)}
    single = [
        key
        for key, curve in run.curves.items()
        if key not in shown and key.tag != CANARY and not LAYER.fullmatch(key.tag) and _drawn(curve)
        if not (key.tag.startswith("strength/") and np.ptp(curve.values) == 0)  # the audit's table says it
    ]
    known = {tag: place for place, tag in enumerate(chart_words.SERIES)}
    single.sort(key=lambda key: (key.tag in CARDED, known.get(key.tag, len(known)), key))
    several = len({key.run for key in single}) > 1
    return [*(_pair(run, pair) for pair in pairs), *(_single(run, key, several=several) for key in single)]


# what a card shows already, or its twin
CARDED = (
    *("weights/l2_norm", "weights/l1_norm", "weights/sparsity", "weights/zeros"),
    *("optim/update_norm", "optim/lr_sum"),
)
CANARY = "accuracy/canary"


def canaries(run: Run, found: Diagnosis | None) -> tuple[Canaries, Series] | None:
    """What is seen of the training samples with random labels, and how it came about; ``None`` where there are none."""
    key = next((key for key in run.curves if key.tag == CANARY and _drawn(run.curves[key])), None)
    if key is None or found is None or "canary" not in found.signals:
        return None
    chance, since = found.signals.get("canary_chance"), found.signals.get("memorising_since")
    lines = {words.CANARIES: run.curves[key]}
    seen = Canaries(found.signals["canary"], chance, None if since is None else int(since))
    return seen, Series(words.CANARIES, _axis(run, lines), lines, percent=True)


def candidates(run: Run) -> list[Pair]:
    """Every pair but the primary one: those that came close first, each pair of series once."""
    found = {(pair.train, pair.val): pair for pair in (*reversed(run.pairs), *reversed(run.runners_up))}
    if run.primary is not None:
        found.pop((run.primary.train, run.primary.val), None)
    return list(reversed(found.values()))


def layers(run: Run) -> dict[str, LayerMap]:
    """What was logged for each layer, by quantity: norms as growth, which can be compared between layers."""
    layers, order = run.layers, {quantity: place for place, quantity in enumerate(chart_words.LAYER_SERIES)}
    ordered = sorted(layers, key=lambda quantity: (order.get(quantity, len(order)), quantity))
    return {quantity: _layer_map(quantity, layers[quantity]) for quantity in ordered}


def _layer_map(what: str, curves: dict[str, Curve]) -> LayerMap:
    shown = dict(list(curves.items())[:LAYERS_SHOWN])
    about = words.OTHER_LAYERS.format(len(shown), len(curves)) if len(shown) < len(curves) else ""
    return LayerMap(chart_words.LAYER_SERIES.get(what, what), shown, f"weights/{what}" not in chart_words.SHARES, about)


def is_ours(run: Run) -> bool:
    """Whether our own trainer wrote it, which looks into what it trains."""
    return '"regularizers"' in run.texts.get("config", "")


def findings(run: Run) -> list[str]:
    """What the trainer found that is not as asked, a sentence each."""
    return [wording.sentence(line.strip()) for line in run.texts.get("audit", "").split("\n") if line.strip()]


def audit(run: Run, strengths: Mapping[str, float]) -> tuple[dict[str, str], list[str]]:
    """The findings by the regularizer that each is about, and those that are about none of them."""
    about: dict[str, str] = {}
    for finding in findings(run):
        begins = finding.lower().replace(" ", "_")
        named = [name for name in strengths if begins.startswith(name)]
        targets = [name for name in strengths if name in TARGETS] if "label smoothing and mixing" in finding else []
        about |= dict.fromkeys((*named, *targets), finding)
    return about, [finding for finding in findings(run) if finding not in about.values()]


def without_numbers(run: Run) -> list[str]:
    """The tags that hold nothing to draw: no value of theirs is finite."""
    return [key.tag for key, curve in run.curves.items() if not _drawn(curve)]


def _drawn(curve: Curve) -> bool:
    return bool(np.isfinite(curve.values).any())


def _pair(run: Run, pair: Pair) -> Series:
    sides = {"Train": pair.train, "Validation": pair.val}
    curves = {side: run.curves[key] for side, key in sides.items() if key is not None}
    tags = chart_words.both([key.tag for key in sides.values() if key is not None])
    return Series(wording.title(pair.name), _axis(run, curves), curves, tags, sided=True)


def _single(run: Run, key: Key, *, several: bool) -> Series:
    title, about = chart_words.SERIES.get(key.tag, (key.tag, ""))
    folder = key.run.removeprefix(run.name).strip("/")
    curves = {title: run.curves[key]}
    place = f"{title} ({folder})" if several and folder else title
    return Series(place, _axis(run, curves), curves, about, percent=key.tag in chart_words.SHARES)


def _axis(run: Run, curves: Mapping[str, Curve]) -> str:
    """The axis of the run, unless these curves count something else: their steps go far beyond the run's last."""
    known = [side for side in (run.train, run.val) if side is not None and len(side)]
    last = max((int(side.steps[-1]) for side in known), default=None)
    beyond = last is not None and any(len(curve) and curve.steps[-1] > 2 * max(last, 1) for curve in curves.values())
    return chart_words.axis("step" if beyond else run.x_axis)
