"""python -m trainer, as a person at a terminal uses it."""

import json
import os
import pty
import re
import resource
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from diagnostics import diagnose_run, open_logs
from diagnostics.report.words import VERDICTS
from trainer import job
from trainer.__main__ import main
from trainer.errors import ConfigError
from trainer.fit.device import enough_memory

ROOT = Path(__file__).parent.parent
QUICK = ("--train-size", "60", "--width", "4", "--threads", "1")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def command(*arguments):
    return [sys.executable, "-m", "trainer", *map(str, arguments)]


def trainer(*arguments, **options):
    """The finished process of ``python -m trainer``, with what it printed."""
    return subprocess.run(command(*arguments), capture_output=True, text=True, env=ENVIRONMENT, **options)


def wait(run_dir, holds):
    deadline = time.monotonic() + 120
    while (there := job.status(run_dir)) is None or not holds(there):
        assert time.monotonic() < deadline, there
        time.sleep(0.02)


def test_a_training_prints_each_epoch_and_can_be_continued(tmp_path):
    run = tmp_path / "runs" / "base"
    first = trainer(*QUICK, "--epochs", 2, "--logdir", run)
    assert first.returncode == 0, first.stderr
    assert re.findall(r"^epoch (\d)/2  loss/train [\d.]+  loss/train_clean", first.stdout, re.M) == ["1", "2"]
    (read,) = open_logs(run).runs.values()
    word = VERDICTS[diagnose_run(read, finished=True).verdict].word
    assert f"finished: 2 of 2 epochs in {run}\n{word}" in first.stdout
    assert f"See it: streamlit run app -- --logdir {run.parent}" in first.stdout
    assert json.loads((run / "config.json").read_text())["width"] == 4
    again = trainer("resume", run, "--epochs", 3)
    assert again.returncode == 0, again.stderr
    assert re.findall(r"^epoch (\d)/3", again.stdout, re.M) == ["3"]


def test_a_file_of_settings_is_read_and_options_have_the_last_word(tmp_path):
    (tmp_path / "settings.json").write_text('{"dataset": "breast_cancer", "epochs": 50, "width": 3}')
    done = trainer("train", "--config", tmp_path / "settings.json", "--epochs", 1, "--logdir", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert (config["dataset"], config["epochs"], config["width"]) == ("breast_cancer", 1, 3)


def test_ctrl_c_finishes_the_epoch_and_says_how_to_go_on(tmp_path):
    training = subprocess.Popen(
        command(*QUICK, "--epochs", 5000, "--pace", 0.2, "--logdir", tmp_path / "run"),
        stdout=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )
    wait(tmp_path / "run", lambda status: status.epoch >= 1)
    training.send_signal(signal.SIGINT)
    printed, _ = training.communicate(timeout=120)
    assert training.returncode == 0
    assert f"continue: python -m trainer resume {tmp_path / 'run'}" in printed
    assert job.status(tmp_path / "run").state == "stopped"
    assert torch.load(tmp_path / "run" / "checkpoint.pt")["epoch"] == job.status(tmp_path / "run").epoch


def test_another_terminal_pauses_continues_and_stops_it(tmp_path, capsys):
    run = tmp_path / "run"
    arguments = [*QUICK, "--epochs", 5000, "--pace", 0.2, "--logdir", run]
    training = subprocess.Popen(command(*arguments), stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    wait(run, lambda status: status.epoch >= 1)
    for wish, holds in (
        ("pause", lambda status: status.state == "paused"),
        ("continue", lambda status: status.state == "running"),
        ("stop", lambda status: status.state == "stopped"),
    ):
        assert main([wish, str(run)]) == 0
        wait(run, holds)
    assert training.wait(120) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"asked the training in {run} to stop"


def test_a_terminal_gets_a_bar_and_a_pipe_does_not(tmp_path):
    ours, theirs = pty.openpty()
    training = subprocess.Popen(
        command(*QUICK, "--epochs", 2, "--logdir", tmp_path / "run"), stdout=theirs, env=ENVIRONMENT | {"TERM": "xterm"}
    )
    os.close(theirs)
    printed = b""
    try:
        while block := os.read(ours, 65536):
            printed += block
    except OSError:  # how Linux says that the other end of a terminal is closed
        pass
    os.close(ours)
    assert training.wait(120) == 0
    assert "━" in printed.decode()
    assert b"\x1b[?25h" in printed  # the cursor is back
    assert b"epoch 1/2  loss" not in printed


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--dataset", "digit"], "there is no dataset 'digit'; did you mean 'digits'?"),
        (["--epohcs", "3"], "there is no option '--epohcs'; did you mean '--epochs'?"),
        (["trian"], "there is no command 'trian'; did you mean 'train'?"),
        (["--lr", "0.1", "train"], "found 'train', which belongs to no option; see --help"),
        (["--train-size", "5000"], "ask for at most 1079"),
        (["--val-share", "0.001"], "raise val_share until every class is there"),
        (["--config", "missing.json"], "cannot read missing.json: No such file or directory"),
        (["resume", "missing"], "there is no training in"),
        (["stop", "missing"], "there is no training in missing; there is nothing to stop"),
        (["--dataset", "csv:missing.csv"], "missing.csv: No such file or directory; name a CSV file"),
        (["--dataset", "breast_cancer", "--model", "cnn", "--logdir", "deep/run"], "cnn needs images"),
        (["--init-from", "missing"], "name the folder of a run that has trained"),
    ],
)
def test_what_a_person_must_change_is_a_sentence_and_code_2(tmp_path, monkeypatch, capsys, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # the test's own process keeps its handlers
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert sentence in printed.err
    assert printed.err.count("\n") == 1
    assert "Traceback" not in printed.err + printed.out
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("before", [None, "notes.txt", "trainer.log"])
def test_refused_settings_leave_a_folder_as_it_was(tmp_path, monkeypatch, before):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    (tmp_path / "run").mkdir()
    if before is not None:
        (tmp_path / "run" / before).write_text("mine")
    assert main(["--dataset", "breast_cancer", "--model", "cnn", "--logdir", "run"]) == 2
    assert [path.name for path in (tmp_path / "run").iterdir()] == ([] if before is None else [before])
    assert before is None or (tmp_path / "run" / before).read_text() == "mine"


def test_a_network_that_does_not_fit_is_refused_and_another_fault_stays_one():
    way_out = "need more memory than there is; make width, depth or train_size smaller"
    with pytest.raises(ConfigError, match=way_out), enough_memory():
        torch.empty(2**50, dtype=torch.float64)
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied") as fault, enough_memory():
        torch.ones(2, 3) @ torch.ones(2, 3)
    assert not isinstance(fault.value, ConfigError)


@pytest.mark.parametrize(
    "words", [["repair"], ["stop"], ["resume"], ["try"], ["improve"], ["calibrate"], ["tune", "--from"]]
)
def test_an_unset_variable_does_not_mean_the_folder_one_is_in(words, capsys):
    with pytest.raises(SystemExit) as refused:
        main([*words, ""])
    assert refused.value.code == 2
    assert "found nothing where a folder belongs; for this folder, give ." in capsys.readouterr().err


def test_a_folder_that_is_used_or_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "events.out.tfevents.1.x").write_bytes(b"")
    used = trainer(*QUICK, "--logdir", tmp_path / "run")
    assert used.returncode == 2
    assert "already holds a training" in used.stderr
    impossible = trainer(*QUICK, "--logdir", tmp_path / "run" / "events.out.tfevents.1.x" / "run")
    assert impossible.returncode == 2
    assert "choose another folder" in impossible.stderr


@pytest.mark.parametrize(("limit", "file"), [(26_000, "tfevents"), (3_000, "best.pt")])
def test_a_full_disk_is_a_sentence_and_what_was_logged_goes_on_when_there_is_room(tmp_path, limit, file):
    """A limit on the size of a file stands for the end of the disk."""
    run = tmp_path / "run"
    arguments = ["--train-size", 60, "--width", 1, "--threads", 1, "--epochs", 40, "--logdir", run]
    full = trainer(*arguments, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    assert full.returncode == 2, full.stderr
    assert re.match(rf"python -m trainer: cannot write .*{file}.* Make room, then continue", full.stderr)
    assert "Traceback" not in full.stderr
    there = job.status(run)
    assert there.state == "failed"
    assert "Make room" in there.message
    again = trainer("resume", run)
    assert again.returncode == 0, again.stderr
    assert job.status(run).state == "finished"


def test_the_first_epoch_does_not_need_torch_s_compiler(tmp_path):
    code = "import sys; from trainer.__main__ import main; main(sys.argv[1:])\n"
    code += "sys.exit(str([name for name in ('torch._dynamo', 'sympy', 'kornia') if name in sys.modules]))"
    arguments = [*QUICK, "--epochs", "1", "--logdir", str(tmp_path / "run")]
    child = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, env=ENVIRONMENT)
    assert child.stderr.strip() == "[]"
    assert job.status(tmp_path / "run").state == "finished"


def test_a_reader_that_has_had_enough_neither_ends_the_training_nor_prints_a_traceback(tmp_path):
    line = shlex.join(command(*QUICK, "--epochs", 4, "--logdir", tmp_path / "run")) + " | head -n 1"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=ENVIRONMENT)
    wait(tmp_path / "run", lambda status: status.state == "finished")
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""
