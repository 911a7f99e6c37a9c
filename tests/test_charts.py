"""What is drawn: few points that lose no peak, holes that stay holes, and a specification without data in it."""

from __future__ import annotations

import json

import altair as alt
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from app import charts
from app.charts import frames, overlay, thinning
from app.charts.axes import View
from app.charts.curves import CurvesLook, curves_spec
from app.charts.gauge import gauge_spec
from app.charts.layers import clock
from app.widgets import SharedTables
from app.wording.charts import Canaries
from diagnostics import Curve, Diagnosis, Key, Pair, Run, Verdict
from diagnostics.curves import downsample
from diagnostics.verdict import Best

values = arrays(np.float64, st.integers(1, 3000), elements=st.floats(-1e6, 1e6) | st.just(float("nan")))


def curve_of(*numbers: float, start: int = 1) -> Curve:
    return Curve(np.arange(start, start + len(numbers), dtype=np.int64), np.array(numbers, dtype=np.float64))


def run_of(train: Curve | None, val: Curve | None) -> Run:
    keys = {"loss/train": train, "loss/val": val}
    curves = {Key(".", tag): curve for tag, curve in keys.items() if curve is not None}
    there = {tag: Key(".", tag) if curve is not None else None for tag, curve in keys.items()}
    return Run("demo", curves, Pair("loss", there["loss/train"], there["loss/val"]), x_axis="epoch")


@given(values, st.integers(10, 1000))
def test_thinning_keeps_the_ends_and_the_extremes_in_few_points(numbers: np.ndarray, limit: int) -> None:
    curve = curve_of(*numbers)
    thinned = downsample(curve, limit)
    assert len(thinned) <= max(limit, 4)
    assert {curve.steps[0], curve.steps[-1]} <= set(thinned.steps)
    assert set(thinned.steps) <= set(curve.steps)
    if np.isfinite(numbers).any():
        assert np.nanmax(thinned.values) == np.nanmax(numbers)
        assert np.nanmin(thinned.values) == np.nanmin(numbers)


def test_a_short_curve_is_drawn_whole() -> None:
    curve = curve_of(*np.arange(1000.0))
    assert downsample(curve, thinning.LIMIT) is curve


def test_a_series_is_drawn_with_at_most_a_thousand_points() -> None:
    run = run_of(curve_of(*np.sin(np.arange(50_000))), curve_of(*np.cos(np.arange(30_000))))
    data = frames.curves_data(run, None, "epoch")
    assert data["lines"].groupby("side").size().max() <= 1000
    assert len(data["points"]) <= 1000


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_finite_is_a_hole(bad: float) -> None:
    data = frames.curves_data(run_of(curve_of(1.0, bad, 3.0), curve_of(1.0, 2.0, bad)), None, "epoch")
    assert data["lines"]["y"].isna().tolist() == [False, True, False, False, False, True]
    assert data["points"]["gap"].isna().tolist() == [False, True, True]


def test_the_gap_is_validation_minus_training_at_validations_steps() -> None:
    train = Curve(np.array([1, 2, 3, 4]), np.array([4.0, 3.0, 2.0, 1.0]))
    val = Curve(np.array([2, 4]), np.array([5.0, 5.0]))
    table = frames.points(train, val)
    assert table["x"].tolist() == [2, 4]
    assert table["gap"].tolist() == [5.0 - 3.5, 5.0 - 1.5]


def test_the_gap_is_positive_where_validation_is_worse() -> None:
    train, val = curve_of(0.9, 1.0), curve_of(0.8, 0.5)
    assert frames.points(train, val, higher_is_better=True)["gap"].tolist() == pytest.approx([0.1, 0.5])


@pytest.mark.parametrize(
    ("train", "val"),
    [(None, None), (curve_of(1.0, 2.0), None), (None, curve_of(1.0, 2.0)), (curve_of(1.0), curve_of(1.0, start=100))],
    ids=["nothing", "no validation", "no training", "no shared steps"],
)
def test_a_side_that_is_missing_leaves_no_gap_and_no_fault(train: Curve | None, val: Curve | None) -> None:
    data = frames.curves_data(run_of(train, val), None, "epoch")
    assert data["points"]["gap"].isna().all()
    assert len(data["lines"]) == sum(len(curve) for curve in (train, val) if curve is not None)


def test_the_columns_have_the_same_types_with_and_without_data() -> None:
    empty = frames.curves_data(run_of(None, None), None, "epoch")
    found = Diagnosis(Verdict.OVERFITTING, "", 0.9, "mild", 2, Best(2, 0.5))
    full = frames.curves_data(run_of(curve_of(1.0, 0.5), curve_of(1.0, 0.5)), found, "epoch")
    for name in full:
        assert empty[name].dtypes.to_dict() == full[name].dtypes.to_dict()


HUNDRED = frames.lines({"Train": curve_of(*np.linspace(1.0, 0.0, 100)), "Validation": None})


@pytest.mark.parametrize(
    ("value", "higher_is_better", "above"),
    [(0.5, False, False), (0.01, False, True), (0.5, True, True), (0.99, True, False)],
)
def test_the_best_label_stands_where_validation_never_goes_unless_it_would_be_cut(
    value: float, higher_is_better: bool, above: bool
) -> None:
    found = Diagnosis(Verdict.HEALTHY, "", 0.9, best=Best(50, value))
    marks = frames.marks(found, HUNDRED, "epoch", higher_is_better=higher_is_better).set_index("kind")
    assert marks.loc["best", "above"] == above


def test_best_and_onset_are_marked_with_their_labels_turned_inwards() -> None:
    found = Diagnosis(Verdict.OVERFITTING, "", 0.9, "mild", 20, Best(80, 0.5))
    marks = frames.marks(found, HUNDRED, "epoch").set_index("kind")
    assert marks.loc["best", ["x", "y", "label", "align"]].tolist() == [80, 0.5, "Best 0.5", "right"]
    assert marks.loc["onset", ["x", "label", "align"]].tolist() == [20, "Overfits from epoch 20", "left"]


def test_nothing_is_marked_while_nothing_is_known() -> None:
    marks = frames.marks(None, HUNDRED, "epoch")
    assert not marks["known"].any()
    assert marks["x"].tolist() == [100, 100]


def test_what_is_zoomed_into_is_drawn_with_most_of_the_points() -> None:
    curve = curve_of(*np.random.default_rng(0).normal(size=20_000))
    whole, near = thinning.thinned(curve), thinning.thinned(curve, view=View(ends=(5_000.0, 5_700.0)))
    assert len(near) <= thinning.LIMIT
    inside = (near.steps >= 5_000) & (near.steps <= 5_700)
    assert inside.sum() == 701 > 10 * ((whole.steps >= 5_000) & (whole.steps <= 5_700)).sum()
    assert {1, 20_000} <= set(near.steps.tolist())


def test_a_point_that_has_no_other_is_drawn_as_a_dot_and_all_layers_have_one_extent() -> None:
    data = frames.curves_data(run_of(curve_of(3.0), curve_of(1.0, float("nan"), 2.0)), None, "epoch")
    assert data["lone"][["x", "y", "side"]].to_numpy().tolist() == [[1.0, 3.0, "Train"]]
    assert data["extent"].to_numpy().tolist() == [[1.0, 1.0], [3.0, 3.0]]
    nothing = frames.curves_data(run_of(None, curve_of(float("nan"))), None, "epoch")
    assert np.isfinite(nothing["extent"].to_numpy()).all()


def test_what_several_tabs_draw_is_written_down_once_and_reads_as_it_was() -> None:
    tables = SharedTables(frames.curves_data(run_of(curve_of(3.0, 2.0), curve_of(3.0, float("nan"))), None, "epoch"))
    assert tables.written is tables.written
    for name, table in tables.items():
        read = pa.ipc.open_stream(tables.written[name]).read_pandas()
        pd.testing.assert_frame_equal(read, table, check_dtype=False)


def test_a_specification_is_valid_with_its_titles_and_the_part_that_was_zoomed_into() -> None:
    look = CurvesLook("Time", 'A "loss"', "dark", timed=True, log=True, ends=((0.0, 5.5), (0.1, 2.0)))
    spec = curves_spec(look)
    alt.Chart.from_dict(spec)  # raises where the schema does not allow it
    scales = [
        layer["encoding"][axis]["scale"]
        for layer in spec["layer"]
        for axis in "xy"
        if "scale" in layer["encoding"].get(axis, {})
    ]
    assert {str(scale["domain"]) for scale in scales} == {"[0.0, 5.5]", "[0.1, 2.0]"}
    assert 'A "loss"' in [layer["encoding"]["y"].get("title") for layer in spec["layer"] if "y" in layer["encoding"]]


def test_a_sparkline_is_short_and_finite() -> None:
    line = frames.spark(curve_of(*np.arange(5000.0), float("nan"), float("inf")))
    assert len(line) <= frames.SPARK_POINTS
    assert np.isfinite(line).all()
    assert frames.spark(None) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_specification_holds_no_data_and_is_made_once(theme: charts.Theme) -> None:
    spec = curves_spec(CurvesLook("Epoch", "Loss", theme))
    assert spec is curves_spec(CurvesLook("Epoch", "Loss", theme))
    assert all(set(layer["data"]) == {"name"} for layer in spec["layer"])
    assert "datasets" not in spec


def test_the_zoom_has_a_name_and_is_bound_to_the_scales() -> None:
    (zoom,) = [
        param for param in curves_spec(CurvesLook("Epoch", "Loss", "light"))["params"] if param["name"] == "zoom"
    ]
    assert zoom["bind"] == "scales"


def _contrast(one: str, other: str) -> float:
    """WCAG 2.1's contrast ratio of two colors (https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio)."""

    def luminance(color: str) -> float:
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return float(np.dot([0.2126, 0.7152, 0.0722], linear))

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_labels_in_a_chart_can_be_read(theme: charts.Theme) -> None:
    assert _contrast(charts.INK[theme], charts.PAPER[theme]) >= 4.5


def test_a_gauge_without_a_known_chance_keeps_its_columns_and_hides_its_mark() -> None:
    known, unknown = frames.gauge(Canaries(0.6, 0.1, 3)), frames.gauge(Canaries(0.6, None, None))
    assert known.dtypes.to_dict() == unknown.dtypes.to_dict()
    assert known["known"].tolist() == [True]
    assert unknown["known"].tolist() == [False]
    assert json.dumps(gauge_spec("light"))


@pytest.mark.parametrize(("last", "align"), [(20, "left"), (80, "right")])
def test_the_label_of_a_trial_that_has_only_begun_goes_ahead_of_its_line(last: int, align: str) -> None:
    def line(side: str, end: int) -> pd.DataFrame:
        return pd.DataFrame({"x": np.arange(end + 1.0), "y": np.linspace(1, 0.5, end + 1), "side": side})

    ends = overlay.ends(line("Validation", 100), line("Trial, validation", last), "dropout 0.2")
    assert ends[["label", "align"]].to_numpy().tolist() == [["this run", "right"], ["dropout 0.2", align]]


@pytest.mark.parametrize(("last", "unit"), [(100e3, "s"), (3600e3, "min"), (10 * 3600e3, "h"), (9 * 86400e3, "d")])
def test_a_time_axis_counts_in_one_unit(last: float, unit: str) -> None:
    """The expression is a chain of choices by the end of the axis alone; each of them is one unit."""
    *choices, otherwise = clock("value", "last").strip("()").replace("(", "").replace(")", "").split(" : ")
    for choice in choices:
        condition, _, written = choice.partition(" ? ")
        if last >= float(condition.removeprefix("last >= ")):
            break
    else:
        written = otherwise
    assert written.endswith(f"' {unit}'")
    assert "last" not in written
