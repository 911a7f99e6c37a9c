"""The pictures in docs/img/: ``python -m tests.screenshots`` takes them of a real demonstration while it trains."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.app_server import CHROMIUM, LINE, QUIET, serve

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "img"
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(Path(folder)) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page(viewport=DESKTOP)
        page.set_default_timeout(120_000)
        page.goto(address)
        page.get_by_role("button", name="Start the demonstration").wait_for()
        take(page, "welcome-light")
        page.get_by_role("button", name="Start the demonstration").click()
        page.locator(".stMarkdownBadge", has_text="Overfitting").first.wait_for()
        page.wait_for_timeout(8000)  # a little more of the curve
        take(page, "run-light")
        view = page.url
        for name, size, scheme in (("run-dark", DESKTOP, "dark"), ("run-phone", PHONE, "light")):
            other = browser.new_page(viewport=size, color_scheme=scheme)
            other.goto(view)
            other.locator(LINE).first.wait_for(timeout=120_000)
            take(other, name)
        browser.close()


def take(page: Page, name: str) -> None:
    page.wait_for_timeout(1000)  # let what was drawn settle
    page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
