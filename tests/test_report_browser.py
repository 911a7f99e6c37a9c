"""The HTML report in a browser: no column is clipped, the table sorts, and a scale is chosen."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from diagnostics.report.html_page import write_html
from tests.test_browser import browser  # noqa: F401 - a fixture
from tests.test_report import FALLING, TURNING, result


@pytest.fixture
def report(browser: Browser, tmp_path: Path) -> Page:  # noqa: F811
    names = ["an/experiment_with_a_name_without_any_place_to_break_it_at", "b"]
    results = [result(TURNING, name=names[0]), result(FALLING, name=names[1])]
    write_html(tmp_path / "report.html", results, title="2 runs in logs")
    page = browser.new_page()
    page.goto((tmp_path / "report.html").as_uri())
    return page


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_nothing_is_wider_than_the_page(report: Page, width: int) -> None:
    report.set_viewport_size({"width": width, "height": 844})
    assert report.evaluate("document.documentElement.scrollWidth") <= width


def test_a_heading_sorts_the_runs_and_turns_the_order_round(report: Page) -> None:
    report.set_viewport_size({"width": 1440, "height": 900})
    first = report.locator(".runs tbody tr").first
    report.get_by_role("button", name="Best").click()
    expect(first).to_contain_text("0.01667")
    report.get_by_role("button", name="Best").click()
    expect(first).to_contain_text("0.05")


def test_one_scale_is_shown_at_a_time(report: Page) -> None:
    section = report.locator("section").first
    section.get_by_text("Log", exact=True).click()
    expect(section.locator(".plot.log")).to_be_visible()
    expect(section.locator(".plot.linear")).to_be_hidden()
    section.get_by_text("Linear", exact=True).click()
    expect(section.locator(".plot.log")).to_be_hidden()
