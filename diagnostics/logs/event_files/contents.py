"""Contents: what the events of one file have said so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from google.protobuf.message import DecodeError
from numpy.typing import ArrayLike
from tensorboard.compat.proto import event_pb2
from tensorboard.plugins.hparams import plugin_data_pb2

from diagnostics.logs.event_files.batch import Share, Shares
from diagnostics.logs.event_files.growing import GrowingRows
from diagnostics.logs.event_files.kinds import GRAPHS, kind_of_bulk, kind_of_value
from diagnostics.logs.event_files.tensors import TensorError, scalar_of, text_of
from diagnostics.logs.event_files.weight_histograms import WeightHistograms
from diagnostics.logs.run import Rows

HParam = bool | float | str


class ScalarRow(NamedTuple):
    """One scalar of one event."""

    tag: str
    step: int
    wall_time: float
    value: float


class Contents:
    """Scalars by tag in file order, texts, hyperparameters; filled event by event (``add``) or many rows at once."""

    def __init__(self) -> None:
        self.scalars: dict[str, Rows] = {}
        self.texts: dict[str, str] = {}
        self.hparams: dict[str, HParam] = {}
        self.first_wall_time: float | None = None
        self.bulk_tags: set[bytes] = set()  # of tensors whose plugin is one for pictures, histograms and the like
        self.weights = WeightHistograms()
        self.kinds: set[str] = set()  # of what is no scalar
        self.damaged = 0
        self._bulk_seen: set[bytes] = set()
        self._series: dict[str, GrowingRows] = {}
        self._plugins: dict[str, str] = {}
        self._pending: dict[str, list[list[ScalarRow] | tuple[Shares, int]]] = {}
        self._shares: list[Shares] = []
        self._latest: Shares | None = None  # where nothing was appended since
        self._changed: set[str] = set()

    def add(self, payload: bytes) -> None:
        """Take in one serialized ``Event``."""
        for row in self.rows_of(payload):
            self.append(row)

    def rows_of(self, payload: bytes) -> list[ScalarRow]:
        """The scalars of one serialized ``Event``, not yet added; its texts and hyperparameters are.

        What cannot be understood is counted in ``damaged``.
        """
        rows: list[ScalarRow] = []
        try:
            event = event_pb2.Event.FromString(payload)
            self.saw(event.wall_time)
            rows.extend(self._scalars_of(event))
            if event.WhichOneof("what") in ("graph_def", "meta_graph_def"):
                self.kinds.add(GRAPHS)
        except (DecodeError, TensorError):
            self.damaged += 1
        return rows

    def saw(self, wall_time: float) -> None:
        """Note the time of an event, which counts if it is the first."""
        if self.first_wall_time is None:
            self.first_wall_time = wall_time

    def saw_bulk(self, tag: bytes, head: bytes, length: int) -> None:
        """Note what a record of ``length`` bytes is that begins with ``head`` and is left unread."""
        if tag not in self._bulk_seen:
            self._bulk_seen.add(tag)
            self.kinds.add(kind_of_bulk(head, length, self._plugins.get(tag.decode("utf-8", "replace"))))

    def append(self, row: ScalarRow) -> None:
        """Append a row that follows everything added so far."""
        self.saw(row.wall_time)
        self._latest = None
        pieces = self._pending.setdefault(row.tag, [])
        latest = pieces[-1] if pieces else None
        if isinstance(latest, list):
            latest.append(row)
        else:
            pieces.append([row])

    def put(self, share: Share) -> None:
        """Append what a file has in a batch; it is read with the whole batch when ``publish`` asks for it."""
        if self._latest is None or self._latest.tags != share.tags:
            self._latest = Shares(share.tags)
            self._shares.append(self._latest)
            for record, tag in enumerate(share.tags):
                self._pending.setdefault(tag, []).append((self._latest, record))
        self._latest.add(share)

    def extend(
        self, tag: str, steps: ArrayLike, wall_times: ArrayLike, values: ArrayLike, *, count: int, expected: int = 0
    ) -> None:
        """Append ``count`` rows that follow everything added so far, with a guess at how many more are to come."""
        if not count:  # all of them were damaged
            return
        self._latest = None
        if tag in self._pending:
            self._flush(tag, to_come=max(count, expected))
        self._series_of(tag).extend(steps, wall_times, values, count=count, expected=expected)

    def publish(self) -> None:
        """Bring ``scalars`` up to date."""
        for tag in list(self._pending):
            self._flush(tag)
        self.damaged += self.weights.publish() + sum(shares.damaged for shares in self._shares)
        self._latest = None
        self._shares.clear()
        for tag in self._changed:
            self.scalars[tag] = self._series[tag].rows()
        self._changed.clear()

    def knows_as_scalars(self, tag: str) -> bool:
        """Whether tensors of this tag are scalars, as far as events have said."""
        return self._plugins.get(tag) == "scalars"

    def _flush(self, tag: str, *, to_come: int = 0) -> None:
        pieces = [piece if isinstance(piece, list) else piece[0].rows[piece[1]] for piece in self._pending.pop(tag)]
        expected = to_come + sum(len(piece) if isinstance(piece, list) else piece.shape[1] for piece in pieces)
        for piece in pieces:
            if isinstance(piece, list):
                _, *numbers = zip(*piece, strict=True)
                self._series_of(tag).extend(*numbers, count=len(piece), expected=expected)
            elif piece.size:  # else all of them were damaged
                self._series_of(tag).extend_by_table(piece, expected=expected)

    def _series_of(self, tag: str) -> GrowingRows:
        """The series of the tag, to be appended to."""
        self._changed.add(tag)
        return self._series.get(tag) or self._series.setdefault(tag, GrowingRows())

    def _scalars_of(self, event: Any) -> Iterator[ScalarRow]:
        for value in event.summary.value:
            tag: str = value.tag
            if value.HasField("metadata"):  # later events of a tag may leave it out, and cannot change it
                self._plugins.setdefault(tag, value.metadata.plugin_data.plugin_name)
            kind, plugin = value.WhichOneof("value"), self._plugins.get(tag)
            if kind == "simple_value":
                yield ScalarRow(tag, event.step, event.wall_time, value.simple_value)
            elif kind == "tensor" and plugin == "scalars":
                yield ScalarRow(tag, event.step, event.wall_time, scalar_of(value.tensor))
            else:
                self.kinds.add(kind_of_value(kind, plugin))
                self._add_other(value, plugin, event)

    def _add_other(self, value: Any, plugin: str | None, event: Any) -> None:
        """Take in a value that is no scalar."""
        kind = value.WhichOneof("value")
        if kind == "tensor" and plugin == "text":
            self.texts[value.tag] = text_of(value.tensor)
        elif plugin == "hparams":
            self.hparams.update(_hparams(value.metadata.plugin_data.content))
        elif kind == "tensor" and plugin is not None:
            self.bulk_tags.add(value.tag.encode())
        if kind == "histo" or plugin == "histograms":
            self.weights.add(value, step=event.step, wall_time=event.wall_time)


def _hparams(content: bytes) -> Mapping[str, HParam]:
    start = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info
    plain = {name: _plain(value) for name, value in start.hparams.items()}
    return {name: value for name, value in plain.items() if value is not None}


def _plain(value: Any) -> HParam | None:
    kind = value.WhichOneof("kind")
    return getattr(value, kind) if kind in ("bool_value", "number_value", "string_value") else None
