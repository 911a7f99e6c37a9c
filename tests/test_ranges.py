"""The part of a chart that is looked at stays inside of the data, and what an address cannot mean is all of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from app.charts.layers import Ends
from app.ranges import Window, holding, inside
from app.wording import charts as chart_words
from tests.test_app import _as_if_just_started, charts  # noqa: F401 - a fixture
from tests.test_run_page import exp, own, widget  # noqa: F401 - a fixture


@pytest.mark.parametrize(
    ("ends", "log", "kept"),
    [
        ((20.0, 40.0), False, (20.0, 40.0)),
        ((-4.0, 40.0), False, (-4.0, 40.0)),  # a little of what is beside the data may be seen
        ((-20.0, 20.0), False, (0.0, 40.0)),
        ((90.0, 130.0), False, (60.0, 100.0)),
        ((-20.0, 130.0), False, None),
        (None, False, None),
        ((1e-4, 1e-2), True, (1e-3, 1e-1)),
        ((1e-2, 1e-1), True, (1e-2, 1e-1)),
    ],
)
def test_what_is_looked_at_stays_inside_of_the_data(ends: Ends, log: bool, kept: Ends) -> None:
    found = inside(ends, (1e-3, 10.0) if log else (0.0, 100.0), log=log)
    assert found == (None if kept is None else pytest.approx(kept))


@pytest.mark.parametrize(
    ("ends", "kept"),
    [
        (((2.0, 4.0), (0.0, 9.0)), True),
        (((2.2, 2.8), (2.0, 3.0)), True),  # between two points
        (((2.2, 2.8), None), True),
        ((None, (3.5, 3.6)), True),
        (((20.0, 40.0), (0.0, 9.0)), False),
        (((20.0, 40.0), None), False),
        (((2.0, 4.0), (5.0, 9.0)), False),
        ((None, (-2.0, -1.0)), False),
    ],
)
def test_a_range_that_no_line_passes_through_is_left(ends: tuple[Ends, Ends], kept: bool) -> None:
    shown = Window(("epoch", "loss"), ends)
    line = np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.array([1.0, 2.0, 3.0, 4.0, np.nan])
    assert holding(shown, [line]).ends == (ends if kept else (None, None))
    assert holding(shown, []).ends == (None, None)


def test_a_range_of_another_run_that_shows_nothing_of_this_one_is_left(own: Path) -> None:  # noqa: F811
    assert domains(exp(x="epoch 5000:9000", y="loss 0.1:0.9")) == [None, None]


def domains(page: object) -> list[object]:
    """The ends of both axes of the main chart; None where the data decide."""
    line = json.loads(charts(page)[0].spec)["layer"][2]["encoding"]  # type: ignore[arg-type]
    ends = [line[axis]["scale"]["domain"] for axis in "xy"]
    return [None if any(isinstance(end, dict) for end in part) else part for part in ends]


def test_a_range_in_the_address_is_shown_and_can_be_left(own: Path) -> None:  # noqa: F811
    app = exp(x="epoch 5:20", y="loss 0.1:0.9")
    assert domains(app) == [[5, 20], [0.1, 0.9]]
    app.main.button("whole").click().run()
    assert domains(app) == [None, None]
    assert not {"x", "y"} & set(app.query_params)


def test_a_range_can_be_typed(own: Path) -> None:  # noqa: F811
    app = exp()
    widget(app.main.number_input, "x-from-box").set_value(3.0)
    widget(app.main.number_input, "x-to-box").set_value(9.0)
    next(button for button in app.main.button if button.label == chart_words.SHOW).click().run()
    assert domains(app) == [[3, 9], None]
    assert app.query_params["x"] == "epoch 3:9"


@pytest.mark.parametrize("written", ["step 5:20", "epoch 20:5", "epoch nan:5", "epoch 5", "5:20", "epoch a:b", "::"])
def test_a_range_that_no_address_should_hold_is_all_of_the_axis(own: Path, written: str) -> None:  # noqa: F811
    assert domains(exp(x=written)) == [None, None]
