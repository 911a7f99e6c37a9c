"""The whole path as a person walks it: a real server, a real training, a real browser."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.app_server import CHROMIUM, LINE, PATIENCE, QUIET, ROOT, serve
from trainer import job

ARTIFACTS = ROOT / "tests" / "artifacts"

if not Path(CHROMIUM).exists() and "FITWATCH_REQUIRE_BROWSER" not in os.environ:
    pytest.skip(f"needs {CHROMIUM}; install Debian's chromium to run it", allow_module_level=True)

from playwright.sync_api import Locator, Page, expect, sync_playwright  # noqa: E402


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with serve(tmp_path) as address:
        yield address


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


def badge(page: Page, word: str) -> Locator:
    return page.locator(".stMarkdownBadge", has_text=word).first


def no_exception(page: Page) -> None:
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_text("Traceback")).to_have_count(0)


def test_a_newcomer_starts_a_training_sees_it_overfit_reloads_and_stops_it(server: str, page: Page, tmp_path) -> None:
    page.goto(server)
    page.get_by_role("button", name="Start the demonstration").click()

    # the first points, while it trains
    drawn = page.locator(LINE)
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

    page.get_by_role("button", name="Stop training").click()
    expect(badge(page, "Stopped ")).to_be_visible()
    status = job.status(tmp_path / "runs" / "demo-1")
    assert status.state == "stopped"
    assert (tmp_path / "runs" / "demo-1" / "checkpoint.pt").exists()
    no_exception(page)

    # a finished run stops ticking and can be continued
    expect(page.get_by_role("button", name="Continue from checkpoint")).to_be_visible()
    page.get_by_role("link", name="Overview").first.click()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    no_exception(page)


def test_a_training_is_put_together_in_the_form_and_started(server: str, page: Page, tmp_path: Path) -> None:
    page.goto(f"{server}/train")
    epochs = page.get_by_role("spinbutton", name="Epochs")
    epochs.fill("2000")
    epochs.press("Enter")
    expect(page.get_by_text("--epochs")).to_be_visible()
    page.get_by_role("button", name="Start training").click()
    page.locator(LINE).first.wait_for()
    run = tmp_path / "runs" / "digits-mlp-1"
    assert job.read_config(run).epochs == 2000
    no_exception(page)


def test_the_server_listens_on_this_machine_only_and_reports_to_nobody(server: str) -> None:
    port = int(server.rsplit(":", 1)[1])
    listening = [
        c.laddr for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN and c.laddr.port == port
    ]
    assert {address.ip for address in listening} == {"127.0.0.1"}
    settings = tomllib.loads((ROOT / "app" / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert settings["browser"]["gatherUsageStats"] is False
    assert settings["server"].get("enableXsrfProtection", True) is True
