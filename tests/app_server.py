"""The app as a user starts it, and the browser to look at it with: for the browser test and the benchmarks."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from trainer import job

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# a line of at least two points: layers that are empty as yet leave a point
LINE = "[data-testid=stVegaLiteChart] path[aria-roledescription='line mark'][d*=L]"
PATIENCE = 90.0  # seconds; on a busy machine every step may take long


@contextmanager
def serve(folder: Path, *arguments: str, installed: bool = False) -> Iterator[str]:
    """``streamlit run app -- ARGUMENTS`` in ``folder``, on a free port; yields the address.

    With ``installed``, ``fitwatch ARGUMENTS``, as who has installed it starts the app.

    Ends the server afterwards, and every training that was started below ``folder``.
    """
    process, address = start(folder, *arguments, installed=installed)
    try:
        wait_for_health(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(PATIENCE)
        for status in job.find(folder).values():
            with suppress(psutil.Error):
                psutil.Process(status.pid).kill()


def start(folder: Path, *arguments: str, installed: bool = False) -> tuple[subprocess.Popen[bytes], str]:
    """The process of such a server, and the address at which it will be."""
    port = free_port()
    streamlit = shutil.which("streamlit", path=str(Path(sys.executable).parent))
    assert streamlit, "streamlit is not installed beside this Python"
    command = [
        streamlit,
        "run",
        str(ROOT / "app"),
        f"--server.port={port}",
        "--server.headless=true",
        "--",
        "--root",
        "/",
        *arguments,
    ]
    if installed:
        command = [sys.executable, "-m", "fitwatch", *arguments, "--root", "/", f"--port={port}", "--no-browser"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)} if installed else None
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
    return process, f"http://localhost:{port}"


def free_port() -> int:
    """A port that nothing listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for_health(address: str, process: subprocess.Popen[bytes]) -> None:
    """Return when the server answers; raises ``RuntimeError`` when it has ended instead."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"{address}/_stcore/health", timeout=5) as answer:
            if answer.read() == b"ok":
                return
    raise RuntimeError(f"the server did not come up (exit code {process.poll()})")
