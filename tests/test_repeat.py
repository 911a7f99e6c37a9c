"""Repeat: `--seeds` trains run and trial again with other seeds, once each, and goes on where it was stopped."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from diagnostics import read_trial
from diagnostics.trials.ledger import read
from tests import trained
from tests.trial_runs import PROGRAM, PYTHON, write_parent
from trainer import run_folder
from trainer.__main__ import main
from trainer.config import Config
from trainer.trials import cli_try
from trainer.trials.improve_report import REPORT, REPORT_JSON
from trainer.trials.parent import TryError

FLAGS = ("--lr", "0.001", "--steps-per-epoch", "50", "--architecture", "mlp", "--optimizer", "adamw")
SEEDED = PROGRAM.replace("rise =", "best += 0.01 * int(sys.argv[4])\nrise =")


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A run of another program that takes a seed."""
    (tmp_path / "train.py").write_text(f"FAILS_AT, HARMS_AT = None, None\n{SEEDED}")
    run = tmp_path / "mine"
    run.mkdir()
    subprocess.run([sys.executable, str(tmp_path / "train.py"), str(run), "0", "0", "3"], check=True)
    return run


def command(run: Path, seed: str = " {seed=3}") -> list[str]:
    template = f"{PYTHON} '{run.parent / 'train.py'}' {{logdir}} {{weight_decay=0}} {{dropout=0}}{seed}"
    return [str(run), "--command", template, *FLAGS]


def test_run_and_trial_are_trained_again_with_the_next_seeds_and_judged_on_the_mean(mine: Path, capsys) -> None:
    cli_try.main([*command(mine), "--seeds", "3"])
    printed = capsys.readouterr().out
    names = sorted(path.name for path in mine.parent.iterdir() if path.is_dir())
    repeats = ["mine-seed-1", "mine-seed-1-try-1", "mine-seed-2", "mine-seed-2-try-1"]
    assert names == ["mine", *repeats, "mine-try-1"]
    for number, seed in ((1, 4), (2, 5)):
        assert read_trial(mine.parent / f"mine-seed-{number}").kind == "repeat"
        assert read_trial(mine.parent / f"mine-seed-{number}").change == {"seed": (3.0, seed)}
        assert read_trial(mine.parent / f"mine-seed-{number}-try-1").parent == f"../mine-seed-{number}"
    assert "Over 3 seeds, confirmed: 29%" in printed
    assert "(seed 3), " in printed
    assert len(read(mine.parent).entries) == 3  # a repetition is no trial and has no line


def test_the_last_trial_is_repeated_before_another_dose_is_tried(mine: Path, capsys) -> None:
    cli_try.main(command(mine))
    capsys.readouterr()
    cli_try.main([*command(mine), "--seeds", "2"])
    printed = capsys.readouterr().out
    assert not (mine.parent / "mine-try-2").exists()
    assert "Over 2 seeds, " in printed
    trials = len(read(mine.parent).entries)
    cli_try.main([*command(mine), "--seeds", "2"])
    assert (mine.parent / "mine-try-2").exists()
    assert not (mine.parent / "mine-seed-2").exists()  # the run itself needs only one repetition
    assert len(read(mine.parent).entries) == trials + 2


def test_the_dose_that_is_announced_is_the_one_tried_next(mine: Path, capsys) -> None:
    """Also after a refuted one: what comes next is read once the ledger has learned of it."""
    source = (mine.parent / "train.py").read_text().replace("HARMS_AT = None, None", "HARMS_AT = None, 0.5")
    (mine.parent / "train.py").write_text(source)
    announced = []
    for _ in range(3):
        cli_try.main(command(mine))
        printed = capsys.readouterr().out
        if announced:
            assert f": {announced[-1]}. " in printed
        announced.append(printed.rpartition("Run the same command again to try ")[2].strip().rstrip("."))
    assert read(mine.parent).entries[0].outcome == "refuted"
    assert len(set(announced)) == 3


def test_a_command_without_a_seed_is_refused_before_anything_is_trained(mine: Path, capsys) -> None:
    for template, sentence in (("", "has no {seed}; add it"), (" {seed}", "write it there, as in {seed=0}")):
        assert main(["try", *command(mine, template), "--seeds", "2"]) == 2
        assert sentence in capsys.readouterr().err
        assert not (mine.parent / "mine-seed-1").exists()


def test_a_branch_has_no_seeds(tmp_path: Path) -> None:
    with pytest.raises(TryError, match="--branch only ranks doses"):
        cli_try.main([str(write_parent(tmp_path / "exp")), "--branch", "--seeds", "2"])


@pytest.mark.parametrize("seeds", ["0", "-1", "two", "1.5"])
def test_the_number_of_seeds_is_a_whole_number(tmp_path: Path, seeds: str, capsys) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["try", str(write_parent(tmp_path / "exp")), "--seeds", seeds])
    assert exit_.value.code == 2
    assert "give a whole number above 0" in capsys.readouterr().err


def test_a_repetition_that_crashes_is_a_sentence_and_the_ledger_stays_whole(mine: Path, capsys) -> None:
    cli_try.main(command(mine))
    before = read(mine.parent)
    source = (mine.parent / "train.py").read_text()
    (mine.parent / "train.py").write_text(
        f"import sys; sys.exit('out of memory') if sys.argv[4] == '4' else 0\n{source}"
    )
    capsys.readouterr()
    assert main(["try", *command(mine), "--seeds", "2"]) == 2
    error = capsys.readouterr().err
    assert "mine-seed-1 failed" in error
    assert "out of memory" in error
    assert read(mine.parent) == before


@pytest.fixture(scope="module")
def improved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    config = Config(train_size=100, width=64, batch_size=20, lr=3e-3, epochs=30, threads=1)
    return trained.improved(tmp_path_factory.mktemp("runs"), config, "--seeds", "2")


def test_improve_repeats_its_best_trial_and_reports_the_mean(improved: tuple[Path, str]) -> None:
    folder, printed = improved
    report = json.loads((folder / REPORT_JSON).read_text())
    assert report["best"] == "base-try-1"
    over = report["over_seeds"]
    assert over["seeds"] == [0, 1]
    assert over["difference"] == pytest.approx(sum(over["differences"]) / 2)
    for text in (printed, (folder / REPORT).read_text()):
        assert f"Over 2 seeds, {over['outcome']}: " in text
    assert run_folder.read_config(folder.parent / "base-seed-1").seed == 1
    assert run_folder.read_config(folder.parent / "base-seed-1-try-1").seed == 1
    assert report["trials"][0]["run"] == "base-try-1"
    assert len(report["trials"]) == 1  # those of other seeds were validated on other samples, and are of other runs
