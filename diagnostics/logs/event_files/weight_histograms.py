"""WeightHistograms: norms and sparsity of each layer, from the histograms of weights that any framework logs."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from tensorboard.compat.proto import event_pb2

from diagnostics.logs.event_files.crc import crc32c_of_rows, masked
from diagnostics.logs.event_files.layout import FOOTER, HEADER
from diagnostics.logs.matching.tokens import words
from diagnostics.logs.matching.vocabulary import word_set
from diagnostics.logs.run import Rows
from diagnostics.signals.sparsity import TOLERANCE

_MOST, _FEWER = 512, 40  # histograms that are read of a file, evenly; a large file has other things to read
_LARGE = 64 << 20  # bytes
_NEVER = 1 << 62
_SURE = 0.01  # of the weights; where buckets leave more in doubt, nothing is said of sparsity
_WEIGHTS = word_set("weight weights kernel kernels embedding embeddings")
_OTHERS = word_set(
    "bias biases grad grads gradient gradients bn norm layernorm batchnorm gamma beta activation activations output "
    "outputs momentum ema update updates diff decay"
)
_PARTS = re.compile(
    r"(?:^|[/._:-])(?:kernel|weights?|params?|parameters?|histograms?)(?:[_:]\d+)?(?=$|[/._:-])", re.IGNORECASE
)


class LayerWeights(NamedTuple):
    """What a histogram says of ``size`` weights; ``sparsity`` is None where its buckets are too wide for it."""

    layer: str
    step: int
    wall_time: float
    size: float
    sum_squares: float
    sparsity: float | None


class WeightHistograms:
    """The histograms of weights of one file. Records are taken in unread (``offer``) and read together."""

    def __init__(self) -> None:
        self._left: dict[bytes, int] = {}  # how many of a tag are left out before the next
        self._tags = self._rounds = 0
        self._first: tuple[bytes, int] | None = None
        self._stride = 1
        self._begins = self._size = 0
        self._records: list[bytes] = []
        self._statistics: list[LayerWeights] = []

    def go_on(self, begins: int, size: int) -> None:
        """From now on ``at`` counts from the place ``begins`` of a file of ``size`` bytes."""
        self._begins, self._size = begins, size

    def wants(self, tag: bytes, at: int) -> bool:
        """Whether the histogram of this tag that stands ``at`` so many bytes is to be taken in."""
        left = self._left.get(tag)
        if left:
            self._left[tag] = left - 1
            return False
        return self._is_next(tag, self._begins + at)

    def _is_next(self, tag: bytes, at: int) -> bool:
        """The same for a tag that is new or whose turn it is; how many are left out follows from the second round."""
        if tag not in self._left and layer_of(tag.decode("utf-8", "replace")) is None:
            self._left[tag] = _NEVER
            return False
        if self._first is None:
            self._first = tag, at
        elif self._stride == 1 and tag == self._first[0] and not self._rounds:
            expected = self._tags * self._size / max(at - self._first[1], 1)
            self._stride = max(1, math.ceil(expected / (_MOST if self._size < _LARGE else _FEWER)))
            self._rounds = 1
        self._tags += tag not in self._left
        self._left[tag] = self._stride - 1
        return True

    def offer(self, record: bytes) -> None:
        """Take in a whole record, to be read later."""
        self._records.append(record)

    def add(self, value: Any, *, step: int, wall_time: float) -> None:
        """Take in a summary value with a histogram that was read already."""
        layer = layer_of(value.tag)
        histogram = None if layer is None else _histogram_of(value)
        if layer is not None and histogram is not None:
            self._statistics.append(_measured(layer, step, wall_time, histogram))

    def publish(self) -> int:
        """Read what was taken in; how many records were damaged."""
        by_length: dict[int, list[bytes]] = {}
        for record in self._records:
            by_length.setdefault(len(record), []).append(record)
        self._records = []
        return sum(map(self._read, by_length.values()))

    def rows(self) -> Mapping[str, Rows]:
        """Norm and sparsity of each layer and of all of them, by tags such as ``weights/<layer>/l2_norm``."""
        layers: dict[str, list[LayerWeights]] = {}
        for one in self._statistics:
            layers.setdefault(one.layer, []).append(one)
        steps: dict[int, list[LayerWeights]] = {}
        for one in self._statistics:
            steps.setdefault(one.step, []).append(one)
        together = [_together(its) for its in steps.values() if len(its) == len(layers)]
        return {tag: rows for layer, its in layers.items() for tag, rows in _as_rows(f"weights/{layer}", its)} | dict(
            _as_rows("weights", together)
        )

    def _read(self, records: list[bytes]) -> int:
        data = np.frombuffer(b"".join(records), np.uint8).reshape(len(records), -1)
        stored = np.ascontiguousarray(data[:, -FOOTER:]).view("<u4")[:, 0].tolist()
        damaged = 0
        for record, crc, expected in zip(
            records, crc32c_of_rows(data[:, HEADER:-FOOTER]).tolist(), stored, strict=True
        ):
            try:
                event = event_pb2.Event.FromString(record[HEADER:-FOOTER]) if masked(crc) == expected else None
            except DecodeError:
                event = None
            if event is None:
                damaged += 1
                continue
            for value in event.summary.value:
                self.add(value, step=event.step, wall_time=event.wall_time)
        return damaged


@lru_cache(maxsize=4096)
def layer_of(tag: str) -> str | None:
    """The layer whose weights a histogram of this tag shows; None for biases, gradients and everything else.

    >>> layer_of("fc1.weight"), layer_of("dense/kernel_0/histogram"), layer_of("fc1.bias")
    ('fc1', 'dense', None)
    """
    said = {word.rstrip("0123456789") for word in words(tag)}
    if not said & _WEIGHTS or said & _OTHERS:
        return None
    return _PARTS.sub("", tag).strip("/._:- ") or tag


def _histogram_of(value: Any) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float] | None:
    """Left and right ends and counts of the buckets, shape ``(n,)`` each, and the sum of squares, NaN if unknown."""
    if value.WhichOneof("value") == "histo":
        right = np.array(value.histo.bucket_limit, np.float64)
        counts = np.array(value.histo.bucket, np.float64)
        if not len(right) or len(right) != len(counts):
            return None
        left = np.maximum(np.append(value.histo.min, right[:-1]), value.histo.min)
        right = np.minimum(right, value.histo.max)
        squares = value.histo.sum_squares
        return left, np.maximum(left, right), counts, squares if squares > 0 else math.nan
    content, kind = value.tensor.tensor_content, {1: "<f4", 2: "<f8"}.get(value.tensor.dtype)
    if kind is None or not content or len(content) % (3 * np.dtype(kind).itemsize):
        return None
    left, right, counts = np.frombuffer(content, kind).astype(np.float64).reshape(-1, 3).T
    return left, right, counts, math.nan


def _measured(layer: str, step: int, wall_time: float, histogram: tuple[Any, Any, Any, float]) -> LayerWeights:
    left, right, counts, squares = histogram
    with np.errstate(all="ignore"):
        count = float(counts.sum())
        if math.isnan(squares):  # as if the weights were spread evenly over each bucket
            squares = float((counts * (left**2 + left * right + right**2)).sum() / 3)
        near = TOLERANCE * math.sqrt(squares / count) if count > 0 and squares >= 0 else math.nan
        inside = np.minimum(right, near) - np.maximum(left, -near)
        share = np.where(right > left, np.clip(inside / np.maximum(right - left, 1e-300), 0, 1), np.abs(left) <= near)
        doubtful = float((counts * ((share > 0) & (share < 1))).sum()) / max(count, 1)
        sparsity = float((counts * share).sum()) / max(count, 1)
    known = math.isfinite(near) and math.isfinite(sparsity) and doubtful <= _SURE
    return LayerWeights(layer, step, wall_time, count, squares, sparsity if known else None)


def _together(layers: list[LayerWeights]) -> LayerWeights:
    size = sum(layer.size for layer in layers)
    known = [layer.sparsity * layer.size for layer in layers if layer.sparsity is not None]
    sparsity = sum(known) / size if len(known) == len(layers) and size > 0 else None
    return layers[-1]._replace(size=size, sum_squares=sum(layer.sum_squares for layer in layers), sparsity=sparsity)


def _as_rows(prefix: str, weights: list[LayerWeights]) -> Iterator[tuple[str, Rows]]:
    norms = [(one.step, one.wall_time, math.sqrt(one.sum_squares)) for one in weights if one.sum_squares >= 0]
    sparsities = [(one.step, one.wall_time, one.sparsity) for one in weights if one.sparsity is not None]
    for quantity, rows in (("l2_norm", norms), ("sparsity", sparsities)):
        if rows:
            steps, wall_times, values = zip(*rows, strict=True)
            yield (
                f"{prefix}/{quantity}",
                Rows(np.array(steps, np.int64), np.array(wall_times), np.array(values, np.float64)),
            )
