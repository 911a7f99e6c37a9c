"""Further quantities below the chart of a comparison: which are pinned, what is drawn, what the cursor reads."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app.charts.panels import panels_spec, value_field
from app.views.compare import words
from app.views.compare.lines import Line
from app.views.compare.pins import points
from tests.test_app import _as_if_just_started, opened, widget  # noqa: F401
from tests.test_labeled_runs import RED
from tests.writers import write_run

VAL = [1.0, 0.6, 0.5, 0.7, 0.9]


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    for name, scale in (("one", 1.0), ("two", 2.0)):
        series = {"loss/train": VAL, "loss/val": [scale * value for value in VAL], "optim/lr": [0.1] * 5}
        write_run(tmp_path / "logs" / name, {**series, "optim/grad_norm": VAL})
    return tmp_path / "logs"


def box(app: AppTest) -> AppTest:
    """Where quantities are pinned."""
    return next(each for each in app.main.multiselect if each.label == words.PINNED)


def titles(app: AppTest) -> list[str]:
    """What stands above each panel."""
    spec = json.loads(app.get("vega_lite_chart")[0].proto.spec)
    return [panel["title"]["text"] for panel in spec.get("vconcat", [])]


def test_a_pinned_quantity_stands_below_the_chart_and_is_remembered(logs: Path) -> None:
    app = opened("compare", logdir="logs", runs="one two")
    assert titles(app) == []
    box(app).set_value(["tag:optim/lr", "tag:optim/grad_norm"]).run()
    assert not app.exception
    assert titles(app) == ["", "Learning rate", "Gradient norm"]
    again = opened("compare", logdir="logs", runs="one two")
    assert box(again).value == ["tag:optim/lr", "tag:optim/grad_norm"]
    box(again).set_value([]).run()
    assert titles(again) == []
    assert titles(opened("compare", logdir="logs", runs="one two")) == []


def test_what_a_run_has_pinned_on_its_page_is_no_quantity_here(logs: Path) -> None:
    assert titles(opened("compare", logdir="logs", runs="one two", pins="optim/lr compare:nonsense")) == []


def test_the_quantity_of_the_chart_is_not_drawn_twice(logs: Path) -> None:
    app = opened("compare", logdir="logs", runs="one two", pins="compare:tag:optim/lr", quantity="tag:optim/lr")
    assert "tag:optim/lr" not in box(app).options
    assert titles(app) == []


def test_the_cursor_reads_every_line_in_every_panel_where_there_is_one() -> None:
    long = Line(np.arange(1.0, 6.0), np.arange(5.0))
    short = Line(np.array([2.0, 4.0]), np.array([10.0, 20.0]))
    table = points([{"a": long, "b": short}, {"b": short}], ["a", "b"])
    assert table["x"].tolist() == [1, 2, 3, 4, 5]
    assert table[value_field(0, 0)].tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_array_equal(table[value_field(0, 1)], [np.nan, 10, 15, 20, np.nan])
    assert table[value_field(1, 0)].isna().all()
    np.testing.assert_array_equal(table[value_field(1, 1)], table[value_field(0, 1)])


def test_very_long_lines_give_the_cursor_few_places_from_end_to_end() -> None:
    table = points([{"a": Line(np.arange(50_000.0), np.arange(50_000.0))}], ["a"])
    assert len(table) <= 400
    assert (table["x"].iloc[0], table["x"].iloc[-1]) == (0, 49_999)


def test_all_panels_have_one_cursor_one_axis_and_the_same_colors() -> None:
    lines = (("it's \\ one", 0), ("two", 1))
    spec = panels_spec("Epoch", ("Loss", "lr", "norm"), lines, "light", colors=(("two", RED),))
    params = {param["name"]: param for param in spec["params"]}
    assert len(params["hover"]["views"]) == 3
    assert spec["resolve"]["scale"]["x"] == "shared"
    ranges = {
        json.dumps(layer["encoding"]["color"]["scale"])
        for panel in spec["vconcat"]
        for layer in panel["layer"]
        if "color" in layer.get("encoding", {})
    }
    assert len(ranges) == 1
    assert RED in ranges.pop()
