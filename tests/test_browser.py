"""The whole path as a person walks it: a real server, a real training, a real browser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from trainer import job

ROOT = Path(__file__).resolve().parent.parent
ARTIFACTS = ROOT / "tests" / "artifacts"
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
PATIENCE = 90.0  # seconds; on a busy machine every step may take long, and none of them is timed here

if not Path(CHROMIUM).exists() and "FITWATCH_REQUIRE_BROWSER" not in os.environ:
    pytest.skip(f"needs {CHROMIUM}; install Debian's chromium to run it", allow_module_level=True)

from playwright.sync_api import Locator, Page, expect, sync_playwright  # noqa: E402


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """``streamlit run app`` as a user starts it, from another folder; its trainings are ended with the test."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    streamlit = shutil.which("streamlit", path=str(Path(sys.executable).parent))
    assert streamlit, "streamlit is not installed beside this Python"
    command = [streamlit, "run", str(ROOT / "app"), f"--server.port={port}", "--server.headless=true"]
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    address = f"http://localhost:{port}"
    try:
        wait_for_health(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(PATIENCE)
        for status in job.find(tmp_path).values():
            with suppress(psutil.Error):
                psutil.Process(status.pid).kill()


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.set_default_timeout(PATIENCE * 1000)
        expect.set_options(timeout=PATIENCE * 1000)
        try:
            yield page
        finally:
            ARTIFACTS.mkdir(exist_ok=True)
            page.screenshot(path=ARTIFACTS / "browser.png", full_page=True)
            browser.close()


def wait_for_health(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"{address}/_stcore/health", timeout=5) as answer:
            if answer.read() == b"ok":
                return
    pytest.fail(f"the server did not come up (exit code {process.poll()})")


def badge(page: Page, word: str) -> Locator:
    return page.locator(".stMarkdownBadge", has_text=word).first


def no_exception(page: Page) -> None:
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_text("Traceback")).to_have_count(0)


def test_a_newcomer_starts_a_training_sees_it_overfit_reloads_and_stops_it(server: str, page: Page, tmp_path) -> None:
    page.goto(server)
    page.get_by_role("button", name="Start the demonstration").click()

    # the first points, while it trains
    drawn = page.locator("[data-testid=stVegaLiteChart] path[aria-roledescription='line mark']")
    drawn.first.wait_for()
    expect(badge(page, "Training ")).to_be_visible()
    no_exception(page)

    # the verdict, while it still trains
    expect(badge(page, "Overfitting")).to_be_visible()
    assert job.status(tmp_path / "runs" / "demo-1").live

    # a reload finds the same run, still training
    epoch = job.status(tmp_path / "runs" / "demo-1").epoch
    page.reload()
    drawn.first.wait_for()
    expect(page.get_by_role("heading", name="demo-1")).to_be_visible()
    expect(badge(page, "Overfitting")).to_be_visible()
    assert job.status(tmp_path / "runs" / "demo-1").epoch >= epoch
    no_exception(page)

    page.get_by_role("button", name="Stop", exact=True).click()
    expect(badge(page, "Stopped ")).to_be_visible()
    status = job.status(tmp_path / "runs" / "demo-1")
    assert status.state == "stopped"
    assert (tmp_path / "runs" / "demo-1" / "checkpoint.pt").exists()
    no_exception(page)

    # a finished run stops ticking and can be continued
    expect(page.get_by_role("button", name="Continue from checkpoint")).to_be_visible()
    page.get_by_role("link", name="Runs").first.click()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    no_exception(page)
