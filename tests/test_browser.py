"""The whole path as a person walks it: a real server, a real training, a real browser."""

from __future__ import annotations

import os
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import psutil
import pytest

from tests.app_server import CHROMIUM, LINE, PATIENCE, QUIET, ROOT, serve
from tests.faults import faults, listen
from trainer import job
from trainer.config import demonstration
from trainer.status import CONTROL

ARTIFACTS = ROOT / "tests" / "artifacts"

if not Path(CHROMIUM).exists() and "FITWATCH_REQUIRE_BROWSER" not in os.environ:
    pytest.skip(f"needs {CHROMIUM}; install Debian's chromium to run it", allow_module_level=True)

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright  # noqa: E402

At = Callable[..., str]  # a page and its parameters -> its address
DESKTOP, PHONE = {"width": 1440, "height": 1000}, {"width": 390, "height": 844}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with serve(tmp_path) as address:
        yield address


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One server for tests whose pages have their logs from the address."""
    folder = tmp_path_factory.mktemp("shared")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        with serve(folder) as address:
            yield address


@pytest.fixture
def at(shared: str, tmp_path: Path) -> At:
    """The address of a page that shows the logs in ``tmp_path``/runs."""
    logs = f"logdir={tmp_path / 'runs'}"
    return lambda page="": f"{shared}/{page}{'&' if '?' in page else '?'}{logs}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A new page; of one on which a test fails, a picture stays in ``tests/artifacts``."""
    page, failed_before = browser.new_page(viewport=DESKTOP), request.session.testsfailed
    page.set_default_timeout(PATIENCE * 1000)
    yield page
    if request.session.testsfailed > failed_before:
        ARTIFACTS.mkdir(exist_ok=True)
        page.screenshot(path=ARTIFACTS / f"{request.node.originalname}.png", full_page=True)
    page.close()


def badge(page: Page, word: str) -> Locator:
    return page.locator(".stMarkdownBadge", has_text=word).first


def verdict(page: Page, word: str) -> Locator:
    return page.locator(".st-key-answer").get_by_role("heading", name=word)


def no_exception(page: Page) -> None:
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_text("Traceback")).to_have_count(0)


@contextmanager
def held(run: Path, *, epoch: int) -> Iterator[None]:
    """While it is open the training gets no further than this epoch: it must not end while a page is slow."""
    over = Event()

    def hold() -> None:
        while not over.wait(0.02):
            status = job.status(run)
            if status is not None and status.epoch >= epoch:
                with suppress(psutil.NoSuchProcess):
                    psutil.Process(status.pid).suspend()
                    over.wait()
                    psutil.Process(status.pid).resume()
                return

    holder = Thread(target=hold)
    holder.start()
    try:
        yield
    finally:
        over.set()
        holder.join()


def wait_for_wish(run: Path) -> None:
    """Until the training was asked for something."""
    deadline = time.monotonic() + PATIENCE
    while not (run / CONTROL).exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_newcomer_starts_a_training_sees_it_overfit_reloads_and_stops_it(server: str, page: Page, tmp_path) -> None:
    page.goto(server)
    page.get_by_role("button", name="Start the demonstration").click()

    with held(tmp_path / "runs" / "demo-1", epoch=demonstration().epochs - 40):
        # the first points, while it trains
        drawn = page.locator(LINE)
        drawn.first.wait_for()
        expect(badge(page, "Training ")).to_be_visible()
        no_exception(page)

        # the verdict, while it still trains
        expect(verdict(page, "Overfitting")).to_be_visible()
        assert job.status(tmp_path / "runs" / "demo-1").live

        # a reload finds the same run, still there; paused, so that it cannot end meanwhile
        page.get_by_role("button", name="Pause").click()
        wait_for_wish(tmp_path / "runs" / "demo-1")
    expect(badge(page, "Paused ")).to_be_visible()
    page.reload()
    drawn.first.wait_for()
    expect(page.get_by_role("heading", name="demo-1")).to_be_visible()
    expect(verdict(page, "Overfitting")).to_be_visible()
    assert job.status(tmp_path / "runs" / "demo-1").live
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
    epochs = page.get_by_role("spinbutton", name="Epochs", exact=True)
    epochs.fill("2000")
    epochs.press("Enter")
    expect(page.get_by_text("--epochs")).to_be_visible()
    page.get_by_role("button", name="Start training").click()
    page.locator(LINE).first.wait_for()
    run = tmp_path / "runs" / "digits-mlp-1"
    assert job.read_config(run).epochs == 2000
    no_exception(page)


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ("<p>one</p><p style='margin-top: -30px'>other</p>", '"other" overlaps "one"'),
        ("<p style='width: 3000px'>wide</p>", "px wide in"),
        ("<div data-testid=stException>broken</div>", "an exception: broken"),
        ("<p>one</p><p>other <b>inside</b></p>", ""),
        ("<div style='height: 20px; overflow: hidden'><p>one<br>clipped</p></div><p style='margin: 0'>other</p>", ""),
    ],
)
def test_a_fault_is_seen_and_what_is_none_is_not(page: Page, html: str, fault: str) -> None:
    below_the_fold = f"<div style='height: 900px'></div>{html}"
    page.set_content(f"<main data-testid=stMain style='height: 500px; overflow: auto'>{below_the_fold}</main>")
    assert any(fault in found for found in faults(page)) if fault else not faults(page)


def test_a_complaint_of_the_page_is_heard(page: Page) -> None:
    heard = listen(page)
    page.set_content("<script>console.error('lost'); throw new Error('thrown')</script>")
    assert any("lost" in complaint for complaint in heard)
    assert any("thrown" in complaint for complaint in heard)


def test_inside_a_page_of_another_address_nothing_can_be_clicked(server: str, page: Page) -> None:
    page.set_content(f'<iframe src="{server}" style="width: 1200px; height: 800px"></iframe>')
    (frame,) = page.main_frame.child_frames
    frame.locator("html > p a", has_text="Open it in its own tab").wait_for()  # outside of what is inert
    place = frame.locator("a", has_text="Guide").first.bounding_box()
    assert place is not None
    page.mouse.click(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    frame.wait_for_function("document.body.inert")
    assert frame.evaluate("window.location.pathname") == "/"
    page.goto(server)
    page.get_by_role("link", name="Guide").click()
    page.wait_for_url("**/guide**")


def test_the_server_listens_on_this_machine_only_and_reports_to_nobody(server: str) -> None:
    port = int(server.rsplit(":", 1)[1])
    listening = [
        c.laddr for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN and c.laddr.port == port
    ]
    assert {address.ip for address in listening} == {"127.0.0.1"}
    settings = tomllib.loads((ROOT / "app" / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert settings["browser"]["gatherUsageStats"] is False
    assert settings["server"].get("enableXsrfProtection", True) is True
