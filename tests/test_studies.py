"""What a study has found is read as it was written, damage is a sentence, and its charts are about its trials."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.charts.tune import course_spec, importance_spec, parallel_spec, slice_spec
from app.views.tune import frames
from app.views.tune import words as tune
from tests.study_files import screened, study, write_study
from tests.test_tuning import new_study, told
from trainer.tuning import study as tuning_study
from trainer.tuning import study_file
from trainer.tuning.cli_tune import call_of
from trainer.tuning.results.result import record
from trainer.tuning.spaces import Choices, Range, Span
from trainer.tuning.study_file import StudyFileError


def read(tmp_path: Path, found: Any) -> tuning_study.Study:
    return study_file.read(write_study(tmp_path / "tune-1", found).parent)


def test_a_study_is_read_as_it_was_written(tmp_path: Path) -> None:
    found = read(tmp_path, study(20))
    assert found.name == "tune-1"
    assert found.counts == {"complete": 12, "pruned": 6, "failed": 2}
    assert found.space["weight_decay"] == Span(0.001, 10.0, log=True)
    assert found.space["label_smoothing"] == Choices((0, 0.05, 0.1))
    assert found.best is not None
    assert found.best.value == min(one.value for one in found.trials if one.state == "complete" and one.value)
    assert found.left == {"runs": 5}
    assert found.spent["epochs"] == 12 * 30 + 8 * 9


def test_a_trial_of_several_seeds_counts_as_that_many_runs(tmp_path: Path) -> None:
    made = study(2)
    made["trials"][0]["runs"] = [{"run": "a"}, {"run": "b"}, {"run": "c"}]
    assert read(tmp_path, made).spent["runs"] == 4


@pytest.mark.parametrize(
    "changes",
    [
        {"schema": 2},
        {"space": {"dropout": {"low": 1, "high": 0}}},
        {"space": {"dropout": {"low": 0, "high": 1, "log": True}}},
        {"space": {"dropout": {"low": float("nan"), "high": 1}}},
        {"space": 3},
        {"trials": [{"number": 0}]},
        {"trials": [{"number": 0, "params": {}, "state": "thinking", "run": "x"}]},
        {"trials": None},
        {"best": {"number": 0}},
        {"screen": {"factors": ["a"], "effects": [{"name": "a"}]}},
    ],
    ids=str,
)
def test_what_another_version_wrote_is_a_sentence(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(StudyFileError, match="not as this Fitwatch writes it"):
        read(tmp_path, study(3, **changes))


@pytest.mark.parametrize("text", ["", "{", "[1, 2", "\x00", "[" * 100_000])
def test_a_damaged_file_is_a_sentence_with_a_way_out(tmp_path: Path, text: str) -> None:
    with pytest.raises(StudyFileError, match="is damaged"):
        read(tmp_path, text)


def test_a_file_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StudyFileError, match="cannot read"):
        study_file.read(tmp_path / "nowhere")


def test_what_is_missing_is_not_known(tmp_path: Path) -> None:
    made = {key: value for key, value in study(3).items() if key in ("schema", "study", "space", "trials")}
    found = read(tmp_path, made)
    assert (found.best, found.importance, found.screen, found.next) == (None, None, None, "")
    assert tune.left(found) == tune.NO_BUDGET


def test_what_a_grid_and_a_screen_have_left_follows_from_their_points(tmp_path: Path) -> None:
    assert read(tmp_path, study(4, budget={}, points=5, repeats=2)).left == {"points": 1}
    assert read(tmp_path, study(8, budget={}, screen=screened())).left == {"points": 0}
    again = study(4, budget={}, points=5)
    again["trials"][1].update(state="failed", params=again["trials"][0]["params"])
    assert read(tmp_path, again).left == {"points": 2}


def test_a_value_that_is_not_finite_is_none(tmp_path: Path) -> None:
    made = study(3)
    made["trials"][0]["value"] = float("inf")
    assert read(tmp_path, made).trials[0].value is None


def test_studies_are_found_in_the_folder_itself_and_below_it(tmp_path: Path) -> None:
    for folder in ("", "tune-1", "old/tune-2", "too/deep/to/look"):
        write_study(tmp_path / folder, study(1))
    assert study_file.find(str(tmp_path)) == [".", "old/tune-2", "tune-1"]
    assert study_file.find(str(tmp_path / "missing")) == []


@pytest.mark.parametrize(
    ("span", "value", "place"),
    [
        (Span(0.0, 0.5), 0.25, 0.5),
        (Span(0.01, 1.0, log=True), 0.1, 0.5),
        (Span(0.01, 1.0, log=True), 0, None),
        (Span(0.0, 0.5), 0.6, None),
        (Span(0.0, 0.5), None, None),
        (Span(0.0, 0.5), "x", None),
        (Choices(("a", "b", "c")), "c", 1.0),
        (Choices(("a", "b", "c")), "d", None),
        (Choices((True,)), True, 0.0),
    ],
)
def test_a_value_has_its_place_on_the_ranges_own_scale(span: Range, value: Any, place: float | None) -> None:
    assert span.place(value) == (place if place is None else pytest.approx(place))


def test_each_trial_stands_at_its_strength_and_the_best_is_marked(tmp_path: Path) -> None:
    found = read(tmp_path, study(30))
    words = [tune.params(one.params) for one in found.trials]
    for name in found.space:
        points = frames.slice_of(found, name, words)["points"]
        assert len(points) == 30
        assert found.best is not None
        assert points.loc[points["kind"] == "best", "trial"].tolist() == [found.best.number]
        assert points.loc[points["kind"] == "failed", "y"].isna().all()


def test_a_trial_without_the_strength_is_left_out_of_its_chart(tmp_path: Path) -> None:
    made = study(6)
    del made["trials"][1]["params"]["dropout"]
    made["trials"][2]["params"]["dropout"] = 7.0
    points = frames.slice_of(read(tmp_path, made), "dropout", [""] * 6)["points"]
    assert points["trial"].tolist() == [0, 3, 4, 5]
    assert points["x"].tolist() == [made["trials"][number]["params"]["dropout"] for number in (0, 3, 4, 5)]


def test_one_failure_does_not_press_the_others_flat(tmp_path: Path) -> None:
    made = study(30)
    made["trials"][1]["value"] = 1e6
    found = read(tmp_path, made)
    points = frames.course(found, [""] * 30)["points"]
    assert points["y"].max() < 2
    assert points["value"].max() == 1e6
    assert frames.paths(found, [*found.space, "value"])["paths"]["place"].between(0, 1).all()


@pytest.mark.parametrize("higher", [False, True])
def test_the_best_so_far_never_gets_worse(tmp_path: Path, higher: bool) -> None:
    found = read(tmp_path, study(30, metric={"name": "accuracy/val", "higher_is_better": higher}))
    steps = frames.course(found, [""] * 30)["steps"]["y"].to_numpy()
    assert len(steps) == 30
    assert (np.diff(steps) >= 0).all() if higher else (np.diff(steps) <= 0).all()


def test_a_path_goes_over_every_strength_to_the_value_and_the_best_ranks_first(tmp_path: Path) -> None:
    found = read(tmp_path, study(12))
    titles = [*found.space, "value"]
    data = frames.paths(found, titles)
    drawn = data["paths"]
    assert found.best is not None
    assert (drawn.groupby("trial").size() == 4).all()
    assert set(drawn["trial"]) == {one.number for one in found.trials if one.value is not None}
    assert drawn.loc[drawn["trial"] == found.best.number, "kind"].eq("best").all()
    assert drawn.loc[drawn["rank"] == 0, "value"].max() == min(one.value for one in found.trials if one.value)
    assert data["ends"].groupby("axis").size().tolist() == [2, 2, 2, 2]


@pytest.mark.parametrize("trials", [0, 1])
def test_a_study_that_has_just_begun_has_charts_without_a_fault(tmp_path: Path, trials: int) -> None:
    found = read(tmp_path, study(trials))
    data = {**frames.course(found, [""] * trials), **frames.paths(found, [*found.space, "value"])}
    for name in found.space:
        data |= frames.slice_of(found, name, [""] * trials)
    assert len(data["paths"]) == 4 * trials
    assert frames.effects(found).empty


def test_columns_have_the_same_types_with_and_without_trials(tmp_path: Path) -> None:
    empty, full = read(tmp_path / "a", study(0)), read(tmp_path / "b", study(20))
    titles = [*full.space, "value"]
    for one, other in (
        (frames.course(empty, []), frames.course(full, [""] * 20)),
        (frames.paths(empty, titles), frames.paths(full, titles)),
        (frames.slice_of(empty, "dropout", []), frames.slice_of(full, "dropout", [""] * 20)),
    ):
        for name in one:
            assert one[name].dtypes.to_dict() == other[name].dtypes.to_dict()


@pytest.mark.parametrize("higher", [False, True])
def test_a_screen_tells_what_helps_from_what_harms_and_from_noise(tmp_path: Path, higher: bool) -> None:
    metric = {"name": "accuracy/val" if higher else "loss/val", "higher_is_better": higher}
    found = read(tmp_path, study(8, screen=screened(higher_is_better=higher), metric=metric))
    table = frames.effects(found)
    kinds = dict(zip(table["name"], table["kind"], strict=True))
    assert kinds == {"weight_decay": "better", "dropout": "better", "l1": "worse", "mixup": "unclear"}
    does, harms, noise = tune.works(found, kinds)
    assert does.startswith("Weight decay makes the difference")
    assert does.endswith("Dropout also helps.")
    assert (harms, noise) == ("L1 makes it worse.", "Mixup can't be told from noise.")


def test_a_screen_whose_gap_was_not_logged_has_no_gap_chart(tmp_path: Path) -> None:
    made = screened()
    for one in made["effects"]:
        one["clean_gap"] = one["clean_gap_error"] = None
    found = read(tmp_path, study(8, screen=made))
    assert frames.effects(found, gap=True).empty
    assert len(frames.effects(found)) == 4


def test_an_edge_is_said_with_the_parameter_named_for_a_person() -> None:
    written = "weight_decay: best at the upper end of its range (0.001..10 log)"
    assert tune.edge(written) == "Weight decay: best at the upper end of its range (0.001..10 log)."


def test_a_rival_is_one_that_cannot_be_told_apart(tmp_path: Path) -> None:
    made = study(10)
    for distinct, number in ((True, None), (False, 3)):
        made["best"]["rival"] = {"number": 3, "difference": 0.1, "error": 0.2, "distinct": distinct}
        found = read(tmp_path, made).best
        assert found is not None
        assert found.equal == number


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_specifications_hold_no_data(theme: Any) -> None:
    specs = [
        course_spec("Trial", "Loss", theme),
        slice_spec("Decay", "Loss", theme, span=(0.001, 10.0), log=True),
        slice_spec("Smoothing", "Loss", theme, choices=("0", "0.1")),
        parallel_spec(("a", "b"), theme),
        importance_spec(3, theme),
    ]
    for spec in specs:
        names = {layer["data"]["name"] for layer in spec["layer"]} if "data" not in spec else {spec["data"]["name"]}
        assert names <= {"points", "steps", "paths", "ends", "importance"}
        assert "datasets" not in spec


@pytest.mark.parametrize(("low", "high", "most"), [(0.001, 10.0, 5), (0.02, 0.4, 5), (1e-6, 1e-2, 5)])
def test_a_logarithmic_axis_has_few_round_ticks(low: float, high: float, most: int) -> None:
    spec = slice_spec("x", "y", "light", span=(low, high), log=True)
    ticks = next(layer["encoding"]["x"]["axis"]["values"] for layer in spec["layer"])
    assert 2 <= len(ticks) <= most
    assert all(low <= tick <= high for tick in ticks)
    assert all(math.log10(tick) % 1 < 0.7 for tick in ticks)


def test_what_the_engine_writes_is_what_is_read(tmp_path: Path) -> None:
    made, plan = new_study(tmp_path, repeats=2)
    for number in range(9):
        told(made, {"weight_decay": 10 ** (number / 4 - 1), "dropout": 0.3}, 1 - number / 10, 1 - number / 11)
    record(tmp_path, made, plan, {"call": "python -m trainer tune", "budget": {"runs": 40}})
    found = study_file.read(tmp_path)
    assert found.counts == {"complete": 9}
    assert found.left == {"runs": 22}
    assert found.best is not None
    assert found.best.number == 8
    assert found.best.error is not None
    assert tune.edge(found.edges[0]).startswith("Weight decay: best at the upper end")
    assert found.importance is not None
    assert set(found.importance) == set(found.space)
    assert found.call == "python -m trainer tune"


@pytest.mark.parametrize("given", [["--storage", "postgresql://me:secret@host/db"], ["--storage=sqlite:///secret"]])
def test_the_command_is_kept_without_the_address_of_the_store(given: list[str]) -> None:
    call = call_of(["--budget", "20 runs", *given, "--study", "a"])
    assert "secret" not in call
    assert "--budget '20 runs'" in call
    assert call.endswith("--study a")
