"""The pictures in docs/img/: ``python -m tests.screenshots`` takes them of every page, and of a run while it trains."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.app_server import CHROMIUM, LINE, QUIET, ROOT, serve
from tests.faults import REST

IMAGES = ROOT / "docs" / "img"
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
LARGEST = 200_000  # bytes of a picture
# picture -> the page's address, and what stands there once it is drawn
OF_MANY_LOGS = {
    "overview": ("", "[data-testid=stDataFrame]"),
    "train": ("train", "[data-testid=stCode]"),
    "guide": ("guide?lesson=mixup", "[data-testid=stImage]"),
}
OF_TRIALS = {
    "trial": ("run?run=base", LINE),
    "compare": ("compare?runs=base base-try-1", LINE),
    "tune": ("tune?study=tune", LINE),
}
PATIENTS = ["--dataset", "breast_cancer", "--train-size", "200"]
COMMANDS = (
    [*PATIENTS, "--epochs", "60", "--logdir", "runs/base"],
    ["try", "runs/base"],
    ["tune", *PATIENTS, "--epochs", "40", "--budget", "20 runs", "--workers", "2"],
)


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        a_demonstration(browser)
        every_page(browser)
        browser.close()


def a_demonstration(browser: Browser) -> None:
    """The welcome and the demonstration while it trains, light and dark, and on a phone."""
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as address:
        page = browser.new_page(viewport=DESKTOP)
        page.set_default_timeout(120_000)
        page.goto(address)
        page.get_by_role("button", name="Start the demonstration").wait_for()
        take(page, "welcome-light")
        page.get_by_role("button", name="Start the demonstration").click()
        page.get_by_role("heading", name="Overfitting").wait_for()
        page.wait_for_timeout(8000)  # a little more of the curve
        take(page, "run-light")
        for name, size, scheme in (("run-dark", DESKTOP, "dark"), ("run-phone", PHONE, "light")):
            other = browser.new_page(viewport=size, color_scheme=scheme)
            other.goto(page.url)
            other.locator(LINE).first.wait_for(timeout=120_000)
            take(other, name)
            other.close()
        page.close()


def every_page(browser: Browser) -> None:
    """The pages over the logs of many frameworks, and those of a trial and a study."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "tests" / "logs", Path(folder) / "logs")
        pages(browser, Path(folder), "logs", OF_MANY_LOGS)
        for command in COMMANDS:
            environment = {**os.environ, "PYTHONPATH": str(ROOT)}
            subprocess.run([sys.executable, "-m", "trainer", *command], cwd=folder, env=environment, check=True)
        pages(browser, Path(folder), "runs", OF_TRIALS)


def pages(browser: Browser, folder: Path, logdir: str, views: dict[str, tuple[str, str]]) -> None:
    """One picture of each view over a log folder."""
    with serve(folder, "--logdir", logdir) as address:
        for name, (view, drawn) in views.items():
            page = browser.new_page(viewport=DESKTOP)
            page.goto(f"{address}/{view}")
            page.locator(drawn).first.wait_for(timeout=120_000)
            take(page, name)
            page.close()


def take(page: Page, name: str) -> None:
    """A picture of the page once it rests. Raises ``ValueError`` when it is too large for a README."""
    page.evaluate(REST)
    page.wait_for_timeout(500)
    path = IMAGES / f"{name}.png"
    page.screenshot(path=path)
    if path.stat().st_size > LARGEST:
        raise ValueError(f"{path} has {path.stat().st_size:,} bytes; it must stay below {LARGEST:,}")


if __name__ == "__main__":
    main()
