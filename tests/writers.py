"""Real event files for tests, from TensorBoard's own record writer and summaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.plugins.histogram.summary_v2 import histogram_pb
from tensorboard.plugins.hparams.summary_v2 import hparams_pb
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.summary.writer.record_writer import RecordWriter

START = 1.75e9  # seconds since 1970
_numbers = count()


class LogWriter:
    """One event file in ``directory``, which is made. Wall times go up by a second from event to event."""

    def __init__(self, directory: Path, *, start: float = START, name: str | None = None) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / (name or f"events.out.tfevents.{int(start)}.host.{next(_numbers)}")
        self._times = count()
        self._start = start
        self._writer = RecordWriter(self.path.open("wb"))
        self.event(event_pb2.Event(file_version="brain.Event:2"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def scalar(self, tag: str, value: float, step: int, *, wall_time: float | None = None) -> None:
        """A scalar as PyTorch's ``SummaryWriter`` writes it."""
        self.value(summary_pb2.Summary.Value(tag=tag, simple_value=value), step, wall_time=wall_time)

    def tensor_scalar(self, tag: str, value: float, step: int, *, wall_time: float | None = None) -> None:
        """A scalar as Keras and TensorFlow 2 write it."""
        self._summary(scalar_pb(tag, value), step, wall_time)

    def text(self, tag: str, text: str, step: int = 0) -> None:
        """A text."""
        self._summary(text_pb(tag, text), step)

    def histogram(self, tag: str, values: Sequence[float], step: int) -> None:
        """A histogram as TensorFlow 2 writes it."""
        self._summary(histogram_pb(tag, np.asarray(values)), step)

    def hparams(self, hparams: Mapping[str, Any]) -> None:
        """Hyperparameters, for the HParams plugin."""
        self._summary(hparams_pb(dict(hparams)), 0)

    def value(self, value: Any, step: int, *, wall_time: float | None = None) -> None:
        """Any ``Summary.Value``."""
        self._summary(summary_pb2.Summary(value=[value]), step, wall_time)

    def event(self, event: Any) -> None:
        """Any ``Event``; it gets a wall time if it has none."""
        seconds = next(self._times)
        if not event.wall_time:
            event.wall_time = self._start + seconds
        self.payload(event.SerializeToString())

    def payload(self, payload: bytes) -> None:
        """A record with any content and right checksums."""
        self._writer.write(payload)

    def flush(self) -> None:
        """Make everything so far readable."""
        self._writer.flush()

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()

    def _summary(self, summary: Any, step: int, wall_time: float | None = None) -> None:
        self.event(event_pb2.Event(step=step, summary=summary, wall_time=wall_time))


def write_scalars(
    folder: Path, scalars: Mapping[str, Mapping[int, float]], *, start: float = START, seconds: float = 1.0
) -> Path:
    """One event file in ``folder``: tag -> step -> value, step by step as a training writes them; its path."""
    with LogWriter(folder, start=start) as log:
        for step in sorted({step for series in scalars.values() for step in series}):
            for tag, series in scalars.items():
                if step in series:
                    log.scalar(tag, series[step], step, wall_time=start + step * seconds)
    return log.path


def write_run(
    folder: Path, curves: Mapping[str, Sequence[float]], *, first_step: int = 1, start: float = START
) -> Path:
    """An event file with each tag's values at the steps ``first_step, first_step + 1, ...``; its path."""
    scalars = {tag: dict(enumerate(values, first_step)) for tag, values in curves.items()}
    return write_scalars(folder, scalars, start=start)
