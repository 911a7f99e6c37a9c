"""What stays still while values come in: the drawing itself, the scroll, the zoom; and how much is drawn."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import Page

from tests.app_server import LINE, serve
from tests.benchmarks.app_logs import write_run
from tests.benchmarks.app_table import Measure
from tests.benchmarks.app_waits import BEGUN, begin, delay
from tests.live_run import append
from tests.writers import LogWriter

REFRESHES = 8
MAIN = "document.querySelector('[data-testid=stMain]')"
CHART = "[data-testid=stVegaLiteChart] svg.marks"
CURVES = ".st-key-curves svg.marks"
# the numbers along the axes of the large chart: what is zoomed in on
AXIS = f"() => [...document.querySelectorAll('{CURVES} .role-axis-label text')].map(t => t.textContent).join()"
MARK = f"() => document.querySelectorAll({CHART!r}).forEach(svg => svg.kept = true)"
# adds up how far things jump that nobody touched: https://web.dev/articles/cls
WATCH_SHIFTS = """() => {
  window.shift = 0
  const seen = list => list.getEntries().forEach(entry => { if (!entry.hadRecentInput) window.shift += entry.value })
  new PerformanceObserver(seen).observe({ type: 'layout-shift' })
}"""
REPLACED = f"() => [...document.querySelectorAll({CHART!r})].filter(svg => !svg.kept).length"


def stillness(page: Page) -> dict[str, Measure]:
    """Row of the table -> what was measured, and the target."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(Path(folder), "--logdir", folder) as address,
        begin(Path(folder) / "live") as log,
    ):
        page.goto(f"{address}/run?run=live")
        page.locator(LINE).first.wait_for()
        page.wait_for_timeout(3000)
        page.evaluate(f"{MAIN}.scrollTop = 200")
        page.evaluate(MARK)
        epochs = range(BEGUN + 1, BEGUN + 1 + REFRESHES)
        replaced = 0
        for epoch in epochs:
            delay(page, log, epoch)
            replaced += bool(page.evaluate(REPLACED))
            page.evaluate(MARK)
        scrolled = page.evaluate(f"{MAIN}.scrollTop")
        kept = zoom_is_kept(page, log, epochs.stop)
    shift, most = layout_shift(page), most_points(page)
    return {
        f"refreshes of {REFRESHES} that replaced a chart": Measure(str(replaced), "0", replaced == 0),
        f"scrolled to 200 px, after {REFRESHES} refreshes at": Measure(f"{scrolled:.0f} px", "200 px", scrolled == 200),
        f"zoom after {REFRESHES} refreshes": Measure("kept" if kept else "lost", "kept", kept),
        "layout shift while a run begins and overfits, over a minute": Measure(
            f"{shift:.3f}", "below 0.05", shift < 0.05
        ),
        "most points of a line, of a run of 20,000 epochs": Measure(str(most), "1,000", most <= 1000),
    }


def zoom_is_kept(page: Page, log: LogWriter, first: int) -> bool:
    """Zoom in by the wheel, let values come in, and look at the axis."""
    page.evaluate(f"{MAIN}.scrollTop = 0")
    page.locator(CURVES).first.hover()
    whole = page.evaluate(AXIS)
    page.keyboard.down("Control")
    for _ in range(5):
        page.mouse.wheel(0, -200)
        page.wait_for_timeout(100)
    page.keyboard.up("Control")
    page.mouse.move(5, 5)
    page.wait_for_timeout(3000)
    zoomed = page.evaluate(AXIS)
    deadline = time.monotonic() + 1.5 * REFRESHES
    epoch = first
    while time.monotonic() < deadline:
        append(log, epoch)
        epoch += 1
        page.wait_for_timeout(1500)
    return bool(zoomed != whole and page.evaluate(AXIS) == zoomed)


def layout_shift(page: Page, seconds: int = 60) -> float:
    """How far things jump on the page of a run from its second epoch on, an epoch a second."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(Path(folder), "--logdir", folder) as address,
        LogWriter(Path(folder) / "live", start=time.time()) as log,
    ):
        for epoch in (1, 2):
            append(log, epoch)
        page.goto(f"{address}/run?run=live")
        page.locator(LINE).first.wait_for()
        page.wait_for_timeout(2000)
        page.evaluate(WATCH_SHIFTS)
        for epoch in range(3, 3 + seconds):
            append(log, epoch)
            page.wait_for_timeout(1000)
        return float(page.evaluate("window.shift"))


def most_points(page: Page) -> int:
    """How many points the longest line on the page of a very long run has."""
    with tempfile.TemporaryDirectory() as folder:
        epochs = np.arange(20_000)
        noise = np.random.default_rng(0).normal(0, 0.01, 20_000)
        write_run(Path(folder) / "long", {"loss/train": np.exp(-epochs / 5000) + noise, "loss/val": 0.5 + noise})
        with serve(Path(folder), "--logdir", folder) as address:
            page.goto(f"{address}/run?run=long")
            page.locator(LINE).first.wait_for()
            page.wait_for_timeout(2000)
            drawn = page.evaluate(f"[...document.querySelectorAll({LINE!r})].map(line => line.getAttribute('d'))")
    return max(line.count("L") + line.count("M") for line in drawn)
