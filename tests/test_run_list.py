"""The list of runs beside a page: what it holds on which page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.views.compare.lines import MOST
from app.wording import plain
from tests.test_app import FALLING, OVERFITTING, _as_if_just_started, opened  # noqa: F401 - fixtures
from tests.test_overview import HEALTHY, study
from tests.writers import write_run


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """In the folder that a server opens by itself."""
    write_run(tmp_path / "runs" / "exp" / "over", OVERFITTING)
    write_run(tmp_path / "runs" / "exp" / "fine", HEALTHY)
    write_run(tmp_path / "runs" / "exp" / "alone", {"loss/train": FALLING})
    return tmp_path / "runs"


def given(app: AppTest) -> dict[str, Any]:
    """What the browser gets to list."""
    (component,) = (one for one in app.get("bidi_component") if one.proto.component_name == "fitwatch.run_list")
    data: dict[str, Any] = json.loads(component.proto.json)
    return data


def test_the_list_has_every_run_worst_first_with_its_verdict_and_its_curves(three: Path) -> None:
    data = given(opened("run", logdir=str(three), run="exp/fine"))
    assert [run["short"] for run in data["runs"]] == ["over", "fine", "alone"]
    assert [run["key"] for run in data["runs"]] == ["overfitting", "improving", "no_validation"]
    assert set(data["runs"][0]["spark"]) == {"train", "val"}
    assert set(data["runs"][2]["spark"]) == {"train"}
    assert all(run["glyph"] for run in data["runs"])
    assert {chip["key"]: chip["count"] for chip in data["counts"]} == dict.fromkeys(
        ("overfitting", "improving", "no_validation"), 1
    )
    assert data["chosen"] == "exp/fine"


def test_a_run_page_without_a_run_shows_the_one_that_needs_attention_most(three: Path) -> None:
    app = opened("run", logdir=str(three))
    assert app.query_params["run"] == "exp/over"
    assert given(app)["chosen"] == "exp/over"


def test_a_run_that_is_gone_is_not_replaced_by_another(three: Path) -> None:
    app = opened("run", logdir=str(three), run="exp/gone")
    assert app.query_params["run"] == "exp/gone"


def test_trials_of_a_study_are_left_out_until_they_are_asked_for_or_shown(three: Path) -> None:
    study(three / "tune-1")
    assert len(given(opened("run", logdir=str(three)))["runs"]) == 3
    assert len(given(opened("run", logdir=str(three), run="tune-1/trial-0001"))["runs"]) == 4
    assert len(given(opened("run", logdir=str(three), trials="on"))["runs"]) == 6


def test_on_the_page_that_compares_the_list_says_which_runs_are_picked_and_how_they_are_drawn(three: Path) -> None:
    runs = given(opened("compare", logdir=str(three), runs="exp/over exp/fine"))["runs"]
    assert [run["picked"] for run in runs] == [True, True, False]
    assert len({run["color"] for run in runs[:2]}) == 2
    assert "color" not in runs[2]


def test_the_page_that_compares_offers_the_folders_with_most_runs(tmp_path: Path) -> None:
    for number in range(MOST + 2):
        write_run(tmp_path / "logs" / "many" / f"run-{number}", HEALTHY)
    write_run(tmp_path / "logs" / "single" / "run", OVERFITTING)
    app = opened("compare", logdir=str(tmp_path / "logs"))
    assert app.main.button("folder-many").label == plain(f"many: the worst {MOST} of {MOST + 2} runs")
    app.main.button("folder-many").click().run()
    assert len(app.query_params["runs"].split()) == MOST
