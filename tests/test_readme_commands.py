"""The commands of the README, run one after another as a reader types them, with less to train."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
import torch

from diagnostics import open_logs, suggest
from diagnostics.__main__ import main as check
from diagnostics.report.export import main as export
from trainer.__main__ import main as trainer

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
LOGS = Path(__file__).parent / "logs" / "keras_tf"
LESS = ["--epochs", "2"]


def typed(section: str) -> list[list[str]]:
    """The words of each command in the shell blocks of a section, without the comments."""
    text = README.partition(f"## {section}\n")[2].partition("\n## ")[0]
    lines = "".join(re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)).splitlines()
    return [shlex.split(line, comments=True) for line in lines]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    torch.set_num_threads(1)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_reads_logs_runs(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(LOGS, here / "path" / "to" / "logs")
    modules = {"diagnostics": check, "fitwatch": lambda words: export(words[1:])}
    commands = [words for words in typed("You have logs already") if words[:2] == ["python", "-m"]]
    commands = [words for words in commands if "--watch" not in words]  # which goes on until it is stopped
    codes = {" ".join(words): modules[words[2]](words[3:]) for words in commands}
    assert len(codes) == 6
    assert {words: code for words, code in codes.items() if code} == {
        "python -m diagnostics path/to/logs --fail-on overfitting,diverged": 1  # as the README says of it
    }
    assert (here / "runs.html").is_file()
    assert (here / "all.parquet").is_file()


def test_what_trains_runs(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"{'red' if number % 2 else 'blue'},{number},{3.5 * number}" for number in range(60)]
    (here / "table.csv").write_text("\n".join(["color,size,price", *rows]), encoding="utf-8")
    first, *trainings = typed("You want to train")
    assert suggest.main(first[3:]) == 0
    asked = {" ".join(words[3:]): words for words in trainings}
    stop, resume = (asked.pop(f"{word} runs/hard") for word in ("stop", "resume"))
    codes = {command: trainer([*words[3:], *LESS]) for command, words in asked.items()}
    assert not [command for command, code in codes.items() if code]
    assert trainer(stop[3:]) == 2  # nothing trains there any more
    assert trainer([*resume[3:], "--epochs", "3"]) == 0
    logs = open_logs("runs")
    assert set(logs.runs) == {"base", "hard", "vit", "table", "mended"}
    assert {name: run.points for name, run in logs.runs.items()} == {**dict.fromkeys(logs.runs, 2), "hard": 3}
