"""Event logs of any size, written quickly: the presets that readers are measured on."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

START = 1.75e9  # seconds since 1970
Rows = NDArray[np.uint8]


@cache
def _table() -> NDArray[np.uint32]:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ 0x82F63B78, table >> 1).astype(np.uint32)
    return table


def masked_crcs(rows: Rows) -> NDArray[np.uint32]:
    """The masked CRC-32C of each row of bytes, shape ``(n,)``."""
    crcs = np.full(len(rows), 0xFFFFFFFF, np.uint32)
    for column in rows.T:
        crcs = _table()[(crcs ^ column) & 0xFF] ^ (crcs >> 8)
    crcs = ~crcs
    return (crcs >> 15 | crcs << 17) + np.uint32(0xA282EAD8)


def framed(payloads: Rows) -> Rows:
    """Records of payloads of one length, shape ``(n, length + 16)``."""
    count, length = payloads.shape
    header = struct.pack("<Q", length)
    crc = masked_crcs(np.frombuffer(header, np.uint8)[np.newaxis]).tobytes()
    head = np.broadcast_to(np.frombuffer(header + crc, np.uint8), (count, 12))
    return np.concatenate([head, payloads, masked_crcs(payloads).view(np.uint8).reshape(-1, 4)], axis=1)


def scalar_records(tag: str, steps: NDArray[np.int64], wall_times: Any, values: Any) -> list[tuple[NDArray[Any], Rows]]:
    """Records of one tag as TensorBoard's writer serializes them; indices and rows for each width of the step."""
    widths = np.select([steps == 0, steps < 1 << 7, steps < 1 << 14, steps < 1 << 21], [0, 1, 2, 3], 4)
    found = []
    for width in np.unique(widths):
        index = np.flatnonzero(widths == width)
        event = event_pb2.Event(wall_time=START, step=(0, 1, 1 << 7, 1 << 14, 1 << 21)[width])
        event.summary.value.add(tag=tag, simple_value=1.0)
        payload = np.frombuffer(event.SerializeToString(), np.uint8)
        rows = np.tile(payload, (len(index), 1))
        rows[:, 1:9] = np.asarray(wall_times)[index].astype("<f8").view(np.uint8).reshape(-1, 8)
        for byte in range(width):
            rows[:, 10 + byte] = (steps[index] >> 7 * byte & 0x7F) | (0x80 if byte < width - 1 else 0)
        rows[:, -4:] = np.asarray(values)[index].astype("<f4").view(np.uint8).reshape(-1, 4)
        found.append((index, framed(rows)))
    return found


def write_scalars(
    path: Path, tags: int, steps: int, *, seed: int = 0, shuffled: bool = False, names: Sequence[str] = ()
) -> None:
    """An event file with every tag at every step, in the same order or in a random one at each step."""
    rng = np.random.default_rng(seed)
    order = np.argsort(rng.random((steps, tags)), axis=1) if shuffled else np.tile(np.arange(tags), (steps, 1))
    names = names or [f"{('loss', 'accuracy', 'optim', 'weights')[tag % 4]}/series_{tag}" for tag in range(tags)]
    wall_times = START + np.sort(rng.random((steps, tags)) * steps, axis=None).reshape(steps, tags)
    pieces, lengths = [], np.empty(steps * tags, np.int64)
    for tag, name in enumerate(names):
        at = np.argsort(order, axis=1)[:, tag]
        place = np.arange(steps) * tags + at
        values = np.exp(-np.arange(steps) / steps) + rng.normal(0, 0.01, steps)
        for index, rows in scalar_records(name, np.arange(steps), wall_times[np.arange(steps), at], values):
            pieces.append((place[index], rows))
            lengths[place[index]] = rows.shape[1]
    offsets = np.cumsum(lengths) - lengths
    data = np.empty(int(lengths.sum()), np.uint8)
    for place, rows in pieces:
        data[offsets[place][:, np.newaxis] + np.arange(rows.shape[1])] = rows
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_first_record() + data.tobytes())


def write_bulky(path: Path, steps: int, *, scalars: int = 10, histograms: int = 20, seed: int = 0) -> None:
    """An event file of some 217 kB a step, most of it histograms and one image."""
    rng = np.random.default_rng(seed)
    bulk = [_bulk_of_a_step(rng, histograms) for _ in range(8)]
    series = []
    for tag in range(scalars):
        records: list[bytes] = [b""] * steps
        times = START + np.arange(steps) + tag / 100
        for index, rows in scalar_records(f"loss/series_{tag}", np.arange(steps), times, rng.random(steps)):
            for at, row in zip(index.tolist(), rows, strict=True):
                records[at] = row.tobytes()
        series.append(records)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(_first_record())
        for step in range(steps):
            file.write(b"".join(records[step] for records in series))
            file.write(bulk[step % len(bulk)])


def _bulk_of_a_step(rng: np.random.Generator, histograms: int) -> bytes:
    edges = np.sort(rng.normal(size=200))
    values = [summary_pb2.Summary.Value(tag=f"weights/layer_{i}") for i in range(histograms)]
    for value in values:
        value.histo.min, value.histo.max, value.histo.num = -3.0, 3.0, 1e4
        value.histo.bucket_limit.extend(edges)
        value.histo.bucket.extend(rng.integers(0, 100, 200).astype(float))
    image = summary_pb2.Summary.Value(tag="samples")
    image.image.width, image.image.height, image.image.colorspace = 256, 256, 3
    image.image.encoded_image_string = rng.bytes(150_000)
    return b"".join(_record(value) for value in [*values, image])


def _record(value: Any) -> bytes:
    event = event_pb2.Event(wall_time=START, step=1, summary=summary_pb2.Summary(value=[value]))
    payload = event.SerializeToString()
    size = struct.pack("<Q", len(payload))
    return size + struct.pack("<I", masked_crc32c(size)) + payload + struct.pack("<I", masked_crc32c(payload))


def _first_record() -> bytes:
    event = event_pb2.Event(wall_time=START, file_version="brain.Event:2")
    return framed(np.frombuffer(event.SerializeToString(), np.uint8)[np.newaxis]).tobytes()


def _small(folder: Path) -> None:
    for run in range(20):
        write_scalars(folder / f"run_{run}" / "events.out.tfevents.1", 6, 500, seed=run)


def _many(folder: Path, *, shuffled: bool = False) -> None:
    for run in range(100):
        write_scalars(folder / f"run_{run}" / "events.out.tfevents.1", 12, 5000, seed=run, shuffled=shuffled)


PRESETS: dict[str, Callable[[Path], None]] = {
    "S": _small,
    "L": lambda folder: write_scalars(folder / "events.out.tfevents.1", 5, 200_000),
    "L/2": lambda folder: write_scalars(folder / "events.out.tfevents.1", 5, 100_000),
    "H": lambda folder: write_bulky(folder / "events.out.tfevents.1", 1000),
    "M": _many,
    "M_irr": lambda folder: _many(folder, shuffled=True),
}
"""20 runs of 3,000 scalars; a million in one run; half of it; 210 MB, mostly bulk; 100 runs, six million; shuffled."""
