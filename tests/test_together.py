"""Several processes: each has its share of every batch, and the numbers are those of one process."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from tests.loopback import ALONE, LOOPBACK
from tests.test_log import scalars
from trainer import job
from trainer.config import Config
from trainer.errors import ConfigError
from trainer.fit.assemble import make_loop
from trainer.fit.problems.pose import pose
from trainer.fit.step import Batches
from trainer.fit.together import share_out
from trainer.processes.ranks import Ranks, ranks

torch.set_num_threads(1)
ENVIRONMENT = {**os.environ, **LOOPBACK, "PYTHONPATH": str(Path(__file__).parent.parent)}
QUICK = ("--train-size", "90", "--batch-size", "25", "--width", "8", "--device", "cpu", "--threads", "1")


def torchrun(*arguments, processes=2):
    """Those processes, on a port that is free."""
    command = [sys.executable, "-m", "torch.distributed.run", *ALONE, "--nproc-per-node", str(processes)]
    return subprocess.Popen(
        [*command, "-m", "trainer", *map(str, arguments)],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait(run_dir, holds):
    deadline = time.monotonic() + 300
    while (there := job.status(run_dir)) is None or not holds(there):
        assert time.monotonic() < deadline, there
        time.sleep(0.02)
    return there


REGULARIZED = ("--weight-decay", "--l1", "--label-smoothing", "--gradient-clipping", "--ema", "--early-stopping", "2")


def test_two_processes_give_the_numbers_of_one_and_the_first_alone_writes(tmp_path):
    """Batches of 23 and 22 samples, so that shares are of different sizes; all stop early in the same epoch."""
    arguments = [*QUICK, "--epochs", 40, "--lr", 0.03, "--label-noise", 0.5, "--canary", 0.1, *REGULARIZED]
    together = torchrun(*arguments, "--logdir", tmp_path / "two")
    alone = subprocess.run(
        [sys.executable, "-m", "trainer", *map(str, arguments), "--logdir", str(tmp_path / "one")],
        env=ENVIRONMENT,
        check=True,
        capture_output=True,
        text=True,
    )
    printed, _ = together.communicate(timeout=300)
    assert together.returncode == 0, printed
    one, two = scalars(tmp_path / "one"), scalars(tmp_path / "two")
    assert set(one) == set(two)
    for tag, steps in one.items():
        assert two[tag] == pytest.approx(steps, rel=1e-3, abs=1e-5), tag
    epochs = len(one["loss/val"])
    assert 2 < epochs < 40
    assert printed.count(f"epoch {epochs}/40") == alone.stdout.count(f"epoch {epochs}/40") == 1
    assert len(list((tmp_path / "two").glob("events.*"))) == 1
    first, second = (torch.load(tmp_path / name / "checkpoint.pt")["model"] for name in ("one", "two"))
    for name, weights in first.items():
        torch.testing.assert_close(second[name], weights, rtol=1e-3, atol=1e-5)


def test_a_pause_and_a_stop_reach_every_process_and_all_can_go_on(tmp_path):
    run = tmp_path / "run"
    training = torchrun(*QUICK, "--epochs", 5000, "--pace", 0.05, "--logdir", run)
    wait(run, lambda status: status.epoch >= 1)
    job.pause(run)
    paused = wait(run, lambda status: status.state == "paused")
    wait(run, lambda status: status.heartbeat > paused.heartbeat)
    job.unpause(run)
    wait(run, lambda status: status.epoch > paused.epoch)
    job.stop(run)
    printed, _ = training.communicate(timeout=300)
    assert training.returncode == 0, printed
    stopped = job.status(run)
    assert stopped.state == "stopped"
    again = torchrun("resume", run, "--epochs", stopped.epoch + 2)
    printed, _ = again.communicate(timeout=300)
    assert again.returncode == 0, printed
    assert (job.status(run).state, job.status(run).epoch) == ("finished", stopped.epoch + 2)
    assert set(scalars(run)["loss/val"]) == set(range(1, stopped.epoch + 3))


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_the_shares_of_a_batch_make_up_the_batch(size):
    x = torch.arange(33)

    def batches(rank):
        made = Batches(x, x, 17, order=torch.Generator().manual_seed(0))
        made.rank, made.ranks = rank, size
        return made

    alone = Batches(x, x, 17, order=torch.Generator().manual_seed(0))
    weights = []
    for whole, *shares in zip(alone, *map(batches, range(size)), strict=True):
        assert torch.cat([share for share, _ in shares]).tolist() == whole[0].tolist()
    for rank in range(size):
        share = batches(rank)
        weights.append([(share.weight, share.whole) for _ in share])
    assert all(sum(weight for weight, _ in batch) == pytest.approx(1) for batch in zip(*weights, strict=True))
    assert [whole for _, whole in weights[0]] == [17, 16]


def test_a_batch_with_too_few_samples_for_a_share_each_is_refused():
    config = Config(train_size=60, batch_size=1)
    loop = make_loop(config, pose(config, torch.device("cpu")))
    with pytest.raises(ConfigError, match="a batch has 1 samples for 2 processes"):
        share_out(loop, Ranks(0, 2, 0), seed=0)


def test_one_process_by_itself_is_left_as_it_is():
    config = Config(train_size=60)
    loop = make_loop(config, pose(config, torch.device("cpu")))
    share_out(loop, ranks(), seed=0)
    assert loop.network is loop.model
    assert loop.callbacks == []


def test_torchrun_says_which_process_it_is(monkeypatch):
    assert ranks() == Ranks(0, 1, 0)
    assert ranks().alone
    for name, value in {"TORCHELASTIC_RUN_ID": "x", "RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    assert ranks() == Ranks(3, 4, 1)
    assert not ranks().first
