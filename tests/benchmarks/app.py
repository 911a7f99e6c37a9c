"""How long a person waits: from the click to the first epoch on the chart, and from a flushed value to changed pixels.

``python -m tests.benchmarks.app`` starts the app as a user does and drives it in Chromium.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.app_server import CHROMIUM, LINE, QUIET, serve
from tests.benchmarks.record import record
from tests.writers import LogWriter
from trainer import job

# what the lines on the page look like; it changes when a point is drawn
PICTURE = f"() => Array.from(document.querySelectorAll({LINE!r})).map(line => line.getAttribute('d')).join()"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=5, help="how many demonstrations to start")
    parser.add_argument("--values", type=int, default=30, help="how many values to write and wait for")
    parser.add_argument("--write", action="store_true", help="put the table into docs/")
    options = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        rows = {
            "from the click on the demonstration to its first epoch on the chart": (starts(page, options.starts), 5.0),
            "from a flushed value to changed pixels, at the default tick": (delays(page, options.values), 1.0),
        }
        browser.close()
    record("performance.md", "app", table(rows), write=options.write)


def starts(page: Page, count: int) -> list[float]:
    """Seconds from the click to the first line on the chart, for each of ``count`` demonstrations."""
    waits = []
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as address:
        for n in range(1, count + 1):
            page.goto(address)
            button = page.get_by_role("button", name="Start the demonstration")
            button.wait_for()
            page.wait_for_timeout(1000)  # a person reads before clicking; the page is at rest
            clicked = time.monotonic()
            button.click()
            page.locator(LINE).first.wait_for(timeout=60_000)
            waits.append(time.monotonic() - clicked)
            job.stop(Path(folder) / "runs" / f"demo-{n}")
    return waits


def delays(page: Page, count: int) -> list[float]:
    """Seconds from flush to change of the chart, for ``count`` epochs appended at no particular phase of the tick."""
    found = []
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(Path(folder), "--logdir", folder) as address,
        LogWriter(Path(folder) / "live") as log,
    ):
        for epoch in range(1, 101):
            append(log, epoch)
        page.goto(f"{address}/run?run=live")
        page.locator(LINE).first.wait_for(timeout=60_000)
        for epoch in range(101, 101 + count):
            page.wait_for_timeout(2000 + 1000 * random.random())  # let the page come to rest
            before = page.evaluate(PICTURE)
            append(log, epoch)
            flushed = time.monotonic()
            page.wait_for_function(f"before => ({PICTURE})() !== before", arg=before, timeout=60_000)
            found.append(time.monotonic() - flushed)
    return found


def append(log: LogWriter, epoch: int) -> None:
    """One epoch of a run that converges, flushed."""
    for tag, lag in (("loss/train", 1.0), ("loss/val", 1.3)):
        log.scalar(tag, lag / epoch, epoch, wall_time=time.time())
    log.flush()


def table(rows: dict[str, tuple[list[float], float]]) -> str:
    """Each wait's median and 95th percentile beside its target for the median."""
    lines = ["| a person waits | median | p95 | target |", "|---|---|---|---|"]
    for name, (seconds, target) in rows.items():
        p95 = statistics.quantiles(seconds, n=20, method="inclusive")[-1]
        lines.append(f"| {name} | {statistics.median(seconds):.2f} s | {p95:.2f} s | {target:g} s |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
