"""``python -m diagnostics``, as it is typed."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import fsspec
import pytest

from diagnostics.__main__ import main
from diagnostics.report import export
from tests.writers import LogWriter, write_scalars

ROOT = Path(__file__).resolve().parent.parent
EPOCHS = range(1, 61)
FALLING = {epoch: 1 / epoch for epoch in EPOCHS}
TURNING = {epoch: 1 / epoch + 0.01 * max(epoch - 20, 0) for epoch in EPOCHS}


class Answer(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def diagnostics(capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """The command line in this process, which is the same and starts at once."""

    def run(*arguments: str | Path) -> Answer:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as refused:
            code = refused.code
        return Answer(code, *capsys.readouterr())

    return run


@pytest.fixture
def logdir(tmp_path: Path) -> Path:
    write_scalars(tmp_path / "turning", {"loss/train": FALLING, "loss/val": TURNING})
    write_scalars(tmp_path / "falling", {"loss/train": FALLING, "loss/val": FALLING})
    return tmp_path


def test_a_folder_of_runs_is_a_table_of_verdicts_worst_first(diagnostics, logdir: Path) -> None:
    found = diagnostics(logdir)
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.index("turning") < found.stdout.index("falling")
    assert "Overfitting" in found.stdout
    assert "1 of 2 runs needs attention: 1 overfitting." in found.stdout


def test_the_next_step_is_a_command_about_the_run_that_needs_it(diagnostics, logdir: Path) -> None:
    (hint,) = [line for line in diagnostics(logdir).stdout.splitlines() if line.startswith("Next: ")]
    words = shlex.split(hint.removeprefix("Next: python -m diagnostics "))
    assert words == [str(logdir / "turning"), "--code", "pytorch"]
    assert "weight_decay" in diagnostics(*words).stdout


def test_a_run_of_the_trainer_is_to_be_tried_again(diagnostics, logdir: Path) -> None:
    (logdir / "turning" / "status.json").write_text("{}")
    assert f"Next: python -m trainer try {logdir / 'turning'}" in diagnostics(logdir).stdout


def test_a_run_in_which_nothing_is_learned_comes_before_what_can_be_typed_about_another(
    diagnostics, logdir: Path
) -> None:
    write_scalars(logdir / "stuck", {"loss/train": dict.fromkeys(EPOCHS, 2.3), "loss/val": dict.fromkeys(EPOCHS, 2.3)})
    lines = diagnostics(logdir).stdout.splitlines()
    check = "check the learning rate, the labels and whether all weights are trained"
    assert lines[-3] == f"Next for stuck: {check}"
    assert lines[-2].startswith(f"Then: python -m diagnostics {logdir / 'turning'} ")
    (reason,) = [line for line in lines if line.startswith("stuck: ")]
    assert reason.endswith(f" Next: {check}.")
    (stuck, *_) = json.loads(diagnostics(logdir, "--brief", "--json").stdout)["runs"]
    assert (stuck["run"], stuck["change"]) == ("stuck", check)


def test_every_sentence_of_a_run_names_the_axis_as_its_table_does(diagnostics, logdir: Path) -> None:
    run, _ = json.loads(diagnostics(logdir, "--json").stdout)["runs"]
    sentences = [run["reason"], *(advice["why"] for advice in run["recommendations"])]
    assert f"@ {'epoch' if run['x_axis'] == 'epoch' else 'step'} {run['best']['step']}" in diagnostics(logdir).stdout
    assert {word for text in sentences for word in re.findall(r"\b(epoch|step|tree)s? \d", text)} == {run["x_axis"]}


def test_a_wide_terminal_has_the_reasons_in_a_table_and_a_narrow_one_a_line_a_run(
    diagnostics, logdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "130")
    wide = diagnostics(logdir).stdout
    assert "Why" in wide
    assert "\u2500" * 100 in wide
    monkeypatch.setenv("COLUMNS", "129")
    narrow = diagnostics(logdir).stdout
    assert "Why" not in narrow
    assert "\x1b[" in narrow


def test_nobody_who_asks_for_no_color_gets_an_escape(diagnostics, logdir: Path, monkeypatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in diagnostics(logdir).stdout


@pytest.mark.parametrize("program", ["fitwatch check", "python -m diagnostics"])
def test_what_went_wrong_begins_with_the_command_as_it_was_called(
    tmp_path: Path, program: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)], program=program) == 2
    assert capsys.readouterr().err.startswith(f"{program}: ")


def test_watch_has_a_help_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"], program="fitwatch watch", watching=True)
    shown = capsys.readouterr().out
    assert shown.startswith("usage: fitwatch watch ")
    assert "--on-verdict" in shown
    assert "--report" not in shown


def test_one_run_may_be_opened_by_itself(diagnostics, logdir: Path) -> None:
    (run,) = json.loads(diagnostics(logdir / "turning", "--json").stdout)["runs"]
    assert (run["run"], run["verdict"], run["val"]) == (".", "overfitting", {"run": ".", "tag": "loss/val"})


def test_json_is_all_that_is_printed(diagnostics, logdir: Path) -> None:
    document = json.loads(diagnostics(logdir, "--json").stdout)
    assert {run["run"]: run["points"] for run in document["runs"]} == {"turning": 60, "falling": 60}


@pytest.mark.parametrize(
    ("verdicts", "code"), [("overfitting", 1), ("diverged", 0), ("diverged,overfitting", 1), ("overfit", 2)]
)
def test_fail_on_decides_the_exit_code(diagnostics, logdir: Path, verdicts: str, code: int) -> None:
    assert diagnostics(logdir, "--fail-on", verdicts).returncode == code


def test_the_module_runs_by_its_name_from_the_project_folder(logdir: Path) -> None:
    command = [sys.executable, "-m", "diagnostics", str(logdir), "--fail-on", "overfitting"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (found.returncode, found.stderr) == (1, "")


def test_the_pair_may_be_chosen_by_hand(diagnostics, logdir: Path) -> None:
    found = diagnostics(logdir, "--json", "--train-tag", "turning::loss/val", "--val-tag", "turning::loss/train")
    runs = {run["run"]: run for run in json.loads(found.stdout)["runs"]}
    assert runs["turning"]["val"] == {"run": "turning", "tag": "loss/train"}
    assert runs["turning"]["verdict"] != "overfitting"
    assert runs["falling"]["val"] == {"run": "falling", "tag": "loss/val"}


@pytest.mark.parametrize(
    ("tag", "way_out"),
    [("loss/val", "RUN::TAG"), ("nowhere::loss/val", "falling, turning"), ("turning::loss", "turning::loss/val")],
)
def test_a_series_that_is_not_there_is_refused_with_those_that_are(diagnostics, logdir, tag: str, way_out: str) -> None:
    found = diagnostics(logdir, "--val-tag", tag)
    assert found.returncode == 2
    assert way_out in found.stderr


def test_a_pair_of_two_runs_is_refused(diagnostics, logdir: Path) -> None:
    found = diagnostics(logdir, "--train-tag", "turning::loss/train", "--val-tag", "falling::loss/val")
    assert found.returncode == 2
    assert "two runs" in found.stderr


def test_runs_that_differ_only_by_their_seed_are_also_judged_as_one(diagnostics, tmp_path: Path) -> None:
    for seed in (1, 2):
        with LogWriter(tmp_path / f"seed{seed}") as log:
            log.hparams({"seed": seed, "lr": 0.1})
            for epoch in EPOCHS:
                log.scalar("loss/train", FALLING[epoch], epoch)
                log.scalar("loss/val", TURNING[epoch], epoch)
    (group,) = json.loads(diagnostics(tmp_path, "--json").stdout)["seeds"]
    assert (group["runs"], group["verdict"], group["agreeing"]) == (["seed1", "seed2"], "overfitting", 1.0)
    assert "seed1, seed2 differ only by their seed" in diagnostics(tmp_path).stdout


def test_a_folder_behind_a_url_is_read_like_any_other(diagnostics, logdir: Path) -> None:
    store = fsspec.filesystem("memory")
    store.put(str(logdir), "/bucket/logs", recursive=True)
    try:
        document = json.loads(diagnostics("memory://bucket/logs", "--json").stdout)
    finally:
        store.rm("/bucket", recursive=True)
    assert document["logdir"] == "memory://bucket/logs"
    assert {run["run"]: run["verdict"] == "overfitting" for run in document["runs"]} == {
        "turning": True,
        "falling": False,
    }


def test_a_url_whose_package_is_missing_is_a_sentence_and_exit_code_2(diagnostics) -> None:
    found = diagnostics("gs://bucket/logs")
    assert found.returncode == 2
    assert found.stderr.count("\n") == 1


def test_a_threshold_may_be_changed(diagnostics, logdir: Path) -> None:
    found = diagnostics(logdir / "turning", "--json", "--min-rise", "100")
    assert json.loads(found.stdout)["runs"][0]["verdict"] != "overfitting"


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--jsom"], "there is no option '--jsom'; did you mean '--json'?"),
        (["--mni-points=3"], "there is no option '--mni-points=3'; did you mean '--min-points'?"),
        (["--qqq"], "there is no option '--qqq'; --help lists them"),
        (["other"], "found 'other' after LOGDIR; give one folder, or the one above them all"),
    ],
)
def test_what_is_no_option_is_answered_with_the_nearest(diagnostics, logdir: Path, words: list[str], hint: str) -> None:
    answer = diagnostics(logdir, *words)
    assert answer.returncode == 2
    assert answer.stderr.strip().endswith(hint)


@pytest.mark.parametrize(
    ("option", "value", "way_out"),
    [
        ("--min-probability", "7", "give a probability from 0 to 1"),
        ("--now", "x=1", "there is no strength 'x'; choose from dropout, "),
        ("--now", "wd=0.1", "did you mean 'weight_decay'?"),
        ("--now", "dropot=0.1", "did you mean 'dropout'?"),
        ("--now", "dropout=2", "dropout is a share; give a number from 0 to below 1"),
        ("--now", "dropout", "give NAME=VALUE"),
    ],
)
def test_a_number_or_name_that_means_nothing_is_refused(
    logdir: Path, option: str, value: str, way_out: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        main([str(logdir), option, value])
    assert refused.value.code == 2
    assert way_out in capsys.readouterr().err


@pytest.mark.parametrize("value", ["-1", "nan", "much"])
def test_a_threshold_that_is_no_number_is_refused(diagnostics, logdir: Path, value: str) -> None:
    found = diagnostics(logdir, f"--min-rise={value}")
    assert found.returncode == 2
    assert "0 or more" in found.stderr


def test_a_report_is_one_page(diagnostics, logdir: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    assert diagnostics(logdir, "--report", page).returncode == 0
    assert page.read_text().count("<section>") == 2


def missing(tmp_path: Path) -> Path:
    return tmp_path / "nowhere"


def empty(tmp_path: Path) -> Path:
    return tmp_path


def a_file(tmp_path: Path) -> Path:
    (tmp_path / "file").write_text("x")
    return tmp_path / "file"


def no_event_files(tmp_path: Path) -> Path:
    (tmp_path / "notes.txt").write_text("x")
    return tmp_path


@pytest.mark.parametrize("make", [missing, empty, a_file, no_event_files])
@pytest.mark.parametrize("mode", [[], ["--json"], ["--watch"]], ids=["table", "json", "watch"])
def test_a_folder_that_holds_no_log_is_a_sentence_and_exit_code_2(
    diagnostics, tmp_path: Path, make, mode: list[str]
) -> None:
    path = make(tmp_path)
    found = diagnostics(path, *mode)
    assert (found.returncode, found.stdout) == (2, "")
    assert str(path) in found.stderr
    assert found.stderr.count("\n") == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_folder_is_a_sentence_and_exit_code_2(diagnostics, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0)
    found = diagnostics(locked)
    assert found.returncode == 2
    assert "Traceback" not in found.stderr


def test_a_file_that_only_claims_to_be_a_log_is_named_and_counted(diagnostics, tmp_path: Path) -> None:
    (tmp_path / "events.out.tfevents.1.host").write_bytes(b"this is no event file at all")
    found = diagnostics(tmp_path, "--json")
    (run,) = json.loads(found.stdout)["runs"]
    assert "events.out.tfevents.1.host" in run["skipped"]["files"][0]


def test_a_report_that_cannot_be_written_is_a_sentence_and_exit_code_2(diagnostics, logdir: Path) -> None:
    found = diagnostics(logdir, "--report", logdir / "nowhere" / "report.html")
    assert found.returncode == 2
    assert "the report cannot be written to" in found.stderr
    assert "name a file in a folder that exists" in found.stderr


def test_watch_ends_with_1_when_the_verdict_that_was_feared_is_there(diagnostics, logdir: Path) -> None:
    found = diagnostics(logdir, "--watch", "--fail-on", "overfitting")
    assert found.returncode == 1
    assert "turning: overfitting: " in found.stdout


def test_a_command_is_told_the_facts_of_the_run_whose_verdict_turned(diagnostics, logdir: Path, tmp_path: Path) -> None:
    told = tmp_path / "told"
    command = f'echo "$FITWATCH_RUN $FITWATCH_VERDICT" > "{told}"'
    diagnostics(logdir, "--watch", "--fail-on", "overfitting", "--on-verdict", "overfitting", command)
    assert told.read_text() == "turning overfitting\n"


def test_a_command_without_watch_is_refused(diagnostics, logdir: Path) -> None:
    found = diagnostics(logdir, "--on-verdict", "overfitting", "true")
    assert found.returncode == 2
    assert "add --watch" in found.stderr


def test_a_reader_that_has_had_enough_is_no_error(logdir: Path) -> None:
    command = f"'{sys.executable}' -m diagnostics '{logdir}' --json | head -c 1"
    found = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert found.stderr == ""


@pytest.mark.parametrize("mode", [[], ["--json"], ["--brief", "--json"], ["--brief"], ["--report", "{}/page.html"]])
def test_a_name_that_is_no_text_ends_nothing(tmp_path: Path, mode: list[str]) -> None:
    run = os.fsdecode(os.fsencode(tmp_path) + b"/logs/\xff\x1b[2J")
    write_scalars(Path(run), {"loss/train": FALLING, "loss/val": TURNING})
    command = [sys.executable, "-m", "diagnostics", str(tmp_path / "logs"), *(part.format(tmp_path) for part in mode)]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, env=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\x1b" not in done.stdout


@pytest.mark.parametrize("words", [["--jsom"], ["--every", "0"], []], ids=["option", "value", "nothing"])
def test_a_mistake_is_answered_in_one_line(diagnostics, words: list[str]) -> None:
    answer = diagnostics(*words)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr.count("\n") == 1


def test_an_unset_variable_is_not_the_folder_one_is_in(diagnostics) -> None:
    answer = diagnostics("")
    assert answer.returncode == 2
    assert "for this folder, give ." in answer.stderr


@pytest.mark.parametrize("command", ["report", "export"])
def test_a_file_among_the_logs_is_not_replaced(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "runs" / "r" / "log.csv"
    log.parent.mkdir(parents=True)
    log.write_text("epoch,train_loss,val_loss\n" + "".join(f"{i},{1 / i},{1 / i}\n" for i in range(1, 9)))
    before = log.read_bytes()
    called = {"report": lambda: main([str(tmp_path / "runs"), "--report", str(log)])}
    called["export"] = lambda: export.main([str(tmp_path / "runs"), "--out", str(log)])
    assert called[command]() == 2
    assert "it is there already, among the logs, which are only read" in capsys.readouterr().err
    assert log.read_bytes() == before
    page = tmp_path / "runs" / "page.html"
    for _ in range(2):  # a page of ours is replaced
        assert main([str(tmp_path / "runs"), "--report", str(page)]) == 0


@pytest.mark.parametrize("command", ["report", "export"])
@pytest.mark.parametrize("how", ["symbolic", "hard", "dangling"])
def test_nothing_is_written_through_a_link_among_the_logs(
    tmp_path: Path, command: str, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs, theirs = tmp_path / "runs", tmp_path / "profile"
    (logs / "r").mkdir(parents=True)
    (logs / "r" / "log.csv").write_text(
        "epoch,train_loss,val_loss\n" + "".join(f"{i},{1 / i},{1 / i}\n" for i in range(1, 9))
    )
    if how != "dangling":
        theirs.write_text("precious")
    link = logs / ("page.html" if command == "report" else "all.csv")
    link.hardlink_to(theirs) if how == "hard" else link.symlink_to(theirs)
    if command == "report":
        assert main([str(logs), "--report", str(link)]) == 2
    else:
        assert export.main([str(logs), "--out", str(link)]) == 2
    assert "a link among the logs, which is not written through" in capsys.readouterr().err
    assert not theirs.exists() if how == "dangling" else theirs.read_text() == "precious"


def test_a_link_of_one_s_own_elsewhere_is_written_through(tmp_path: Path) -> None:
    logs, link = tmp_path / "runs", tmp_path / "latest.csv"
    (logs / "r").mkdir(parents=True)
    (logs / "r" / "log.csv").write_text("epoch,train_loss,val_loss\n" + "".join(f"{i},1,1\n" for i in range(1, 9)))
    link.symlink_to(tmp_path / "kept.csv")
    assert export.main([str(logs), "--out", str(link)]) == 0
    assert link.is_symlink()
    assert (tmp_path / "kept.csv").read_text().startswith("run,kind,place,name,step,time,value,text")
