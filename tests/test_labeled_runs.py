"""What a person calls a run, and the color they gave it, on every page that lists or draws runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.charts.compare import overlay_spec
from app.charts.look import PALETTE
from app.folder import labels
from app.views.overview import words
from tests.test_app import _as_if_just_started, opened  # noqa: F401
from tests.test_app import rows as listed_rows
from tests.test_overview import names
from tests.test_run_list import given, three  # noqa: F401

RED = PALETTE["red"]["light"]


@pytest.fixture
def labeled(three: Path) -> Path:  # noqa: F811
    """The run ``over`` is called the first attempt, and is red."""
    labels.keep_name(str(three), "exp/over", "First attempt")
    labels.keep_color(str(three), "exp/over", "red")
    return three


def test_the_table_calls_a_run_by_its_given_name_and_shows_its_color(labeled: Path) -> None:
    app = opened(logdir=str(labeled))
    assert names(app) == ["First attempt", "fine", "alone"]
    assert list(app.dataframe[0].proto.column_order)[:3] == ["run", "color", "verdict"]
    colors = [row["color"] for row in listed_rows(app)]
    assert RED.replace("#", "%23") in colors[0]
    assert colors[1:] == ["", ""]
    assert f"{words.INDENT}First attempt" in names(opened(logdir=str(labeled), group="folder"))


def test_a_run_is_found_by_its_given_name_and_by_its_folder(labeled: Path) -> None:
    assert names(opened(logdir=str(labeled), find="attempt")) == ["First attempt"]
    assert names(opened(logdir=str(labeled), find="exp/over")) == ["First attempt"]
    assert names(opened(logdir=str(labeled), find="^First")) == ["First attempt"]


def test_without_a_color_the_table_has_no_column_for_it(three: Path) -> None:  # noqa: F811
    assert "color" not in opened(logdir=str(three)).dataframe[0].proto.column_order


def test_the_run_list_calls_and_colors_it_alike(labeled: Path) -> None:
    run = given(opened("run", logdir=str(labeled), run="exp/fine"))["runs"][0]
    assert (run["short"], run["tint"]) == ("First attempt", RED)
    (_, fine, _) = given(opened("run", logdir=str(labeled), run="exp/fine"))["runs"]
    assert fine["tint"] == ""


def test_the_comparison_draws_it_in_its_color_under_its_name(labeled: Path) -> None:
    app = opened("compare", logdir=str(labeled), runs="exp/fine exp/over")
    spec = json.dumps(json.loads(app.get("vega_lite_chart")[0].proto.spec))
    assert "First attempt" in spec
    assert RED in spec
    picked = {run["short"]: run.get("color") for run in given(app)["runs"] if run.get("picked")}
    assert picked["First attempt"] == RED
    assert picked["fine"] != RED


def test_a_given_color_replaces_that_of_the_place_alone() -> None:
    spec = json.dumps(overlay_spec("x", "y", (("a", 0), ("b", 1)), "light", colors=(("a", RED),)))
    assert RED in spec
    assert PALETTE["orange"]["light"] in spec
    assert PALETTE["blue"]["light"] not in spec
