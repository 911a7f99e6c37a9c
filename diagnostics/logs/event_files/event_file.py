"""EventFile: the scalars of one TensorBoard event file, read on as it grows."""

from __future__ import annotations

import os
from collections.abc import Mapping
from io import RawIOBase
from pathlib import Path

import numpy as np

from diagnostics.logs.event_files.bulk import drop_bulk
from diagnostics.logs.event_files.contents import Contents, HParam
from diagnostics.logs.event_files.layout import OVERHEAD
from diagnostics.logs.event_files.records import RecordReader
from diagnostics.logs.event_files.source import FileState, LocalFile, Source
from diagnostics.logs.event_files.walk import read_header
from diagnostics.logs.event_files.workspace import Workspace
from diagnostics.logs.run import Rows, Skipped

_FINGERPRINT = 16  # bytes in front of the offset that must still be there when a file has grown
_BLOCK = 2 << 20
_LARGEST = 1 << 28  # bytes of a record; a longer one is passed over unread, as it would have to fit into memory
_POINTER = b"version https://git-lfs.github.com/spec/"


class EventFile:
    """One event file. ``poll`` reads what was added; rows read once stay, also when the file is gone (``stale``).

    Files that share a ``workspace`` are polled one at a time.
    """

    def __init__(self, path: str | Path, *, source: Source | None = None, workspace: Workspace | None = None) -> None:
        self.path = Path(path)
        self.stale = False
        self._source: Source = source or LocalFile(os.fspath(path))
        self._workspace = workspace or Workspace()
        self._state: FileState | None = None
        self._offset = 0
        self._fingerprint: bytes | None = b""
        self._damage: str | None = None
        self._contents = Contents()
        self._published: tuple[int, bool, str | None] | None = (0, False, None)

    @property
    def scalars(self) -> Mapping[str, Rows]:
        """Every tag's rows so far, in file order."""
        return self._contents.scalars

    @property
    def weights(self) -> Mapping[str, Rows]:
        """What histograms of weights say of each layer and of all, by tags as ``weights/<layer>/l2_norm``."""
        return self._contents.weights.rows()

    @property
    def texts(self) -> dict[str, str]:
        """The last text of every tag of the text plugin."""
        return self._contents.texts

    @property
    def hparams(self) -> dict[str, HParam]:
        """What the HParams plugin recorded at the start of the session."""
        return self._contents.hparams

    @property
    def kinds(self) -> frozenset[str]:
        """What it holds beside scalars: images, texts and the like."""
        return frozenset(self._contents.kinds)

    @property
    def first_wall_time(self) -> float | None:
        """Seconds since 1970 of the first event; ``None`` while there is none."""
        return self._contents.first_wall_time

    @property
    def skipped(self) -> Skipped:
        """Damaged records so far, and whether the file had to be given up half-way."""
        return Skipped(self._contents.damaged, () if self._damage is None else (self._damage,))

    def poll(self) -> bool:
        """Read what was added since the last poll; True when anything changed. A lone ``stat`` when nothing did.

        Raises ``OSError`` when the file exists and cannot be read.
        """
        if changed := self.read_on():
            self.publish()
        return changed

    def read_on(self) -> bool:
        """``poll`` up to ``publish``, which makes it count: several small files are quicker read first, then published.

        True as long as there is something to publish.
        """
        try:
            state = self._source.state()
        except FileNotFoundError:
            self.stale = True
            return self._is_news()
        if state == self._state and not self.stale:
            return False
        return self._catch_up(state)

    def publish(self) -> None:
        """Bring everything up to date with what was read."""
        with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN
            self._contents.publish()
        self._published = self._offset, self.stale, self._damage

    def _catch_up(self, state: FileState) -> bool:
        with self._source.open() as file:
            if self._state is not None and not self._continues(file, state):
                self._offset, self._contents, self._published = 0, Contents(), None
            self._damage = None
            with np.errstate(invalid="ignore"):  # a signaling NaN is a NaN
                self._read(file, state[1])
            self._fingerprint = self._before_the_offset(file)
        self._state, self.stale = state, False
        return self._is_news()

    def _is_news(self) -> bool:
        return self._published != (self._offset, self.stale, self._damage)

    def _described(self, head: bytes, size: int) -> str:
        """What is wrong from the offset on, where the file goes on with ``head``."""
        if self._offset == 0 and head == _POINTER:
            return f"{self.path.name}: a Git LFS pointer, not the log itself; fetch it with: git lfs pull"
        rest = f"the {size - self._offset} bytes from there on were not read"
        return f"{self.path.name}: damaged at byte {self._offset}; {rest}"

    def _continues(self, file: RawIOBase, state: FileState) -> bool:
        """Whether the file still begins with what was read from it."""
        if self._state is None or state[0] != self._state[0] or state[1] < self._offset:
            return False
        return self._before_the_offset(file) == self._fingerprint

    def _before_the_offset(self, file: RawIOBase) -> bytes | None:
        start = max(0, self._offset - _FINGERPRINT)
        file.seek(start)
        return file.read(self._offset - start)

    def _read(self, file: RawIOBase, size: int) -> None:
        """Read on from the offset, up to ``size`` bytes of the file, block by block."""
        reader = RecordReader(self._contents, self._workspace)
        at = file.seek(self._offset)
        block = self._workspace.buffer_for("block", min(_BLOCK, 1 << (size - at).bit_length()))[:_BLOCK]
        stop = searched = 0  # where the data in the block ends, and how far bulk has been taken out of it
        while at < size and (got := file.readinto(block.data[stop : stop + size - at])):
            at, stop = at + got, stop + got
            if reader.bulky:
                filled = stop
                self._contents.weights.go_on(at - filled, size)
                searched, stop = drop_bulk(block, searched, filled, self._contents)
                self._offset += filled - stop
                if at < size and stop < len(block) // 2:
                    continue
            self._contents.weights.go_on(self._offset, size)
            used = reader.read(block, stop, to_come=size - at)
            self._offset += used
            if reader.damaged:
                self._damage = self._described(block[used:stop].tobytes()[: len(_POINTER)], size)
                break
            block[: stop - used] = block[used:stop]
            stop, searched = stop - used, max(0, searched - used)
            if stop == len(block):  # a single record is larger
                if (length := read_header(block.data, 0)[0] + OVERHEAD) > _LARGEST:
                    if self._offset + length > size:
                        break
                    self._contents.damaged += 1
                    self._offset = at = file.seek(self._offset + length)
                    stop = searched = 0
                    continue
                block = np.concatenate([block, np.empty(min(len(block), size - at), np.uint8)])
