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
PORTS = 5  # to try, as another process may take one after it was found free
IN_USE = "is not available"  # how the server says so
LOOK = 0.01  # seconds between two looks at whether a server is up
PATIENCE = 120.0  # seconds; on a busy machine every step may take long


@contextmanager
def serve(folder: Path, *arguments: str, installed: bool = False) -> Iterator[str]:
    """``streamlit run app -- ARGUMENTS`` in ``folder``, on a free port; yields the address.

    With ``installed``, ``fitwatch ARGUMENTS``, as who has installed it starts the app.

    Ends the server afterwards, and every training that was started below ``folder``.
    """
    process, address = begun(folder, *arguments, installed=installed)
    try:
        yield address
    finally:
        end(process)
        for status in job.find(folder).values():
            with suppress(psutil.Error):
                psutil.Process(status.pid).kill()


def begun(folder: Path, *arguments: str, installed: bool = False) -> tuple[subprocess.Popen[bytes], str]:
    """Such a server that answers, at another port where somebody took the first; raises ``RuntimeError``."""
    for left in reversed(range(PORTS)):
        process, address = start(folder, *arguments, installed=installed)
        try:
            wait_for_health(address, process)
        except RuntimeError:
            end(process)
            if not left or IN_USE not in (folder / "server.log").read_text():
                raise
            (folder / "server.log").unlink()
        else:
            break
    return process, address


def end(process: subprocess.Popen[bytes]) -> None:
    """End the process in order."""
    process.terminate()
    process.wait(PATIENCE)


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
        time.sleep(LOOK)  # or the one who waits would take the processor from the one who starts
    raise RuntimeError(f"the server did not come up (exit code {process.poll()})")
