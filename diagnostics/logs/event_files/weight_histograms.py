"""WeightHistograms: norms and sparsity of each layer, from the histograms of weights that any framework logs."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from tensorboard.compat.proto import event_pb2

from diagnostics.logs.event_files.crc import damaged_rows
from diagnostics.logs.event_files.layout import FOOTER, HEADER
from diagnostics.logs.matching.tokens import words
from diagnostics.logs.matching.vocabulary import word_set
from diagnostics.logs.run import Rows
from diagnostics.signals.sparsity import TOLERANCE

_MOST, _FEWER = 512, 40  # histograms that are read of a file, evenly; a large file has other things to read
_LARGE = 64 << 20  # bytes
_OF_A_LAYER = 16  # that are read at least, however large the file
_TOGETHER = 64  # histograms that are measured at once
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


class _Histogram(NamedTuple):
    """Left and right ends and counts of ``n`` buckets, shape ``(n,)`` each, and the sum of squares, NaN if unknown."""

    layer: str
    step: int
    wall_time: float
    left: NDArray[np.float64]
    right: NDArray[np.float64]
    counts: NDArray[np.float64]
    squares: float


class WeightHistograms:
    """The histograms of weights of one file. Records are taken in unread (``offer``) and read together."""

    def __init__(self) -> None:
        self._left: dict[bytes, int] = {}  # how many of a tag are left out before the next
        self._tags = self._rounds = 0
        self._first: tuple[bytes, int] | None = None
        self._stride = 1
        self._begins = self._size = 0
        self._waiting: list[bytes | _Histogram] = []  # in file order: records that are still to be read, and what was
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
            wanted = max(_MOST if self._size < _LARGE else _FEWER, _OF_A_LAYER * self._tags)
            self._stride = max(1, math.ceil(expected / wanted))
            self._rounds = 1
        self._tags += tag not in self._left
        self._left[tag] = self._stride - 1
        return True

    def offer(self, record: bytes) -> None:
        """Take in a whole record, to be read later."""
        self._waiting.append(record)

    def add(self, value: Any, *, step: int, wall_time: float) -> None:
        """Take in a summary value with a histogram that was read already."""
        self._waiting += _histograms_of(value, step, wall_time)

    def publish(self) -> int:
        """Read and measure what was taken in; how many records were damaged."""
        waiting, self._waiting = self._waiting, []
        events = _events_of({at: record for at, record in enumerate(waiting) if isinstance(record, bytes)})
        histograms: list[_Histogram] = []
        for at, histogram in enumerate(waiting):
            if not isinstance(histogram, bytes):
                histograms.append(histogram)
            elif (event := events[at]) is not None:
                for value in event.summary.value:
                    histograms += _histograms_of(value, event.step, event.wall_time)
        self._statistics += _measured(histograms)
        return sum(event is None for event in events.values())

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


def _events_of(records: Mapping[int, bytes]) -> dict[int, Any]:
    """The event of each record; ``None`` for one that is damaged."""
    by_length: dict[int, list[int]] = {}
    for at, record in records.items():
        by_length.setdefault(len(record), []).append(at)
    events = {}
    for length, places in by_length.items():
        data = np.frombuffer(b"".join(records[at] for at in places), np.uint8).reshape(-1, length)
        damaged = damaged_rows(data[:, HEADER:-FOOTER], np.ascontiguousarray(data[:, -FOOTER:]).view("<u4")[:, 0])
        for at, is_damaged in zip(places, damaged.tolist(), strict=True):
            events[at] = None if is_damaged else _event_of(records[at][HEADER:-FOOTER])
    return events


def _event_of(payload: bytes) -> Any:
    try:
        return event_pb2.Event.FromString(payload)
    except DecodeError:
        return None


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


def _histograms_of(value: Any, step: int, wall_time: float) -> Iterator[_Histogram]:
    """The histogram of a summary value, if it is one of a layer's weights."""
    layer = layer_of(value.tag)
    buckets = None if layer is None else _buckets_of(value)
    if layer is not None and buckets is not None:
        yield _Histogram(layer, step, wall_time, *buckets)


def _buckets_of(value: Any) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float] | None:
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


def _measured(histograms: Sequence[_Histogram]) -> list[LayerWeights]:
    """What each says, those with as many buckets together."""
    by_size: dict[int, list[int]] = {}
    for at, histogram in enumerate(histograms):
        by_size.setdefault(len(histogram.counts), []).append(at)
    weights: dict[int, LayerWeights] = {}
    for places in by_size.values():
        for start in range(0, len(places), _TOGETHER):
            some = places[start : start + _TOGETHER]
            weights |= zip(some, _measured_together([histograms[at] for at in some]), strict=True)
    return [weights[at] for at in range(len(histograms))]


def _measured_together(histograms: Sequence[_Histogram]) -> Iterator[LayerWeights]:
    left, right, counts = (np.stack(ends) for ends in zip(*(one[3:6] for one in histograms), strict=True))
    squares = np.array([histogram.squares for histogram in histograms])
    with np.errstate(all="ignore"):
        count = counts.sum(axis=1)
        spread = (counts * (left**2 + left * right + right**2)).sum(axis=1) / 3  # as if even over each bucket
        squares = np.where(np.isnan(squares), spread, squares)
        near = np.where((count > 0) & (squares >= 0), TOLERANCE * np.sqrt(squares / count), np.nan)[:, np.newaxis]
        inside = np.minimum(right, near) - np.maximum(left, -near)
        share = np.where(right > left, np.clip(inside / np.maximum(right - left, 1e-300), 0, 1), np.abs(left) <= near)
        doubtful = (counts * ((share > 0) & (share < 1))).sum(axis=1) / np.maximum(count, 1)
        sparsities = (counts * share).sum(axis=1) / np.maximum(count, 1)
    known = np.isfinite(near[:, 0]) & np.isfinite(sparsities) & (doubtful <= _SURE)
    columns = (count.tolist(), squares.tolist(), sparsities.tolist(), known.tolist())
    for histogram, size, square, sparsity, is_known in zip(histograms, *columns, strict=True):
        yield LayerWeights(*histogram[:3], size, square, sparsity if is_known else None)


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
