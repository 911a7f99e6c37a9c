"""The name: what ``fitwatch`` exports and how its command line speaks, in the source tree."""

from __future__ import annotations

import ast
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import diagnostics
import fitwatch
from fitwatch.command import COMMANDS, main
from fitwatch.wheel_layout import PACKAGES, renamed
from tests.installed import ROOT
from tests.writers import write_scalars

STYLES = ("python -m trainer", "streamlit run app", "python -m fitwatch", "fitwatch")
FALLING = {epoch: 1 / epoch for epoch in range(1, 61)}
TURNING = {epoch: 1 / epoch + 0.01 * max(epoch - 20, 0) for epoch in FALLING}
DOORS = ("diagnose", "diagnose_run", "open_logs", "recommend", "Setup", "check_overfitting", "outcome", "forecast")


def test_every_public_name_of_the_diagnostics_is_a_name_of_fitwatch() -> None:
    others = {*DOORS, "EpochLog", "Repair", "TrainerError", "show", "start_trial"}
    assert {*diagnostics.__all__, *others} == set(fitwatch.__all__)
    assert all(getattr(fitwatch, name) is getattr(diagnostics, name) for name in diagnostics.__all__)


def test_what_is_imported_when_used_is_what_type_checkers_see() -> None:
    tree = ast.parse(Path(fitwatch.__file__).read_text(encoding="utf-8"))
    (seen,) = (node for node in tree.body if isinstance(node, ast.If))
    names = {
        alias.name for node in seen.body if isinstance(node, ast.ImportFrom) and not node.level for alias in node.names
    }
    assert names - {"ModuleType"} == set(fitwatch.__all__)
    assert set(fitwatch.__all__) <= set(dir(fitwatch))


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'fitwatch' has no attribute 'diagnosis'"):
        _ = fitwatch.diagnosis


def test_importing_fitwatch_imports_nothing_else() -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import fitwatch; "
        "print(*{'numpy', 'pandas', 'torch', 'diagnostics', 'trainer', 'app'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


HOSTILE = """
[server]
address = "0.0.0.0"
enableCORS = false
enableXsrfProtection = false
corsAllowedOrigins = ["https://evil.example"]
allowedHosts = ["*"]
enableAgentApi = true
[browser]
serverAddress = "evil.example"
[theme]
base = "https://evil.example/theme.toml"
"""


@pytest.mark.parametrize("started_by", ["fitwatch", "streamlit"])
def test_streamlit_s_settings_in_the_folder_one_stands_in_open_no_door(tmp_path: Path, started_by: str) -> None:
    program = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from streamlit import config
from streamlit.web import cli
names = ["address", "enableCORS", "enableXsrfProtection", "corsAllowedOrigins", "allowedHosts", "enableAgentApi"]
def main(arguments, **_):
    config._main_script_path = arguments[1]  # as "streamlit run" does
    config.get_config_options(force_reparse=True)
    print(*(config.get_option(f"server.{{name}}") for name in names))
    print(config.get_option("browser.serverAddress"), config.get_option("theme.base"))
cli.main = main
if {started_by!r} == "fitwatch":
    from fitwatch.command import main
    main(["."])
else:
    main(["run", {str(ROOT / "app" / "streamlit_app.py")!r}])
"""
    (tmp_path / ".streamlit").mkdir()
    theme = HOSTILE if started_by == "fitwatch" else HOSTILE.partition("[theme]")[0]
    (tmp_path / ".streamlit" / "config.toml").write_text(theme)
    line = [sys.executable, "-P", "-c", program]
    server, looks = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.splitlines()
    assert server == "127.0.0.1 True True [] ['localhost', '127.0.0.1'] False"
    assert (looks == "localhost None") == (started_by == "fitwatch")  # such as Streamlit has them by default


@pytest.mark.parametrize("word", ["--help", "-h", "help"])
def test_help_is_one_screen_that_names_every_command(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([word]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 100
    assert all(any(f" {name}" in line or f"'{name} " in line for line in lines) for name in COMMANDS)


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"fitwatch {fitwatch.__version__}\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["chek"], "did you mean 'fitwatch check'?"),
        (["improv", "runs/a"], "did you mean 'fitwatch improve'?"),
        (["zzz"], "there is neither a command nor a folder called 'zzz' here; see 'fitwatch --help'"),
        (["there/runs"], "there is no folder there/runs; name one"),
    ],
)
def test_what_is_neither_a_command_nor_a_folder_is_said(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("called", "styles"),
    [
        (["-m", "diagnostics"], {"python -m trainer", "streamlit run app"}),
        (["-m", "fitwatch", "check"], {"python -m fitwatch"}),
        (
            ["-c", "import sys; sys.argv[0] = 'fitwatch'; from fitwatch.command import main; main()", "check"],
            {"fitwatch"},
        ),
    ],
    ids=["folder", "module", "script"],
)
def test_every_command_is_printed_in_the_style_in_which_the_program_was_called(
    called: list[str], styles: set[str], tmp_path: Path
) -> None:
    write_scalars(tmp_path / "runs" / "turning", {"loss/train": FALLING, "loss/val": TURNING})
    (tmp_path / "runs" / "turning" / "status.json").write_text("{}")
    command = [sys.executable, *called, str(tmp_path / "runs")]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    commands = [
        line.partition(": ")[2] for line in printed.splitlines() if line.startswith(("Next: ", "See the curves"))
    ]
    assert len(commands) == 2
    assert {next(style for style in STYLES if command.startswith(style)) for command in commands} == styles


@pytest.mark.parametrize("command", ["train", "try", "resume", "stop"])
def test_what_the_trainer_refuses_begins_with_the_command_that_was_typed(command: str, tmp_path: Path) -> None:
    words = ["--epochs", "0"] if command == "train" else [str(tmp_path / "gone")]
    refused = subprocess.run(
        [sys.executable, "-m", "fitwatch", command, *words], cwd=ROOT, capture_output=True, text=True
    )
    assert refused.stderr.startswith(f"python -m fitwatch {command}: ")


@pytest.mark.parametrize("folder", ["~nobody-of-this-name", "a" * 5000], ids=["no such user", "too long"])
@pytest.mark.parametrize(
    "command", [[], ["check"], ["watch"], ["export", "--to", "csv"], ["try"], ["improve"], ["calibrate"], ["resume"]]
)
def test_a_folder_that_cannot_be_is_a_sentence(
    command: list[str], folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert exit_code([*command, folder]) == 2
    *_, sentence = capsys.readouterr().err.splitlines()
    assert "Errno" not in sentence
    assert any(words in sentence for words in ("there is n", "does not exist", "5,000 characters"))


@pytest.mark.parametrize("folder", ["~nobody-of-this-name", "a" * 5000], ids=["no such user", "too long"])
def test_a_notebook_is_told_of_it_as_well(folder: str) -> None:
    with pytest.raises(diagnostics.LogError, match=r"does not exist|5,000 characters"):
        fitwatch.show(folder)


@pytest.mark.parametrize("port", ["0", "-1", "65536", "99999", "8501.5", "http"])
def test_what_is_no_port_is_refused(port: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code([str(tmp_path), f"--port={port}"]) == 2
    assert f"found '{port}'; give a whole number from 1 to 65535" in capsys.readouterr().err


@pytest.mark.parametrize("command", [[], ["watch"], ["check", "--watch"]])
def test_a_verdict_that_runs_nothing_is_refused(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code([*command, str(tmp_path), "--on-verdict", "overfitting", " "]) == 2
    assert "found nothing to run for overfitting; give a shell command after it" in capsys.readouterr().err


def test_a_port_that_is_taken_is_said_with_two_ways_out(tmp_path: Path) -> None:
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "fitwatch", str(tmp_path), f"--port={port}", "--no-browser"]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 2, ended.stderr
    assert f"choose another with --port, or open http://localhost:{port} if it is Fitwatch already" in ended.stderr


def exit_code(arguments: list[str]) -> int:
    """What the command ends with, by itself or in the middle of its arguments."""
    try:
        return main(arguments)
    except SystemExit as ended:
        return int(ended.code or 0)


def test_check_is_the_command_line_of_the_diagnostics(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(ROOT / "tests" / "logs" / "monai"), "--fail-on", "overfitting"]) == 1
    assert "overfitting" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("code", "renamed_code"),
    [
        ("from trainer.job import start\n", "from fitwatch.trainer.job import start\n"),
        ("from app import state, wording\n", "from fitwatch.app import state, wording\n"),
        ("import diagnostics\n", "from fitwatch import diagnostics\n"),
        ("import diagnostics as engine\n", "from fitwatch import diagnostics as engine\n"),
        ("def f():\n    from trainer import log\n", "def f():\n    from fitwatch.trainer import log\n"),
        ("from trainers import x\nimport apple\n", "from trainers import x\nimport apple\n"),
        ("'''\nfrom trainer import log\n'''\n", "'''\nfrom trainer import log\n'''\n"),
        ("from . import trainer\n", "from . import trainer\n"),
    ],
)
def test_the_wheel_renames_imports_and_nothing_else(code: str, renamed_code: str) -> None:
    assert renamed(code) == renamed_code


@pytest.mark.parametrize("package", [*PACKAGES, "fitwatch"])
def test_every_import_of_the_tree_can_be_renamed(package: str) -> None:
    for path in (ROOT / package).rglob("*.py"):
        renamed(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("code", ["import trainer.job\n", "import os, trainer\n"])
def test_an_import_that_cannot_be_renamed_stops_the_build(code: str) -> None:
    with pytest.raises(ValueError, match="write it as 'from package import module'"):
        renamed(code)


def test_no_module_is_named_in_a_string() -> None:
    """The wheel renames imports; a name in a string would be another package's there."""
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
    }
    named = {
        f"{path.relative_to(ROOT)}:{node.lineno} {node.value}"
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in modules and "." in str(node.value)
    }
    assert {entry.split(" ", 1)[1] for entry in named} <= {"trainer.log"}, named  # which is the name of a file


def test_a_citation_names_the_version_there_is() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {fitwatch.__version__}\n" in citation
    assert "\ncff-version: 1.2.0\n" in f"\n{citation}"
