"""Small files that stand for much: their size is checked before memory is taken, in a child that has little of it."""

from __future__ import annotations

import io
import json
import os
import resource
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.bombs import BOMBS
from tests.test_hostile_files import TRAIN, VAL
from tests.writers import write_run
from trainer.fit.checkpoints.checkpoint import CheckpointError
from trainer.fit.problems.fine_tuning import read

MEMORY = 3 << 30  # bytes of address space; an interpreter with NumPy and Arrow has more than 1 GiB of it
SECONDS = 300  # of the processor; one that goes off takes hours
# what a person would look for is named; other files are no logs, or are of a run that is read all the same
NAMED = ("a table of 100 GiB", "a table of many fields", "packed events", "a ledger of 100 GiB")
ROOT = Path(__file__).parent.parent
LOOK = """
import json, sys
from pathlib import Path
from diagnostics import diagnose_run, open_logs
from diagnostics.report.results import as_json
from diagnostics.trials import ledger, repair_file, trial_file, val_losses
from trainer import files, run_folder
from trainer.tuning import start, study_file

logs = open_logs(sys.argv[1])
runs = [(run, diagnose_run(run)) for run in logs.runs.values()]
folder = Path(sys.argv[1], "good")
problems = [*logs.problems]
for read in (ledger.read, trial_file.read_trial, repair_file.read_repair, val_losses.val_losses, study_file.read,
             run_folder.read_config, run_folder.status, run_folder.log_tail, start.output, start.runs_now):
    for place in (folder, folder.parent, folder.parent / "search"):
        try:
            read(place)
        except ValueError as error:
            problems.append(str(error))
print(json.dumps([as_json(sys.argv[1], runs), problems], allow_nan=False))
"""


def looked_at(folder: Path) -> tuple[dict[str, Any], list[str]]:
    """The runs, and the problems, of a look at the folder that may take little memory and time."""

    def with_little() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))

    child = subprocess.run(
        [sys.executable, "-c", LOOK, str(folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        preexec_fn=with_little,
        capture_output=True,
        text=True,
    )
    assert child.returncode == 0, child.stderr[-2000:]
    assert "Traceback" not in child.stderr
    document, problems = json.loads(child.stdout, parse_constant=pytest.fail)
    return {run["run"]: run for run in document["runs"]}, problems


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("plain")
    write_run(folder / "good", {"loss/train": TRAIN, "loss/val": VAL})
    return looked_at(folder)[0]


@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_takes_no_memory_and_changes_nothing_else(tmp_path: Path, plain: dict[str, Any], kind: str) -> None:
    write_run(tmp_path / "good", {"loss/train": TRAIN, "loss/val": VAL})
    name, make = BOMBS[kind]
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    make(path)
    os.utime(path, (1.7e9, 1.7e9))
    runs, problems = looked_at(tmp_path)
    assert {run: runs[run] for run in plain} == plain
    if kind in NAMED:
        assert [problem for problem in problems if str(path) in problem]


def test_a_checkpoint_that_unpacks_to_more_than_it_holds_is_refused(tmp_path: Path) -> None:
    """Its records are packed, which PyTorch reads and never writes."""
    honest = io.BytesIO()
    torch.save({"model": {"weight": torch.zeros(1_000_000)}, "epoch": 1}, honest)
    path = tmp_path / "best.pt"
    path.write_bytes(honest.getvalue())
    assert read(path)["epoch"] == 1
    with zipfile.ZipFile(honest) as stored, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for member in stored.infolist():
            packed.writestr(member.filename, stored.read(member))
    with pytest.raises(CheckpointError, match="unpacks to"):
        read(path)
