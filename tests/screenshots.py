"""The pictures in docs/img/: ``python -m tests.screenshots`` takes them of every page, and of a run while it trains."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.app_server import CHROMIUM, LINE, QUIET, ROOT, serve
from tests.faults import REST
from tests.study_files import study, write_study

IMAGES = ROOT / "docs" / "img"
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
LARGEST = 200_000  # bytes of a picture
# picture -> the page's address, and what stands there once it is drawn
PAGES = {
    "overview": ("", "[data-testid=stDataFrame]"),
    "compare": ("compare?runs=keras_tf_multi/logs/lr_0.0001 keras_tf_multi/logs/lr_0.01", LINE),
    "train": ("train", "[data-testid=stCode]"),
    "tune": ("tune?study=tune-1", LINE),
    "guide": ("guide?lesson=mixup", "[data-testid=stImage]"),
}


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
        page.locator(".stMarkdownBadge", has_text="Overfitting").first.wait_for()
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
    """The other pages, over the logs of many frameworks."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "tests" / "logs", Path(folder) / "logs")
        write_study(Path(folder) / "logs" / "tune-1", study(20))
        with serve(Path(folder), "--logdir", "logs") as address:
            for name, (view, drawn) in PAGES.items():
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
