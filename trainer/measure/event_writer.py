"""Event writer: one TensorBoard event file, written at once and in this thread, so that no number is lost unnoticed."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from types import TracebackType

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_FLOAT, DT_STRING
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionStartInfo
from tensorboard.summary.writer.record_writer import RecordWriter

from trainer import PROGRAM
from trainer.errors import TrainerError


class WriteError(TrainerError):
    """The event file cannot be written; what was written before is whole."""


class EventWriter:
    """A new event file in ``run_dir``; each call writes its records at once. Every method raises ``WriteError``."""

    def __init__(self, run_dir: str | os.PathLike[str]) -> None:
        name = f"events.out.tfevents.{time.time():017.6f}.{socket.gethostname()}.{os.getpid()}"
        self.path = Path(run_dir, name)
        self.size = 0
        try:
            Path(run_dir).mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("xb", buffering=0)
        except OSError as error:
            raise WriteError(f"cannot write to {run_dir}: {error.strerror}; choose another folder") from error
        self._write([Event(wall_time=time.time(), file_version="brain.Event:2")])

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """One record a tag, all of the same wall time."""
        now = time.time()
        self._write(
            [
                Event(wall_time=now, step=step, summary=Summary(value=[Summary.Value(tag=tag, simple_value=value)]))
                for tag, value in values.items()
            ]
        )

    def text(self, tag: str, text: str) -> None:
        """A text, which TensorBoard shows as Markdown."""
        metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="text"))
        shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=1)])
        tensor = TensorProto(dtype=DT_STRING, string_val=[text.encode()], tensor_shape=shape)
        self._value(Summary.Value(tag=tag, metadata=metadata, tensor=tensor))

    def hparams(self, settings: Mapping[str, str | float | bool | None]) -> None:
        """The settings of this run for TensorBoard's HParams page; ``None`` is left out."""
        session = SessionStartInfo(start_time_secs=time.time())
        for name, value in settings.items():
            kind = "bool" if isinstance(value, bool) else "string" if isinstance(value, str) else "number"
            if value is not None:
                setattr(session.hparams[name], f"{kind}_value", value)
        content = HParamsPluginData(version=0, session_start_info=session).SerializeToString()
        plugin = SummaryMetadata.PluginData(plugin_name="hparams", content=content)
        nothing = TensorProto(dtype=DT_FLOAT, tensor_shape=TensorShapeProto())
        self._value(
            Summary.Value(
                tag="_hparams_/session_start_info", metadata=SummaryMetadata(plugin_data=plugin), tensor=nothing
            )
        )

    def close(self) -> None:
        """Everything is written already; this gives the file back."""
        self._file.close()

    def __enter__(self) -> EventWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _value(self, value: Summary.Value) -> None:
        self._write([Event(wall_time=time.time(), summary=Summary(value=[value]))])

    def _write(self, events: list[Event]) -> None:
        """All records or none: a record that is cut off would hide whatever follows it from every reader."""
        buffer = BytesIO()
        records = RecordWriter(buffer)
        for event in events:
            records.write(event.SerializeToString())
        left = buffer.getbuffer()
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            self._file.truncate(self.size)
            self._file.seek(self.size)
            raise WriteError(
                f"cannot write to {self.path}: {error.strerror}; all before is whole. Make room, then continue: "
                f"{PROGRAM} resume {self.path.parent}"
            ) from error
        self.size += buffer.tell()
