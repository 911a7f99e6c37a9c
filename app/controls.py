"""Controls: how a person looks at a chart; each choice is kept in the address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from app import ranges, state
from app.charts.axes import LOG_FROM, Axis, Kind, View
from app.wording import charts as chart_words


def view(
    axes: Mapping[Kind, Axis], *, log: bool, metric: str | None = None, more: Callable[[], None] | None = None
) -> View:
    """How a chart is looked at: along what, how scaled and smoothed; asked for in a row and kept in the address.

    ``log`` is the scale until somebody chooses one. The range of the axes is asked for where a ``metric`` is named;
    ``more`` draws what else this chart asks for.
    """
    kind = next((kind for kind in axes if kind == state.shared("axis")), next(iter(axes)))
    scale = state.shared("scale") if state.shared("scale") in chart_words.SCALES else "log" if log else "linear"
    smoothing = _smoothing()
    if len(axes) > 1:
        choice("axis", chart_words.AXIS, chart_words.AXES, list(axes), now=kind, default=next(iter(axes)))
    with st.popover(state.t(chart_words.VIEW), key="view"):
        choice("scale", chart_words.SCALE, chart_words.SCALES, list(chart_words.SCALES), now=scale, default=None)
        st.caption(state.t(chart_words.SCALE_HELP.format(LOG_FROM)))
        _smoothing_slider(smoothing)
        st.caption(state.t(chart_words.SMOOTHING_HELP))
        if metric is not None:
            ranges.inputs(ranges.window(kind, metric), timed=kind == "time")
        if more is not None:
            more()
    return View(axes[kind], smoothing, scale == "log")


def _smoothing_slider(smoothing: float) -> None:
    key = state.bound("smooth-box", smoothing)
    st.slider(
        state.t(chart_words.SMOOTHING),
        0.0,
        0.99,
        step=0.01,
        key=key,
        on_change=state.by_hand(lambda: state.share("smooth", f"{state.typed(key):g}" if state.typed(key) else "")),
    )


def choice(
    name: str,
    label: str,
    look: Mapping[Any, str],
    options: list[Any],
    *,
    now: Any,
    default: Any = "",
    few: int | None = None,
    labeled: bool = False,
) -> None:
    """A row of a few words of which one is the case; it is kept in the address under ``name``.

    With more than ``few`` of them it is a menu. What is chosen is written above it only where it is ``labeled``.
    """
    key = state.bound(f"{name}-box", now)

    def chosen() -> None:
        typed = state.typed(key)
        state.share(name, "" if typed == default else typed)

    if few is not None and len(options) > few:
        st.selectbox(
            state.t(label),
            options,
            format_func=lambda option: state.t(look[option]),
            key=key,
            on_change=state.by_hand(chosen),
            label_visibility="collapsed",
            width=200,
        )
        return
    st.segmented_control(
        state.t(label),
        options,
        format_func=lambda option: state.t(look[option]),
        key=key,
        required=True,
        on_change=state.by_hand(chosen),
        label_visibility="visible" if labeled else "collapsed",
    )


def _smoothing() -> float:
    try:
        written = float(state.shared("smooth", "0"))
    except ValueError:
        return 0.0
    return written if 0 <= written <= 0.99 else 0.0
