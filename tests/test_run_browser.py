"""The page of one run in a real browser: what only there can be seen."""

from __future__ import annotations

import json
import time
from itertools import cycle
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.app_server import PATIENCE
from tests.faults import REST, repeat
from tests.test_browser import At, at, browser, no_exception, page, shared  # noqa: F401 - fixtures
from tests.test_run_page import write_own
from tests.writers import LogWriter, write_run
from trainer.status import Status, write_status

CHART = ".st-key-curves svg.marks"
LINE = f"{CHART} path[aria-roledescription='line mark']"
TURNING = [abs(step - 30) / 60 + 0.3 for step in range(90)]
FALLING = [1.0 / (step + 1) for step in range(90)]
PNG = b"\x89PNG\r\n\x1a\n"


def downloaded(page: Page, button: str, to: Path) -> Path:  # noqa: F811
    """The file that the button with this name hands over."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    waiting.value.save_as(to)
    return to


def test_a_chart_comes_down_as_it_is_drawn_and_so_does_the_run(at: At, page: Page, tmp_path: Path) -> None:  # noqa: F811
    write_run(tmp_path / "runs" / "mine", {"loss/train": FALLING, "loss/val": TURNING})
    page.goto(at("run?run=mine"))
    page.locator(LINE).first.wait_for()
    page.get_by_role("button", name="Export").click()
    picture = downloaded(page, "Chart as SVG", tmp_path / "mine.svg").read_text(encoding="utf-8")
    assert picture.startswith("<svg")
    assert "Overfits from epoch" in picture
    assert downloaded(page, "Chart as PNG", tmp_path / "mine.png").read_bytes().startswith(PNG)
    table = downloaded(page, "Chart's data as CSV", tmp_path / "chart.csv").read_text(encoding="utf-8")
    assert table.splitlines()[0] == "step,train,val"
    assert len(table.splitlines()) == 91
    assert "loss/val" in downloaded(page, "All series as CSV", tmp_path / "mine.csv").read_text(encoding="utf-8")
    no_exception(page)


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768), (390, 844)], ids=str)
def test_the_first_screen_has_the_verdict_a_number_the_button_and_the_chart(
    at: At,  # noqa: F811
    page: Page,  # noqa: F811
    tmp_path: Path,
    size: tuple[int, int],
) -> None:
    write_own(tmp_path / "runs" / "mine")
    write_status(tmp_path / "runs" / "mine", Status("finished", epoch=30, epochs=30))
    (tmp_path / "runs" / "mine" / "best.pt").write_bytes(b"weights")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(at("run?run=mine"))
    page.locator(LINE).first.wait_for()
    page.evaluate(REST)
    answer = page.locator(".st-key-answer")
    for part in (
        answer.get_by_role("heading", name="Overfitting, clearly, since epoch 11"),
        answer.get_by_text("Validation loss 0.3"),
        answer.get_by_role("button", name="Try it"),
        answer.get_by_role("button", name="Download epoch 11"),
    ):
        expect(part).to_be_in_viewport(ratio=1)
    chart = page.locator(CHART).bounding_box()
    assert chart is not None
    assert chart["y"] + 100 < size[1]  # its top with the first lines


def test_what_is_zoomed_in_stays_so_while_the_run_grows_and_the_chart_is_not_made_anew(
    at: At,  # noqa: F811
    page: Page,  # noqa: F811
    tmp_path: Path,
) -> None:
    with LogWriter(tmp_path / "runs" / "mine", start=time.time()) as log:
        grow(log, 0, 60)
        page.goto(at("run?run=mine"))
        page.locator(LINE).first.wait_for()
        page.locator(CHART).evaluate("chart => { chart.dataset.mine = 'yes' }")
        before = axis(page)
        repeat(page, lambda: zoom_in(page), f"() => {AXIS} !== {json.dumps(before)}")
        zoomed, line = axis(page), page.locator(LINE).first.get_attribute("d")
        grow(log, 60, 70)
        page.wait_for_function(
            "([line, before]) => document.querySelector(line).getAttribute('d') !== before", arg=[LINE, line]
        )
        assert axis(page) == zoomed
        expect(page.locator(CHART)).to_have_attribute("data-mine", "yes")
    no_exception(page)


def test_a_box_drawn_in_the_chart_is_zoomed_into_and_panning_stays_inside_of_the_data(
    at: At,  # noqa: F811
    page: Page,  # noqa: F811
    tmp_path: Path,
) -> None:
    write_run(tmp_path / "runs" / "mine", {"loss/train": FALLING, "loss/val": TURNING})
    page.goto(at("run?run=mine&scale=linear"))
    page.locator(LINE).first.wait_for()
    page.evaluate(REST)
    drag(page, (0.3, 0.2), (0.6, 0.7))
    expect(page.get_by_role("button", name="Show all")).to_be_visible()
    low, high = horizontal_ends(page)
    assert 15 < low < 40 < high < 70
    page.keyboard.down("Shift")
    deadline = time.monotonic() + PATIENCE
    while not page.evaluate("() => new URLSearchParams(location.search).get('x')?.startsWith('epoch 1:')"):
        assert time.monotonic() < deadline
        page.evaluate(REST)
        drag(page, (0.2, 0.5), (0.9, 0.5))  # in the end beyond the beginning of the run
    page.keyboard.up("Shift")
    page.get_by_role("button", name="Show all").click()
    page.wait_for_function("() => !new URLSearchParams(location.search).has('x')")
    no_exception(page)


def test_another_axis_is_drawn_in_the_same_chart_and_a_zoom_does_not_go_over_to_it(
    at: At,  # noqa: F811
    page: Page,  # noqa: F811
    tmp_path: Path,
) -> None:
    series = {"loss/train": FALLING, "loss/val": TURNING, "accuracy/train": TURNING, "accuracy/val": FALLING}
    write_run(tmp_path / "runs" / "mine", series)
    warnings: list[str] = []
    page.on("console", lambda message: warnings.append(message.text) if message.type == "warning" else None)
    page.goto(at("run?run=mine&scale=linear"))
    page.locator(LINE).first.wait_for()
    place, whole = page.locator(".st-key-curves [data-testid=stVegaLiteChart]"), axis(page)
    place.evaluate("place => { place.dataset.mine = 'yes' }")
    page.locator(".st-key-chart-controls").get_by_text("Accuracy").click()
    page.wait_for_function("([read, before]) => eval(read) !== before", arg=[AXIS, whole])
    expect(place).to_have_attribute("data-mine", "yes")
    accuracy = axis(page)
    repeat(page, lambda: zoom_in(page), f"() => {AXIS} !== {json.dumps(accuracy)}")
    page.evaluate(REST)
    page.locator(".st-key-chart-controls").get_by_text("Loss").click()
    page.wait_for_function("([read, whole]) => eval(read) === whole", arg=[AXIS, whole])
    assert [warning for warning in warnings if "Infinite extent" in warning] == []
    no_exception(page)


def zoom_in(page: Page) -> None:  # noqa: F811
    """By the wheel, with Ctrl held."""
    page.locator(CHART).hover()
    page.keyboard.down("Control")
    for _ in range(3):
        page.mouse.wheel(0, -240)
    page.keyboard.up("Control")


CURSORS = f"""() => [...document.querySelectorAll("{CHART} .mark-rule.role-mark")]
  .map(marks => [...marks.querySelectorAll("line")].find(line => line.getAttribute("opacity") === "0.9"))
  .filter(Boolean).map(line => line.getBoundingClientRect().x)"""


def test_pinned_series_have_one_cursor_and_one_axis_with_the_chart_above_them(
    at: At,  # noqa: F811
    page: Page,  # noqa: F811
    tmp_path: Path,
) -> None:
    series = {"loss/train": FALLING, "loss/val": TURNING, "optim/lr": FALLING, "norm": TURNING}
    write_run(tmp_path / "runs" / "mine", series)
    page.goto(at("run?run=mine&scale=linear&pins=optim/lr norm"))
    page.locator(LINE).nth(3).wait_for()
    page.evaluate(REST)
    places = cycle((400, 410))  # a mouse that does not move tells a chart nothing
    repeat(
        page,
        lambda: page.locator(CHART).hover(position={"x": next(places), "y": 150}),
        f"() => ({CURSORS})().length === 3",
    )
    cursors = page.evaluate(CURSORS)
    assert max(cursors) - min(cursors) < 1
    chart, place = page.locator(CHART).bounding_box(), page.locator(".st-key-chart").bounding_box()
    assert chart is not None
    assert place is not None
    assert place["x"] < chart["x"] < chart["x"] + chart["width"] <= place["x"] + place["width"]
    before = page.locator(LINE).last.get_attribute("d")
    drag(page, (0.3, 0.2), (0.6, 0.5))
    expect(page.get_by_role("button", name="Show all")).to_be_visible()
    page.wait_for_function(
        "([line, before]) => [...document.querySelectorAll(line)].at(-1)?.getAttribute('d') !== before",
        arg=[LINE, before],
    )
    no_exception(page)


# where a chart is, once it is there: it may just be made anew
BOX = """chart => {
  const box = document.querySelector(chart)?.getBoundingClientRect()
  return box?.width ? [box.x, box.y, box.width, box.height] : null
}"""


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:  # noqa: F811
    """Drag the mouse over the main chart, between two places in shares of its width and height."""
    left, top, width, height = page.wait_for_function(BOX, arg=CHART).json_value()
    (x0, y0), (x1, y1) = ((left + across * width, top + down * height) for across, down in (start, end))
    page.mouse.move(x0, y0)
    page.mouse.down()
    page.mouse.move(x1, y1, steps=8)
    page.mouse.up()


def horizontal_ends(page: Page) -> tuple[float, float]:  # noqa: F811
    """From where to where the horizontal axis goes, as the address has it."""
    written = page.wait_for_function("() => new URLSearchParams(location.search).get('x')").json_value()
    low, high = written.removeprefix("epoch ").split(":")
    return float(low), float(high)


AXIS = f"""[...document.querySelectorAll("{CHART} .role-axis text")].map(text => text.textContent).join()"""


def axis(page: Page) -> str:  # noqa: F811
    """What the axes of the main chart say."""
    return str(page.evaluate(AXIS))


def grow(log: LogWriter, start: int, end: int) -> None:
    """Epochs of a run that is being written, a minute each: one that hurries would soon be taken for ended."""
    for step in range(start, end):
        when = time.time() - 60 * (60 - step)
        log.scalar("loss/train", 0.2 + FALLING[step], step + 1, wall_time=when)
        log.scalar("loss/val", TURNING[step], step + 1, wall_time=when)
    log.flush()
