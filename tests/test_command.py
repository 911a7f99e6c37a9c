"""A command template as a training: what it refuses, what it runs, and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import psutil
import pytest

from tests.trial_runs import PYTHON
from trainer.processes import command
from trainer.processes.command import Command, CommandError

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("ready", child.pid, flush=True)
time.sleep(600)
"""


def program(tmp_path: Path, source: str) -> Command:
    """A template that runs ``source`` with {logdir} as its first argument and {dropout} as its second."""
    script = tmp_path / "train.py"
    script.write_text(source)
    return Command(f"{PYTHON} '{script}' {{logdir}} {{dropout}}")


def wait_for(holds, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def printed(folder: Path) -> str:
    return (folder / "trainer.log").read_text() if (folder / "trainer.log").exists() else ""


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("python train.py --wd {weight_decay}", "has no {logdir}"),
        ("python train.py {logdir} {}", "braces that hold no name"),
        ("python train.py {logdir} {weight decay}", "cannot read the command"),
        ("python train.py {logdir} {a.b}", "braces that hold no name"),
        ("python train.py {logdir} {lr:.2f}", "braces that hold no name"),
        ("python train.py {logdir} {lr", "cannot read the command"),
        ("python 'train.py {logdir}", "cannot read the command"),
    ],
)
def test_a_template_that_cannot_work_is_refused(template: str, why: str) -> None:
    with pytest.raises(CommandError, match=why):
        Command(template)


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (
            ["weight_decay"],
            r"has \{dropout\}, which Fitwatch cannot fill in; it has \{logdir\}, \{weight_decay\}",
        ),
        (["weight_decay", "dropout", "l1"], r"has no \{l1\}, so l1 would change nothing"),
    ],
)
def test_fields_and_strengths_must_be_the_same(names: list[str], why: str) -> None:
    asked = Command("train --wd {weight_decay} --dropout {dropout} --logdir {logdir}")
    asked.check(["dropout", "weight_decay"])
    with pytest.raises(CommandError, match=why):
        asked.check(names)


def test_the_program_gets_its_arguments_one_by_one_without_a_shell(tmp_path: Path) -> None:
    folder = tmp_path / "with space; echo {no}"
    asked = Command(f"""{PYTHON} -c 'import sys; print(sys.argv[1:], "{{{{}}}}")' {{logdir}} --p={{dropout}} $HOME""")
    asked.run({"dropout": 0.1}, folder)
    assert printed(folder) == f"{[str(folder), '--p=0.1', '$HOME']} {{}}\n"


def test_a_failure_tells_the_exit_code_and_the_last_lines(tmp_path: Path) -> None:
    failing = program(tmp_path, "for n in range(20): print('line', n)\nraise SystemExit(3)")
    with pytest.raises(CommandError, match=r"(?s)exit code 3 in .*; its last lines were:\nline 15\n.*line 19$"):
        failing.run({"dropout": 0.1}, tmp_path / "run")


def test_a_program_that_another_one_killed_tells_the_signal(tmp_path: Path) -> None:
    killed = program(tmp_path, "import os\nos.kill(os.getpid(), 9)")
    with pytest.raises(CommandError, match=r"was ended by SIGKILL in .*; it printed nothing"):
        killed.run({"dropout": 0.1}, tmp_path / "run")


def test_a_program_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"cannot start no-such-program .*No such file"):
        Command("no-such-program {logdir}").run({}, tmp_path / "run")


def test_a_program_that_is_nowhere_is_refused_before_anything_starts(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandError, match=r"begins with 'no-such-program', which is no program here; write its whole"):
        Command("no-such-program train.py {logdir}").need_program()
    with pytest.raises(CommandError, match=r"runs train\.py, which is not in .*; write how your program is started"):
        Command(f"{PYTHON} train.py {{logdir}}").need_program()
    Path("train.py").touch()
    Command(f"{PYTHON} train.py {{logdir}}").need_program()
    Command(f"{PYTHON} -m train {{logdir}}").need_program()


def test_a_stopped_program_ends_with_its_children_even_when_it_ignores_that(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(command, "DEADLINE", 0.2)
    stubborn, folder = program(tmp_path, STUBBORN), tmp_path / "run"
    stubborn.run({"dropout": 0.1}, folder, stop=lambda: "ready" in printed(folder))
    child = int(printed(folder).split()[1])
    wait_for(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE)


def test_a_field_may_have_the_strength_in_use_with_it() -> None:
    found = command.Command("train.py --p {dropout=0.3} --wd {weight_decay} --wd2={l1=1e-4} {logdir} {{x=1}}")
    assert found.fields == ("dropout", "weight_decay", "l1")
    assert found.defaults == {"dropout": 0.3, "l1": 1e-4}


def test_ctrl_c_ends_the_program_too(tmp_path: Path) -> None:
    patient, folder = program(tmp_path, "import time\nprint('ready', flush=True)\ntime.sleep(600)"), tmp_path / "run"

    def press() -> None:
        wait_for(lambda: "ready" in printed(folder))
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        patient.run({"dropout": 0.1}, folder)
    assert not [child for child in psutil.Process().children() if str(folder) in " ".join(child.cmdline())]


def test_ctrl_c_before_anybody_knows_the_program_ends_it_too(tmp_path: Path, monkeypatch) -> None:
    started: list[int] = []

    class InterruptedProgram(command.Program):
        def __init__(self, process: subprocess.Popen[bytes], logdir: Path) -> None:
            super().__init__(process, logdir)
            started.append(process.pid)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(command, "Program", InterruptedProgram)
    with pytest.raises(KeyboardInterrupt):
        program(tmp_path, "import time; time.sleep(600)").run({"dropout": 0.1}, tmp_path / "run")
    with pytest.raises(ProcessLookupError):
        os.kill(started[0], 0)


def test_a_second_ctrl_c_does_not_spare_a_program_that_will_not_end(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(STUBBORN)
    started = Command(f"{PYTHON} '{script}' {{logdir}}").start({}, tmp_path / "run")
    wait_for(lambda: "ready" in printed(tmp_path / "run"))

    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        command.end_session(started.pid, interrupted)
    wait_for(lambda: not started.running())
