"""Real event files from TensorBoard's own writer, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter


def write_scalars(
    folder: Path, scalars: Mapping[str, Mapping[int, float]], *, start: float = 1.7e9, seconds: float = 1.0
) -> None:
    """One event file in ``folder``: tag -> step -> value, step by step as a training writes them."""
    writer = EventFileWriter(str(folder))
    for step in sorted({step for series in scalars.values() for step in series}):
        for tag, series in scalars.items():
            if step in series:
                summary = Summary(value=[Summary.Value(tag=tag, simple_value=series[step])])
                writer.add_event(Event(wall_time=start + step * seconds, step=step, summary=summary))
    writer.close()
