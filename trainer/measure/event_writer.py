"""Event writer: one TensorBoard event file, written at once and in this thread, so that no number is lost unnoticed."""

from __future__ import annotations

import errno
import os
import re
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from shlex import quote
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
from trainer.files import make_folder, open_own, replacing

BEGUN = re.compile(r"events\.out\.tfevents\.(\d{1,12}(?:\.\d{1,9})?)\.")
LATER = 0.001  # seconds between the sessions of a run, at least, also after the clock was set back
KEPT = 2**24  # bytes of a session that are kept in memory; what is longer is read from the file that was lost
SYNC_SHARE = 0.01  # of the time that may go into waiting until records are on the disk
FULL = (errno.ENOSPC, errno.EDQUOT)
# what a disk says that may take it later: a full one, a server that is started again, rights that were taken away
PASSING = (*FULL, errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN, errno.EACCES, errno.EROFS)


class WriteError(TrainerError):
    """The event file cannot be written; what was written before is whole."""


class EventWriter:
    """A new event file in ``run_dir``; each call writes its records at once. Every method raises ``WriteError``.

    A file that was lost, with its folder or without, is written again at the next call. A ``patient`` writer raises
    nothing once it is made: what cannot be written is kept, ``trouble`` says why, and each call tries it again;
    ``may_pass`` says that the disk may take it later.
    """

    may_pass = False

    def __init__(self, run_dir: str | os.PathLike[str], *, patient: bool = False) -> None:
        self._ahead, self._last = 0.0, _newest(Path(run_dir)) + LATER
        begun = self._now()
        name = f"events.out.tfevents.{begun:017.6f}.{socket.gethostname()}.{os.getpid()}"
        self.path, self.patient, self.trouble = Path(run_dir, name), patient, ""
        self.size = 0
        self._pending, self._kept = bytearray(), bytearray()
        self._sync_due = 0.0
        try:
            make_folder(Path(run_dir))
            self._file = self.path.open("x+b", buffering=0)
        except OSError as error:
            raise WriteError(f"cannot write to {run_dir}: {error.strerror}; choose another folder") from error
        self._write([Event(wall_time=begun, file_version="brain.Event:2")])

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """One record a tag, all of the same wall time."""
        now = self._now()
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
        """Everything is written already; this waits until it is on the disk, and gives the file back."""
        with suppress(OSError):
            os.fsync(self._file.fileno())
        self._file.close()

    def __enter__(self) -> EventWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _value(self, value: Summary.Value) -> None:
        self._write([Event(wall_time=self._now(), summary=Summary(value=[value]))])

    def _now(self) -> float:
        """Seconds since 1970, never earlier than before: what goes back in time reads as another writer's."""
        now = time.time() + self._ahead
        if now < self._last:
            self._ahead += self._last - now
        self._last = max(now, self._last)
        return self._last

    def retry(self) -> None:
        """Write what could not be written before."""
        try:
            if self._lost():
                self._restore()
            self._flush()
            if (now := time.monotonic()) >= self._sync_due:
                os.fsync(self._file.fileno())
                self._sync_due = time.monotonic() + (time.monotonic() - now) / SYNC_SHARE
            self.trouble = ""
        except OSError as error:
            self.may_pass = error.errno in PASSING
            self.trouble = f"cannot write to {self.path}: {error.strerror}"
            if not self.patient:
                raise WriteError(
                    f"{self.trouble}; all before is whole. {way_out(error)}, then continue: "
                    f"{PROGRAM} resume {quote(str(self.path.parent))}"
                ) from error

    def _write(self, events: list[Event]) -> None:
        """All records or none: a record that is cut off would hide whatever follows it from every reader."""
        buffer = BytesIO()
        records = RecordWriter(buffer)
        for event in events:
            records.write(event.SerializeToString())
        self._pending += buffer.getbuffer()
        self.retry()

    def _flush(self) -> None:
        left = memoryview(bytes(self._pending))
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError:
            with suppress(OSError):
                self._file.truncate(self.size)
                self._file.seek(self.size)
            raise
        if self._ahead:  # the next session shall begin later than this one ended
            os.utime(self._file.fileno(), (self._last, self._last))
        self.size += len(self._pending)
        if self.size <= KEPT:
            self._kept += self._pending
        else:
            self._kept.clear()
        self._pending.clear()

    def _lost(self) -> bool:
        """Was the file, or the folder it lies in, removed, replaced or cut short?"""
        try:
            there, ours = self.path.stat(), os.fstat(self._file.fileno())
        except OSError:
            return True
        return (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino) or there.st_size < self.size

    def _restore(self) -> None:
        """Write it again, from memory or from the file that has no name any more."""
        whole = bytes(self._kept) if len(self._kept) == self.size else os.pread(self._file.fileno(), self.size, 0)
        make_folder(self.path.parent)
        with replacing(self.path) as file:
            file.write(whole)
        restored = os.fdopen(open_own(self.path, os.O_RDWR), "r+b", buffering=0)
        self._file.close()
        self._file, self.size = restored, len(whole)
        self._file.seek(self.size)


def way_out(error: BaseException) -> str:
    """What to do about what was not written."""
    is_full = not isinstance(error, OSError) or error.errno in (*FULL, errno.EFBIG)
    return "Make room" if is_full else "Let the disk take it again"


def _newest(folder: Path) -> float:
    """When an event file of a folder was begun or written last, in seconds since 1970; 0 without any."""
    newest = 0.0
    with suppress(OSError):
        for path in folder.iterdir():
            if match := BEGUN.match(path.name):
                newest = max(newest, float(match[1]), path.stat().st_mtime)
    return newest
