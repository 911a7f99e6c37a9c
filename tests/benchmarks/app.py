"""How long a person waits for the app, what it costs the server, and what stays still; TensorBoard beside it.

``python -m tests.benchmarks.app`` starts the app as a user does and drives it in Chromium.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.app_server import CHROMIUM, PATIENCE, QUIET
from tests.benchmarks import app_clicks, app_rival, app_waits
from tests.benchmarks.app_load import costs
from tests.benchmarks.app_logs import write_runs
from tests.benchmarks.app_stillness import stillness
from tests.benchmarks.app_table import Wait, measures_table, summary, waits_table
from tests.benchmarks.record import record

RUNS, EPOCHS = 100, 1000  # of the folder that is looked at


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
        write_runs(logs, RUNS, EPOCHS)
        waits = {
            **waits_for_values(page, options.values),
            **waits_for_the_start(page, logs, options.starts),
            **waits_after_clicks(page, options.values),
        }
        costly, still = costs(browser, page), stillness(page)
        browser.close()
    tables = [
        summary({**waits, **costly, **still}),
        waits_table(waits),
        measures_table("cost for the server", costly),
        measures_table("while values come in", still),
    ]
    record("performance.md", "app", "\n\n".join(tables), write=options.write)


def waits_for_values(page: Page, values: int) -> dict[str, Wait]:
    """Until a value is seen that a run has just logged."""
    return {
        "from a flushed value to changed pixels, at the default tick": Wait(app_waits.delays(page, values), 1.0),
        "the same at the fast tick": Wait(app_waits.delays(page, values, "fast"), 0.5),
        "TensorBoard: from a flushed value to its server having it": Wait(app_rival.delays(values // 2)),
    }


def waits_for_the_start(page: Page, logs: Path, starts: int) -> dict[str, Wait]:
    """Until there is something to look at."""
    return {
        "from the click on the demonstration to its first epoch on the chart": Wait(app_waits.starts(page, starts), 5),
        f"from the start of the server to the table of {RUNS} runs of {EPOCHS:,} epochs": Wait(
            app_waits.first_paints(page, logs, starts), 3
        ),
        "the same, started as `fitwatch`": Wait(app_waits.first_paints(page, logs, starts, installed=True), 3),
        "TensorBoard: from its start to its first chart of the same": Wait(app_rival.first_paints(page, logs, starts)),
    }


def waits_after_clicks(page: Page, clicks: int) -> dict[str, Wait]:
    """Until the page shows what was clicked on."""
    with app_clicks.many_runs(RUNS, EPOCHS) as address:
        return {
            f"from the click on one of {RUNS} runs in the table to its chart": Wait(
                app_clicks.openings(page, address, clicks), 1
            ),
            "from the click on another metric or axis to the changed chart": Wait(
                app_clicks.other_looks(page, address, clicks), 0.5
            ),
        }


if __name__ == "__main__":
    main()
