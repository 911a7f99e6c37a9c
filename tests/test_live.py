"""A live page is drawn again when something on it has changed, and only then."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest
from playwright.sync_api import Page, WebSocket

from app.folder import remembered
from app.folder.entries import Entry
from app.folder.shown import Shown
from diagnostics import GivenSetup
from tests.app_server import LINE
from tests.faults import REST
from tests.live_run import append
from tests.test_browser import At, at, browser, no_exception, page, shared  # noqa: F401 - fixtures
from tests.writers import LogWriter
from trainer.job import Status

AT_WORK = Entry("exp", Path("exp"), "running", job=Status("running", epoch=3, epochs=9, heartbeat=1.0))


def version(runs: Shown, problems: tuple[str, ...] = ()) -> int | str:
    return runs.snapshot("logs", problems, 0).version


def test_runs_have_another_version_with_every_change_that_is_seen_and_none_with_a_heartbeat() -> None:
    runs = Shown({})
    runs.put(AT_WORK)
    versions = [version(runs)]
    assert AT_WORK.job is not None
    runs.put(replace(AT_WORK, job=replace(AT_WORK.job, heartbeat=2.0)))
    assert version(runs) == versions[0]
    assert runs.snapshot("logs", (), 0).entries[0].job == replace(AT_WORK.job, heartbeat=2.0)
    runs.put(replace(AT_WORK, job=replace(AT_WORK.job, epoch=4)))
    versions.append(version(runs))
    runs.put(replace(AT_WORK, state="paused"))
    versions += [version(runs), version(runs, ("cannot be read",))]
    runs.drop("exp")
    versions += [version(runs), version(Shown({}))]
    assert len(set(versions)) == len(versions)


def test_what_a_person_decides_is_another_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(remembered, "user_state_path", lambda *_, **__: tmp_path / "state")
    before = remembered.version()
    assert remembered.version() == before
    remembered.keep_given_setup("logs", "exp", GivenSetup(val_samples=100))
    assert remembered.version() != before


def test_a_page_is_sent_again_when_a_value_comes_and_not_at_a_tick_that_brings_none(
    at: At,  # noqa: F811
    page: Page,  # noqa: F811
    tmp_path: Path,
) -> None:
    looks: list[int] = []  # bytes that came after each request of the page

    def hear(socket: WebSocket) -> None:
        socket.on("framesent", lambda _: looks.append(0))
        socket.on("framereceived", lambda frame: looks.__setitem__(-1, looks[-1] + len(frame)) if looks else None)

    page.on("websocket", hear)
    with LogWriter(tmp_path / "runs" / "exp", start=time.time()) as log:
        for epoch in range(1, 30):  # a minute each, or a slow machine would take the run for one that has ended
            append(log, epoch, when=time.time() - 60 * (30 - epoch))
        page.goto(at("run?run=exp&tick=fast"))
        page.locator(LINE).first.wait_for()
        page.evaluate(REST)
        before, line = len(looks), page.locator(LINE).first.get_attribute("d")
        while len(looks) < before + 6:
            page.wait_for_timeout(100)
        last = len(looks) - 1  # which may still be answered
        append(log, 30)
        page.wait_for_function("([line, d]) => document.querySelector(line).getAttribute('d') !== d", arg=[LINE, line])
    assert median(looks[before + 1 : last]) < 0.2 * max(looks[last:])  # once a minute, ages are drawn
    no_exception(page)
