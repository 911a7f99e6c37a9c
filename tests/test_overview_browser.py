"""The table of all runs in a real browser, by keyboard alone: walked, ticked, folded and opened."""

from __future__ import annotations

import re
from itertools import cycle
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from app.views.overview import words
from tests.faults import repeat
from tests.test_browser import At, at, browser, no_exception, page, shared  # noqa: F401 - fixtures
from tests.test_run_list import three  # noqa: F401 - a fixture

TABLE = "[data-testid=stMain] [data-testid=stDataFrame]"


def cell(page: Page, name: str) -> Locator:  # noqa: F811
    """The name of a run in the table, as screen readers get it."""
    return page.locator(f"{TABLE} td[aria-colindex='1']", has_text=name)


def on(page: Page, name: str) -> None:  # noqa: F811
    """The keyboard is on that name."""
    expect(cell(page, name)).to_have_attribute("aria-selected", "true")


def test_arrows_and_letters_walk_space_ticks_and_enter_opens(at: At, page: Page, three: Path) -> None:  # noqa: F811
    page.goto(at())
    cell(page, "over").wait_for(state="attached")
    page.keyboard.press("j")
    on(page, "over")
    page.keyboard.press("ArrowDown")
    on(page, "fine")
    page.keyboard.press("j")
    on(page, "alone")
    page.keyboard.press("k")
    on(page, "fine")
    assert "run=" not in page.url
    page.keyboard.press("Space")
    page.wait_for_url("**runs=*fine*")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Clear")).to_be_disabled()
    page.keyboard.press("Enter")
    page.wait_for_url("**/run?*run=*fine*")
    expect(page.get_by_test_id("stMain").get_by_role("heading", name="fine").first).to_be_visible()
    no_exception(page)


@pytest.mark.parametrize("clicked", [False, True])
def test_enter_at_once_after_a_move_opens_the_row_moved_to(at: At, page: Page, three: Path, clicked: bool) -> None:  # noqa: F811
    page.goto(at())
    cell(page, "over").wait_for(state="attached")
    keys = ["j", "j"]
    if clicked:
        page.keyboard.press("j")
        on(page, "over")
        keys = ["j"]
    for key in [*keys, "Enter"]:
        page.keyboard.press(key)
    page.wait_for_url("**/run?*run=*fine*")
    no_exception(page)


def test_the_hint_on_keys_is_left_out_where_the_page_is_narrow(at: At, page: Page, three: Path) -> None:  # noqa: F811
    page.goto(at())
    hint = page.get_by_text(words.BY_KEYBOARD)
    expect(hint).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(hint).to_be_hidden()


def test_enter_folds_the_group_on_whose_line_it_is_pressed(at: At, page: Page, three: Path) -> None:  # noqa: F811
    page.goto(at("?group=folder"))
    cell(page, "over").wait_for(state="attached")
    page.keyboard.press("j")
    on(page, "(3)")
    page.keyboard.press("Enter")
    expect(cell(page, "over")).to_have_count(0)
    no_exception(page)


def test_typing_in_the_search_walks_nothing(at: At, page: Page, three: Path) -> None:  # noqa: F811
    page.goto(at())
    cell(page, "over").wait_for(state="attached")
    page.get_by_placeholder("Find by name").click()
    page.keyboard.type("j k")
    expect(page.get_by_text("No run matches")).to_be_visible()
    no_exception(page)


def test_one_cursor_reads_every_panel_of_a_comparison(at: At, page: Page, three: Path) -> None:  # noqa: F811
    page.goto(at("compare?runs=exp/fine exp/over&pins=compare:train"))
    chart = page.locator("[data-testid=stMain] [data-testid=stVegaLiteChart]").first
    chart.locator("path[aria-roledescription='line mark']").first.wait_for(state="attached")
    chart.scroll_into_view_if_needed()
    places = cycle((0.5, 0.51))  # a mouse that does not move tells a chart nothing

    def point() -> None:
        box = chart.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + next(places) * box["width"], box["y"] + 0.3 * box["height"])

    repeat(page, point, "() => document.querySelectorAll('#vg-tooltip-element .value').length >= 2")
    tooltip = page.locator("#vg-tooltip-element")
    expect(tooltip.locator("tr", has_text="fine").locator(".value")).to_have_text(re.compile(r"^\d"))
    expect(tooltip.locator("tr", has_text="over").locator(".value")).to_have_text(re.compile(r"^\d"))
    no_exception(page)
