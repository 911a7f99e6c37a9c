"""The installed name: every command from a folder that holds an app.py, a diagnostics.py and a trainer.py."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

import fitwatch
from fitwatch.wheel_layout import PACKAGES
from tests.app_server import free_port, wait_for_health
from tests.installed import PATIENCE, ROOT, Installed, build, install
from trainer import job

LOGS = ROOT / "tests" / "logs" / "monai"
OVERFITS = ["--dataset", "digits", "--train-size", "100", "--label-noise", "0.3", "--epochs", "40", "--lr", "0.005"]
SMALL = ["--dataset", "digits", "--train-size", "60", "--width", "8", "--depth", "1", "--epochs", "2"]
WAY_OUT = "pip install 'fitwatch[train]'"
OWN_PROGRAM = """
import argparse, pathlib, sys
asked = argparse.ArgumentParser()
asked.add_argument("--wd", type=float)
asked.add_argument("--logdir", type=pathlib.Path)
asked = asked.parse_args()
asked.logdir.mkdir(parents=True, exist_ok=True)
pathlib.Path("called.txt").write_text(sys.executable)
rows = [f"{epoch},{1 / epoch},{1 / epoch + asked.wd}" for epoch in range(1, 30)]
(asked.logdir / "history.csv").write_text("\\n".join(["epoch,loss,val_loss", *rows]))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def base(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install(wheel, tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def full(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install(wheel, tmp_path_factory.mktemp("train"), extra="train")


def test_the_wheel_holds_one_name_and_all_that_belongs_to_it(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {"fitwatch", f"fitwatch-{fitwatch.__version__}.dist-info"}
    paths = [path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file()]
    ours = {path.relative_to(ROOT).as_posix() for path in paths if "__pycache__" not in path.parts}
    assert set(names) >= {f"fitwatch/{name}" for name in ours} | {"fitwatch/py.typed"}


def test_every_public_name_is_imported_from_its_package(full: Installed) -> None:
    program = (
        "import sys, fitwatch\n"
        "assert all(hasattr(fitwatch, name) for name in fitwatch.__all__)\n"
        "assert {'fitwatch.diagnostics', 'fitwatch.trainer.log'} <= sys.modules.keys()\n"
        "assert not {'app', 'diagnostics', 'trainer'} & sys.modules.keys()\n"
        "from fitwatch import diagnose\n"
        "print(diagnose([1 / n for n in range(1, 41)], [1 / n + 0.02 * n for n in range(1, 41)]).verdict)"
    )
    assert full.run("python", "-c", program).stdout == "overfitting\n"


@pytest.mark.parametrize("program", [["fitwatch"], ["python", "-P", "-m", "fitwatch"]], ids=["script", "module"])
def test_the_base_install_judges_a_log(base: Installed, program: list[str]) -> None:
    done = base.run(*program, "check", str(LOGS), "--json")
    (run,) = json.loads(done.stdout)["runs"]
    assert run["verdict"] == "overfitting"
    typed = "fitwatch" if len(program) == 1 else "python -m fitwatch"
    assert base.run(*program, "check", str(base.folder / "none"), code=2).stderr.startswith(f"{typed} check: ")


def test_the_base_install_watches_a_log(base: Installed) -> None:
    assert "overfitting" in base.run("fitwatch", "watch", str(LOGS), "--fail-on", "overfitting", code=1).stdout


@pytest.mark.parametrize(
    ("words", "package"),
    [(["train", *SMALL], "torch"), (["tune", *SMALL], "optuna"), (["tune", "--help"], "optuna")],
)
def test_what_is_missing_is_said_with_the_way_out(base: Installed, words: list[str], package: str) -> None:
    said = base.run("fitwatch", *words, code=2).stderr
    assert said == (f"fitwatch {words[0]}: this needs the package {package}, which is not installed; run: {WAY_OUT}\n")
    assert not (base.folder / "runs").exists()


def test_a_public_name_that_needs_torch_says_so(base: Installed) -> None:
    said = base.run("python", "-c", "from fitwatch import EpochLog", code=1).stderr.splitlines()
    assert said[-1] == f"ImportError: this needs the package torch, which is not installed; run: {WAY_OUT}"


def test_the_base_install_serves_the_app(base: Installed) -> None:
    port = free_port()
    with base.started("fitwatch", str(LOGS), "--port", str(port), "--no-browser") as process:
        wait_for_health(f"http://localhost:{port}", process)


def test_every_page_of_the_base_install_is_drawn(base: Installed) -> None:
    program = f"""
import sys
from pathlib import Path
import fitwatch
script = Path(fitwatch.__file__).parent / "app" / "streamlit_app.py"
sys.path.insert(0, str(script.parent))  # as streamlit does
sys.argv = [str(script), "--logdir", {str(LOGS)!r}]
from streamlit.testing.v1 import AppTest
import streamlit
streamlit.config.set_option("server.address", "127.0.0.1")  # as app/.streamlit/config.toml has it
app = AppTest.from_file(str(script), default_timeout=240)
app.run()
for name in ("overview", "run", "compare", "train", "tune", "guide"):
    app.switch_page(f"views/{{name}}/page.py").run()
    assert not app.exception, (name, app.exception)
    print(name, len(app.main))
sys.argv = [str(script)]  # the folder is runs, which does not exist
app = AppTest.from_file(str(script), default_timeout=240).run()
next(button for button in app.button if "demonstration" in button.label).click().run()
print(*(error.value for error in app.error))
print(*sorted({{"torch", "optuna", "app", "diagnostics", "trainer"}} & sys.modules.keys()))
"""
    lines = base.run("python", "-P", "-c", program).stdout.splitlines()
    assert f"torch, which is not installed; run: {WAY_OUT}" in lines[-2].replace("\\", "")  # of Markdown
    assert not (base.folder / "runs").exists()
    assert [line.split()[0] for line in lines[:-2]] == ["overview", "run", "compare", "train", "tune", "guide"]
    assert all(int(line.split()[1]) > 0 for line in lines[:-2])
    assert lines[-1] == ""


def test_the_trainer_trains_in_the_terminal_and_in_a_process_of_its_own(full: Installed) -> None:
    done = full.run("fitwatch", "train", *SMALL, "--logdir", "runs/one")
    assert "finished: 2 of 2 epochs in runs/one" in done.stdout
    again = full.run("fitwatch", "resume", "runs/one", code=2).stderr
    assert "fitwatch resume runs/one --epochs 4" in again
    full.run("fitwatch", "resume", "runs/one", "--epochs", "3")
    assert full.run("fitwatch", "stop", "runs/one", code=2).stderr.startswith("fitwatch stop: the training in")


def test_trials_and_what_is_asked_of_a_training_reach_a_process_of_the_installed_name(full: Installed) -> None:
    full.run("fitwatch", "train", *OVERFITS, "--logdir", "runs/base")
    assert "The trial is runs/base-try-1" in full.run("fitwatch", "try", "runs/base", "--branch").stdout
    assert "The best run is" in full.run("fitwatch", "improve", "runs/base", "--budget", "1").stdout
    with full.started("fitwatch", "train", *SMALL, "--epochs", "1000000", "--logdir", "runs/long") as training:
        deadline = time.monotonic() + PATIENCE
        while (status := job.status(full.folder / "runs" / "long")) is None or not status.epoch:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert "asked the training in runs/long to stop" in full.run("fitwatch", "stop", "runs/long").stdout
        assert training.wait(PATIENCE) == 0


def test_a_search_starts_its_trainings_by_the_installed_name(full: Installed) -> None:
    done = full.run("fitwatch", "tune", *SMALL, "--budget", "2 runs", "--workers", "2", "--study", "searched")
    assert "trial 1" in done.stdout
    assert json.loads((full.folder / "runs" / "searched" / "study.json").read_text())["call"].startswith(
        "fitwatch tune"
    )


def test_a_command_runs_in_the_folder_and_by_the_python_of_the_person_who_calls(full: Installed) -> None:
    (full.folder / "train.py").write_text(OWN_PROGRAM)
    theirs = full.folder.parent / "theirs"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(theirs)], check=True)
    command = "python train.py --wd {weight_decay} --logdir {logdir}"
    words = ["tune", "--command", command, "--space", "weight_decay=0.1..1", "--budget", "1 run"]
    full.run("fitwatch", *words, first_on_path=theirs / "bin")
    assert Path((full.folder / "called.txt").read_text()) == theirs / "bin" / "python"
