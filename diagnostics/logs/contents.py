"""Contents: what the events of one file have said so far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf.message import DecodeError
from tensorboard.compat.proto import event_pb2
from tensorboard.plugins.hparams import plugin_data_pb2

from diagnostics.logs.growing import GrowingRows
from diagnostics.logs.run import Rows
from diagnostics.logs.tensors import TensorError, scalar_of, text_of

HParam = bool | float | str


class Contents:
    """Scalars by tag in file order, texts, hyperparameters; filled event by event (``add``) or by the fast paths."""

    def __init__(self) -> None:
        self.scalars: dict[str, Rows] = {}
        self.texts: dict[str, str] = {}
        self.hparams: dict[str, HParam] = {}
        self.first_wall_time: float | None = None
        self.damaged = 0
        self._series: dict[str, GrowingRows] = {}
        self._plugins: dict[str, str] = {}
        self._pending: dict[str, list[tuple[int, float, float]]] = {}

    def add(self, payload: bytes | memoryview) -> None:
        """Take in one serialized ``Event``; what cannot be understood is counted in ``damaged``."""
        try:
            event = event_pb2.Event.FromString(payload)
            if self.first_wall_time is None:
                self.first_wall_time = event.wall_time
            for value in event.summary.value:
                self._add_value(value, event.step, event.wall_time)
        except (DecodeError, TensorError):
            self.damaged += 1

    def publish(self) -> None:
        """Bring ``scalars`` up to date with what was added one by one."""
        for tag, rows in self._pending.items():
            steps, wall_times, values = zip(*rows, strict=True)
            series = self._series.setdefault(tag, GrowingRows())
            series.extend(steps, wall_times, values)
            self.scalars[tag] = series.rows()
        self._pending.clear()

    def _add_value(self, value: Any, step: int, wall_time: float) -> None:
        tag: str = value.tag
        if value.HasField("metadata"):  # later events of a tag may leave it out, and cannot change it
            self._plugins.setdefault(tag, value.metadata.plugin_data.plugin_name)
        kind, plugin = value.WhichOneof("value"), self._plugins.get(tag)
        if kind == "simple_value":
            self._pending.setdefault(tag, []).append((step, wall_time, value.simple_value))
        elif kind == "tensor" and plugin == "scalars":
            self._pending.setdefault(tag, []).append((step, wall_time, scalar_of(value.tensor)))
        elif kind == "tensor" and plugin == "text":
            self.texts[tag] = text_of(value.tensor)
        elif plugin == "hparams":
            self.hparams.update(_hparams(value.metadata.plugin_data.content))


def _hparams(content: bytes) -> Mapping[str, HParam]:
    start = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info
    found = {name: _plain(value) for name, value in start.hparams.items()}
    return {name: value for name, value in found.items() if value is not None}


def _plain(value: Any) -> HParam | None:
    kind = value.WhichOneof("kind")
    return getattr(value, kind) if kind in ("bool_value", "number_value", "string_value") else None
