"""Looking never writes: no page, link or command that reads changes a byte, a name or a date in the folder."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from diagnostics.__main__ import main as diagnostics
from diagnostics.trials.trial_file import Trial
from fitwatch.command import main as fitwatch
from tests.study_files import study, write_study
from tests.test_app import OVERFITTING, _as_if_just_started, opened  # noqa: F401
from tests.test_run_page import unfolded
from tests.trial_runs import CHANGE, write_parent, write_settled
from tests.writers import write_run
from trainer import job
from trainer.__main__ import main as trainer
from trainer.status import Status, write_status
from trainer.trials import parent as parents
from trainer.trials.parent import TryError
from trainer.trials.settle import due, outcome_of_trial
from trainer.trials.writing import write_trial

PAGES = ("overview", "run", "compare", "train", "tune", "guide")
HOSTILE = "$(touch owned)`touch owned`"  # what a shell would run


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of everything there is to look at: a run with trials that are not settled, a study, links, a crash."""
    logs = tmp_path / "logs"
    parent = write_parent(logs / "exp")
    write_settled(logs / "exp-try-1", parent, 0.8, change=CHANGE)
    write_settled(logs / HOSTILE, parent, 0.9, change=CHANGE)
    crashed = write_settled(logs / "exp-try-2", parent, 0.9, change=CHANGE)
    write_status(crashed, Status("running", pid=2**22 + 1, epoch=3, epochs=9))
    write_run(logs / "other", OVERFITTING)
    write_trial(logs / "other", Trial("../gone", "full", CHANGE))
    write_study(logs / "study", study(12))
    (tmp_path / "theirs").write_text("")
    (logs / "ledger.jsonl").symlink_to(tmp_path / "theirs")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    return logs


def tree(folder: Path) -> dict[str, tuple[object, ...]]:
    """Every name below with its kind, size, dates and content."""
    entries: dict[str, tuple[object, ...]] = {}
    for path in (folder, *sorted(folder.rglob("*"))):
        status = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        dates = status.st_mtime_ns, status.st_ctime_ns
        entries[str(path.relative_to(folder))] = (status.st_mode, status.st_size, *dates, status.st_ino, content)
    return entries


@pytest.fixture
def unchanged(logs: Path, tmp_path: Path) -> Iterator[None]:
    before = tree(logs), tree(tmp_path / "theirs")
    yield
    assert (tree(logs), tree(tmp_path / "theirs")) == before
    assert not list(tmp_path.rglob("owned"))


RUNS = ("exp", "exp-try-1", "exp-try-2", HOSTILE, "other", "none such")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("page", PAGES)
def test_a_page_writes_nothing(logs: Path, page: str) -> None:
    for run in RUNS if page == "run" else RUNS[:1]:
        app = opened(page, logdir=str(logs), run=run, runs="exp exp-try-1 exp-try-2", study="study")
        assert not app.exception, run
        assert not (unfolded(app) if page == "run" else app.run()).exception, run


@pytest.mark.usefixtures("unchanged")
def test_what_is_saved_from_a_page_writes_nothing_into_the_folder(logs: Path) -> None:
    from app.folder import exports, watch

    snapshot = watch.look(logs)
    assert {"exp", HOSTILE} <= set(snapshot.names)
    for make in (exports.folder_json, exports.folder_csv, exports.folder_html):
        assert make(snapshot)
    for entry in snapshot.entries:
        assert exports.run_csv(entry, str(logs))
        assert exports.run_json(entry, str(logs))
        assert exports.run_html(entry, str(logs))


COMMANDS: dict[str, Callable[[Path], object]] = {
    "check": lambda logs: diagnostics([str(logs)]),
    "check --json": lambda logs: diagnostics([str(logs), "--json"]),
    "check --code": lambda logs: diagnostics([str(logs), "--code", "pytorch"]),
    "check --report": lambda logs: diagnostics([str(logs), "--report", str(logs.parent / "report.html")]),
    "check of one run": lambda logs: diagnostics([str(logs / HOSTILE)]),
    "fitwatch check": lambda logs: fitwatch(["check", str(logs)]),
    "watch": lambda logs: fitwatch(["watch", str(logs), "--fail-on", "overfitting,healthy,improving,plateau"]),
    "find": lambda logs: job.find(logs),
    "stop, where nothing trains": lambda logs: trainer(["stop", str(logs / "exp")]),
    "pause, where nothing trains": lambda logs: trainer(["pause", str(logs / "exp-try-2")]),
    "help": lambda _: fitwatch(["--help"]),
}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_reads_writes_nothing(logs: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    COMMANDS[name](logs)
    assert "Traceback" not in capsys.readouterr().err


def test_a_page_judges_a_trial_that_has_ended_in_memory(logs: Path) -> None:
    from app.folder import ledgers, watch

    (logs / "ledger.jsonl").unlink()
    assert not opened("run", logdir=str(logs), run="exp").exception
    entry = watch.look(logs).get("exp")
    assert entry is not None
    outcomes = {settled.trial: settled.outcome for settled in ledgers.ledger(entry).entries}
    assert outcomes == {"exp-try-1": "confirmed", HOSTILE: "confirmed"}
    assert not (logs / "ledger.jsonl").exists()


def test_what_a_crash_looks_like_is_never_written_down(logs: Path) -> None:
    before = (logs / "exp-try-2" / "status.json").read_text()
    status = job.status(logs / "exp-try-2")
    assert status is not None
    assert status.state == "failed"
    assert (logs / "exp-try-2" / "status.json").read_text() == before
    assert json.loads(before)["state"] == "running"
    assert asdict(status)["state"] == "failed"


def test_the_test_sees_a_file_that_is_written(logs: Path) -> None:
    before = tree(logs)
    os.utime(logs / "exp")
    assert tree(logs) != before


@pytest.mark.parametrize("parent", ["/", "../../..", "..", ".", "../link"])
def test_a_trial_that_names_a_disk_as_its_run_sends_nobody_there(
    logs: Path, parent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (logs / "link").symlink_to("/")
    (logs / "ledger.jsonl").unlink()
    write_trial(logs / "exp-try-1", Trial(parent, "full", CHANGE))
    monkeypatch.setattr(parents, "MOST_FOLDERS", 50)
    walk, walked = os.walk, list[str]()

    def seen(folder: str, **options: bool) -> Iterator[object]:
        for step in walk(folder, **options):  # type: ignore[call-overload]
            walked.append(step[0])
            yield step

    monkeypatch.setattr(os, "walk", seen)
    assert [entry.trial for entry in due(logs)] == [HOSTILE]
    assert len(walked) < 200
    with pytest.raises(TryError, match=r"not a trial|more than 50 folders"):
        outcome_of_trial(logs / "exp-try-1")
