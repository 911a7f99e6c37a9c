"""Series that are pinned below the chart of a run: along one axis, with one cursor, and kept for the folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import pytest

from app.charts import SIDES, frames
from app.charts.axes import Axis, View
from app.charts.curves import CurvesLook
from app.charts.pinned import Pin, pinned_spec
from app.folder import labels
from app.views.run import series
from diagnostics import Curve
from tests.test_app import _as_if_just_started, charts, widget  # noqa: F401 - fixtures
from tests.test_charts import curve_of, run_of
from tests.test_run_page import exp, own, unfolded  # noqa: F401 - fixtures

ACCURACY, RATE = Pin("Accuracy", SIDES, percent=True), Pin("Learning rate", ("Learning rate",))


@pytest.fixture(autouse=True)
def _own_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def spec_of(app: Any) -> dict[str, Any]:
    return json.loads(charts(app)[0].spec)  # type: ignore[no-any-return]


def test_panels_share_their_axis_and_their_cursor_but_not_their_box() -> None:
    spec = pinned_spec(CurvesLook("Epoch", "Loss", "light"), (ACCURACY, RATE))
    assert spec is pinned_spec(CurvesLook("Epoch", "Loss", "light"), (ACCURACY, RATE))
    assert len(spec["vconcat"]) == 3
    assert spec["resolve"]["scale"]["x"] == "shared"
    params = {param["name"]: param["views"] for param in spec["params"]}
    assert len(params["hover"]) == 3
    assert len(params["zoom"]) == len(params["box"]) == 1
    names = [layer["name"] for panel in spec["vconcat"] for layer in panel["layer"] if "name" in layer]
    assert len(names) == len(set(names))
    assert {*params["hover"], *params["zoom"]} <= set(names)
    alt.Chart.from_dict(spec)  # raises where the schema does not allow it


def test_the_cursor_reads_a_pinned_series_between_its_own_points_and_nothing_beyond() -> None:
    data = frames.curves_data(run_of(curve_of(1.0, 0.9, 0.8, 0.7), curve_of(1.0, 0.9, 0.8, 0.7)), None, "epoch")
    rate = Curve(np.array([2, 4]), np.array([0.1, 0.3]))
    assert data["points"]["x"].tolist() == [1, 2, 3, 4]
    read = frames.with_pins(data, [{"rate": rate}, {"none": Curve.of([float("nan")])}])
    assert read["pin0"]["y"].tolist() == [0.1, 0.3]
    column = read["points"][frames.pin_field(0, 0)]
    assert np.isnan(column[0])
    assert column[1:].tolist() == pytest.approx([0.1, 0.2, 0.3])
    assert read["points"][frames.pin_field(1, 0)].isna().all()


def test_pins_stand_where_their_run_stands_along_another_axis_and_are_smoothed_with_it() -> None:
    run = run_of(curve_of(1.0, 0.9), curve_of(1.0, 0.9))
    view = View(Axis("time", np.array([1.0, 2.0]), np.array([0.0, 60_000.0])), smoothing=0.5, log=True)
    pinned = frames.with_pins(frames.curves_data(run, None, "epoch", view), [{"a": curve_of(-1.0, 1.0)}], view)
    assert pinned["pin0"]["x"].tolist() == [0.0, 60_000.0]
    assert pinned["pin0"]["y"].iloc[0] == -1.0  # a logarithmic scale of the main chart is none of theirs
    assert pinned["pin0"]["y"].iloc[1] < 1.0


def test_a_series_is_pinned_from_its_chart_and_let_go_again(own: Path) -> None:  # noqa: F811
    app = unfolded(exp(), "series")
    assert "vconcat" not in spec_of(app)
    app.main.button("pin-optim/lr").click().run()
    assert [panel.get("title", {}).get("text") for panel in spec_of(app)["vconcat"]] == [None, "Learning rate"]
    assert app.query_params["pins"] in ("optim/lr", ["optim/lr"])
    assert labels.pins(str(own)) == ["optim/lr"]
    app.main.button("pin-optim/lr").click().run()
    assert "vconcat" not in spec_of(app)
    assert labels.pins(str(own)) == []


def test_pins_are_chosen_in_the_chart_kept_for_the_folder_and_those_of_other_runs_stay(own: Path) -> None:  # noqa: F811
    labels.keep_pins(str(own), {"of another run": True})
    app = exp()
    assert "vconcat" not in spec_of(app)
    widget(app.main.multiselect, "pin-box").set_value(["optim/lr_sum", "optim/lr"]).run()
    assert [panel["title"]["text"] for panel in spec_of(app)["vconcat"][1:]] == [
        "Learning rate, summed",
        "Learning rate",
    ]
    assert labels.pins(str(own)) == ["of another run", "optim/lr_sum", "optim/lr"]
    assert len(spec_of(exp())["vconcat"]) == 3


def test_a_link_shows_the_pins_it_names_and_remembers_none(own: Path) -> None:  # noqa: F811
    labels.keep_pins(str(own), {"optim/lr_sum": True})
    app = exp(pins="optim/lr nonsense")
    assert [panel["title"]["text"] for panel in spec_of(app)["vconcat"][1:]] == ["Learning rate"]
    assert labels.pins(str(own)) == ["optim/lr_sum"]


def test_what_is_pinned_does_not_change_the_specification_from_tick_to_tick() -> None:
    data = frames.curves_data(run_of(curve_of(1.0, 0.9), curve_of(1.0, 0.9)), None, "epoch")
    before = {name: table.copy() for name, table in data.items()}
    for _ in range(2):
        frames.with_pins(data, [{"rate": curve_of(0.1, 0.2, 0.3)}])
        for name, table in before.items():
            pd.testing.assert_frame_equal(data[name], table)  # nor the data that other charts share
    assert pinned_spec(CurvesLook("Epoch", "Loss", "dark"), (RATE,)) is pinned_spec(
        CurvesLook("Epoch", "Loss", "dark"), (Pin(*RATE),)
    )


def test_series_that_count_something_else_cannot_be_pinned() -> None:
    run = run_of(curve_of(1.0, 0.9), curve_of(1.0, 0.9))
    batches = Curve(np.arange(500), np.linspace(1.0, 0.5, 500))
    assert not series.pinnable(run, series.SmallChart("a", "Step", {"a": batches}, series="a"))
    assert series.pinnable(run, series.SmallChart("a", "Step", {"a": curve_of(1.0, 2.0)}, series="a"))
