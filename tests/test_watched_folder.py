"""What the app's pages know of a folder: read once for all tabs, only what was added, and never with a fault."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from app import wording
from app.folder import entries, ledgers, quantities
from app.folder import watch as data
from app.folder.entries import STANDARD, Entry, Measured
from app.folder.watch import Watch
from app.views.run import layers, matching, matching_words, series, why
from app.views.run import words as run_words
from diagnostics import GivenSetup, open_logs
from diagnostics.notes import NOTES
from diagnostics.thresholds import Thresholds
from diagnostics.trials.ledger import Ledger
from diagnostics.trials.ledger_entry import LedgerEntry
from tests.test_charts import curve_of, run_of
from tests.trial_runs import append_proven
from tests.writers import LogWriter, write_run
from trainer import job
from trainer.status import Status, write_status

FALLING = [1.0 / (i + 1) for i in range(30)]
TURNING = [abs(i - 10) / 20 + 0.3 for i in range(30)]


@pytest.fixture(autouse=True)
def _read_at_every_look(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(data, "POLL_AT_MOST_EVERY", 0.0)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def status(state: str, **more: float) -> Status:
    """Of a process that is really there: this one."""
    fields = {"pid": os.getpid(), "started": psutil.Process().create_time(), "heartbeat": time.time(), "epochs": 60}
    return Status(state, **{**fields, **more})  # type: ignore[arg-type]


def test_advice_heeds_what_a_person_said_and_what_trials_beside_the_run_have_shown(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "over", {"loss/train": FALLING, "loss/val": TURNING})
    entry = data.look(tmp_path / "logs").get("over")
    place, known = str(tmp_path / "logs"), entry.measured
    plain = known.advice(entry.diagnosis, place)
    assert known.advice(entry.diagnosis, place) is plain
    assert known.advice(entry.diagnosis, place, GivenSetup(architecture="vit")) != plain
    assert known.setup(place, GivenSetup(architecture="vit")).architecture == "vit"
    assert ledgers.ledger(entry) == Ledger()
    for number in range(2):
        append_proven(
            tmp_path / "logs", LedgerEntry(f"t{number}", "over", {"dropout": (0.0, 0.2)}, "full", "confirmed", time=1.0)
        )
        assert len(ledgers.ledger(entry).entries) == number + 1
    assert ledgers.ledger(entry) is ledgers.ledger(entry)
    assert ledgers.ledger(Entry("over", None, "ended")) == Ledger()


def test_runs_stand_worst_first(tmp_path: Path) -> None:
    write_run(tmp_path / "fine", {"loss/train": FALLING, "loss/val": FALLING})
    write_run(tmp_path / "over", {"loss/train": FALLING, "loss/val": TURNING})
    write_run(tmp_path / "alone", {"loss/train": FALLING})
    assert Watch(tmp_path).look().names == ["over", "fine", "alone"]


def test_runs_of_one_kind_stand_in_the_order_a_person_counts(tmp_path: Path) -> None:
    for name in ("demo-10", "demo-9", "demo-1", "base", "\u0663"):
        write_run(tmp_path / name, {"loss/train": FALLING, "loss/val": TURNING})
    assert Watch(tmp_path).look().names[-4:] == ["base", "demo-1", "demo-9", "demo-10"]


def test_a_look_reads_only_what_was_added_and_judges_only_what_changed(tmp_path: Path) -> None:
    write_run(tmp_path / "still", {"loss/train": FALLING, "loss/val": FALLING})
    watch = Watch(tmp_path)
    with LogWriter(tmp_path / "grows") as log:
        for step, value in enumerate(FALLING, 1):
            log.scalar("loss/train", value, step)
            log.scalar("loss/val", value, step)
        log.flush()
        before = watch.look()
        log.scalar("loss/val", 0.01, len(FALLING) + 1)
        log.flush()
        after = watch.look()
    assert after.get("grows").points == before.get("grows").points + 1
    assert after.get("still").run is before.get("still").run
    assert after.get("still").diagnosis is before.get("still").diagnosis


def test_each_set_of_thresholds_has_its_own_verdicts_judged_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = []
    real = entries.diagnose_run
    monkeypatch.setattr(entries, "diagnose_run", lambda run, **limits: (judged.append(limits), real(run, **limits))[1])
    write_run(tmp_path / "run", {"loss/train": FALLING, "loss/val": TURNING})
    watch = Watch(tmp_path)
    lenient = Thresholds(min_rise=100.0)
    overfits = [
        watch.look(limits).get("run").diagnosis.verdict == "overfitting"
        for limits in (STANDARD, lenient, STANDARD, lenient)
    ]
    assert overfits == [True, False] * 2
    assert judged == [{"finished": True, "val_samples": None, **vars(limits)} for limits in (STANDARD, lenient)]


def test_a_run_is_too_early_to_be_judged_only_while_more_is_to_come(tmp_path: Path) -> None:
    write_run(tmp_path / "run", {"loss/train": [1.0], "loss/val": [1.0]})
    (run,) = open_logs(tmp_path).runs.values()
    measured = Measured(run)
    verdicts = [measured.diagnose(STANDARD, finished=finished)[0].verdict for finished in (False, True)]
    assert verdicts[0] == "too_early" != verdicts[1]


def test_the_outlook_is_computed_when_asked_for_and_once_until_the_run_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    real = entries.outlook
    monkeypatch.setattr(entries, "outlook", lambda run: (asked.append(run), real(run))[1])
    write_run(tmp_path / "run", {"loss/train": FALLING, "loss/val": TURNING})
    watch = Watch(tmp_path)
    assert not asked
    for limits in (STANDARD, Thresholds(min_points=500), STANDARD):
        assert watch.look(limits).get("run").outlook is not None
    assert len(asked) == 1


def test_a_url_is_asked_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch("memory://nothing/there")
    first = watch.look()
    assert first.error
    read: list[Watch] = []
    monkeypatch.setattr(Watch, "_read", lambda watch: read.append(watch))
    watch.look()
    assert not read
    watch.expire()
    watch.look()
    assert read == [watch]


def test_very_many_runs_are_read_a_part_at_a_time_and_each_look_shows_what_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "MOST", 3)
    for number in range(8):
        write_run(tmp_path / f"run-{number}", {"loss/train": FALLING, "loss/val": TURNING})
    watch = Watch(tmp_path)
    first = watch.look()
    assert 0 < len(first.entries) <= 3
    assert first.unread > 0
    assert first.live  # so that pages look again
    deadline = time.monotonic() + 120
    while (snapshot := watch.look()).unread:
        assert time.monotonic() < deadline
    assert len(snapshot.entries) == 8
    assert all(entry.diagnosis for entry in snapshot.entries)


def test_a_look_at_what_did_not_change_gives_the_same_snapshot(tmp_path: Path) -> None:
    for number in range(3):
        write_run(tmp_path / f"run-{number}", {"loss/train": FALLING, "loss/val": TURNING}, start=1.0)
    watch = Watch(tmp_path)
    before = watch.look()
    assert not before.live
    assert watch.look() is before


def test_a_run_that_is_removed_goes_away_and_one_that_comes_is_there(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_run(tmp_path / name, {"loss/train": FALLING, "loss/val": TURNING})
        write_status(tmp_path / name, Status("finished"))
    watch = Watch(tmp_path)
    assert set(watch.look().names) == {"a", "b"}
    (tmp_path / "new" / "deep").mkdir(parents=True)
    write_status(tmp_path / "new" / "deep", Status("finished"))
    assert set(watch.look().names) == {"a", "b", "new/deep"}
    (tmp_path / "new" / "deep" / "status.json").unlink()
    assert set(watch.look().names) == {"a", "b"}


def test_two_tabs_share_one_watch(tmp_path: Path) -> None:
    assert data.watch(str(tmp_path)) is data.watch(str(tmp_path))


def test_tabs_that_look_at_once_see_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        write_run(tmp_path / f"run-{number}", {"loss/train": FALLING, "loss/val": TURNING})
    watch = Watch(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda _: watch.look().names, range(40)))
    assert seen == [[f"run-{number}" for number in range(5)]] * 40


def test_looks_that_follow_at_once_share_a_read_unless_something_was_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "POLL_AT_MOST_EVERY", 3600.0)
    watch = Watch(tmp_path)
    first = watch.look()
    write_run(tmp_path / "run", {"loss/train": FALLING, "loss/val": TURNING})
    assert watch.look() is first
    watch.expire()
    assert watch.look().names == ["run"]


@pytest.mark.parametrize("kind", ["missing", "file"])
def test_a_folder_that_cannot_be_opened_is_an_error_in_words_until_it_can(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "logs"
    if kind == "file":
        path.write_text("no folder")
    watch = Watch(path)
    assert str(path) in watch.look().error
    path.unlink(missing_ok=True)
    write_run(path / "run", {"loss/train": FALLING})
    assert watch.look().error == ""
    assert watch.look().names == ["run"]


def test_a_path_that_no_system_takes_is_an_error_in_words() -> None:
    assert Watch(Path("x" * 5000)).look().error
    assert Watch(Path("nul\0byte")).look().error


def test_curves_that_share_no_steps_leave_a_sentence_instead_of_a_verdict() -> None:
    apart = run_of(curve_of(*FALLING), curve_of(*FALLING, start=10_000))
    found, trouble = Measured(apart).diagnose(STANDARD)
    assert found is None
    assert "nothing to compare" in trouble
    assert quantities.gap(apart) is None
    assert why.textbook(apart) == (None, run_words.TEXTBOOK_NOT)


@pytest.mark.parametrize(
    ("written", "fields", "state", "live"),
    [
        ("starting", {}, "starting", True),
        ("running", {}, "running", True),
        ("running", {"heartbeat": 1.0}, "silent", True),
        ("paused", {"heartbeat": 1.0}, "paused", True),
        ("stopped", {}, "stopped", False),
        ("finished", {}, "finished", False),
        ("running", {"pid": 2**22 + 7, "started": 1.0, "heartbeat": 1.0}, "failed", False),
    ],
)
def test_a_training_of_ours_is_live_while_its_process_is(
    tmp_path: Path, written: str, fields: dict[str, float], state: str, live: bool
) -> None:
    (tmp_path / "ours").mkdir()
    write_status(tmp_path / "ours", status(written, **fields))
    entry = Watch(tmp_path).look().get("ours")
    assert (entry.state, entry.live) == (state, live)
    assert run_words.NOTHING_YET[state]


@pytest.mark.parametrize(("age", "live"), [(0.0, True), (7200.0, False)])
def test_a_log_of_another_program_is_live_while_it_is_written(tmp_path: Path, age: float, live: bool) -> None:
    write_run(tmp_path / "theirs", {"loss/train": FALLING, "loss/val": FALLING}, start=time.time() - age)
    entry = Watch(tmp_path).look().get("theirs")
    assert entry.live is live
    assert entry.state == ("written" if live else "ended")


def test_a_run_whose_files_are_gone_says_so(tmp_path: Path) -> None:
    path = write_run(tmp_path / "run", {"loss/train": FALLING, "loss/val": FALLING})
    watch = Watch(tmp_path)
    watch.look()
    path.unlink()
    entry = watch.look().get("run")
    assert entry is None or entry.state == "gone"


def test_the_log_of_a_crashed_training_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir()
    write_status(tmp_path / "ours", Status("failed", message="ValueError: boom"))
    (tmp_path / "ours" / "trainer.log").write_text("one\ntwo\n")
    entry = Watch(tmp_path).look().get("ours")
    assert data.log_tail(entry) == job.log_tail(tmp_path / "ours") == "one\ntwo"


def test_a_card_tells_the_last_value_and_how_it_moved() -> None:
    figure = quantities.figure(curve_of(*range(1, 21)))
    assert (figure.value, figure.change, figure.over) == (20.0, 10.0, 10)
    assert quantities.figure(curve_of(1.0)).change is None
    assert quantities.figure(curve_of(1.0, float("nan"))).value is None
    assert quantities.figure(None).line == []


def test_series_come_in_pairs_first_then_by_name_and_layers_apart(tmp_path: Path) -> None:
    tags = ["loss/train_clean", "loss/val", "accuracy/train_clean", "accuracy/val", "weights/sparsity", "optim/lr",
            "zz/own", "weights/body.0/l2_norm", "weights/body.2/l2_norm"]  # fmt: skip
    write_run(tmp_path / "run", dict.fromkeys(tags, FALLING))
    run = Watch(tmp_path).look().get("run").run
    titles = [chart.title for chart in series.small_charts_of(run)]
    assert titles[0] == "Accuracy"
    assert titles[1:] == ["Learning rate", "zz/own", "Sparsity"]  # the last has a card already
    assert list(layers.layer_maps(run)["l2_norm"].curves) == ["body.0", "body.2"]


def test_a_series_without_a_number_is_named_instead_of_drawn(tmp_path: Path) -> None:
    write_run(tmp_path / "run", {"loss/train": FALLING, "loss/val": FALLING, "AP": [float("nan")] * 30})
    run = Watch(tmp_path).look().get("run").run
    assert series.small_charts_of(run) == []
    assert "No finite value was logged for AP." in matching_words.skipped(run, matching.without_numbers(run))


def test_a_map_of_many_layers_shows_the_first_and_says_so(tmp_path: Path) -> None:
    write_run(tmp_path / "deep", {f"weights/body.{n:02}/l2_norm": FALLING for n in range(50)})
    norms = layers.layer_maps(Watch(tmp_path).look().get("deep").run)["l2_norm"]
    assert list(norms.curves) == [f"body.{n:02}" for n in range(layers.SHOWN)]
    assert norms.about == "The first 40 of 50 layers."


def test_the_textbook_check_stands_beside_the_verdict(tmp_path: Path) -> None:
    write_run(tmp_path / "over", {"loss/train": FALLING, "loss/val": TURNING})
    flagged, numbers = why.textbook(Watch(tmp_path).look().get("over").run)
    assert flagged
    assert "Gap: " in numbers
    assert "Val trend: " in numbers


@pytest.mark.parametrize(
    ("train", "val"),
    [([0.5] * 12 + [float("nan")], [0.5] * 13), ([0.5] * 5, [0.9] * 5)],
    ids=["not finite", "too few points"],
)
def test_the_textbook_check_gives_no_flag_where_it_cannot_say(train: list[float], val: list[float]) -> None:
    flagged, sentence = why.textbook(run_of(curve_of(*train), curve_of(*val)))
    assert flagged is None
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3, "just now"), (61, "1 minute ago"), (7200, "2 hours ago"), (86400 * 400, "1 year ago")],
)
def test_an_age_is_told_in_its_largest_unit(seconds: float, words: str) -> None:
    assert wording.ago(seconds) == words


def test_every_note_is_explained() -> None:
    assert {*NOTES, "restarted"} <= set(run_words.NOTES)


def test_advice_is_computed_once_until_the_run_changes(tmp_path: Path) -> None:
    write_run(tmp_path / "over", {"loss/train": FALLING, "loss/val": TURNING})
    (entry,) = Watch(str(tmp_path)).look(STANDARD).entries
    first = entry.measured.advice(entry.diagnosis, str(tmp_path))
    assert {one.lever for one in first} >= {"weight_decay", "stop_at_best"}
    assert entry.measured.advice(entry.diagnosis, str(tmp_path)) is first


def test_what_is_made_of_a_run_is_made_once_for_all_tabs_and_anew_for_another_view_or_diagnosis(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "over", {"loss/train": FALLING, "loss/val": TURNING})
    measured = data.look(tmp_path / "logs").get("over").measured
    made: list[object] = []

    def make() -> object:
        made.append(object())
        return made[-1]

    diagnosis, other = object(), object()
    with ThreadPoolExecutor(10) as tabs:
        seen = {*tabs.map(lambda _: measured.once(make, ("loss", "epoch"), (diagnosis,)), range(100))}
    assert seen == {made[0]}
    assert measured.once(make, ("loss", "time"), (diagnosis,)) is made[1]
    assert measured.once(make, ("loss", "epoch"), (other,)) is made[2]
    for smoothing in range(entries.KEPT):
        measured.once(make, (smoothing,))
    assert measured.once(make, ("loss", "epoch"), (diagnosis,)) is made[-1]
