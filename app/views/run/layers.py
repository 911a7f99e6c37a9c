"""Layers: one quantity of every layer over the run, as color."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from app import controls, state, widgets
from app.charts import frames
from app.charts.heat import heat_spec
from app.views.run import words
from app.wording import charts as chart_words
from diagnostics import Curve, Run

SHOWN = 40  # rows of a heat map that fits a screen


@dataclass(frozen=True)
class LayerMap:
    """One quantity of every layer: a heat map's rows, and whether its color is growth since the first value."""

    title: str
    curves: dict[str, Curve]
    relative: bool
    about: str = ""


def heat_map(run: Run, maps: dict[str, LayerMap]) -> None:
    """One quantity of every layer, and the choice of another."""
    quantity = state.shared("layers")
    quantity = quantity if quantity in maps else next(iter(maps))
    if len(maps) > 1:
        titles = {name: layer_map.title for name, layer_map in maps.items()}
        controls.choice("layers", words.QUANTITY, titles, list(maps), now=quantity)
    shown = maps[quantity]
    title = words.GREW.format(shown.title) if shown.relative else shown.title
    spec = heat_spec(chart_words.axis(run.unit), title, len(shown.curves), percent=not shown.relative)
    cells = frames.heat(shown.curves, relative=shown.relative)
    widgets.chart(spec, {"heat": cells}, key="layer-map", alt=words.LAYER_MAP_ALT.format(shown.title))
    if shown.about:
        st.caption(state.t(shown.about))


def layer_maps(run: Run) -> dict[str, LayerMap]:
    """What was logged for each layer, by quantity: norms as growth, which can be compared between layers."""
    layers, order = run.layers, {quantity: place for place, quantity in enumerate(chart_words.LAYER_SERIES)}
    ordered = sorted(layers, key=lambda quantity: (order.get(quantity, len(order)), quantity))
    return {quantity: _layer_map(quantity, layers[quantity]) for quantity in ordered}


def _layer_map(quantity: str, curves: dict[str, Curve]) -> LayerMap:
    shown = dict(list(curves.items())[:SHOWN])
    about = words.OTHER_LAYERS.format(len(shown), len(curves)) if len(shown) < len(curves) else ""
    relative = f"weights/{quantity}" not in chart_words.SHARES
    return LayerMap(chart_words.LAYER_SERIES.get(quantity, quantity), shown, relative, about)
