"""What is drawn of a curve in another view: smoothed, along another axis, on a logarithmic scale, as color."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.charts import frames, thinning
from app.charts.axes import Axis, View, axes
from diagnostics import Curve, Diagnosis, Verdict
from diagnostics.verdict import Best
from tests.test_charts import curve_of, run_of

NAN = float("nan")


def slow_average(values: list[float], weight: float) -> list[float]:
    """TensorBoard's average without its bias, value by value; anew after each hole."""
    found, total, share = [], 0.0, 0.0
    for value in values:
        if not np.isfinite(value):
            total = share = 0.0
            found.append(NAN)
            continue
        total, share = weight * total + (1 - weight) * value, weight * share + (1 - weight)
        found.append(total / share)
    return found


@given(
    st.lists(st.floats(-1e3, 1e3) | st.sampled_from([NAN, float("inf")]), min_size=1, max_size=60),
    st.sampled_from([0.1, 0.6, 0.95]),
)
def test_smoothing_is_an_average_that_begins_anew_after_every_hole(values: list[float], weight: float) -> None:
    smooth = thinning.smoothed(curve_of(*values), weight)
    np.testing.assert_allclose(smooth.values, slow_average(values, weight), rtol=1e-7, atol=1e-7)


def test_a_value_behind_a_hole_knows_nothing_of_those_before_it() -> None:
    smooth = thinning.smoothed(curve_of(100.0, 100.0, NAN, 1.0, 1.0), 0.9)
    assert list(smooth.values)[3:] == [1.0, 1.0]


def test_without_smoothing_a_curve_stays_the_same() -> None:
    curve = curve_of(1.0, 2.0)
    assert thinning.smoothed(curve, 0.0) is curve


def test_the_raw_line_stands_behind_a_smoothed_one_and_only_then() -> None:
    run = run_of(curve_of(4.0, 2.0), curve_of(3.0, 1.0))
    assert len(frames.curves_data(run, None, "epoch")["raw"]) == 0
    data = frames.curves_data(run, None, "epoch", View(smoothing=0.5))
    assert data["raw"]["y"].tolist() == [4.0, 2.0, 3.0, 1.0]
    assert data["lines"]["y"].tolist() != data["raw"]["y"].tolist()


def test_what_is_shaded_lies_between_the_lines_that_are_drawn_and_the_pointer_reads_what_was_logged() -> None:
    run = run_of(curve_of(4.0, 2.0), curve_of(3.0, 1.0))
    data = frames.curves_data(run, None, "epoch", View(smoothing=0.5))
    assert pd.concat([data["gap"]["low"], data["gap"]["high"]]).tolist() == data["lines"]["y"].tolist()
    assert data["points"]["val"].tolist() == [3.0, 1.0]


@pytest.mark.parametrize(("log", "between"), [(False, 3.0), (True, 8.0**0.5)])
def test_what_is_shaded_ends_on_the_line_of_training_that_is_logged_at_other_steps(log: bool, between: float) -> None:
    train = Curve(np.array([1, 2, 4, 6]), np.array([9.0, 4.0, 2.0, 1.0]))
    val = Curve(np.array([0, 2, 3, 6, 8]), np.array([6.0, 5.0, 5.0, 5.0, 5.0]))
    view = View(log=log)
    table = frames.curves_data(run_of(train, val), None, "epoch", view)["gap"].set_index("x")
    assert table.index.tolist() == [1, 2, 3, 4, 6], "every bend, as far as both go"
    assert table["low"].tolist() == pytest.approx([9.0, 4.0, between, 2.0, 1.0])
    assert table["high"].tolist()[1:] == pytest.approx([5.0] * 4)


def test_the_best_and_the_onset_are_drawn_however_many_points_there_are() -> None:
    values = np.sin(np.arange(40_001) / 7.0)
    best, onset = 20_003, 10_007  # no extremes of their stretches
    found = Diagnosis(Verdict.OVERFITTING, "", 0.9, "mild", onset, Best(best, float(values[best - 1])))
    data = frames.curves_data(run_of(curve_of(*values), curve_of(*values)), found, "epoch")
    for table in (data["lines"], data["points"]):
        assert {best, onset} <= set(table["x"])
    assert data["lines"].groupby("side").size().max() <= thinning.LIMIT


def test_a_logarithmic_scale_leaves_out_what_it_cannot_show() -> None:
    run = run_of(curve_of(1.0, 0.0, -1.0), curve_of(1.0, 0.5, 0.1))
    data = frames.curves_data(run, None, "epoch", View(log=True))
    assert data["lines"]["y"].isna().tolist() == [False, True, True, False, False, False]
    assert data["gap"]["low"].isna().tolist() == [False, True, True]
    assert data["points"]["train"].tolist() == [1.0, 0.0, -1.0]


def test_a_best_that_a_logarithmic_scale_cannot_show_is_not_marked() -> None:
    found = Diagnosis(Verdict.HEALTHY, "", 0.9, best=Best(2, 0.0))
    data = frames.curves_data(run_of(None, curve_of(1.0, 0.0)), found, "epoch", View(log=True))
    assert not data["marks"]["known"].any()
    assert np.isfinite(data["marks"][["x", "y"]]).all().all()


def timed(curve: Curve, *times: float) -> Curve:
    return replace(curve, wall_times=np.array(times))


def test_a_run_can_be_seen_along_the_time_since_it_began() -> None:
    run = run_of(timed(curve_of(3.0, 2.0), 100.0, 160.0), timed(curve_of(3.0, 2.0), 101.0, 161.0))
    time = axes(run)["time"]
    assert time.of(run.val).tolist() == [1000.0, 61_000.0]
    data = frames.curves_data(run, Diagnosis(Verdict.HEALTHY, "", 0.9, best=Best(2, 2.0)), "epoch", View(time))
    assert data["marks"].set_index("kind").loc["best", "x"] == 61_000.0


@pytest.mark.parametrize(
    ("times", "kinds"),
    [((), ["epoch"]), ((5.0, 5.0), ["epoch"]), ((5.0, NAN), ["epoch"]), ((5.0, 8.0), ["epoch", "time"])],
    ids=["none", "all the same", "not finite", "good"],
)
def test_an_axis_is_offered_only_where_the_log_has_it(times: tuple[float, ...], kinds: list[str]) -> None:
    curve = timed(curve_of(2.0, 1.0), *times) if times else curve_of(2.0, 1.0)
    assert list(axes(run_of(None, curve))) == kinds


def test_a_clock_that_was_set_back_does_not_turn_the_axis_around() -> None:
    run = run_of(None, timed(curve_of(3.0, 2.0, 1.0), 10.0, 30.0, 20.0))
    assert (np.diff(axes(run)["time"].of(run.val)) >= 0).all()


def test_epochs_can_be_seen_as_steps_and_steps_as_epochs() -> None:
    run = run_of(None, curve_of(3.0, 2.0))
    assert axes(run, np.array([50.0, 100.0]))["step"].of(run.val).tolist() == [50.0, 100.0]
    by_step = replace(run, x_axis="step", epochs=Curve(np.array([1, 2]), np.array([0.5, 1.0])))
    assert axes(by_step)["epoch"].of(run.val).tolist() == [0.5, 1.0]


def test_beyond_the_known_steps_an_axis_goes_on_as_straight_as_it_ended() -> None:
    axis = Axis("step", np.array([10.0, 20.0]), np.array([100.0, 200.0]))
    assert axis.place(np.array([5.0, 15.0, 30.0])).tolist() == [50.0, 150.0, 300.0]


def test_without_any_curve_an_axis_is_still_one() -> None:
    assert list(axes(run_of(None, None))) == ["epoch"]


def test_a_heat_map_has_few_columns_and_shows_growth_where_it_is_asked_for() -> None:
    layers = {"first": curve_of(*np.linspace(2.0, 6.0, 1001)), "second": curve_of(1.0, 1.0, NAN, 5.0)}
    cells = frames.heat(layers, relative=True)
    sizes = cells.groupby("layer").size()
    assert sizes["first"] <= frames.COLUMNS
    assert sizes["second"] == 3
    first = cells[cells["layer"] == "first"]
    assert first["value"].iloc[-1] == pytest.approx(3.0, rel=0.01)
    assert first["logged"].iloc[-1] == pytest.approx(6.0, rel=0.01)
    assert (first["x"].iloc[1:].to_numpy() == first["x2"].iloc[:-1].to_numpy()).all()


def test_a_heat_map_without_a_number_has_the_columns_it_always_has() -> None:
    none = frames.heat({"first": curve_of(NAN)}, relative=False)
    some = frames.heat({"first": curve_of(1.0)}, relative=False)
    assert len(none) == 0
    assert none.dtypes.to_dict() == some.dtypes.to_dict()


def test_an_exported_chart_has_every_point_as_logged() -> None:
    train, val = curve_of(*np.arange(5000.0)), Curve(np.array([2, 9000]), np.array([7.0, 8.0]))
    table = frames.exported(run_of(train, val))
    assert list(table) == ["step", "train", "val"]
    assert len(table) == 5001
    assert table.set_index("step").loc[2].tolist() == [1.0, 7.0]
    assert list(frames.exported(run_of(None, None))) == ["step"]
