"""How long a person waits for the app: seconds, one number a time."""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page

from tests.app_server import LINE, serve
from tests.live_run import append
from tests.writers import LogWriter
from trainer import job

TABLE = "[data-testid=stDataFrame] canvas"
BEGUN = 100  # epochs of a run that goes on, before anybody looks
MINUTE = 60.0  # between them; it takes five without one to be thought ended
# what the lines on the page look like; it changes when a point is drawn
PICTURE = f"() => Array.from(document.querySelectorAll({LINE!r})).map(line => line.getAttribute('d')).join()"


def starts(page: Page, count: int) -> list[float]:
    """From the click on the demonstration to the first line on the chart, for each of ``count`` demonstrations."""
    waits = []
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as address:
        for n in range(1, count + 1):
            page.goto(f"{address}/train")
            button = page.get_by_role("button", name="Start the demonstration")
            button.wait_for()
            page.wait_for_timeout(1000)  # a person reads before clicking; the page is at rest
            clicked = time.monotonic()
            button.click()
            page.locator(LINE).first.wait_for()
            waits.append(time.monotonic() - clicked)
            job.stop(Path(folder) / "runs" / f"demo-{n}")
    return waits


def first_paints(page: Page, logs: Path, count: int, *, installed: bool = False) -> list[float]:
    """From the start of the server to the table of all runs in ``logs``, each time by a server of its own."""
    arguments = [str(logs)] if installed else ["--logdir", str(logs)]
    waits = []
    for _ in range(count):
        with tempfile.TemporaryDirectory() as folder:
            began = time.monotonic()
            with serve(Path(folder), *arguments, installed=installed) as address:
                page.goto(address)
                page.locator(TABLE).first.wait_for()
                waits.append(time.monotonic() - began)
                page.goto("about:blank")
    return waits


def begin(folder: Path) -> LogWriter:
    """A run of which more is to come; its last epoch was just now."""
    log = LogWriter(folder, start=time.time())
    for epoch in range(1, BEGUN + 1):
        append(log, epoch, when=time.time() - MINUTE * (BEGUN - epoch))
    return log


def delays(page: Page, count: int, speed: str = "") -> list[float]:
    """From flush to change of the chart, for ``count`` epochs appended at no particular phase of the tick."""
    found = []
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(Path(folder), "--logdir", folder) as address,
        begin(Path(folder) / "live") as log,
    ):
        page.goto(f"{address}/run?run=live&tick={speed}")
        page.locator(LINE).first.wait_for()
        for epoch in range(BEGUN + 1, BEGUN + 1 + count):
            page.wait_for_timeout(1500 + 1000 * random.random())  # let the page come to rest
            found.append(delay(page, log, epoch))
    return found


def delay(page: Page, log: LogWriter, epoch: int) -> float:
    """From the flush of one epoch to changed pixels."""
    before = page.evaluate(PICTURE)
    append(log, epoch)
    flushed = time.monotonic()
    page.wait_for_function(f"before => ({PICTURE})() !== before", arg=before)
    return time.monotonic() - flushed
