"""The page of one run: how its chart is looked at, what it is told to change, and the trials that prove it."""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from streamlit.testing.v1 import AppTest

from app import actions, wording
from app.folder import remembered, trials_of_run, watch
from app.folder.entries import Entry
from app.views.run import advice_words, answer_words, audit, cards, trial_words, words
from app.views.run import heights as of_heights
from app.wording import Look, levers, plain
from app.wording import charts as chart_words
from diagnostics import GivenSetup, Key, Ledger, Outlook, Run, Verdict, diagnose, open_logs
from diagnostics.confidence import in_words
from diagnostics.report.changes import change, new_strengths
from diagnostics.report.close_up import log_by_default
from diagnostics.report.next_command import by_command
from diagnostics.report.results import advice_for, judged
from diagnostics.report.to_do import things_to_do
from diagnostics.signals.forecast import forecast
from diagnostics.trials.ledger import read
from diagnostics.trials.ledger_entry import LedgerEntry
from diagnostics.trials.trial_file import Effect, Trial
from tests.test_app import FALLING, OVERFITTING, TURNING, _as_if_just_started, charts, opened, shown, widget  # noqa: F401
from tests.test_charts import curve_of, run_of
from tests.writers import LogWriter, write_run
from trainer.config import Config
from trainer.errors import TrainerError
from trainer.processes.liveness import identity, now
from trainer.status import Status, write_status
from trainer.trials.settle import settle
from trainer.trials.writing import append, write_trial

FOLDS = ("why", "how", "trials", "weights", "series")
DOSE = {"weight_decay": (0.0, 2.1), "dropout": (0.0, 0.2)}
RATE = {"optim/lr": [1e-3] * 30, "optim/lr_sum": [5e-3] * 30}


def write_own(folder: Path, tags: dict[str, list[float]] | None = None, state: str = "finished") -> None:
    """A run as our trainer leaves it behind."""
    config = Config(epochs=30, model="mlp")
    with LogWriter(folder) as log:
        log.text("config", "    " + config.to_json().replace("\n", "\n    "))
        curves = OVERFITTING | RATE if tags is None else tags
        for step in range(max(map(len, curves.values()))):
            for tag, values in curves.items():
                if step < len(values):
                    log.scalar(tag, values[step], step + 1)
    (folder / "config.json").write_text(config.to_json())
    here = psutil.Process()
    status = Status(state, pid=os.getpid(), started=here.create_time(), epoch=12, epochs=30, heartbeat=time.time())  # type: ignore[arg-type]
    write_status(folder, status)


def write_trial_of(
    folder: Path, parent: str = "../exp", *, state: str = "finished", kind: str = "full", **more: Any
) -> None:
    write_own(folder, {"loss/train": FALLING, "loss/val": [0.8 * value for value in TURNING]}, state)
    write_trial(folder, Trial(parent, kind, **{"change": DOSE, "dose": 1, "before": "overfitting", **more}))  # type: ignore[arg-type]


def exp(**address: str) -> AppTest:
    return opened("run", logdir="logs", run="exp", **address)


def unfolded(app: AppTest, *folds: str) -> AppTest:
    """The page with these folds open, or with all of them."""
    for fold in folds or FOLDS:
        app.session_state[fold] = True
    return app.run()


def lines(app: AppTest, name: str = "lines") -> Any:
    """The table of that name that the main chart draws."""
    import pyarrow as pa

    (found,) = [one for one in charts(app)[0].datasets if one.name == name]
    return pa.ipc.open_stream(found.data.data).read_pandas()


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder with one overfitting run of ours, ``exp``."""
    write_own(tmp_path / "logs" / "exp")
    return tmp_path / "logs"


# --- its states


@pytest.mark.parametrize("state_name", words.STATES_SAY)
def test_a_state_that_asks_for_something_says_what(own: Path, monkeypatch: pytest.MonkeyPatch, state_name: str) -> None:
    monkeypatch.setattr(watch, "_state", lambda *_: state_name)
    said = shown(exp())
    assert words.STATES_SAY[state_name] in said
    assert wording.STATES[state_name].word in said


def test_a_run_that_is_being_written_has_its_page_and_no_way_to_stop_it(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "exp", OVERFITTING, start=time.time())
    app = exp()
    assert wording.STATES["written"].word in shown(app)
    assert not [button for button in app.main.button if button.key in ("stop", "pause")]


# --- the answer


def test_the_answer_says_the_verdict_what_it_cost_and_what_to_do(own: Path) -> None:
    app = exp()
    said = shown(app)
    assert app.subheader[0].value == ":orange[:material/call_split: Overfitting, clearly, since epoch 11]"
    assert "Validation loss 0.3 \u2192 1.25." in said
    assert "1. Keep epoch 11: no training needed." in said
    assert "2. Train again with **weight decay 0 \u2192 " in said
    assert ": expected **" in said


def test_strengths_that_need_details_are_named_without_what_is_no_strength(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "exp", OVERFITTING)  # says nothing of how it was trained
    said = shown(exp())
    assert "Train again with **weight decay and dropout 0.1**: add details to get each strength." in said


def test_the_best_epochs_of_loss_and_accuracy_are_both_named_where_they_disagree(tmp_path: Path) -> None:
    rising = [0.5 + 0.01 * step for step in range(30)]
    write_run(tmp_path / "logs" / "exp", OVERFITTING | {"accuracy/train": rising, "accuracy/val": rising})
    said = "The best epochs differ: loss at epoch 11, accuracy at 30. Decide which of the two counts."
    assert said in shown(exp())


def test_a_fact_has_one_number_on_the_whole_page(own: Path) -> None:
    write_trial_of(own / "exp-try-1", expected=Effect(-0.18, -0.37, -0.04))
    app = exp()
    diagnosis = watch.look(own).get("exp").diagnosis
    said = shown(app).replace("\\", "")
    once = [
        f"Validation loss {wording.number(diagnosis.best.value)}",
        answer_words.like_this(diagnosis.probability),
        "Promised 18% better",
        "got 20%",
    ]
    assert {fact: len(re.findall(rf"(?<![\d.]){re.escape(fact)}(?!\d)", said)) for fact in once} == dict.fromkeys(
        once, 1
    )
    everything = shown(unfolded(app)).replace("\\", "")
    assert set(re.findall(r"best model is that of epoch 11, with (\S+);", everything)) == {"0.3"}
    assert set(re.findall(r"(?:Keep|best at|since|Overfits from) epoch (\d+)", everything)) == {"11"}
    assert set(re.findall(r"(\d+%) (?:of runs that|did worse)", everything)) == {f"{diagnosis.probability:.0%}"}
    assert set(re.findall(r"Promised (\S+)", everything)) == {"18%"}
    assert set(re.findall(r"got (\S+)", everything)) == {"20%"}


def test_the_textbook_check_says_why_it_is_not_the_verdict(tmp_path: Path) -> None:
    small = {tag: [0.05 * value for value in values] for tag, values in OVERFITTING.items()}
    rising = OVERFITTING["loss/val"]
    risen = [*rising, *(rising[-1] - 1e-6 * step for step in range(20))]
    write_run(tmp_path / "logs" / "small", small)
    write_run(tmp_path / "logs" / "risen", {"loss/train": [*FALLING, *[FALLING[-1]] * 20], "loss/val": risen})
    for run, says in (("small", "counts no gap up to 0.1"), ("risen", "the last 10 points alone")):
        app = unfolded(opened("run", logdir="logs", run=run), "why")
        assert "Overfitting" in shown(app)
        assert says in shown(app)


@pytest.mark.parametrize(
    ("minutes", "at_most", "says"),
    [
        (7.2, False, " \u00b7 ~7\u00a0min"),
        (0.8, True, " \u00b7 <1\u00a0min"),
        (0.28, False, " \u00b7 <1\u00a0min"),
        (1.2, True, " \u00b7 <2\u00a0min"),
        (1.2, False, " \u00b7 ~1\u00a0min"),
        (200, False, " \u00b7 ~3\u00a0h"),
        (None, False, ""),
    ],
)
def test_the_button_says_how_long_a_trial_takes(minutes: float | None, at_most: bool, says: str) -> None:
    assert answer_words.estimate(minutes, at_most=at_most) == says


def test_the_weights_of_the_best_epoch_are_handed_over_where_they_are(own: Path) -> None:
    label = answer_words.DOWNLOAD.format("epoch", 11)
    assert label not in [button.label for button in exp().get("download_button")]
    (own / "exp" / "best.pt").write_bytes(b"weights")
    assert label in [button.label for button in exp().get("download_button")]


# --- the chart


def test_the_chart_is_looked_at_as_the_address_says(own: Path) -> None:
    app = exp(axis="time", scale="log", smooth="0.9")
    spec = json.loads(charts(app)[0].spec)
    assert chart_words.AXIS_TITLES["time"] in json.dumps(spec)
    assert '"type": "log"' in json.dumps(spec)
    assert len(lines(app, "raw")) == 60
    assert lines(app)["x"].max() == pytest.approx(29e3 * 4, rel=0.1)  # four tags an epoch, a second each


@pytest.mark.parametrize("written", ["sideways", "", "1e9", "nan"])
def test_what_no_address_should_hold_is_looked_at_as_by_default(own: Path, written: str) -> None:
    usual = charts(exp())[0].spec
    assert charts(exp(axis=written, scale=written, smooth=written))[0].spec == usual


def test_a_choice_by_hand_stands_in_the_address(own: Path) -> None:
    app = exp()
    widget(app.main.slider, "smooth-box").set_value(0.5).run()
    assert not app.exception
    assert app.query_params["smooth"] == "0.5"
    assert len(lines(app, "raw")) == 60
    widget(app.main.slider, "smooth-box").set_value(0.0).run()
    assert "smooth" not in app.query_params


@pytest.mark.parametrize("address", [{}, {"axis": "time"}, {"axis": "step", "smooth": "0.5"}, {"scale": "log"}])
def test_the_specification_stays_the_same_while_a_run_grows(tmp_path: Path, address: dict[str, str]) -> None:
    tags = OVERFITTING | RATE
    with LogWriter(tmp_path / "logs" / "exp") as log:
        states, app = [], None
        for step in range(30):
            for tag, values in tags.items():
                log.scalar(tag, values[step], step + 1)
            if step in (14, 29):
                log.flush()
                app = exp(**address) if app is None else app.run()
                assert not app.exception
                states.append([(chart.id, chart.spec, chart.alt) for chart in charts(app)])
    assert states[0] == states[1]


@pytest.mark.parametrize(
    ("values", "higher_is_better", "log"),
    [
        ([100.0, 1.0], False, True),
        ([40.0, 1.0], False, False),
        ([100.0, 0.0], False, False),
        ([100.0, -1.0], False, False),
        ([0.99, 0.001], True, False),
        ([float("nan")], False, False),
    ],
    ids=["wide", "narrow", "with 0", "below 0", "accuracy", "nothing"],
)
def test_the_scale_is_logarithmic_by_itself_only_for_a_wide_loss(
    values: list[float], higher_is_better: bool, log: bool
) -> None:
    run = run_of(None, curve_of(*values))
    assert run.primary is not None
    shown = replace(run, primary=replace(run.primary, higher_is_better=higher_is_better))
    assert log_by_default(shown, None) is log


SLIGHT = {
    "loss/train": [2.3 * 0.75**step for step in range(60)],
    "loss/val": [0.5 + 1.8 * 0.6**step + 0.001 * max(0, step - 15) for step in range(60)],
}


def heights(app: AppTest) -> tuple[float, float]:
    """From where to where the vertical axis goes."""
    return tuple(lines(app, "extent")["y"])  # type: ignore[return-value]


def test_a_slight_rise_is_zoomed_in_on_and_all_is_one_click_away(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "exp", SLIGHT)
    app = exp()
    low, high = heights(app)
    assert min(SLIGHT["loss/val"]) - 0.1 < low < min(SLIGHT["loss/val"])
    assert SLIGHT["loss/val"][-1] < high < 0.7
    (gone,) = lines(app, "beyond")["label"]
    assert gone == f"\u2193 Training goes on to {wording.number(SLIGHT['loss/train'][-1])}"
    assert '"type": "log"' not in charts(app)[0].spec
    app.main.button("use-range").click().run()
    assert heights(app) == pytest.approx((SLIGHT["loss/train"][-1], 2.3))
    assert len(lines(app, "beyond")) == 0
    assert app.query_params["range"] == "all"
    app.main.button("use-range").click().run()
    assert heights(app) == (low, high)


def test_a_zoomed_chart_shows_all_when_asked_for_all(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "exp", SLIGHT)
    app = exp(x="epoch 5:20", y="loss 0.1:0.9")
    app.main.button("whole").click().run()
    assert heights(app) == pytest.approx((SLIGHT["loss/train"][-1], 2.3))


def test_a_chart_stays_zoomed_in_while_a_run_hesitates_between_two_verdicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run(tmp_path / "logs" / "exp", SLIGHT)
    app = exp()
    zoomed = heights(app)
    monkeypatch.setattr(of_heights, "marked", lambda diagnosis, *_: replace(diagnosis, onset_step=None))
    assert heights(exp()) != zoomed  # another tab
    assert heights(app.run()) == zoomed


LIFTING = [0.5 + 0.01 * min(step, 20) - 0.001 * max(step - 20, 0) for step in range(30)]


def test_another_metric_is_drawn_with_its_own_best_and_without_the_onset(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "exp", OVERFITTING | {"accuracy/train": LIFTING, "accuracy/val": LIFTING})
    loss, accuracy = exp(), exp(metric="accuracy")
    assert lines(loss, "marks")["label"].tolist() == ["Best 0.3", "Overfits from epoch 11"]
    assert lines(accuracy, "marks")[["label", "x"]].values.tolist()[0] == ["Best 0.7", 21.0]
    assert lines(accuracy, "marks")["known"].tolist() == [True, False]
    assert "Best epochs: loss 11, accuracy 21." in shown(loss).replace("\\", "")
    assert charts(exp(metric="nothing"))[0].spec == charts(loss)[0].spec


def test_a_trial_is_drawn_over_the_same_metric_of_its_run(own: Path) -> None:
    tags = {"loss/train": FALLING, "loss/val": TURNING, "accuracy/train": LIFTING, "accuracy/val": LIFTING}
    write_own(own / "exp", tags)
    write_trial_of(own / "exp-try-1")
    assert len(lines(exp(), "trial")) == 60
    assert len(lines(exp(metric="accuracy"), "trial")) == 0  # the trial logged none


def test_the_pointer_reads_every_line_the_trials_too(own: Path) -> None:
    write_trial_of(own / "exp-try-1")
    read = lines(exp(), "points")
    assert read["trial_val"].tolist() == pytest.approx([0.8 * value for value in TURNING])
    assert read["trial_train"].notna().all()
    tooltip = json.dumps(json.loads(charts(exp())[0].spec)["layer"][-1]["mark"]["tooltip"])
    assert all(name in tooltip for name in ("Train", "Validation", "Gap", "Trial, train", "Trial, validation"))


def test_a_loss_that_is_never_finite_is_not_said_in_the_numbers_of_an_accuracy(tmp_path: Path) -> None:
    nothing = [float("nan")] * 30
    write_run(tmp_path / "logs" / "exp", {"loss/train": nothing, "loss/val": nothing, "accuracy/val": [0.1] * 30})
    page = shown(exp())
    assert "Diverged" in page
    assert "10.0%" not in page


def test_a_single_value_is_no_validation_and_said_to_be_none(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "exp", {"loss/train": [0.5], "loss/val": [0.6]})
    long_ago = time.time() - 10 * 86_400
    for path in (tmp_path / "logs" / "exp").iterdir():
        os.utime(path, (long_ago, long_ago))
    entry = watch.look(tmp_path / "logs").get("exp")
    assert entry.diagnosis.verdict is Verdict.NO_VALIDATION
    page = shown(exp())
    assert words.reason(entry.diagnosis, entry.run) in page
    assert "its best" not in page


def test_a_log_without_a_loss_says_why_it_has_no_verdict_once(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "exp", {"rollout/ep_rew_mean": [float(step) for step in range(20)]})
    entry = watch.look(tmp_path / "logs").get("exp")
    assert shown(exp()).count(words.reason(entry.diagnosis, entry.run)) == 1


def test_nothing_in_a_chart_speaks_of_what_is_not_known(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "exp", {"loss/train": FALLING, "loss/val": FALLING})
    assert "None" not in lines(exp(), "marks").to_string()


# --- the cards, the layers and the audit


def test_the_trend_is_the_slope_of_the_last_points() -> None:
    trend = cards.trend(run_of(None, curve_of(*np.arange(30.0) * 2)))
    assert trend is not None
    np.testing.assert_allclose(trend.values, 2.0)
    assert cards.trend(run_of(None, curve_of(1.0, 2.0))) is None


def with_tags(**tags: list[float]) -> Run:
    run = run_of(curve_of(1.0), curve_of(1.0))
    named = {Key(".", tag.replace("__", "/")): curve_of(*values) for tag, values in tags.items()}
    return replace(run, curves={**run.curves, **named})


def test_what_was_not_logged_has_no_card() -> None:
    run = with_tags(weights__l2_norm=[2.0, 4.0], optim__update_norm=[1.0, 1.0])
    assert [card.title for card in cards.of_weights(run)] == [words.NORM, words.RATIO]
    assert [card.figure.value for card in cards.of_weights(run)] == [4.0, 0.25]
    assert cards.of_weights(with_tags(other=[1.0])) == []


def test_each_quantity_of_the_layers_is_a_map_of_all_of_them(tmp_path: Path) -> None:
    layers = {f"weights/layer{n}/{what}": FALLING for n in range(3) for what in ("l2_norm", "sparsity")}
    write_run(tmp_path / "logs" / "exp", OVERFITTING | layers)
    app = exp()
    unfolded(app, "weights")
    alt = words.LAYER_MAP_ALT.format(chart_words.LAYER_SERIES["l2_norm"])
    assert alt in [chart.alt for chart in charts(app)]


AUDIT = "dropout is on, but the model has no nn.Dropout, so nothing is dropped; add one"


def test_a_regularizer_that_is_not_really_on_is_said_on_the_page_and_explained(tmp_path: Path) -> None:
    with LogWriter(tmp_path / "logs" / "exp") as log:
        log.text("config", '    {"regularizers": {"dropout": {"p": 0.3}, "l1": {"l1": 0.1}}}')
        log.text("audit", AUDIT)
        for step in range(30):
            log.scalar("loss/train", FALLING[step], step + 1)
            log.scalar("loss/val", TURNING[step], step + 1)
            log.scalar("strength/dropout", 0.3, step + 1)
            log.scalar("strength/l1", 0.1, step + 1)
    app = exp()
    assert plain(wording.sentence(AUDIT)) in shown(app)
    said = shown(unfolded(app, "series"))
    assert words.AUDIT_DOUBTFUL.word in said
    assert words.AUDITED in said
    assert words.OFF.split("{")[0] in said


def test_a_finding_belongs_to_the_regularizer_it_is_about() -> None:
    floor = "training loss 0.1 is below 0.4, the least that label smoothing and mixing allow: they are not applied"
    findings = f"weight decay also shrinks 2 biases; take them out\n\n{floor}"
    run = replace(run_of(None, None), texts={"audit": findings})
    about, others = audit.by_regularizer(run, {"weight_decay": 0.1, "mixup": 0.2, "dropout": 0.1})
    assert set(about) == {"weight_decay", "mixup"}
    assert others == []
    assert audit.by_regularizer(run, {})[1] == audit.findings(run)


# --- settings


def test_the_settings_of_a_run_are_listed_and_held_against_those_of_another(own: Path) -> None:
    with LogWriter(own / "other") as log:
        log.text("config", "    " + Config(epochs=30, model="mlp", lr=0.5).to_json().replace("\n", "\n    "))
        for step, value in enumerate(TURNING, 1):
            log.scalar("loss/val", value, step)
    app = unfolded(exp(), "series")
    everything = next(frame.value for frame in app.dataframe if "Value" in frame.value)
    assert everything.set_index("Setting").loc["lr", "Value"] == str(Config().lr)
    widget(app.main.selectbox, "against-box").set_value("other").run()
    assert app.query_params["against"] == "other"
    differing = next(frame.value for frame in app.dataframe if "Setting" in frame.value)
    assert differing.values.tolist() == [["lr", str(Config().lr), "0.5"]]


# --- the advice


def test_advice_for_a_run_without_a_learning_rate_becomes_a_number_when_it_is_told(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "exp", OVERFITTING)
    app = exp()
    assert advice_words.ASK in shown(app)
    assert "weight_decay = " in shown(unfolded(app, "how"))
    widget(app.main.number_input, "tell-lr-exp").set_value(0.001)
    widget(app.main.number_input, "tell-steps_per_epoch-exp").set_value(50.0)
    (tell,) = [button for button in app.main.button if button.label == advice_words.TELL]
    tell.click().run()
    assert advice_words.ASK not in shown(app)
    assert f"**{levers.REGULARIZERS['weight_decay'].title}: " in shown(app)
    assert remembered.given_setup(str(tmp_path / "logs"), "exp") == GivenSetup(lr=0.001, steps_per_epoch=50.0)
    assert advice_words.ASK not in shown(exp())


def test_the_optimizer_that_the_log_does_not_name_can_be_given_and_stands_in_the_command(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "exp", OVERFITTING)
    app = exp()
    menu = widget(app.main.selectbox, "tell-optimizer-exp")
    assert menu.options == [advice_words.UNSURE, *advice_words.OPTIMIZERS.values()]
    menu.set_value("sgd")
    widget(app.main.number_input, "tell-lr-exp").set_value(0.001)
    widget(app.main.number_input, "tell-steps_per_epoch-exp").set_value(50.0)
    next(button for button in app.main.button if button.label == advice_words.TELL).click().run()
    given = remembered.given_setup(str(tmp_path / "logs"), "exp")
    assert given == GivenSetup(lr=0.001, steps_per_epoch=50.0, optimizer="sgd")
    assert " --optimizer sgd " in by_command("logs/exp", ["weight_decay"], given)


def test_a_strength_in_use_that_the_log_does_not_say_can_be_given_and_stands_in_the_command(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "exp", OVERFITTING)
    app = exp()
    widget(app.main.number_input, "tell-now-dropout-exp").set_value(0.3)
    widget(app.main.number_input, "tell-now-weight_decay-exp").set_value(0.0)
    next(button for button in app.main.button if button.label == advice_words.TELL).click().run()
    given = remembered.given_setup(str(tmp_path / "logs"), "exp")
    assert dict(given.strengths) == {"weight_decay": 0.0, "dropout": 0.3}
    assert " --now dropout=0.3" in by_command("logs/exp", ["dropout"], given)
    widget(app.main.number_input, "tell-now-dropout-exp").set_value(None)
    next(button for button in app.main.button if button.label == advice_words.TELL).click().run()
    assert remembered.given_setup(str(tmp_path / "logs"), "exp").strengths == (("weight_decay", 0.0),)


def test_a_verdict_says_how_certain_it_is_in_a_word_and_a_number(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "exp", OVERFITTING)
    app = exp()
    diagnosis = watch.look(tmp_path / "logs").get("exp").diagnosis
    assert f"Overfitting, {answer_words.ADVERBS[in_words(diagnosis.confidence)]}, since " in shown(app)
    assert answer_words.like_this(diagnosis.probability) in shown(app)


def test_the_checks_that_a_log_does_not_allow_are_unfolded_with_their_reasons(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "exp", OVERFITTING)
    app = exp()
    missing = watch.look(tmp_path / "logs").get("exp").diagnosis.checks_not_run
    assert plain(words.check(missing[0])) not in shown(app)
    said = shown(unfolded(app, "why"))
    needless = [check for check in missing if check.check in words.ONLY_WHERE_USED | {"epoch_borders"}]
    assert all((plain(words.check(check)) in said) is (check not in needless) for check in missing)
    assert ", ".join(words.CHECKS[check.check] for check in needless) in said


def test_each_further_validation_loss_has_its_own_verdict_on_the_page(tmp_path: Path) -> None:
    logged = {"loss/train": FALLING, "loss/val": FALLING, "cls_loss/train": FALLING, "cls_loss/val": TURNING}
    write_run(tmp_path / "logs" / "exp", logged)
    page = shown(unfolded(exp(), "why"))
    assert words.OTHER_LOSSES in page
    assert "**Cls loss**" in page
    assert words.NOTES["other_loss_overfits"] in page


def test_how_many_samples_validation_has_counts_for_the_verdict_once_it_is_given(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "exp", OVERFITTING)
    app = exp()
    assert "sampling_error" not in watch.look(tmp_path / "logs").get("exp").diagnosis.signals
    widget(app.main.number_input, "tell-val_samples-exp").set_value(500)
    next(button for button in app.main.button if button.label == advice_words.TELL).click().run()
    assert "sampling_error" in watch.look(tmp_path / "logs").get("exp").diagnosis.signals


def test_every_check_has_a_name_for_a_person() -> None:
    nothing_logged = diagnose([1.0, 0.8, 0.7, 0.6], [1.0, 0.9, 0.95, 1.0])
    assert {check.check for check in nothing_logged.checks_not_run} <= words.CHECKS.keys()


def test_a_run_of_another_program_is_tried_by_a_command_that_is_ready_to_copy(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "exp", OVERFITTING)
    remembered.keep_given_setup(str(tmp_path / "logs"), "exp", GivenSetup(lr=0.001, steps_per_epoch=50.0))
    said = shown(exp())
    assert f"python -m trainer try {tmp_path / 'logs' / 'exp'} --lr 0.001 --steps-per-epoch 50 --command" in said
    assert "--weight-decay {weight_decay}" in said
    assert "{logdir}" in said


def test_the_code_for_a_dose_is_there_for_every_framework(own: Path) -> None:
    app = exp()
    unfolded(app, "how")
    assert not app.exception
    assert [tab.label for tab in app.tabs] == list(advice_words.FRAMEWORKS.values())
    assert all("weight_decay" in tab.code[0].value for tab in app.tabs)


def test_the_code_in_the_framework_of_the_log_is_the_first(tmp_path: Path) -> None:
    for side, tag in (("train", "loss/train"), ("validation", "loss/val")):
        write_run(tmp_path / "logs" / "exp" / side, {"epoch_loss": OVERFITTING[tag]})
    app = exp()
    unfolded(app, "how")
    assert [tab.label for tab in app.tabs] == ["Keras", "PyTorch", "Lightning", "Transformers"]
    assert "keras" in app.tabs[0].code[0].value


@pytest.mark.parametrize("name", ["exp", "."])
def test_the_evidence_is_unfolded_on_demand(own: Path, name: str) -> None:
    app = opened("run", logdir="logs" if name == "exp" else "logs/exp", run=name)
    assert plain(advice_words.NUMBERS["t_star"][0]) not in shown(app)
    assert plain(advice_words.NUMBERS["t_star"][0]) in shown(unfolded(app, "how"))
    assert app.header[0].value == "exp"  # also where the run is the whole folder


def asked_to_try(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, dict[str, float], bool]]:
    calls: list[tuple[Path, dict[str, float], bool]] = []
    monkeypatch.setattr(
        actions, "start_trial", lambda path, strengths, branch=False: calls.append((path, dict(strengths), branch))
    )
    return calls


def test_one_click_tries_the_dose_that_is_written_above_the_button(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = asked_to_try(monkeypatch)
    app = unfolded(exp(), "trials")
    said = shown(app)
    assert app.main.button("try").label.startswith(answer_words.TRY)
    app.main.button("try").click().run()
    app.main.button("try-branch").click().run()
    assert not app.exception
    (path, strengths, quick), (_, same, branch) = calls
    assert path == own / "exp"
    assert (quick, branch, strengths == same) == (False, True, True)
    assert all(f"\u2192 {strength:.3g}" in said for strength in strengths.values())
    assert set(strengths) == {"weight_decay", "dropout"}


@pytest.mark.parametrize("outcome", ["confirmed", "refuted"])
def test_a_confirmed_trial_that_rises_again_says_that_it_is_still_better(own: Path, outcome: str) -> None:
    write_trial_of(own / "exp-try-1")
    append(own, LedgerEntry("exp-try-1", "exp", DOSE, "full", outcome, None, -0.2, 0.01))  # type: ignore[arg-type]
    said = shown(opened("run", logdir="logs", run="exp-try-1"))
    better = answer_words.STILL_BETTER.format(parent="exp", unit="epoch", step=11)
    assert (better in said) is (outcome == "confirmed")


def test_a_run_that_is_the_whole_place_is_called_by_its_folder_and_its_trials_beside_it_count(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = asked_to_try(monkeypatch)
    exp().main.button("try").click().run()
    first = calls[0][1]
    write_trial_of(own / "exp-try-1", change={name: (0.0, strength) for name, strength in first.items()})
    app = opened("run", logdir="logs/exp", run=".")
    app.main.button("try").click().run()
    path, strengths, _ = calls[1]
    assert path == own / "exp"
    assert strengths != first
    assert app.query_params["run"] in ("exp", ["exp"])
    assert app.query_params["logdir"] in (str(own), [str(own)])
    assert watch.look(str(own / "exp")).short == {".": "exp"}


def test_a_trial_that_cannot_be_started_says_why(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise TrainerError("cannot start a trial in `logs`; make room")

    monkeypatch.setattr(actions, "start_trial", refuse)
    app = exp()
    app.main.button("try").click().run()
    assert not app.exception
    assert app.toast[0].value == plain("cannot start a trial in `logs`; make room")


def test_nothing_is_tried_while_the_run_itself_still_trains(own: Path) -> None:
    write_status(
        own / "exp",
        replace(Status("running"), pid=os.getpid(), started=psutil.Process().create_time(), heartbeat=time.time()),
    )
    app = exp()
    assert answer_words.WHEN_DONE in shown(app)
    assert not [button for button in app.main.button if button.key == "try"]


def test_a_run_behind_a_url_is_not_tried(own: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    store = fsspec.filesystem("memory")
    try:
        for path in own.rglob("*tfevents*"):
            store.pipe_file(f"memory://bucket/logs/{path.relative_to(own)}", path.read_bytes())
        app = opened("run", logdir="memory://bucket/logs", run="exp")
        assert answer_words.WHAT_TO_DO in shown(app)
        assert not [button for button in app.main.button if button.key == "try"]
    finally:
        store.rm("/", recursive=True)


# --- the trials


def test_a_trial_at_work_is_drawn_over_its_run_with_its_progress_and_a_way_to_stop_it(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []
    monkeypatch.setitem(actions.OFFERED, "running", {"stop": asked.append})
    write_trial_of(own / "exp-try-1", state="running")
    app = unfolded(exp(), "trials")
    said = shown(app)
    assert plain(change(DOSE)) in said
    assert trial_words.TRIAL_RUNS in said
    assert set(lines(app, "trial")["side"]) == {"Trial, train", "Trial, validation"}
    assert app.get("progress")[0].proto.value == 40
    assert "Trial at epoch 12 of 30: best so far 20% better than this run's" in said.replace("\\", "")
    assert trial_words.running(DOSE, None) in said
    assert lines(app, "ends")[["label", "above"]].values.tolist() == [
        ["this run", True],
        ["weight decay 2.1, dropout 0.2", False],
    ]
    app.main.button("stop-exp-try-1").click().run()
    assert asked == [own / "exp-try-1"]


def test_a_trial_is_taken_out_of_the_chart_by_hand_and_the_specification_stays_the_same(own: Path) -> None:
    before = charts(exp())[0].spec
    write_trial_of(own / "exp-try-1")
    app = exp()
    assert len(lines(app, "trial")) == 60
    assert charts(app)[0].spec == before
    hidden = exp(trial="none")
    assert len(lines(hidden, "trial")) == 0
    assert charts(hidden)[0].spec == before


def test_a_quick_trial_is_drawn_from_the_best_point_on(own: Path) -> None:
    write_trial_of(own / "exp-try-1", kind="branch")
    assert lines(exp(), "trial")["x"].min() == 12  # validation is at its best at epoch 11


def test_a_trial_that_has_ended_is_settled_and_its_outcome_said_on_both_pages(own: Path) -> None:
    write_trial_of(own / "exp-try-1", expected=Effect(-0.18, -0.37, -0.04))
    said = shown(exp())
    assert read(own).entries == ()  # looking writes nothing
    (entry,) = settle(own)
    assert entry.outcome == "confirmed"
    assert entry.difference == pytest.approx(-0.2)
    assert trial_words.AS_PROMISED.word in said
    assert plain("Promised 18% better (4% to 37%), got 20%") in said
    said = shown(opened("run", logdir="logs", run="exp-try-1"))
    assert plain(trial_words.trial_title(Trial("../exp", "full", DOSE), "exp")) in said
    assert "Promised 18% better (4% to 37%), got 20%" in said


@pytest.mark.parametrize(
    ("outcome", "difference", "look"),
    [
        ("confirmed", -0.2, trial_words.AS_PROMISED),
        ("confirmed", -0.4, trial_words.MORE),
        ("confirmed", -0.02, trial_words.HELPED_LESS),
        ("refuted", 0.1, trial_words.WORSE),
        ("not distinguishable", -0.2, trial_words.NO_DIFFERENCE),
        ("failed", None, trial_words.FAILED),
    ],
)
def test_each_outcome_is_held_against_what_was_promised(own: Path, outcome: Any, difference: Any, look: Look) -> None:
    promised = Effect(-0.18, -0.37, -0.04)
    write_trial_of(own / "exp-try-1", expected=promised)
    append(own, LedgerEntry("exp-try-1", "exp", DOSE, "full", outcome, promised, difference, 0.01))
    page = shown(unfolded(exp(), "trials"))
    assert f":{look.color}-badge[{look.icon} {look.word}]" in page
    assert (":green-badge[" in page) is (look in (trial_words.AS_PROMISED, trial_words.MORE))
    assert len(read(own).entries) == 1


@pytest.mark.parametrize("outcome", ["confirmed", "refuted"])
def test_what_a_trial_confirmed_is_to_be_used_before_anything_else_is_tried(own: Path, outcome: Any) -> None:
    write_trial_of(own / "exp-try-1")
    append(own, LedgerEntry("exp-try-1", "exp", DOSE, "full", outcome, None, -0.15, 0.03))
    said = shown(exp())
    used = f"Use **{change(DOSE)}**: confirmed by one trial."  # how much better it was stands beside its promise
    assert (used in said) is ("To try for more: **" in said) is (outcome == "confirmed")
    assert ("Train again with **" in said) is (outcome == "refuted")
    assert ("Keep epoch 11: no training needed." in said) is (outcome == "refuted")


@pytest.mark.parametrize("outcome", [None, "confirmed", "refuted"])
def test_the_report_says_what_to_do_in_the_words_of_the_page(own: Path, outcome: Any) -> None:
    if outcome is not None:
        write_trial_of(own / "exp-try-1")
        append(own, LedgerEntry("exp-try-1", "exp", DOSE, "full", outcome, None, -0.15, 0.03))
    (result,) = [result for result in judged(open_logs(own)) if result[0].name == "exp"]
    lines = things_to_do(*result, advice_for([result], own)["exp"])
    assert len(lines) > 1
    said = shown(exp())
    lines = [line.replace(", 15% better", "") for line in lines]  # on the page it stands beside what was promised
    assert all(line.replace("weight decay ", "weight decay 0 \u2192 ") in said or line in said for line in lines), lines


def test_a_trial_that_crashed_says_why(own: Path) -> None:
    write_trial_of(own / "exp-try-1", state="failed")
    write_status(own / "exp-try-1", Status("failed", epoch=8, epochs=30, message="out of memory"))
    page = shown(unfolded(exp(), "trials"))
    assert trial_words.TRIAL_FAILED.format("Out of memory.") in page
    assert plain(trial_words.TRIAL_FAILED_AT.format(8, 30)) in page
    assert "Best of the run" not in page
    assert settle(own)[0].outcome == "failed"


def test_a_trial_that_was_stopped_is_not_judged(own: Path) -> None:
    write_trial_of(own / "exp-try-1", state="stopped")
    assert trial_words.TRIAL_STOPPED in shown(unfolded(exp(), "trials"))
    assert read(own).entries == ()


def test_a_trial_whose_run_is_gone_says_so_on_its_page(own: Path) -> None:
    write_trial_of(own / "exp-try-1", parent="../lost")
    assert trial_words.TRIAL_LOST.format("lost") in shown(opened("run", logdir="logs", run="exp-try-1"))


def test_what_was_tried_is_not_offered_again(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = asked_to_try(monkeypatch)
    app = exp()
    app.main.button("try").click().run()
    first = calls[0][1]
    write_own(own / "exp-try-1")
    write_trial(own / "exp-try-1", Trial("../exp", "full", {name: (0.0, strength) for name, strength in first.items()}))
    app.run()
    label = app.main.button("try").label
    app.main.button("try").click().run()
    assert calls[-1][1] != first
    strengths = {name: (None, strength) for name, strength in calls[-1][1].items()}
    assert label.startswith(answer_words.TRY_NEXT.format(new_strengths(strengths)))


def test_a_trial_leads_to_its_run_and_to_the_two_beside_each_other(own: Path) -> None:
    write_trial_of(own / "exp-try-1")
    app = opened("run", logdir="logs", run="exp-try-1")
    app.main.button("compare-trial").click().run()
    assert not app.exception
    assert app.query_params["runs"] == "exp exp-try-1"
    app = opened("run", logdir="logs", run="exp-try-1")
    app.main.button("parent").click().run()
    assert app.header[0].value == "exp"


def test_a_page_ticks_while_a_trial_of_its_run_is_at_work(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import streamlit as st

    asked: list[float | None] = []
    real = st.fragment
    monkeypatch.setattr(st, "fragment", lambda f, run_every=None, **more: (asked.append(run_every), real(f, **more))[1])
    write_trial_of(own / "exp-try-1", state="running")
    assert not exp().exception
    assert asked[-1] is not None


def test_a_damaged_ledger_or_trial_leaves_the_page_as_it_is_without(own: Path) -> None:
    write_own(own / "exp-try-1")
    (own / "exp-try-1" / "trial.json").write_text("{")
    (own / "ledger.jsonl").write_text("{torn\n")
    assert answer_words.WHAT_TO_DO in shown(exp())


def test_a_run_whose_files_are_gone_says_so(own: Path) -> None:
    app = exp()
    for path in (own / "exp").iterdir():
        path.unlink()
    assert wording.STATES["gone"].word in shown(app.run()) or words.NO_RUN in shown(app)


@pytest.mark.parametrize(
    ("strengths", "phrase", "new"),
    [
        ({}, "", ""),
        ({"weight_decay": (None, 2.1)}, "weight decay 2.1", "weight decay 2.1"),
        ({"epochs": (30.0, 60.0)}, "epochs 30 \u2192 60", "epochs 60"),
        (
            {"l1": (0.1, 0.0), "drop_path": (0.0, 0.2)},
            "L1 0.1 \u2192 0 and DropPath 0 \u2192 0.2",
            "L1 off, DropPath 0.2",
        ),
    ],
)
def test_a_change_is_a_phrase(strengths: dict[str, tuple[float | None, float]], phrase: str, new: str) -> None:
    assert (change(strengths), new_strengths(strengths)) == (phrase, new)


def test_a_plan_without_a_folder_holds_nothing() -> None:
    from app.folder.entries import Entry

    assert trials_of_run.plan(Entry("x", None, "ended"), "s3://x", GivenSetup(), Ledger()).proposals == ()


# --- what is to be done while it trains


def write_live(folder: Path, val: list[float]) -> None:
    write_own(folder, RATE | {"loss/train": FALLING, "loss/val": val}, state="running")


def test_a_run_that_should_go_on_is_told_nothing_else(tmp_path: Path) -> None:
    write_live(tmp_path / "logs" / "exp", FALLING)
    lines = exp().main.markdown
    (said,) = [each.value for each in lines if "chance of a new best" in each.value]
    assert said.startswith("Keep training: ")
    page = shown(exp())
    assert "Train again" not in page
    assert answer_words.WHEN_DONE not in page


def test_a_run_that_overfits_is_not_told_to_train_on_whatever_its_curve_promises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_live(tmp_path / "logs" / "exp", OVERFITTING["loss/val"])
    monkeypatch.setattr(Entry, "outlook", Outlook(5, 0.92, None))
    page = shown(exp())
    assert "Keep training" not in page
    assert "Keep epoch 11" in page


def test_noise_on_a_plateau_is_no_reason_to_go_on(tmp_path: Path) -> None:
    noise = 0.02 * np.random.default_rng(0).standard_normal(40)
    val = 1 + np.exp(-np.arange(40) / 4) + noise
    falling = (0.9 + np.exp(-np.arange(40) / 4)).tolist()
    assert forecast(val, 5).chance > 0.9
    write_own(tmp_path / "logs" / "exp", {"loss/train": falling, "loss/val": val.tolist()}, state="running")
    page = shown(exp())
    assert "Plateau" in page
    assert "chance of a new best" not in page


def test_what_the_disk_does_not_take_is_said_on_the_page(tmp_path: Path) -> None:
    write_own(tmp_path / "logs" / "exp", state="running")
    reason = "cannot write best.pt: No space left on device"
    status = Status("running", epoch=3, epochs=40, unsaved=reason, **identity(), **now())
    write_status(tmp_path / "logs" / "exp", status)
    warnings = [warning.value for warning in opened("run", logdir=str(tmp_path / "logs"), run="exp").warning]
    assert plain(words.UNSAVED.format(reason)) in warnings
    write_status(tmp_path / "logs" / "exp", replace(status, unsaved=""))
    assert not opened("run", logdir=str(tmp_path / "logs"), run="exp").warning
