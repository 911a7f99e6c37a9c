"""Width: how much room the page has, as the browser measures it; Streamlit tells the server nothing of it."""

from __future__ import annotations

import streamlit as st

KEY = "ruler"
STEP = 10  # pixels; narrower changes make no column fit
USUAL = 1000  # pixels of the main part on a desktop, until the browser has answered
SCRIPT = """
export default function ({ parentElement, data, setStateValue }) {
  const host = parentElement.host, page = host.closest("[data-testid=stMainBlockContainer]") ?? host;
  let told = data.width, timer;
  const look = () => {
    const style = getComputedStyle(page);
    const inner = page.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const width = Math.floor(inner / data.step) * data.step;
    if (width <= 0 || width === told) return;
    told = width;
    setStateValue("width", width);
  };
  const observer = new ResizeObserver(() => {
    clearTimeout(timer);
    timer = setTimeout(look, told ? 150 : 0);
  });
  look();
  observer.observe(page);
  return () => {
    clearTimeout(timer);
    observer.disconnect();
  };
}
"""

_ruler = st.components.v2.component("fitwatch.width", js=SCRIPT)


def measure() -> None:
    """Let the browser say how wide the page is; a page that is not usual draws once more."""
    _ruler(data={"width": width(), "step": STEP}, key=KEY, on_width_change=_measured, width=1, height=1)


def _measured() -> None:
    """Keep it before anything is drawn; what comes from a browser may be anything."""
    measured = st.session_state[KEY].get("width")
    if isinstance(measured, int | float) and 0 < measured < 10_000:
        st.session_state["width"] = int(measured)


def width() -> int:
    """Pixels of the main part of the page, in whole steps."""
    return int(st.session_state.get("width", USUAL))
