"""The list of runs beside a page in a real browser: found, walked, opened, picked and hidden by keys and clicks."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.test_browser import At, at, browser, no_exception, page, shared  # noqa: F401 - fixtures
from tests.test_run_list import three  # noqa: F401 - a fixture


def names(page: Page) -> list[str]:  # noqa: F811
    return page.locator(".st-key-run-list .name").all_inner_texts()


def shows(page: Page, run: str) -> None:  # noqa: F811
    expect(page.get_by_test_id("stMain").get_by_role("heading", name=run, exact=False).first).to_be_visible()
    expect(row(page, run.rpartition("/")[2])).to_have_attribute("aria-current", "true")


def row(page: Page, name: str) -> Locator:  # noqa: F811
    return page.locator(".st-key-run-list li .open", has_text=name)


def test_runs_are_walked_found_and_hidden_by_keys_alone(at: At, page: Page, three: Path) -> None:  # noqa: F811
    page.goto(at("run"))
    shows(page, "exp/over")
    page.keyboard.press("j")
    shows(page, "exp/fine")
    page.keyboard.press("k")
    shows(page, "exp/over")

    page.keyboard.press("/")
    page.keyboard.type("^exp/(alone|fine)$")
    expect(row(page, "over")).to_have_count(0)
    assert names(page) == ["fine", "alone"]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    shows(page, "exp/alone")
    page.wait_for_url("**find=*")

    page.keyboard.press("k")
    expect(row(page, "fine")).to_be_focused()
    shows(page, "exp/alone")
    page.keyboard.press("j")
    expect(row(page, "alone")).to_be_focused()

    page.keyboard.press("/")
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    expect(row(page, "over")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(row(page, "alone")).to_have_count(0)
    no_exception(page)


def test_runs_are_filtered_by_verdict_and_the_overview_lists_the_same(at: At, page: Page, three: Path) -> None:  # noqa: F811
    page.goto(at("run"))
    page.get_by_role("button", name="Overfitting: 1").click()
    expect(row(page, "fine")).to_have_count(0)
    page.wait_for_url("**verdicts=overfitting*")
    no_exception(page)


def test_a_click_picks_a_run_for_comparison_and_another_lets_it_go(at: At, page: Page, three: Path) -> None:  # noqa: F811
    page.goto(at("compare"))
    row(page, "fine").click()
    page.wait_for_url("**runs=*fine*")
    row(page, "over").click()
    page.wait_for_url("**runs=*fine*over*")
    expect(row(page, "over")).to_have_attribute("aria-checked", "true")
    page.keyboard.press("x")
    expect(row(page, "over")).to_have_attribute("aria-checked", "false")
    no_exception(page)


def test_the_sidebar_of_a_phone_closes_once_a_page_was_chosen_in_it(at: At, page: Page, three: Path) -> None:  # noqa: F811
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(at())
    page.wait_for_function("window.fitwatchTab !== undefined")  # the first page has come
    for name in ("Tune", "Compare"):
        page.get_by_test_id("stExpandSidebarButton").click()
        page.get_by_test_id("stSidebar").get_by_role("link", name=name).click()
        page.wait_for_url(f"**/{name.lower()}*")
        expect(page.get_by_test_id("stExpandSidebarButton")).to_be_visible()
    no_exception(page)


def test_the_browser_is_told_the_language_and_breaks_korean_between_words(at: At, page: Page, three: Path) -> None:  # noqa: F811
    page.goto(at("?lang=ko"))
    page.wait_for_function("document.documentElement.lang === 'ko'")
    assert page.get_by_test_id("stMain").evaluate("main => getComputedStyle(main).wordBreak") == "keep-all"
