"""python -m trainer try: what a person sees, and what any end of a trial leaves behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import namedtuple
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from diagnostics import read_trial
from diagnostics.trials.ledger import LEDGER, read
from diagnostics.trials.ledger_entry import LedgerEntry
from tests.trial_runs import CHANGE, PYTHON, TINY, append_proven, program, train_by, write_parent, write_settled
from trainer import job
from trainer.__main__ import main
from trainer.config import Config
from trainer.errors import TrainerError
from trainer.processes.command import Command, Program
from trainer.status import TRAINER_LOG, Status, write_status
from trainer.trials import cli_try
from trainer.trials import parent as parents
from trainer.trials.command_trial import end_left_over
from trainer.trials.parent import TryError, read_parent
from trainer.trials.proposal import proposals
from trainer.trials.start import next_proposal, start_trial

ROOT = Path(__file__).parent.parent


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    return write_parent(tmp_path / "exp")


def tried(*arguments: object) -> None:
    cli_try.main([str(argument) for argument in arguments])


def test_a_training_that_crashes_is_in_the_ledger_and_its_last_line_is_told(parent: Path, capsys) -> None:
    (parent / "config.json").write_text(replace(TINY, train_size=5000).to_json())
    append_proven(parent.parent, LedgerEntry("old", "exp", CHANGE, "full", "confirmed", difference=-0.1, error=0.01))
    with pytest.raises(TryError, match=r"exp-try-1 failed; the ledger records it.* ask for at most 1079"):
        tried(parent)
    assert [entry.outcome for entry in read(parent.parent).entries] == ["confirmed", "failed"]
    assert "Trying dose 1: weight decay 0 → 0.5 and dropout 0 → 0.1." in capsys.readouterr().out


def test_a_person_is_told_what_is_tried_what_is_expected_and_what_came_of_it(parent: Path, capsys) -> None:
    tried(parent)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("exp: Overfitting. Validation is 4")
    assert lines.pop() == "Run the same command again to try weight decay 0 → 1.4."
    assert lines[2].startswith("Expected change of the best validation loss: ")
    assert "better (in 80% of cases " in lines[2]
    assert "exp-try-1: same seed" in lines[3]
    assert "exp-try-1: epoch 2 of 2, validation " in lines[-3]
    assert lines[-2].startswith("Not distinguishable: the best validation value is ")
    assert lines[-1].endswith(f"{LEDGER}; the trial is {parent.parent / 'exp-try-1'}.")
    assert len(read(parent.parent).entries) == 1


def interrupted(arguments: list[str], when: Callable[[], bool]) -> tuple[int, str]:
    """The exit code and output of ``try`` after one Ctrl-C, at the moment ``when`` holds."""
    program = "import sys; from trainer.trials.cli_try import main; main(sys.argv[1:])"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, env=environment)
    deadline = time.monotonic() + 120
    while not when():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=300)
    return process.returncode, printed.decode()


def test_ctrl_c_stops_the_trial_in_order_and_the_same_command_goes_on_with_it(parent: Path, capsys) -> None:
    (parent / "config.json").write_text(replace(TINY, epochs=10**6).to_json())
    folder = parent.parent / "exp-try-1"
    code, printed = interrupted([str(parent)], lambda: (there := job.status(folder)) is not None and there.epoch > 1)
    assert code == 130
    assert "the same command continues it" in printed
    stopped = job.status(folder)
    assert stopped.state == "stopped"
    assert read(parent.parent).entries == ()
    (folder / "config.json").write_text(
        replace(Config.from_json((folder / "config.json").read_bytes()), epochs=stopped.epoch + 1).to_json()
    )
    tried(parent)
    assert "Continuing " in capsys.readouterr().out
    assert job.status(folder).epoch == stopped.epoch + 1
    assert [entry.trial for entry in read(parent.parent).entries] == ["exp-try-1"]
    assert not (parent.parent / "exp-try-2").exists()


def test_a_run_that_still_trains_is_refused_with_two_ways_out(parent: Path) -> None:
    myself = psutil.Process()
    write_status(parent, Status("running", myself.pid, myself.create_time(), epoch=3, epochs=40))
    with pytest.raises(TryError, match=r"still training.* wait until it ends, or stop it: python -m trainer stop"):
        tried(parent)


def test_a_run_is_the_same_by_any_path_to_it(parent: Path) -> None:
    change = proposals(read_parent(parent))[0].change(read_parent(parent))
    write_settled(parent.parent / "exp-try-1", parent, 1.0, change=change)
    link = parent.parent.parent / f"{parent.parent.name}-link"
    link.symlink_to(parent.parent)
    assert next_proposal(read_parent(link / "exp")).dose == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--lever", "dropuot"], "there is no lever 'dropuot'; did you mean 'dropout'?"),
        (["--lever", "l1"], "l1 is not recommended for exp; recommended is weight_decay, dropout, mixup"),
        (["--lever", "train_longer"], "exp is not advised to train longer: its verdict is overfitting"),
        (["--lever", "train_longer", "--lever", "dropout"], "a trial of its own"),
        (["--branch"], "no best.pt to branch from"),
        (["--command", "python train.py {logdir}"], "has no {weight_decay}, so weight_decay would change nothing"),
        (["--command", "python train.py"], "has no {logdir}"),
        (["--command", "nowhere {logdir} {weight_decay} {dropout}"], "begins with 'nowhere', which is no program here"),
        (["--command", "x {logdir} {lr}"], "has {lr}, which a trial cannot set"),
        (["--command", "x {logdir} {weight_decay} {dropout}", "--branch"], "leave it out with --command"),
    ],
)
def test_what_cannot_be_tried_is_a_sentence_and_leaves_nothing_behind(
    parent: Path, arguments: list[str], sentence: str
) -> None:
    with pytest.raises(TrainerError, match=re.escape(sentence)):
        tried(parent, *arguments)
    assert [path.name for path in parent.parent.iterdir()] == ["exp"]


def test_a_whole_disk_is_no_run_and_is_not_walked_to_its_end(parent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parents, "MOST_FOLDERS", 20)
    for number in range(30):
        (parent.parent / f"{number}" / "inner").mkdir(parents=True)
    walked = []
    monkeypatch.setattr(os, "walk", lambda folder, walk=os.walk: (walked.append(step) or step for step in walk(folder)))
    with pytest.raises(TrainerError, match="holds more than 20 folders, so it is not the folder of one run"):
        tried(parent.parent)
    assert len(walked) == 21
    for number in range(19):
        (parent / f"{number}").mkdir()
    assert read_parent(parent).name == "exp"


def test_a_run_of_another_program_needs_its_command(tmp_path: Path) -> None:
    write_parent(tmp_path / "exp", config=None)
    with pytest.raises(TryError, match=r"has no config\.json of Fitwatch's trainer.* --command 'python"):
        tried(tmp_path / "exp")
    (tmp_path / "exp" / "config.json").write_text('{"hidden_size": 64}')
    with pytest.raises(TryError, match=r"config\.json: there is no setting 'hidden_size'"):
        start_trial(tmp_path / "exp")


def foreign(tmp_path: Path) -> tuple[object, ...]:
    """The arguments to try a run of another program."""
    run = train_by(tmp_path / "mine")
    flags = ["--lr", 1e-3, "--steps-per-epoch", 50, "--architecture", "mlp", "--optimizer", "adamw"]
    return run, "--command", program(tmp_path), *flags


def test_any_program_s_run_is_tried_by_its_command(tmp_path: Path, capsys) -> None:
    tried(*foreign(tmp_path))
    folder = tmp_path / "mine-try-1"
    printed = capsys.readouterr().out
    assert read_trial(folder).change == {"weight_decay": (0.0, 0.5), "dropout": (0.0, 0.1)}
    assert job.status(folder).state == "finished"
    assert job.status(folder).epoch == 40
    assert "Confirmed: the best validation value is 30%" in printed
    assert re.search(r"The prediction, \d\S*% better \(", printed)
    (entry,) = read(tmp_path).entries
    assert (entry.trial, entry.outcome, entry.after) == ("mine-try-1", "confirmed", "healthy")


def test_a_field_that_is_not_changed_gets_the_strength_in_use(tmp_path: Path) -> None:
    arguments = foreign(tmp_path)
    (tmp_path / "train.py").write_text((tmp_path / "train.py").read_text() + "\nprint(decay, dropout)\n")
    tried(*arguments, "--lever", "dropout")
    assert (tmp_path / "mine-try-1" / "trainer.log").read_text() == "0.0 0.1\n"
    (tmp_path / "mine" / "hparams.yaml").write_text("weight_decay: 0.25\n")
    tried(*arguments, "--lever", "dropout")
    assert (tmp_path / "mine-try-2" / "trainer.log").read_text() == "0.25 0.1\n"
    tried(*arguments, "--lever", "dropout", "--now", "weight_decay=0.125")
    assert (tmp_path / "mine-try-3" / "trainer.log").read_text() == "0.125 0.1\n"


def without_defaults(arguments: tuple[object, ...]) -> list[str]:
    return [str(one).replace("=0}", "}") for one in arguments]


def test_a_strength_that_nobody_says_is_asked_for_and_never_taken_as_0(tmp_path: Path) -> None:
    arguments = without_defaults(foreign(tmp_path))
    with pytest.raises(TryError, match=r"weight_decay and dropout is in mine; add --now weight_decay=0 --now dropout"):
        tried(*arguments)
    tried(*arguments, "--now", "weight_decay=0", "--now", "dropout=0.15")
    assert read_trial(tmp_path / "mine-try-1").change["dropout"] == (0.15, 0.25)


def test_a_strength_in_use_is_never_lowered_by_a_dose(tmp_path: Path) -> None:
    arguments = [*foreign(tmp_path), "--now", "dropout=0.3"]
    for _ in range(2):
        tried(*arguments)
    changes = [read_trial(tmp_path / f"mine-try-{number}").change for number in (1, 2)]
    assert changes[0] != changes[1]
    assert all(after > before for change in changes for before, after in change.values())


@pytest.mark.parametrize(
    ("optimizer", "way_out"),
    [("", "add --optimizer"), ("adam", "train with AdamW .* or leave the decay out: --lever dropout")],
)
def test_the_dose_of_one_optimizer_is_not_given_to_another(tmp_path: Path, optimizer: str, way_out: str) -> None:
    arguments = [*map(str, foreign(tmp_path))][:-2]
    with pytest.raises(TryError, match=way_out):
        tried(*arguments, *(["--optimizer", optimizer] if optimizer else []))
    assert not (tmp_path / "mine-try-1").exists()


def test_a_program_that_fails_or_logs_nothing_is_in_the_ledger(tmp_path: Path) -> None:
    run, flag, _, *rest = foreign(tmp_path)
    for source, sentence in (
        ("import sys; sys.exit('out of memory')", "failed with exit code 1.*out of memory"),
        ("print('done')", "holds no training log"),
    ):
        (tmp_path / "train.py").write_text(source)
        command = f"{PYTHON} '{tmp_path / 'train.py'}' {{logdir}} {{weight_decay=0}} {{dropout=0}}"
        with pytest.raises(TryError, match=f"(?s){sentence}"):
            tried(run, flag, command, *rest, "--lever", "weight_decay", "--lever", "dropout")
    assert [entry.outcome for entry in read(tmp_path).entries] == ["failed", "failed"]


def test_ctrl_c_ends_a_program_and_leaves_nothing_that_runs(tmp_path: Path) -> None:
    run, flag, _, *rest = foreign(tmp_path)
    (tmp_path / "train.py").write_text("import os, time; print(os.getpid(), flush=True); time.sleep(600)")
    command = f"{PYTHON} '{tmp_path / 'train.py'}' {{logdir}} {{weight_decay=0}} {{dropout=0}}"
    output = tmp_path / "mine-try-1" / "trainer.log"
    code, printed = interrupted(
        [str(argument) for argument in (run, flag, command, *rest)],
        lambda: output.exists() and output.read_text().endswith("\n"),
    )
    assert code == 130
    assert "nothing of it goes on. The same command tries it again from the start." in " ".join(printed.split())
    assert job.status(tmp_path / "mine-try-1").state == "stopped"
    with pytest.raises(ProcessLookupError):
        os.kill(int(output.read_text()), 0)
    assert not (tmp_path / LEDGER).exists()


@pytest.mark.parametrize("signals", [1, 2])
def test_ctrl_c_just_after_the_program_began_leaves_nothing_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signals: int
) -> None:
    run, flag, _, *rest = foreign(tmp_path)
    (tmp_path / "train.py").write_text("import time; time.sleep(600)")
    line = f"{PYTHON} '{tmp_path / 'train.py'}' {{logdir}} {{weight_decay=0}} {{dropout=0}}"
    started: list[int] = []

    class InterruptedProgram(Program):
        def __init__(self, process: subprocess.Popen[bytes], logdir: Path) -> None:
            super().__init__(process, logdir)
            started.append(process.pid)
            for _ in range(signals):
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("trainer.processes.command.Program", InterruptedProgram)
    try:
        with pytest.raises(SystemExit if signals == 1 else KeyboardInterrupt):
            tried(run, flag, line, *rest)
        with pytest.raises(ProcessLookupError):
            os.kill(started[0], 0)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(started[0], signal.SIGKILL)
    if signals == 1:
        assert job.status(tmp_path / "mine-try-1").state == "stopped"


def test_another_terminal_can_stop_a_program_too(tmp_path: Path) -> None:
    run, flag, _, *rest = foreign(tmp_path)
    (tmp_path / "train.py").write_text("import time; time.sleep(600)")
    command = f"{PYTHON} '{tmp_path / 'train.py'}' {{logdir}} {{weight_decay=0}} {{dropout=0}}"
    folder = tmp_path / "mine-try-1"
    deadline = time.monotonic() + 120

    def stop() -> None:
        while time.monotonic() < deadline:
            try:
                job.stop(folder)
            except job.JobError:
                time.sleep(0.02)
            else:
                return

    thread = threading.Thread(target=stop)
    thread.start()
    tried(run, flag, command, *rest)
    thread.join()
    assert job.status(folder).state == "stopped"


def test_a_learning_rate_that_changes_is_told(tmp_path: Path, capsys) -> None:
    run = train_by(tmp_path / "mine")
    history = (run / "history.csv").read_text().splitlines()
    rates = ["lr", *(str(1e-3 * (1 - epoch / 80)) for epoch in range(40))]
    (run / "history.csv").write_text("\n".join(f"{line},{rate}" for line, rate in zip(history, rates, strict=True)))
    tried(run, "--command", program(tmp_path), "--steps-per-epoch", 50, "--architecture", "mlp", "--optimizer", "sgdw")
    assert (
        "The learning rate changes during the run; its values up to the best validation loss count."
        in capsys.readouterr().out
    )


@pytest.mark.parametrize("command", ["try", "improve"])
def test_the_commands_are_those_of_the_trainer(tmp_path: Path, command: str, capsys) -> None:
    assert main([command, str(tmp_path / "gone")]) == 2
    assert capsys.readouterr().err.startswith(f"python -m trainer {command}: there is no folder {tmp_path / 'gone'}; ")
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    assert "--lr RATE" in capsys.readouterr().out


def test_watching_a_trial_needs_neither_torch_nor_optuna() -> None:
    """The app starts trials, and a person at a terminal waits for the first word."""
    program = (
        "import sys, trainer.trials.start, trainer.trials.cli_try, trainer.trials.cli_improve\n"
        "print(*({'torch', 'optuna', 'streamlit'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.split() == []


def test_what_a_killed_try_left_running_is_ended_by_the_next_one(tmp_path: Path) -> None:
    run = train_by(tmp_path / "mine")
    program_file = tmp_path / "train.py"
    program_file.write_text(f"import time\n{program_file.read_text()}\ntime.sleep(600 if decay else 0)\n")
    template = f"{PYTHON} '{program_file}' {{logdir}} {{weight_decay=0}} {{dropout=0}}"
    flags = ["--lr", "0.001", "--steps-per-epoch", "50", "--architecture", "mlp", "--optimizer", "adamw"]
    line = [sys.executable, "-m", "trainer", "try", str(run), "--command", template, *flags]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    deadline = time.monotonic() + 120

    def trains(name: str) -> list[psutil.Process]:
        words = str(tmp_path / name)
        processes = psutil.process_iter(["cmdline"])
        return [one for one in processes if words in (one.info["cmdline"] or []) and one.status() != "zombie"]

    watchers = []
    try:
        for name in ("mine-try-1", "mine-try-2"):
            watchers.append(subprocess.Popen(line, env=environment, stdout=subprocess.DEVNULL))
            while not trains(name):
                assert time.monotonic() < deadline
            watchers[-1].kill()
            watchers[-1].wait()
        while trains("mine-try-1"):  # it ends in its own time
            assert time.monotonic() < deadline
    finally:
        for watcher in watchers:
            watcher.kill()
        for left in (*trains("mine-try-1"), *trains("mine-try-2")):
            left.kill()


@pytest.mark.parametrize("how", ["log", "hard link", "folder", "folder of runs"])
def test_a_link_in_the_folder_of_a_trial_ends_no_process_of_another(tmp_path: Path, how: str) -> None:
    theirs, trial = tmp_path / "theirs" / "exp-try-1", tmp_path / "runs" / "sub" / "exp-try-1"
    theirs.mkdir(parents=True)
    (tmp_path / "runs").mkdir()
    if how == "folder of runs":
        trial.parent.symlink_to(theirs.parent)
    else:
        trial.parent.mkdir()
    with (theirs / "trainer.log").open("wb") as file:
        other = subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(600)"], stdout=file, start_new_session=True
        )
    if how == "folder":
        trial.symlink_to(theirs)
    elif how != "folder of runs":
        trial.mkdir()
        log = trial / "trainer.log"
        log.symlink_to(theirs / "trainer.log") if how == "log" else log.hardlink_to(theirs / "trainer.log")
    try:
        end_left_over(trial)
        assert other.poll() is None
        end_left_over(theirs)
        other.wait(60)
    finally:
        other.kill()
        other.wait()


def test_who_only_reads_the_log_of_a_trial_is_left_alone(tmp_path: Path) -> None:
    trial = tmp_path / "exp-try-1"
    trial.mkdir()
    log = trial / "trainer.log"
    log.write_text("epoch 1")
    with log.open() as file:
        reader = subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(600)"], stdin=file, start_new_session=True
        )
    try:
        end_left_over(trial)
        assert reader.poll() is None
    finally:
        reader.kill()
        reader.wait()


def test_where_no_system_says_how_a_file_is_open_only_the_program_of_the_trial_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = tmp_path / "exp-try-1"
    waits = "import sys, time; time.sleep(600)"
    started = Command(f"{PYTHON} -c '{waits}' {{logdir}}").start({}, trial)
    files = psutil.Process.open_files
    untold = namedtuple("popenfile", ["path", "fd"])  # as psutil has it on macOS and Windows
    monkeypatch.setattr(psutil.Process, "open_files", lambda it: [untold(file.path, file.fd) for file in files(it)])
    readers = []
    with (trial / TRAINER_LOG).open() as log:
        for words, own in (([], True), ([str(trial / TRAINER_LOG)], True), ([str(trial)], False)):
            line = [sys.executable, "-c", waits, *words]
            readers.append(subprocess.Popen(line, stdin=log, start_new_session=own))
    try:
        end_left_over(trial)
        assert not started.running()
        assert [reader.poll() for reader in readers] == [None] * 3
    finally:
        for reader in readers:
            reader.kill()
            reader.wait()
        started.end()


def test_a_folder_of_runs_that_a_person_chose_may_be_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = tmp_path / "disk" / "exp-try-1"
    trial.mkdir(parents=True)
    (tmp_path / "runs").symlink_to(tmp_path / "disk")
    monkeypatch.chdir(tmp_path)
    with (trial / "trainer.log").open("ab") as file:
        left = subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(600)"], stdout=file, start_new_session=True
        )
    try:
        end_left_over(Path("runs/exp-try-1"))
        left.wait(60)
    finally:
        left.kill()
        left.wait()
