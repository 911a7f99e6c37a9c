"""The slow, obvious reader that the fast one must agree with: struct, protobuf and TensorBoard's own CRC."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError
from tensorboard.compat.proto import event_pb2
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c
from tensorboard.util import tensor_util


@dataclass
class Oracle:
    """What one file holds. ``scalars``: tag -> rows of (step, wall time, value) in file order."""

    scalars: dict[str, list[tuple[int, float, float]]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    damaged: int = 0
    stopped: bool = False
    plugins: dict[str, str] = field(default_factory=dict)


def read_slowly(path: Path) -> Oracle:
    """Every scalar of the file, one record after the other."""
    data, at, found = path.read_bytes(), 0, Oracle()
    while at + 12 <= len(data):
        length, length_crc = struct.unpack_from("<QI", data, at)
        if masked_crc32c(data[at : at + 8]) != length_crc:
            found.stopped = True
            break
        if at + 16 + length > len(data):
            break
        payload = data[at + 12 : at + 12 + length]
        (crc,) = struct.unpack_from("<I", data, at + 12 + length)
        at += 16 + length
        if masked_crc32c(payload) != crc:
            found.damaged += 1
            continue
        try:
            _read_event(event_pb2.Event.FromString(payload), found)
        except (DecodeError, ValueError):
            found.damaged += 1
    return found


def _read_event(event: Any, found: Oracle) -> None:
    for value in event.summary.value:
        if value.HasField("metadata"):
            found.plugins.setdefault(value.tag, value.metadata.plugin_data.plugin_name)
        kind, plugin = value.WhichOneof("value"), found.plugins.get(value.tag)
        rows = found.scalars.setdefault(value.tag, [])
        if kind == "simple_value":
            rows.append((event.step, event.wall_time, value.simple_value))
        elif kind == "tensor" and plugin == "scalars":
            rows.append((event.step, event.wall_time, float(tensor_util.make_ndarray(value.tensor).item())))
        elif kind == "tensor" and plugin == "text":
            strings = tensor_util.make_ndarray(value.tensor).reshape(-1).tolist()
            found.texts[value.tag] = "\n".join(text.decode("utf-8", "replace") for text in strings)
