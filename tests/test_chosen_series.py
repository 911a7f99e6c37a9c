"""Series chosen by hand are remembered in the person's own folder, and no broken file stands in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.folder import remembered
from app.folder.watch import Watch
from diagnostics import Key, open_logs
from diagnostics.__main__ import main
from diagnostics.logs.matching.pairing import MatchError
from tests.writers import LogWriter, write_run

FALLING = [1.0 / (i + 1) for i in range(30)]
TURNING = [abs(i - 10) / 20 + 0.3 for i in range(30)]
TRAIN, VAL, OTHER = (Key("run", tag) for tag in ("loss/train", "loss/val", "odd/one"))


@pytest.fixture(autouse=True)
def _own_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("app.folder.watch.POLL_AT_MOST_EVERY", 0.0)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    write_run(tmp_path / "logs" / "run", {"loss/train": FALLING, "loss/val": TURNING, "odd/one": FALLING})
    return tmp_path / "logs"


def chosen(watch: Watch) -> tuple[Key | None, Key | None]:
    pair = watch.look().get("run").run.primary
    return pair.train, pair.val


def test_a_choice_takes_effect_at_once_and_in_the_next_process_until_it_is_taken_back(logs: Path) -> None:
    watch = Watch(logs)
    assert chosen(watch) == (TRAIN, VAL)
    before = watch.look().get("run").diagnosis
    watch.choose("run", (TRAIN, OTHER))
    assert chosen(watch) == chosen(Watch(logs)) == (TRAIN, OTHER)
    assert watch.look().get("run").diagnosis != before
    watch.choose("run", None)
    assert chosen(watch) == chosen(Watch(logs)) == (TRAIN, VAL)


def test_nothing_is_written_into_the_folder_of_the_logs(logs: Path) -> None:
    before = sorted(logs.rglob("*"))
    Watch(logs).look()
    watch = Watch(logs)
    watch.look()
    watch.choose("run", (TRAIN, OTHER))
    assert sorted(logs.rglob("*")) == before
    assert remembered.file("matches").is_file()


def test_a_choice_belongs_to_one_folder_and_one_run(tmp_path: Path) -> None:
    remembered.keep_chosen_series("/logs", "run", (TRAIN, VAL))
    remembered.keep_chosen_series("s3://bucket/logs", "run", (None, OTHER))
    remembered.keep_chosen_series("/logs", "second", (TRAIN, OTHER))
    assert remembered.chosen_series("/logs") == {"run": (TRAIN, VAL), "second": (TRAIN, OTHER)}
    assert remembered.chosen_series("s3://bucket/logs") == {"run": (None, OTHER)}
    assert remembered.chosen_series("/elsewhere") == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1]",
        '{"PLACE": 3}',
        '{"PLACE": {"run": 3}}',
        '{"PLACE": {"run": {"train": [1, 2], "val": "x"}}}',
        "\0",
    ],
)
def test_a_broken_file_is_as_if_nothing_had_been_chosen(logs: Path, text: str) -> None:
    remembered.file("matches").parent.mkdir(parents=True)
    remembered.file("matches").write_text(text.replace("PLACE", str(logs)))
    watch = Watch(logs)
    assert chosen(watch) == (TRAIN, VAL)
    watch.choose("run", (TRAIN, OTHER))
    assert chosen(Watch(logs)) == (TRAIN, OTHER)


def test_a_choice_waits_for_a_series_that_is_still_to_come(tmp_path: Path) -> None:
    place = tmp_path / "logs"
    remembered.keep_chosen_series(str(place), "run", (TRAIN, OTHER))
    with LogWriter(place / "run") as log:
        for step, value in enumerate(FALLING, 1):
            log.scalar("loss/train", value, step)
            log.scalar("loss/val", value, step)
        log.flush()
        watch = Watch(place)
        assert chosen(watch) == (TRAIN, VAL)
        for step, value in enumerate(FALLING, 1):
            log.scalar("odd/one", value, step)
        log.flush()
        assert chosen(watch) == (TRAIN, OTHER)


def test_a_chosen_series_that_is_gone_leaves_what_matches(logs: Path) -> None:
    watch = Watch(logs)
    watch.look()
    watch.choose("run", (TRAIN, OTHER))
    for path in (logs / "run").iterdir():
        path.unlink()
    write_run(logs / "run", {"loss/train": FALLING, "loss/val": TURNING}, start=1.8e9)
    assert watch.look().error == ""
    assert Watch(logs).look().get("run").run.primary.val == VAL


def test_a_series_that_the_run_does_not_have_is_refused_in_words(logs: Path) -> None:
    watch = Watch(logs)
    watch.look()
    with pytest.raises(MatchError, match="it has run::loss/train"):
        watch.choose("run", (TRAIN, Key("run", "none")))
    with pytest.raises(MatchError, match="there is no run gone"):
        watch.choose("gone", (TRAIN, VAL))
    assert chosen(watch) == (TRAIN, VAL)


def test_one_series_is_no_two_sides(tmp_path: Path) -> None:
    write_run(tmp_path / "exp", {"loss/train": [1.0, 0.5, 0.4], "loss/val": [1.0, 0.8, 0.9]})
    logs = open_logs(tmp_path)
    both = Key("exp", "loss/val")
    with pytest.raises(MatchError, match="loss/val is chosen for training and for validation; choose another series"):
        logs.override("exp", train=both, val=both)
    assert logs.runs["exp"].train is not None
    assert main([str(tmp_path), "--train-tag", "exp::loss/val", "--val-tag", "exp::loss/val"]) == 2
