"""Ahead: what draws charts, loaded by server and browser while a person reads a page that has none."""

from __future__ import annotations

import gc
from dataclasses import replace
from functools import cache
from pathlib import Path
from threading import Timer

import streamlit as st

from app.charts import Theme

PAUSE = 1.5  # seconds, in which the first page needs the processor itself
# Streamlit's own script, which its frontend loads with the first chart; none where another version has it elsewhere
SCRIPT = next(Path(st.__file__).parent.glob("static/static/js/ArrowVegaLiteChart.*.js"), None)

_ahead = st.components.v2.component("fitwatch.ahead", js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"))


def load_script() -> None:
    """Let the browser load what draws charts, so that the first one that is opened from here need not wait for it."""
    if SCRIPT is not None:
        _ahead(data={"script": SCRIPT.name, "pause": 1000 * PAUSE}, key="ahead")


@cache
def import_charts(theme: Theme) -> None:
    """The same on the server, once the page is drawn; once a process."""
    timer = Timer(PAUSE, load_charts, args=[theme])
    timer.daemon = True
    timer.start()


def load_charts(theme: Theme) -> None:
    """Import Altair and make the specifications that most runs are drawn by: half a second, once a process."""
    from app.charts.curves import CurvesLook, curves_spec

    usual = CurvesLook("Epoch", "", theme)
    for look in (usual, replace(usual, log=True), replace(usual, higher_is_better=True)):
        curves_spec(look)
    gc.freeze()  # what stays loaded need not be searched for garbage
