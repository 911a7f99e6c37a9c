"""What draws charts is there before the first one is opened."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from app import ahead
from tests.test_browser import browser, no_exception, page, server  # noqa: F401 - fixtures
from tests.writers import write_run


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
