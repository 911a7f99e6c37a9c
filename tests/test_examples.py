"""What the documentation tells a reader to type works: every command is one, and every example runs."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from torch import nn

from diagnostics import Verdict, check_options, diagnose_run, open_logs, suggest
from diagnostics.report import export
from fitwatch import command as fitwatch_cli
from trainer import __main__ as trainer_cli
from trainer.fit.best_weights import calibrate
from trainer.trials import cli_improve, cli_try
from trainer.tuning import cli_tune

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
README = (ROOT / "README.md").read_text(encoding="utf-8")
LAUNCHED = re.compile(r"(?:torchrun [-\w ]*?)?(?:python )?-m ([\w.]+)(.*)")
OWN_PARSERS = {
    "calibrate": calibrate.parser,
    "try": cli_try.parser,
    "improve": cli_improve.parser,
    "tune": cli_tune.parser,
}
TARGETS = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
OTHERS = ("fitwatch", "python3", ".", "pip", "apt", "ssh", "tensorboard", "docker")  # with a folder, or not ours


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def commands(path: Path) -> Iterator[str]:
    """Lines of shell blocks without their comments, and inline code that starts with a command."""
    text = path.read_text(encoding="utf-8")
    for block in blocks(text, "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            yield from (shlex.join(shlex.split(part, comments=True)) for part in line.split("&&"))
    yield from (
        " ".join(code.split()) for code in re.findall(r"`((?:python -m|make|streamlit run|fitwatch) [^`]+)`", text)
    )


def documented() -> list[tuple[str, str]]:
    return sorted({(path.name, command) for path in PAGES for command in commands(path) if command})


def unknown_words(module: str, words: list[str]) -> list[str]:
    """The words that a module of ours does not know; a module that is only named knows them all."""
    if not words or "--help" in words:
        return [] if find_spec(module) is not None else [module]
    if module == "diagnostics":
        return check_options.parser("check").parse_known_args(words)[1]
    if module == "diagnostics.suggest":
        return suggest.parser().parse_known_args(words)[1]
    if module == "diagnostics.report.export":
        return export.parser().parse_known_args(words)[1]
    if module != "trainer":
        return unknown_words(module, [])
    name, *rest = words if words[0] in (*OWN_PARSERS, *trainer_cli.COMMANDS) else ["train", *words]
    if not rest:
        return []
    parser = OWN_PARSERS[name]() if name in OWN_PARSERS else trainer_cli.parser()
    return parser.parse_known_args(rest if name in OWN_PARSERS else [name, *rest])[1]


@pytest.mark.parametrize(("page", "command"), documented())
def test_a_documented_command_is_one(page: str, command: str) -> None:
    words = shlex.split(command)
    if words[:2] == ["fitwatch", "mcp"]:
        assert not words[2:]
    elif words[0] == "fitwatch" and words[1:2] and words[1] in fitwatch_cli.COMMANDS:
        ours = {"check": ["diagnostics"], "watch": ["diagnostics"], "suggest": ["diagnostics.suggest"]}
        ours["export"] = ["diagnostics.report.export"]
        own = ours.get(words[1], ["trainer", words[1]])
        assert not unknown_words(own[0], [*own[1:], *words[2:]])
    elif launched := LAUNCHED.fullmatch(command):
        assert not unknown_words(launched[1], shlex.split(launched[2].replace("...", "")))
    elif words[:2] == ["python", "train.py"]:
        assert page == "tutorial.md"  # whose test runs it
    elif words[0] == "make":
        assert words[1] in TARGETS
    elif words[:2] == ["streamlit", "run"]:
        assert (ROOT / words[2] / "streamlit_app.py").is_file()
    else:
        assert words[0] in OTHERS, f"nobody checks {command!r}"


@pytest.mark.parametrize(
    "code", [code for path in PAGES for code in blocks(path.read_text(encoding="utf-8"), "python")]
)
def test_an_example_imports_what_there_is(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    imports = [node for node in ast.parse(code).body if isinstance(node, ast.Import | ast.ImportFrom)]
    exec(compile(ast.Module(imports, []), "example", "exec"), {})


def example(name: str) -> str:
    found = re.search(rf"<!-- example: {name} -->\n```python\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_readmes_curves_are_diagnosed(capsys: pytest.CaptureFixture[str]) -> None:
    falling = [2.0 * 0.9**i for i in range(60)]
    turning = [0.5 + 1.5 * 0.8**i + 0.01 * max(0, i - 15) for i in range(60)]
    exec(example("diagnose"), {"train_losses": falling, "val_losses": turning})
    assert capsys.readouterr().out.startswith("overfitting ")


def test_the_readmes_loop_leaves_a_run_that_can_be_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    torch.set_num_threads(1)
    inputs, targets = torch.randn(60, 5), torch.randint(0, 3, (60,))
    model = nn.Sequential(nn.Linear(5, 32), nn.ReLU(), nn.Linear(32, 3))
    training = [(inputs[i : i + 10], targets[i : i + 10]) for i in range(0, 30, 10)]
    names = {
        "model": model,
        "optimizer": torch.optim.AdamW(model.parameters(), lr=0.05),
        "loss_fn": nn.CrossEntropyLoss(),
        "train_subset": training,
        "val_loader": [(inputs[30:], targets[30:])],
        "train_loader": training,
        "epochs": 30,
    }
    exec(example("EpochLog"), names)
    (run,) = open_logs("runs").runs.values()
    assert run.points == 30
    assert diagnose_run(run).verdict is Verdict.OVERFITTING  # random labels can only be memorized


def words_of(text: str) -> list[str]:
    """Without its numbers and frames, which differ between machines and terminals."""
    return re.findall(r"[A-Za-z_]+", text)


def test_the_readme_shows_what_the_terminal_prints(tmp_path: Path) -> None:
    found = re.search(r"<!-- output: (.+) -->\n```\n(.*?)```", README, re.DOTALL)
    assert found is not None
    trainings = [line for line in commands(ROOT / "README.md") if re.search("--logdir runs/(base|hard)$", line)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100", "OMP_NUM_THREADS": "1"}
    for command in (*trainings, found[1]):
        words = [sys.executable, *shlex.split(command)[1:]]
        done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert words_of(done.stdout) == words_of(found[2]), f"paste this into README.md:\n{done.stdout}"
