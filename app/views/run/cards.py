"""Cards: the numbers in a row over and under the curves of a run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from app import widgets, wording
from app.charts.frames import spark
from app.folder.entries import Entry
from app.folder.quantities import RECENT, Figure, any_finite, figure, gap
from app.views.run import words
from app.wording import charts as chart_words
from app.wording import plain
from diagnostics import Curve, Run


@dataclass(frozen=True)
class Card:
    """A figure with its title and what it tells."""

    title: str
    figure: Figure
    about: str


def losses(run: Run, entry: Entry) -> None:
    """Train, validation, their gap and the best, as they are now."""
    metric = plain(chart_words.metric(run.primary).lower())
    alarm = "orange" if widgets.verdict_look(entry).color in ("orange", "red") else ""
    single = of_weights(run) if len(of_weights(run)) == 1 else []  # alone in a row it would be as wide as the page
    draws = [
        partial(card, chart_words.TRAIN.format(metric), figure(run.train)),
        partial(card, chart_words.VALIDATION.format(metric), figure(run.val), color=alarm or "blue"),
        partial(card, chart_words.GAP, figure(gap(run)), color=alarm or "gray", area=True),
        partial(best_card, run, entry),
        *(partial(card, each.title, each.figure, color="gray", help=each.about) for each in single),
    ]
    widgets.row(draws)


def weights(run: Run) -> None:
    """How validation heads and what the weights do, in one row, or in as many as a narrow page needs."""
    if len(shown := of_weights(run)) > 1:
        widgets.row([partial(card, each.title, each.figure, color="gray", help=each.about) for each in shown])


def card(title: str, figure: Figure, *, color: str = "blue", area: bool = False, help: str = "") -> None:
    """One number with its change and its line."""
    st.metric(
        title,
        None if figure.value is None else wording.number(figure.value),
        None if figure.change is None else words.signed(figure.change),
        color,  # type: ignore[arg-type]
        chart_data=figure.line or None,
        chart_type="area" if area else "line",
        delta_description=None if figure.change is None else words.OVER.format(figure.over),
        border=True,
        height="stretch",
        help=help or None,
    )


def best_card(run: Run, entry: Entry) -> None:
    """The best validation value, where it was reached and how long ago that is."""
    best = entry.diagnosis.best if entry.diagnosis is not None else None
    unit = wording.unit(run.x_axis)
    st.metric(
        words.BEST,
        None if best is None else wording.number(best.value),
        None if best is None else words.best_at(best.step, unit, points_since(run, best.step)),
        "gray",
        delta_arrow="off",
        chart_data=best_so_far(run) or None,
        border=True,
        height="stretch",
        help=words.BEST_HELP,
    )


def of_weights(run: Run) -> list[Card]:
    """How validation heads and what the weights do, as far as the log tells."""
    curves = {
        words.TREND: (trend(run), words.TREND_HELP.format(RECENT)),
        words.NORM: (run.tagged("weights/l2_norm"), words.NORM_HELP),
        words.RATIO: (update_ratio(run), words.RATIO_HELP),
        words.SPARSITY: (run.tagged("weights/sparsity"), words.SPARSITY_HELP),
    }
    return [
        Card(title, figure(curve), about)
        for title, (curve, about) in curves.items()
        if curve is not None and any_finite(curve)
    ]


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


def best_so_far(run: Run) -> list[float]:
    """Validation's best up to each point, as a short line."""
    if run.val is None or run.primary is None:
        return []
    best = np.fmax if run.primary.higher_is_better else np.fmin
    return spark(Curve(run.val.steps, best.accumulate(run.val.values))) if len(run.val) else []


def points_since(run: Run, step: int) -> int:
    """How many validation points came after ``step``."""
    return 0 if run.val is None else int((run.val.steps > step).sum())
