"""How long a person waits for the app, what it costs the server, and what stays still; TensorBoard beside it.

``python -m tests.benchmarks.app`` starts the app as a user does and drives it in Chromium.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.app_server import CHROMIUM, PATIENCE, QUIET
from tests.benchmarks import app_rival, app_waits
from tests.benchmarks.app_load import costs
from tests.benchmarks.app_logs import write_runs
from tests.benchmarks.app_stillness import stillness
from tests.benchmarks.record import record

Waits = Mapping[str, tuple[list[float], float | None]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=5, help="how many demonstrations and servers to start")
    parser.add_argument("--values", type=int, default=30, help="how many values to write and wait for")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/")
    options = parser.parse_args()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.set_default_timeout(1000 * PATIENCE)
        logs = Path(folder) / "logs"
        write_runs(logs, 100, 1000)
        waits: Waits = {
            "from the click on the demonstration to its first epoch on the chart": (
                app_waits.starts(page, options.starts),
                5.0,
            ),
            "from a flushed value to changed pixels, at the default tick": (
                app_waits.delays(page, options.values),
                1.0,
            ),
            "the same at the fast tick": (app_waits.delays(page, options.values, "fast"), 0.5),
            "TensorBoard: from a flushed value to its server having it": (app_rival.delays(options.values // 2), None),
            "from the start of the server to the table of 100 runs of 1,000 epochs": (
                app_waits.first_paints(page, logs, options.starts),
                3.0,
            ),
            "the same, started as `fitwatch`": (
                app_waits.first_paints(page, logs, options.starts, installed=True),
                3.0,
            ),
            "TensorBoard: from its start to its first chart of the same": (
                app_rival.first_paints(page, logs, options.starts),
                None,
            ),
        }
        costly, still = costs(browser, page), stillness(page)
        browser.close()
    tables = [times(waits), pairs("CPU time of the server", costly), pairs("while values come in", still)]
    record("performance.md", "app", "\n\n".join(tables), write=options.write)


def times(rows: Waits) -> str:
    """Each wait's median and 95th percentile beside its target for the median."""
    lines = ["| a person waits | median | p95 | target |", "|---|--:|--:|--:|"]
    for name, (seconds, target) in rows.items():
        p95 = statistics.quantiles(seconds, n=20, method="inclusive")[-1]
        aim = "" if target is None else f"{target:g} s"
        lines.append(f"| {name} | {statistics.median(seconds):.2f} s | {p95:.2f} s | {aim} |")
    return "\n".join(lines)


def pairs(title: str, rows: Mapping[str, tuple[str, str]]) -> str:
    """Each measure beside its target."""
    return "\n".join(
        [f"| {title} | | target |", "|---|--:|--:|", *(f"| {n} | {m} | {t} |" for n, (m, t) in rows.items())]
    )


if __name__ == "__main__":
    main()
