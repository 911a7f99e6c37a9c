"""What logging costs an epoch, against the same training without it: python -m tests.benchmarks.trainer_overhead.

A network of 10 million parameters on made-up samples. Both loops evaluate validation, as any training does; the logging
one also evaluates the clean subset of train. Epochs of both take turns, and seconds are the processor's, so that a busy
machine slows both alike. A third loop also measures the hypergradient.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is imported, as a training does

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from tests.benchmarks.record import record
from tests.trained import trained
from trainer import log as trainer_log
from trainer.config import Config
from trainer.fit.assemble import GRAD_NORMS
from trainer.fit.optim import make_optimizer
from trainer.fit.step import Batches, evaluate, train_step
from trainer.log import EpochLog
from trainer.models import build
from trainer.regularizers import Regularizers

SAMPLES, VAL, INPUTS, CLASSES, BATCH = 6400, 800, 1024, 10, 64
EPOCHS, LONG = 6, 300
LIMIT = 0.10  # of an epoch, which the hypergradient must stay below


class Clock:
    """Seconds and calls spent in a function, added up."""

    def __init__(self, function, now=time.process_time):
        self.function, self.now, self.seconds, self.calls = function, now, 0.0, 0

    def __call__(self, *arguments, **options):
        begun = self.now()
        try:
            return self.function(*arguments, **options)
        finally:
            self.seconds += self.now() - begun
            self.calls += 1


def epoch(model, optimizer, batches, after_backward):
    """The loop that both have in common."""
    model.train()
    for batch in batches:
        train_step(
            model,
            optimizer,
            cross_entropy,
            batch,
            regularizers=Regularizers([]),
            rng=np.random.default_rng(0),
            after_backward=after_backward,
        )


def measure(run_dir):
    """One row an epoch: seconds without logging, with it, in its clean pass, in the rest of it, and with hypergrad."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    x, y = torch.randn(SAMPLES + VAL, INPUTS), torch.randint(CLASSES, (SAMPLES + VAL,))
    model = build("mlp", (INPUTS,), CLASSES, width=2048, depth=3)
    optimizer = make_optimizer(model, Config())
    batches = Batches(x[VAL:], y[VAL:], BATCH, order=torch.Generator().manual_seed(0))
    val, clean = [(x[:VAL], y[:VAL])], [(x[VAL : 2 * VAL], y[VAL : 2 * VAL])]
    every = -(-len(batches) // GRAD_NORMS)
    rows = []
    passes = trainer_log.evaluate = Clock(evaluate)
    options = {"train_clean": clean, "val": val, "grad_norm_every": every}
    with (
        EpochLog(run_dir, model, optimizer, cross_entropy, **options) as log,
        EpochLog(run_dir / "hypergrad", model, optimizer, cross_entropy, hypergrad=True, **options) as asking,
    ):
        for number in range(EPOCHS + 1):  # the first one warms up
            step, whole = Clock(log.step), Clock(log.epoch)
            passes.seconds = passes.calls = 0

            def without():
                epoch(model, optimizer, batches, lambda loss, samples: None)
                evaluate(model, cross_entropy, val)

            def logging(step=step, whole=whole, number=number):
                epoch(model, optimizer, batches, step)
                whole(number + 1)

            def hypergradient(number=number):
                epoch(model, optimizer, batches, asking.step)
                asking.epoch(number + 1)

            clocks = [Clock(without), Clock(logging)]
            for clock in clocks if number % 2 else reversed(clocks):
                clock()
            plain, logged = (clock.seconds for clock in clocks)
            assert passes.calls == 2, "one pass over validation and one over the clean subset"
            clean_pass, rest = passes.seconds / 2, step.seconds + whole.seconds - passes.seconds
            asked = Clock(hypergradient)
            asked()
            if number:
                rows.append((plain, logged, clean_pass, rest, asked.seconds))
    trainer_log.evaluate = evaluate
    return rows, sum(parameter.numel() for parameter in model.parameters())


def waiting(run_dir):
    """The share of a training that goes into waiting until files are on the disk, how often, and its seconds."""
    clock, fsync = Clock(os.fsync, time.monotonic), os.fsync
    os.fsync = clock
    begun = time.monotonic()
    try:
        trained(run_dir, Config(threads=1, epochs=LONG))
    finally:
        os.fsync = fsync
    seconds = time.monotonic() - begun
    return clock.seconds / seconds, clock.calls, seconds


def table(rows, parameters, waited):
    """The medians as Markdown. Raises ``AssertionError`` where the hypergradient costs more than it may."""
    plain, logged, clean, rest, asked = (statistics.median(column) for column in zip(*rows, strict=True))
    assert asked / logged - 1 < LIMIT, f"the hypergradient takes {asked / logged - 1:.1%} of an epoch"
    lines = [
        f"{parameters / 1e6:.1f} M parameters, {SAMPLES} samples in batches of {BATCH}, {VAL} for validation, CPU "
        f"({platform.machine()}, 1 thread), median of {len(rows)} epochs.",
        "",
        "| an epoch | CPU seconds | share |",
        "|---|---|---|",
        f"| without logging | {plain:.2f} | |",
        f"| measuring and writing | {rest:.3f} | {rest / plain:.2%} |",
        f"| one pass over the clean subset | {clean:.3f} | {clean / plain:.2%} |",
        f"| with logging | {logged:.2f} | {logged / plain - 1:+.1%} |",
        f"| with logging and `--hypergrad` | {asked:.2f} | {asked / logged - 1:+.1%} of the epoch with logging |",
        "",
        f"Of {waited[2]:.0f} seconds of training on digits, {waited[0]:.2%} go into waiting until files are on the "
        f"disk, {waited[1]} times in {LONG} epochs.",
    ]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the table into docs/")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        text = table(*measure(Path(folder)), waiting(Path(folder) / "digits"))
    record("trainer.md", "trainer_overhead", text, write=options.write)


if __name__ == "__main__":
    main()
