"""Heights: how much of its vertical axis the main chart shows: what there is to see of validation, or all."""

from __future__ import annotations

import streamlit as st

from app import controls, ranges, state
from app.charts import overlay
from app.charts.look import TRIAL_SIDES, Ends
from app.charts.overlay import Overlay
from app.folder.quantities import course, marked
from app.ranges import Window
from app.views.run.context import RunContext
from app.wording import charts as chart_words
from diagnostics import Diagnosis, Run
from diagnostics.report.close_up import CloseUp, close_up, log_by_default


def part(context: RunContext, shown: Run, over: Overlay | None = None, *, log: bool | None = None) -> CloseUp | None:
    """What to show of the chart of that metric, with a trial over it, unless all is asked for."""
    diagnosis, rises = _judged(context, shown)
    return close_up(shown, diagnosis, log=log, rises=rises, also=_of_trial(over))


def log(context: RunContext, shown: Run, part: CloseUp | None) -> bool:
    """Whether the scale is logarithmic until somebody chooses one."""
    if part is not None and not ranges.is_whole():
        return part.log
    diagnosis, rises = _judged(context, shown)
    return log_by_default(shown, diagnosis, rises=rises)


def _judged(context: RunContext, shown: Run) -> tuple[Diagnosis | None, bool]:
    """The diagnosis as far as it is about that metric, and whether there is a rise to be seen.

    A run that overfitted once while this tab looked at it is shown so from then on.
    """
    assert shown.primary is not None
    entry = context.entry
    diagnosis = marked(entry.diagnosis, entry.run, shown)
    overfits = diagnosis is not None and diagnosis.onset_step is not None
    return diagnosis, state.stays((state.place(), entry.name, shown.primary.name), now=overfits)


def _of_trial(over: Overlay | None) -> tuple[float, ...]:
    """The best and the last value of a trial's validation, which are to be seen."""
    val = overlay.sides(over).get(TRIAL_SIDES[1])
    primary = over.run.primary if over is not None else None
    of_trial = course(val, "", higher_is_better=primary is not None and primary.higher_is_better)
    return () if of_trial is None else (of_trial.best, of_trial.last)


def height(context: RunContext, shown: Run, window: Window, over: Overlay | None, *, log: bool) -> Ends:
    """From where to where the vertical axis goes; None where the data decide, or what was zoomed into."""
    if ranges.is_whole() or any(window.ends):
        return None
    close = part(context, shown, over, log=log)
    return None if close is None else (close.low, close.high)


def choice() -> None:
    """The validation or all of it."""
    default, whole = chart_words.HEIGHTS
    now = whole if ranges.is_whole() else default
    controls.choice(
        "range", chart_words.HEIGHT, chart_words.HEIGHTS, [default, whole], now=now, default=default, labeled=True
    )
    st.caption(state.t(chart_words.HEIGHT_HELP))


def buttons(window: Window, *, close: bool, log: bool) -> None:
    """What of the chart's look nobody chose, with the way to another: a part of the axes, and the scale."""
    if any(window.ends):
        ranges.reset_button(window, whole=close)
    elif close:
        ranges.height_button()
    if log and not state.shared("scale"):
        label = state.t(chart_words.AUTOMATIC_LOG)
        st.button(label, type="tertiary", key="use-linear", on_click=state.share, args=["scale", "linear"])
