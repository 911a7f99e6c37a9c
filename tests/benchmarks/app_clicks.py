"""How long a person waits after a click: for the chart of a run, and for another look of it; seconds, one a click."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Page

from tests.app_server import serve
from tests.benchmarks.app_logs import curves, write_run
from tests.benchmarks.app_waits import TABLE

LINE = ".st-key-curves path[aria-roledescription='line mark'][d*=L]"
READS = 1000  # milliseconds of a person who looks before the next click; the page is at rest
ROW, NAME = 42, 90  # pixels: the height of a row of the table, and where in it the name is
HEAR = "() => addEventListener('pointerdown', () => { window.clicked = performance.now() }, true)"
# the line of validation, which every look draws elsewhere
PICTURE = f"() => [...document.querySelectorAll({LINE!r})].map(line => line.getAttribute('d')).join()"
# milliseconds since the click once other lines are drawn than before it
SINCE = f"""before => {{
  const now = ({PICTURE})()
  return now && now !== before ? performance.now() - window.clicked : null
}}"""
LOOKS = ("Time", "Accuracy", "Epochs", "Loss")  # as they are clicked, one after the other


@contextmanager
def many_runs(count: int, epochs: int) -> Iterator[str]:
    """A server over so many runs that have ended, with a loss and an accuracy each."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            series = curves(epochs, rng, overfits=number % 3 == 0)
            accuracies = {f"accuracy/{side}": 1 / (1 + series[f"loss/{side}"]) for side in ("train", "val")}
            write_run(Path(folder) / "logs" / f"run-{number:03}", series | accuracies)
        with serve(Path(folder), "--logdir", str(Path(folder) / "logs")) as address:
            yield address


def openings(page: Page, address: str, count: int) -> list[float]:
    """From the click on the name of a run in the table to the lines of its chart; the first one loads the charts."""
    page.goto(address)
    page.evaluate(HEAR)
    waits = []
    for place in range(1, count + 1):
        table = page.locator(TABLE).first
        table.wait_for()
        page.wait_for_timeout(READS)
        box = table.bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + NAME, box["y"] + ROW * (place % 12 + 1) + ROW // 2)
        waits.append(seconds_since(page, ""))
        page.get_by_role("link", name="Overview").first.click()
    return waits


def other_looks(page: Page, address: str, count: int) -> list[float]:
    """From the click on another metric or another axis to other lines in the chart."""
    page.goto(f"{address}/run?run=run-001")
    page.evaluate(HEAR)
    page.locator(LINE).first.wait_for()
    waits = []
    for click in range(count):
        page.wait_for_timeout(READS)
        before = page.evaluate(PICTURE)
        page.locator(".st-key-chart-controls").get_by_text(LOOKS[click % len(LOOKS)]).click()
        waits.append(seconds_since(page, before))
    return waits


def seconds_since(page: Page, before: str) -> float:
    """From the last click until the chart has other lines than ``before``."""
    return float(page.wait_for_function(SINCE, arg=before).json_value()) / 1000
