"""What draws charts is there before the first one is opened."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page

from app import ahead
from tests.app_server import ROOT
from tests.test_browser import browser, no_exception, page, server  # noqa: F401 - fixtures
from tests.writers import write_run

# what the first page does for its table, and what of it a person would wait for
FIRST_PAGE = """
import sys
from app import actions, ahead, notify, run_list, shell
from app.folder.watch import Watch
from app.views.overview import cells, columns, parts, rows, table
folder = Watch(sys.argv[1]).look()
whole = cells.frame(rows.rows(folder.entries, unfold=False), cells.Folder(folder.place, {}, {}, at_once=True))
assert columns.shown_table(whole).num_rows == 1
print({"altair", "pandas", "scipy", "torch"} & sys.modules.keys())
"""


def test_the_first_page_waits_for_no_large_package_that_it_does_not_need(tmp_path: Path) -> None:
    write_run(tmp_path / "mine", {"loss/train": [3.0, 2.0, 1.0] * 5, "loss/val": [3.0, 2.0, 1.0] * 5})
    command = [sys.executable, "-c", FIRST_PAGE, str(tmp_path)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert said.splitlines()[-1] == "set()"


def test_streamlit_has_its_script_for_charts_where_it_is_looked_for() -> None:
    assert ahead.SCRIPT is not None


def test_the_overview_loads_what_draws_charts_while_a_person_reads_it(server: str, page: Page, tmp_path: Path) -> None:  # noqa: F811
    write_run(tmp_path / "runs" / "mine", {"loss/train": [3.0, 2.0, 1.0], "loss/val": [3.0, 2.0, 1.0]})
    page.goto(server)
    page.locator("[data-testid=stDataFrame]").first.wait_for()
    page.wait_for_function(
        "name => performance.getEntriesByType('resource').some(({ name: url }) => url.endsWith(name))",
        arg=ahead.SCRIPT and ahead.SCRIPT.name,
    )
    no_exception(page)
