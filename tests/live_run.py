"""A run that goes on while somebody looks at it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from tests.writers import LogWriter

SERIES = {
    "loss/train": lambda epoch: 2.0 / epoch,
    "loss/val": lambda epoch: 0.4 + 2.0 / epoch + 0.004 * epoch,
    "optim/lr": lambda epoch: 1e-3,
    "optim/grad_norm": lambda epoch: 1.0 / epoch,
    "weights/l2_norm": lambda epoch: 3.0 + 0.05 * epoch,
    "weights/sparsity": lambda epoch: 0.002 * epoch,
}


def append(log: LogWriter, epoch: int, *, when: float | None = None) -> None:
    """One epoch of a run that begins to overfit, flushed."""
    for tag, value in SERIES.items():
        log.scalar(tag, value(epoch), epoch, wall_time=when or time.time())
    log.flush()


@contextmanager
def going_on(folder: Path, *, every: float = 0.5, begun: int = 40) -> Iterator[None]:
    """A log in ``folder`` that holds some epochs and gets another one every so many seconds while it is open."""
    ended = Event()
    with LogWriter(folder, start=time.time()) as log:
        for epoch in range(1, begun + 1):
            append(log, epoch, when=time.time() - begun + epoch)

        def write() -> None:
            for epoch in range(begun + 1, 100_000):
                if ended.wait(every):
                    return
                append(log, epoch)

        writer = Thread(target=write)
        writer.start()
        try:
            yield
        finally:
            ended.set()
            writer.join()
