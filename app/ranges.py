"""Ranges: which part of a chart is looked at; drawn as a box or typed, kept in the address, and inside of the data."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from app import state
from app.charts.axes import Values
from app.charts.look import Ends
from app.wording import charts as chart_words

BEYOND = 0.05  # of the data's extent that may be seen beside it


@dataclass(frozen=True)
class Window:
    """The part of each axis that is shown; it is kept by the names of the ``axes``, what they count and measure."""

    axes: tuple[str, str]
    ends: tuple[Ends, Ends]


def window(*axes: str) -> Window:
    """The part that the address names for these axes; all of an axis where it names none or another one."""
    x, y = axes
    return Window((x, y), (_written("x", x), _written("y", y)))


def holding(shown: Window, lines: Iterable[tuple[Values, Values]]) -> Window:
    """The same where one of these lines passes through it; else all of both axes, as when another run is opened."""
    passes = not any(shown.ends) or any(_passes(shown, x, y) for x, y in lines)
    return shown if passes else Window(shown.axes, (None, None))


def _passes(shown: Window, x: Values, y: Values) -> bool:
    """Whether a line that goes along ``x`` is seen in that part, be it between two of its points."""
    finite = np.isfinite(x) & np.isfinite(y)
    x, y = x[finite], y[finite]
    if not len(x):
        return False
    (left, right), (low, high) = (part or (-math.inf, math.inf) for part in shown.ends)
    ends = np.array([max(left, x[0]), min(right, x[-1])])
    if ends[0] > ends[1]:
        return False
    seen = np.concatenate([y[(x >= left) & (x <= right)], np.interp(ends, x, y)])
    return bool(seen.max() >= low and seen.min() <= high)


def _written(name: str, axis: str) -> Ends:
    of, _, ends = state.shared(name).rpartition(" ")
    try:
        low, high = (float(end) for end in ends.split(":"))
    except ValueError:
        return None
    return (low, high) if of == axis and math.isfinite(low) and math.isfinite(high) and low < high else None


def keep(shown: Window, ends: Sequence[Ends]) -> None:
    """Look at this part from now on."""
    for name, axis, part in zip("xy", shown.axes, ends, strict=True):
        state.share(name, "" if part is None else f"{axis} {part[0]:.6g}:{part[1]:.6g}")


def follow(shown: Window, chart: tuple[str, str], extents: tuple[Ends, Ends], *, log: bool) -> Callable[[], None]:
    """What to do after a box was drawn in the ``chart`` (its name and key), or it was panned or zoomed off its data."""
    name, key = chart

    def act() -> None:
        selected: Mapping[str, Mapping[str, Sequence[float]]] = state.typed(key).get("selection", {})
        box, zoom = selected.get("box") or {}, selected.get("zoom") or {}
        asked = tuple(_ends(part.get("x")) for part in (box, zoom)), tuple(_ends(part.get("y")) for part in (box, zoom))
        (box_x, zoom_x), (box_y, zoom_y) = asked
        if box_x is not None and box_y is not None:
            keep(shown, (box_x, box_y))
        elif (x := inside(zoom_x, extents[0])) != zoom_x or inside(zoom_y, extents[1], log=log) != zoom_y:
            keep(shown, (x, inside(zoom_y, extents[1], log=log)))
            state.another_chart(name)  # the chart comes back, also to where it already was

    return act


def _ends(written: Sequence[float] | None) -> Ends:
    if not written or len(written) != 2:
        return None
    low, high = sorted(map(float, written))
    return (low, high) if low < high else None


def inside(ends: Ends, extent: Ends, *, log: bool = False) -> Ends:
    """The same where it shows little beside the data; else as much of the data as was asked for; None is all of it."""
    if ends is None or extent is None or extent[0] >= extent[1] or (log and (ends[0] <= 0 or extent[0] <= 0)):
        return ends
    low, high, first, last = (math.log(end) if log else end for end in (*ends, *extent))
    room = BEYOND * (last - first)
    if low >= first - room and high <= last + room:
        return ends
    width = high - low
    if width >= last - first:
        return None
    low = min(max(low, first), last - width)
    return (math.exp(low), math.exp(low + width)) if log else (low, low + width)


def is_whole() -> bool:
    """Whether a person wants to see all of the vertical axis, where a chart shows a part of it by default."""
    return state.shared("range") == "all"


def height_button() -> None:
    """From the part of the vertical axis that is shown by default to all of it, and back."""
    label, icon, value = (chart_words.ZOOM, "in", "") if is_whole() else (chart_words.ZOOMED, "out", "all")
    icon = f":material/zoom_{icon}_map:"
    st.button(state.t(label), icon=icon, type="tertiary", key="use-range", on_click=state.share, args=["range", value])


def reset_button(shown: Window, *, whole: bool) -> None:
    """The way back to all of both axes, where only a part is shown; ``whole`` where all must be asked for."""

    def reset() -> None:
        keep(shown, (None, None))
        if whole:
            state.share("range", "all")

    if any(shown.ends):
        label = state.t(chart_words.WHOLE)
        st.button(label, icon=":material/zoom_out_map:", type="tertiary", key="whole", on_click=reset)


def inputs(shown: Window, *, timed: bool) -> None:
    """The ends of both axes as numbers; of a time there is no number to type."""
    keys: dict[int, list[str]] = {}
    with st.form("range", border=False):
        for place, label in enumerate(chart_words.RANGES):
            if place or not timed:
                with st.container(horizontal=True, gap="small"):
                    keys[place] = _inputs(shown.ends[place], "xy"[place], label)
        st.form_submit_button(state.t(chart_words.SHOW), on_click=lambda: keep(shown, _typed(shown, keys)))


def _inputs(part: Ends, name: str, label: str) -> list[str]:
    """An input for each end of an axis; their keys."""
    keys = []
    for end, value in zip(chart_words.ENDS, part or (None, None), strict=True):
        keys.append(state.bound(f"{name}-{end}-box", value))
        st.number_input(f"{state.t(label)} {state.t(end)}", value=None, format="%g", key=keys[-1], width=150)
    return keys


def _typed(shown: Window, keys: Mapping[int, Sequence[str]]) -> list[Ends]:
    """What was typed for each axis; what is no range is all of it."""
    ends = list(shown.ends)
    for place, (low_key, high_key) in keys.items():
        low, high = state.typed(low_key), state.typed(high_key)
        ends[place] = (low, high) if low is not None and high is not None and low < high else None
    return ends
