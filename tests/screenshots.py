"""The pictures in docs/img/: ``python -m tests.screenshots`` takes them of every page, and of a run while it trains.

``--only demonstration`` takes the welcome, the demonstration and the animation of it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from unittest import mock

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from tests.app_server import CHROMIUM, LINE, QUIET, ROOT, serve
from tests.faults import REST
from trainer.config import demonstration

IMAGES = ROOT / "docs" / "img"
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
LARGEST, LARGEST_FILM = 200_000, 1_000_000  # bytes of a picture, and of a moving one
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
    ["--config", "demonstration.json", "--logdir", "runs/base"],
    ["try", "runs/base"],
    ["tune", *PATIENTS, "--epochs", "40", "--budget", "20 runs", "--workers", "2"],
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["demonstration", "pages"])
    only = parser.parse_args().only
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        if only != "pages":
            a_demonstration(browser)
        if only != "demonstration":
            every_page(browser)
        browser.close()


def a_demonstration(browser: Browser) -> None:
    """The welcome and the demonstration: at work, at its end (dark, on a phone), and moving, up to its trial."""
    with home() as folder, serve(folder) as address:
        page = browser.new_page(viewport=DESKTOP)
        page.set_default_timeout(120_000)
        page.goto(address)
        page.get_by_role("button", name="Start the demonstration").wait_for()
        take(page, "welcome-light")
        film = [page.screenshot()]
        page.get_by_role("button", name="Start the demonstration").click()
        page.locator(LINE).first.wait_for()
        film += frames_until(page, page.get_by_role("heading", name="Overfitting, clearly"))
        take(page, "run-light")
        film += frames_until(page, page.get_by_role("button", name="Try it"))
        for name, size, scheme in (("run-dark", DESKTOP, "dark"), ("run-phone", PHONE, "light")):
            other = browser.new_page(viewport=size, color_scheme=scheme)
            other.goto(page.url)
            other.locator(LINE).first.wait_for(timeout=120_000)
            take(other, name)
            other.close()
        page.get_by_role("button", name="Try it").click()
        page.mouse.move(5, 5)
        film += frames_until(page, page.get_by_text("Best of the run"))
        animate(film, "demonstration")
        page.close()


def frames_until(page: Page, last: Locator) -> list[bytes]:
    """Pictures of the page, one a second, until ``last`` is seen, and one of it at rest."""
    frames = []
    while not last.is_visible():
        frames.append(page.screenshot())
        page.wait_for_timeout(1000)
    page.evaluate(REST)
    return [*frames, page.screenshot()]


def animate(frames: list[bytes], name: str) -> None:
    """One moving picture of them; the first and the last stay longer."""
    size = (DESKTOP["width"] * 3 // 4, DESKTOP["height"] * 3 // 4)
    pictures = [Image.open(BytesIO(frame)).convert("RGB").resize(size, Image.Resampling.LANCZOS) for frame in frames]
    durations = [1500, *[350] * (len(pictures) - 2), 5000]
    path = IMAGES / f"{name}.webp"
    pictures[0].save(
        path,
        save_all=True,
        append_images=pictures[1:],
        duration=durations,
        loop=0,
        quality=60,
        method=4,
        minimize_size=True,
    )
    within(path, LARGEST_FILM)


def every_page(browser: Browser) -> None:
    """The pages over the logs of many frameworks, and those of a trial and a study."""
    with home() as folder:
        shutil.copytree(ROOT / "tests" / "logs", folder / "experiments")
        pages(browser, folder, "experiments", OF_MANY_LOGS)
        (folder / "demonstration.json").write_text(replace(demonstration(), pace=0.0).to_json())
        for command in COMMANDS:
            environment = {**os.environ, "PYTHONPATH": str(ROOT)}
            subprocess.run([sys.executable, "-m", "trainer", *command], cwd=folder, env=environment, check=True)
        pages(browser, folder, "runs", OF_TRIALS)


@contextmanager
def home() -> Iterator[Path]:
    """A folder of a plain name that is the person's own meanwhile: nothing of the real one is in a picture."""
    folder = Path(tempfile.gettempdir(), "fitwatch")
    folder.mkdir()
    try:
        with mock.patch.dict(os.environ, HOME=str(folder)):
            os.environ.pop("XDG_STATE_HOME", None)
            yield folder
    finally:
        shutil.rmtree(folder)


def pages(browser: Browser, folder: Path, logdir: str, views: dict[str, tuple[str, str]]) -> None:
    """One picture of each view over a log folder."""
    with serve(folder, "--logdir", logdir) as address:
        for name, (view, drawn) in views.items():
            page = browser.new_page(viewport=DESKTOP)
            page.goto(f"{address}/{view}")
            page.locator(drawn).first.wait_for(state="attached", timeout=120_000)  # a level line has no height to see
            take(page, name)
            page.close()


def take(page: Page, name: str) -> None:
    """A picture of the page once it rests. Raises ``ValueError`` when it is too large for a README."""
    page.evaluate(REST)
    page.wait_for_timeout(500)
    path = IMAGES / f"{name}.png"
    page.screenshot(path=path)
    within(path, LARGEST)


def within(path: Path, largest: int) -> None:
    """Raises ``ValueError`` where a file is larger."""
    if path.stat().st_size > largest:
        raise ValueError(f"{path} has {path.stat().st_size:,} bytes; it must stay below {largest:,}")


if __name__ == "__main__":
    main()
