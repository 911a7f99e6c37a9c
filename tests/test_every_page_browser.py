"""Every page in a real browser, in both schemes: nothing overlaps or is cut off on a desktop or a phone, nothing that
axe-core calls serious, and neither the browser nor the server complains."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.app_server import LINE, PATIENCE, ROOT, serve
from tests.faults import LOOKS, REST, complaints, faults, listen
from tests.live_run import going_on
from tests.study_files import screened, study, write_study
from tests.test_browser import DESKTOP, PHONE, browser  # noqa: F401 - a fixture
from tests.test_run_page import write_own
from trainer.status import Status, write_status

GRAVE = ("serious", "critical")
FOLDS = "[data-testid=stExpander] details:not([open]) > summary"
HEADING = "h2, h3"
# each page of the app as the walk opens it -> what stands there once it is drawn; a new page is a new line
PAGES = {
    "": "[data-testid=stDataFrame]",
    "run?run=live": LINE,
    "run?run=torch_sw_healthy/runs/x": LINE,
    "run?run=sb3/tb/PPO_1": "[data-testid=stExpander]",
    "compare?runs=live keras_tf/overfit torch_sw_healthy/runs/x": LINE,
    "train": "[data-testid=stCode]",
    "tune?study=tune-1": LINE,
    "tune?study=screen": "[data-testid=stVegaLiteChart]",
    "guide?lesson=mixup": "[data-testid=stImage]",
    "guide?lesson=verdicts": LINE,
}
# pages on which something went wrong, and a folder without runs
EXCEPTIONAL = {
    "run?run=failed": "[data-testid=stCode]",
    "run?run=nowhere": HEADING,
    "?logdir=missing": HEADING,
    "?logdir=empty": HEADING,
    "compare?runs=": HEADING,
}


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A server over logs of many frameworks, two studies, a run that goes on, one that failed, and an empty folder."""
    folder = tmp_path_factory.mktemp("accessible")
    logs = shutil.copytree(ROOT / "tests" / "logs", folder / "logs")
    (folder / "empty").mkdir()
    write_own(logs / "failed")
    write_status(logs / "failed", Status("failed", epoch=12, epochs=30, message="out of memory"))
    write_study(logs / "tune-1", study(20))
    write_study(logs / "screen", study(8, screen=screened(), importance=None))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        with going_on(logs / "live"), serve(folder, "--logdir", str(logs)) as address:
            yield address, folder / "server.log"


def unfold(page: Page) -> None:
    """Open every fold of the page, also those within folds, and wait until what is in them is drawn."""
    page.evaluate(REST)
    while closed := page.locator(FOLDS).count():
        for fold in range(closed):
            page.locator(FOLDS).nth(closed - 1 - fold).click()
        page.evaluate(REST)


def violations(page: Page) -> list[str]:
    """What hinders people gravely, a line for each rule and element."""
    for _ in range(LOOKS):
        page.evaluate(REST)
        found = [
            f"{rule['id']}: {' '.join(map(str, node['target']))}: {node['html'][:300]} {node['failureSummary'][:300]}"
            for rule in Axe().run(page).response["violations"]
            if rule["impact"] in GRAVE
            for node in rule["nodes"]
        ]
        if not found:
            break
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_fault_on_a_desktop_or_a_phone_and_nothing_complains(
    logs: tuple[str, Path],
    browser: Browser,  # noqa: F811
    scheme: Any,
) -> None:
    found, (server, log) = {}, logs
    context = browser.new_context(viewport=DESKTOP, color_scheme=scheme)
    context.set_default_timeout(PATIENCE * 1000)
    for address, drawn in (PAGES | EXCEPTIONAL).items():
        page = context.new_page()
        heard = listen(page)
        page.goto(f"{server}/{address}")
        page.locator(drawn).first.wait_for()
        on_a_desktop = faults(page)
        page.set_viewport_size(PHONE)
        on_a_phone = [f"on a phone: {fault}" for fault in faults(page)]
        page.set_viewport_size(DESKTOP)
        unfold(page)
        found[address] = [*on_a_desktop, *on_a_phone, *violations(page), *heard]
        page.close()
    context.close()
    assert found == {address: [] for address in found}
    assert complaints(log) == []


def test_a_complaint_of_the_server_is_seen(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text("\n  You can now view your Streamlit app in your browser.\n\n  URL: http://127.0.0.1:1\n")
    assert complaints(log) == []
    log.write_text("2026-01-01 00:00:00.000 Please replace `use_container_width` with `width`.\n")
    assert len(complaints(log)) == 1
