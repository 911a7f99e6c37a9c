"""TensorBoard on the same logs, with its data server: how long until it is there, and until it has a new value."""

from __future__ import annotations

import json
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import Error, Page

from tests.benchmarks.app_waits import BEGUN, begin
from tests.live_run import append

CARD = "line-chart"


@contextmanager
def tensorboard(logs: Path) -> Iterator[str]:
    """TensorBoard over ``logs``, starting; yields the address at which it will be."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = shutil.which("tensorboard", path=str(Path(sys.executable).parent))
    assert program, "tensorboard is not installed beside this Python"
    command = [program, "--logdir", str(logs), "--host", "127.0.0.1", "--port", str(port), "--load_fast", "true"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(60)


def first_paints(page: Page, logs: Path, count: int) -> list[float]:
    """From the start of TensorBoard to its first chart, each time by a server of its own."""
    waits = []
    for _ in range(count):
        began = time.monotonic()
        with tensorboard(logs) as address:
            while time.monotonic() - began < 120:
                with suppress(Error):
                    page.goto(f"{address}/#timeseries")
                    break
                time.sleep(0.02)
            page.locator(CARD).first.wait_for()
            waits.append(time.monotonic() - began)
            page.goto("about:blank")
    return waits


def delays(count: int) -> list[float]:
    """From flush until its server has the value; its page asks for it later, after 30 s if it was told to at all."""
    found = []
    with (
        tempfile.TemporaryDirectory() as folder,
        begin(Path(folder) / "live") as log,
        tensorboard(Path(folder)) as address,
    ):
        wait_for(address, BEGUN)
        for epoch in range(BEGUN + 1, BEGUN + 1 + count):
            time.sleep(5 * random.random())  # its server looks every 5 s
            append(log, epoch)
            flushed = time.monotonic()
            wait_for(address, epoch)
            found.append(time.monotonic() - flushed)
    return found


def wait_for(address: str, epoch: int) -> None:
    """Until the validation loss of that epoch can be had."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with (
            suppress(OSError),
            urllib.request.urlopen(f"{address}/data/plugin/scalars/scalars?run=live&tag=loss%2Fval") as said,
        ):
            if json.load(said)[-1][1] == epoch:
                return
        time.sleep(0.02)
    raise RuntimeError(f"TensorBoard does not say anything of epoch {epoch}")
