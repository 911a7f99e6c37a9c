"""wandb run: the ``.wandb`` file that wandb keeps of every run on the machine that trains, offline or not.

A file is a header and records of protobuf in the frames of LevelDB's log: blocks of 32 KiB, at whose ends a record is
parted. wandb's own package has no reader of it any more, so the few messages that are needed stand here.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from struct import Struct
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from diagnostics.logs.histories.history import History, HistoryError, HParam, RawFile, flat, from_records

WANDB = b":W&B"  # how a file begins
_HEADER = 7  # bytes of the file, and of each frame
_BLOCK = 32 << 10
_FRAME = Struct("<IHB").unpack_from  # checksum, length, kind
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4
_NO_CONFIG = "_wandb"  # what wandb notes for itself

_FIELDS = {  # message -> field -> number and type, as in wandb_internal.proto; * is a list
    "Record": {"history": (2, "History"), "config": (5, "Config"), "run": (17, "Run")},
    "History": {"item": (1, "*Item"), "step": (2, "Step")},
    "Step": {"num": (1, "int64")},
    "Run": {"config": (4, "Config")},
    "Config": {"update": (1, "*Item")},
    "Item": {"key": (1, "string"), "nested_key": (2, "*string"), "value_json": (16, "string")},
}


def read_wandb(source: RawFile) -> list[History]:
    """The history and the configuration of the run in a file. Raises ``HistoryError`` when it is no such file."""
    if not source.content.startswith(WANDB):
        raise HistoryError("it does not begin as a wandb file")
    rows: list[dict[str, Any]] = []
    config: dict[str, Any] = {}
    damaged = 0
    for payload in _payloads(source.content):
        try:
            record = None if payload is None else _Record.FromString(payload)
        except DecodeError:
            record = None
        if record is None:
            damaged += 1
            continue
        config |= _values(record.run.config.update) | _values(record.config.update)
        if record.HasField("history"):
            rows.append({"_step": record.history.step.num} | _values(record.history.item))
    history = from_records(rows, source, damaged=damaged, step="_step")
    return [History(history.scalars, damaged=history.damaged, hparams=_hparams(config))]


def _payloads(content: bytes) -> Iterator[bytes | None]:
    """The whole records, None for a damaged one; the last may still be being written."""
    at = _HEADER
    parts: list[bytes] | None = None  # of a record that has begun and is sound so far
    while at + _HEADER <= len(content):
        room = _BLOCK - at % _BLOCK
        if room < _HEADER:  # too small for a frame, so it was left empty
            at += room
            continue
        _, size, kind = _FRAME(content, at)
        begin, end = at + _HEADER, at + _HEADER + size
        if size > room - _HEADER or end > len(content):  # no frame is so long, or it is not all there yet
            if size > room - _HEADER or any(_is_sound(content, inside) for inside in range(begin, len(content))):
                yield None
            at, parts = at + room, None  # where the next frame begins is told by the next block alone
            continue
        parts = [] if kind in (_FULL, _FIRST) else parts
        if not _is_sound(content, at):
            yield None
            parts = None
        elif parts is not None:
            parts.append(content[begin:end])
            if kind in (_FULL, _LAST):
                yield b"".join(parts)
                parts = None
        at = end


def _is_sound(content: bytes, at: int) -> bool:
    """Whether a whole frame begins there."""
    if at + _HEADER > len(content):
        return False
    checksum, size, kind = _FRAME(content, at)
    data = content[at + _HEADER : at + _HEADER + size]
    known = kind in (_FULL, _FIRST, _MIDDLE, _LAST) and len(data) == size
    return known and zlib.crc32(data, zlib.crc32(bytes([kind]))) == checksum


def _values(items: Any) -> dict[str, Any]:
    values = {}
    for item in items:
        try:
            values["/".join(item.nested_key) or item.key] = json.loads(item.value_json)
        except (ValueError, RecursionError):
            continue
    return values


def _hparams(config: dict[str, Any]) -> dict[str, HParam]:
    plain = {name: value for name, value in config.items() if not name.startswith(_NO_CONFIG)}
    return {name: value for name, value in flat(plain) if isinstance(value, bool | int | float | str)}


def _message(name: str) -> Any:
    """The class of a message, made from ``_FIELDS`` in a pool of its own."""
    file = descriptor_pb2.FileDescriptorProto(name="fitwatch/wandb.proto", package="fitwatch.wandb", syntax="proto3")
    kinds = descriptor_pb2.FieldDescriptorProto
    for message, fields in _FIELDS.items():
        described = file.message_type.add(name=message)
        for field, (number, kind) in fields.items():
            label = kinds.LABEL_REPEATED if kind.startswith("*") else kinds.LABEL_OPTIONAL
            added = described.field.add(name=field, number=number, label=label)
            if (plain := kind.lstrip("*")) in _FIELDS:
                added.type, added.type_name = kinds.TYPE_MESSAGE, f".fitwatch.wandb.{plain}"
            else:
                added.type = kinds.TYPE_INT64 if plain == "int64" else kinds.TYPE_STRING
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"fitwatch.wandb.{name}"))


_Record = _message("Record")
