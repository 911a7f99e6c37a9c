"""Picture: a chart of the page as a file, made in the browser, where the chart is drawn."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app import state
from app.charts import PAPER
from app.wording import charts as chart_words

BUTTONS = '<div><button id="svg"></button><button id="png"></button></div>'
STYLE = """
div { display: flex; flex-direction: column; gap: 0.5rem; }
button {
  font: inherit; font-size: 0.875rem; color: var(--st-text-color); background: transparent;
  cursor: pointer; padding: 0.4rem 0.75rem;
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius, 0.6rem); min-height: 2.5rem;
}
button:hover, button:focus-visible { border-color: var(--st-primary-color); color: var(--st-primary-color); }
"""

_buttons = st.components.v2.component(
    "fitwatch.picture", html=BUTTONS, css=STYLE, js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
)


def picture_buttons(chart: str, name: str) -> None:
    """Two buttons that save the chart with the key ``chart`` as it stands on the page, under ``name``."""
    labels = state.words_of({"svg": chart_words.EXPORT_SVG, "png": chart_words.EXPORT_PNG})
    given = {"chart": chart, "name": name, "labels": labels, "paper": PAPER[state.theme()]}
    _buttons(data=given, key=f"{chart}-picture")
