"""The Compare page: each of its states is designed, its address opens the view, and its charts only grow."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.folder import watch
from app.views.compare import words as compare
from app.views.compare.lines import MOST
from app.wording import charts as chart_words
from app.wording import plain
from diagnostics.trials.trial_file import Trial
from tests.test_app import FALLING, OVERFITTING, TURNING, _as_if_just_started, charts, opened, shown, widget  # noqa: F401
from tests.test_compare_lines import logged
from tests.writers import LogWriter, write_run
from trainer.trials.writing import write_trial


def spec(app: AppTest, name: str) -> dict[str, Any]:
    """The chart with that dataset, as it stands on the page."""
    found: list[dict[str, Any]] = [json.loads(chart.spec) for chart in charts(app)]
    return next(one for one in found if name in json.dumps(one))


def names(app: AppTest) -> list[str]:
    """The runs of the table."""
    return [row["run"][0] for row in app.dataframe[0].value.to_dict("records")]


def two(logs: Path) -> None:
    write_run(logs / "exp", OVERFITTING)
    write_run(logs / "exp-trial", {"loss/train": FALLING, "loss/val": [0.9 * value for value in TURNING]})


@pytest.mark.parametrize("logdir", ["logs", "missing"])
def test_with_nothing_picked_the_page_says_how_to_begin(tmp_path: Path, logdir: str) -> None:
    two(tmp_path / "logs")
    app = opened("compare", logdir=logdir)
    assert compare.NOTHING_PICKED_WAY_OUT in shown(app)
    assert not charts(app)


def test_runs_are_picked_on_the_page_itself_and_stand_in_the_address(tmp_path: Path) -> None:
    two(tmp_path / "logs")
    app = opened("compare", logdir="logs")
    widget(app.main.multiselect, "picker").set_value(["exp", "exp-trial"]).run()
    assert names(app) == ["exp", "exp-trial"]
    assert app.query_params["runs"] == "exp exp-trial"
    assert spec(app, "bands")["layer"]


def test_a_trial_is_offered_with_its_run_and_the_difference_has_an_interval(tmp_path: Path) -> None:
    two(tmp_path / "logs")
    write_trial(tmp_path / "logs" / "exp-trial", Trial("../exp", "full", {"dropout": (None, 0.2)}))
    app = opened("compare", logdir="logs")
    app.main.button("pair-exp-trial").click().run()
    words = shown(app)
    assert names(app) == ["exp", "exp-trial"]
    assert "-10.0% (" in words
    assert compare.BASES["curves"] in words


@pytest.mark.parametrize("base", ["exp", "exp-trial", "gone"])
def test_the_address_says_which_run_the_others_are_compared_with(tmp_path: Path, base: str) -> None:
    two(tmp_path / "logs")
    app = opened("compare", logdir="logs", runs="exp exp-trial", base=base)
    assert ("+11.1% (" if base == "exp-trial" else "-10.0% (") in shown(app)


def seeds(logs: Path) -> None:
    for rate in (0.1, 0.2):
        for seed in range(3):
            logged(
                logs / f"lr{rate}-s{seed}", [(1 + seed / 50) * value / rate for value in TURNING], lr=rate, seed=seed
            )


def test_seeds_are_one_mean_with_its_band_until_a_person_wants_them_apart(tmp_path: Path) -> None:
    seeds(tmp_path / "logs")
    app = opened("compare", logdir="logs")
    app.main.button("seeds").click().run()
    assert sorted(names(app)) == ["lr0.1 (3 seeds)", "lr0.2 (3 seeds)"]
    assert "+100.0%" in shown(app)
    assert "seed" not in app.dataframe[0].value
    widget(app.main.toggle, "together-box").set_value(False).run()
    assert len(names(app)) == 6
    assert app.query_params["together"] == "off"
    assert "set-seed" in app.dataframe[0].value


def test_ten_of_more_runs_are_drawn_and_that_is_said(tmp_path: Path) -> None:
    picked = [f"run-{number}" for number in range(MOST + 2)]
    for name in picked:
        write_run(tmp_path / "logs" / name, OVERFITTING)
    app = opened("compare", logdir="logs", runs=" ".join(picked))
    assert names(app) == picked[:MOST]
    assert compare.TOO_MANY.format(MOST + 2) in shown(app)


def test_a_run_keeps_its_color_when_another_is_let_go(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        write_run(tmp_path / "logs" / name, OVERFITTING)

    def colors(app: AppTest) -> dict[str, str]:
        layer = next(one for one in spec(app, "bands")["layer"] if "strokeDash" in one["encoding"])
        scale = layer["encoding"]["color"]["scale"]
        return dict(zip(scale["domain"], scale["range"], strict=True))

    app = opened("compare", logdir="logs", runs="a b c")
    before = colors(app)
    widget(app.main.multiselect, "picker").set_value(["b", "c"]).run()
    after = colors(app)
    assert after == {name: before[name] for name in ("b", "c")}


def test_a_run_has_the_name_of_the_list_of_runs_whichever_it_is_compared_with(tmp_path: Path) -> None:
    for name in ("real/a/logs", "real/b/logs", "made/fastai/runs", "made/keras/runs"):
        write_run(tmp_path / "logs" / name, OVERFITTING)
    listed = watch.look(str(tmp_path / "logs")).short
    picked = ["real/a/logs", "made/fastai/runs"]
    app = opened("compare", logdir="logs", runs=" ".join(picked))
    assert names(app) == [listed[name] for name in picked]
    assert widget(app.main.selectbox, "base").options == names(app)


@pytest.mark.parametrize(
    "address",
    [
        {"quantity": "gap"},
        {"quantity": "train"},
        {"quantity": "nonsense:x"},
        {"axis": "time"},
        {"axis": "nonsense"},
        {"scale": "log"},
        {"smooth": "0.9"},
        {"smooth": "nan"},
        {"base": "nobody"},
        {"runs": "exp gone"},
    ],
    ids=str,
)
def test_whatever_the_address_says_there_is_a_page(tmp_path: Path, address: dict[str, str]) -> None:
    two(tmp_path / "logs")
    app = opened("compare", **{"logdir": "logs", "runs": "exp exp-trial", **address})
    shown(app)
    assert charts(app)


def test_a_run_that_is_gone_or_empty_is_named(tmp_path: Path) -> None:
    two(tmp_path / "logs")
    with LogWriter(tmp_path / "logs" / "words") as log:
        log.text("notes", "hello")
    words = shown(opened("compare", logdir="logs", runs="exp gone words"))
    assert compare.GONE.format("gone") in words or compare.GONE.format("gone, words") in words
    assert compare.BASE_ALONE in words


def test_runs_of_different_quantities_are_not_taken_for_comparable(tmp_path: Path) -> None:
    two(tmp_path / "logs")
    write_run(tmp_path / "logs" / "acc", {"accuracy/train": FALLING, "accuracy/val": TURNING})
    words = shown(opened("compare", logdir="logs", runs="exp acc"))
    assert compare.MIXED.format("accuracy, loss") in words
    assert "Validation value" in words
    assert not {"Validation loss", "Validation accuracy"} & set(words.split("\n"))


def test_a_quantity_that_no_run_has_is_a_sentence(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "a", {"loss/train": FALLING})
    app = opened("compare", logdir="logs", runs="a", quantity="val")
    assert compare.NOTHING_DRAWN in shown(app)


def test_names_from_a_log_are_text(tmp_path: Path) -> None:
    name = ":red[x] **y**"
    write_run(tmp_path / "logs" / name, OVERFITTING)
    write_run(tmp_path / "logs" / "trial", OVERFITTING)
    write_trial(tmp_path / "logs" / "trial", Trial(f"../{name}", "full", {}))
    app = opened("compare", logdir="logs")
    assert plain(name) in app.main.button("pair-trial").label


def test_the_specification_stays_the_same_while_the_runs_grow(tmp_path: Path) -> None:
    with LogWriter(tmp_path / "logs" / "a") as one, LogWriter(tmp_path / "logs" / "b") as two:

        def grow(steps: range) -> None:
            for log in (one, two):
                for step in steps:
                    for tag in ("loss/train", "loss/val"):
                        log.scalar(tag, 1 + 1 / step, step, wall_time=time.time() + 60 * step)
                log.flush()

        grow(range(1, 8))
        app = opened("compare", logdir="logs", runs="a b")
        first = [chart.spec for chart in charts(app)]
        assert watch.look(str(tmp_path / "logs")).live
        grow(range(8, 30))
        app.run()
    assert [chart.spec for chart in charts(app)] == first
    assert app.dataframe[0].value["points"].tolist() == ["29 epochs", "29 epochs"]


def test_a_reload_shows_the_same_view(tmp_path: Path) -> None:
    two(tmp_path / "logs")
    address = {"logdir": "logs", "runs": "exp exp-trial", "quantity": "gap", "axis": "time", "base": "exp-trial"}
    app = opened("compare", **address)
    assert {name: app.query_params[name] for name in address} == address
    assert widget(app.main.selectbox, "quantity").value.kind == "gap"
    assert chart_words.GAP in shown(app)
