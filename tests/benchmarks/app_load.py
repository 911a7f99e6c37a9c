"""What the app costs the server: CPU time of its process while somebody looks."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from statistics import median
from typing import NamedTuple

import psutil
from playwright.sync_api import Browser, Page

from tests.app_server import LINE, PATIENCE, serve
from tests.benchmarks.app_logs import write_runs
from tests.benchmarks.app_table import Measure
from tests.benchmarks.app_waits import BEGUN, PICTURE, TABLE, begin
from tests.live_run import append
from tests.writers import LogWriter

TICK = 1.0  # seconds, the app's own default
ALL_TABS = 1.5  # seconds until a value is seen on every one of ten tabs
REST = 0.002  # CPU seconds a second that cannot be told from nothing
SECONDS = 12  # of one measurement


class Load(NamedTuple):
    """A server over many runs of which the last goes on."""

    address: str
    process: psutil.Process
    log: LogWriter
    epochs: Iterator[int]


@contextmanager
def loaded(runs: int) -> Iterator[Load]:
    """A server over ``runs`` runs of 200 epochs, one of them going on."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        logs = Path(folder) / "logs"
        write_runs(logs, runs - 1, 200)
        log = stack.enter_context(begin(logs / "live"))
        address = stack.enter_context(serve(Path(folder), "--logdir", str(logs)))
        yield Load(address, server(address), log, count(BEGUN + 1))


def server(address: str) -> psutil.Process:
    """The process that listens there."""
    port = int(address.rsplit(":", 1)[1])
    listening = psutil.net_connections("tcp")
    pid = next(c.pid for c in listening if c.status == psutil.CONN_LISTEN and c.laddr.port == port)
    return psutil.Process(pid)


def cpu(process: psutil.Process) -> float:
    """Seconds of CPU time so far."""
    used = process.cpu_times()
    return float(used.user + used.system)


def per_tick(page: Page, load: Load, view: str, shows: str, seconds: int = SECONDS) -> float:
    """CPU seconds a tick of a page, while the run that goes on gets an epoch a second; its reruns, not its first."""
    append(load.log, next(load.epochs))
    page.goto(f"{load.address}/{view}")
    page.locator(shows).first.wait_for()
    page.wait_for_timeout(5000)
    began, used = time.monotonic(), cpu(load.process)
    while time.monotonic() - began < seconds:
        append(load.log, next(load.epochs))
        page.wait_for_timeout(1000)
    return (cpu(load.process) - used) / (time.monotonic() - began) * TICK


def idle(page: Page, load: Load, seconds: int = SECONDS) -> tuple[float, float]:
    """CPU seconds a second without a tab, and how much more while a tab shows a run that has ended."""
    page.goto("about:blank")
    alone = resting(page, load, seconds)
    page.goto(f"{load.address}/run?run=run-000")
    page.locator(LINE).first.wait_for()
    return alone, max(0.0, resting(page, load, seconds) - alone)


def resting(page: Page, load: Load, seconds: int) -> float:
    """CPU seconds a second while nothing is done, once what was done before has come to rest."""
    page.wait_for_timeout(5000)
    used = cpu(load.process)
    page.wait_for_timeout(1000 * seconds)
    return (cpu(load.process) - used) / seconds


def at_once(browser: Browser, load: Load, tabs: int, values: int) -> tuple[list[float], float]:
    """With so many tabs on the run that goes on: the waits until all of them show a value, and CPU seconds a second."""
    pages = [browser.new_page() for _ in range(tabs)]
    for page in pages:
        page.set_default_timeout(1000 * PATIENCE)
        page.goto(f"{load.address}/run?run=live")
        page.locator(LINE).first.wait_for()
    began, used = time.monotonic(), cpu(load.process)
    waits = []
    for _ in range(values):
        pages[-1].wait_for_timeout(1500)
        waits.append(delay_of_all(pages, load.log, next(load.epochs)))
    share = (cpu(load.process) - used) / (time.monotonic() - began)
    for page in pages:
        page.close()
    return waits, share


def delay_of_all(pages: Sequence[Page], log: LogWriter, epoch: int) -> float:
    """From the flush of one epoch to changed pixels on the last of these pages."""
    before = [page.evaluate(PICTURE) for page in pages]
    append(log, epoch)
    flushed = time.monotonic()
    for page, picture in zip(pages, before, strict=True):
        page.wait_for_function(f"before => ({PICTURE})() !== before", arg=picture)
    return time.monotonic() - flushed


def costs(browser: Browser, page: Page) -> dict[str, Measure]:
    """Row of the table -> what was measured, and the target."""
    rows: dict[str, Measure] = {}
    with loaded(20) as load:
        # first, while the run's epochs are a minute apart: it takes long until ten tabs are there
        waits, share = at_once(browser, load, tabs=10, values=8)
        rows["ten tabs on one live run: from a flushed value to changed pixels on all of them"] = Measure(
            f"{median(waits):.2f} s (slowest {max(waits):.2f} s)", "1.5 s", max(waits) <= ALL_TABS
        )
        rows["ten tabs on one live run: CPU time a second"] = Measure(milliseconds(share))
        alone, tab = idle(page, load)
        rows["the server without a tab: CPU time a second"] = Measure(milliseconds(alone))
        rows["a tab with a run that has ended: CPU time a second beside that"] = Measure(
            milliseconds(tab), "0 ms", tab <= REST
        )
        rows |= ticks(page, load, 20, 0.05)
    with loaded(500) as load:
        rows |= ticks(page, load, 500, 0.15)
    return rows


def ticks(page: Page, load: Load, runs: int, target: float) -> dict[str, Measure]:
    """The two pages that a person leaves open."""
    views = {"Run page": ("run?run=live", LINE), "Overview": ("", TABLE)}
    used = {name: per_tick(page, load, *view) for name, view in views.items()}
    return {
        f"a tick of the {name}, {runs} runs: CPU time": Measure(
            milliseconds(cost), milliseconds(target), cost <= target
        )
        for name, cost in used.items()
    }


def milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms"
