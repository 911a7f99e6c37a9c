"""Bombs: small files that stand for much memory or much time, by the name that each is found under."""

from __future__ import annotations

import gzip
import os
import sqlite3
import zipfile
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from struct import pack

import numpy as np

from diagnostics.logs.event_files.crc import masked_crc_of_length
from tests.writers import LogWriter

Maker = Callable[[Path], None]
MEBI = 1 << 20
EMPTY = 100 << 30  # bytes; a file with nothing in it takes no room on the disk


def _text(*parts: str) -> Maker:
    return lambda path: path.write_text("".join(parts)) and None


def _sparse(begin: bytes = b"") -> Maker:
    def write(path: Path) -> None:
        path.write_bytes(begin)
        os.truncate(path, EMPTY)

    return write


def _gzip(path: Path) -> None:
    path.write_bytes(gzip.compress(bytes(64 * MEBI), 9) * 160)


def _array(path: Path, *, says: int, holds: int) -> None:
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({says // 4},), }}".ljust(117) + "\n"
    packed = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
    with packed as archive, archive.open("losses.npy", "w") as member:
        member.write(b"\x93NUMPY\x01\x00" + pack("<H", len(header)) + header.encode())
        for _ in range(holds // MEBI):
            member.write(bytes(MEBI))


def _texts_that_are_one(path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = 50_000
    text = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array(["loss" + "x" * 100_000]))
    pq.write_table(pa.table({"step": np.arange(rows), "value": np.ones(rows), "key": text}), path, compression="zstd")


def _texts_that_are_many(path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema({"step": pa.int64(), "value": pa.float64(), "key": pa.string()})
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=False) as writer:
        for group in range(30):
            keys = [f"loss{group}-{row}".ljust(10 * MEBI) for row in range(10)]
            writer.write_table(pa.table({"step": [0] * 10, "value": [1.0] * 10, "key": keys}, schema))


def _pages_that_are_more_than_the_file_says(path: Path) -> None:
    """The same, where the end of the file says of each column that it takes nothing; its pages say the truth."""
    import pyarrow.parquet as pq

    _texts_that_are_many(path)
    metadata = pq.read_metadata(path)
    content = bytearray(path.read_bytes())
    end = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    for group in range(metadata.num_row_groups):
        for size in (
            metadata.row_group(group).column(2).total_uncompressed_size,
            metadata.row_group(group).total_byte_size,
        ):
            said = _varint(2 * size)
            nothing = b"\x80" * (len(said) - 1) + b"\0"
            content[end:] = content[end:].replace(said, nothing)
    path.write_bytes(content)
    assert pq.read_metadata(path).row_group(0).column(2).total_uncompressed_size == 0


def _varint(number: int) -> bytes:
    digits = []
    while number >= 0x80:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*digits, number])


def _computed_column(path: Path) -> None:
    """Rows of 200 kB that take 8 bytes each; sorting them would fill the disk."""
    database = sqlite3.connect(path)
    metrics = """'{"loss": 1, "a": "' || hex(zeroblob(100000)) || '"}'"""
    database.execute(f"CREATE TABLE metrics (id, timestamp, run_name, step, metrics GENERATED ALWAYS AS ({metrics}))")
    rows = ((row, row) for row in range(20_000))
    database.executemany("INSERT INTO metrics (id, timestamp, run_name, step) VALUES (?, 2, 'r', ?)", rows)
    database.commit()
    database.close()


def _laughs(least: str, group: str) -> str:
    """YAML whose last name stands for 9 to the 11th times the first."""
    names = (f"a{at}: &a{at} {group.format(f'*a{at - 1}')}\n" for at in range(1, 12))
    return "".join(chain([f"a0: &a0 {least}\n"], names))


def _record_of_20_gib(path: Path) -> None:
    with LogWriter(path.parent, name=path.name) as log:
        log.scalar("loss", 1.0, 0)
    length = 20 << 30
    with path.open("ab") as file:
        file.write(pack("<QI", length, masked_crc_of_length(length)))
        file.truncate(file.tell() + length + 4)


_LIST = "[" + ", ".join(["{0}"] * 9) + "]"
_MAP = "{{" + ", ".join(f"k{at}: {{0}}" for at in range(9)) + "}}"
BOMBS: dict[str, tuple[str, Maker]] = {
    "packed table": ("x/log.csv.gz", _gzip),
    "packed events": ("x/events.out.tfevents.1.host.gz", _gzip),
    "a record of 20 GiB": ("x/events.out.tfevents.1.host", _record_of_20_gib),
    "a table of 100 GiB": ("x/log.csv", _sparse(b"epoch,loss\n")),
    "a table of many fields": ("x/log.csv", _text("epoch,loss\n", "1,2\n" * 4_500_000)),
    "lists of many fields": ("x/history.json", _text('{"loss": [1', ",[]" * 9_000_000, "]}")),
    "an array that says 6 GiB": ("good/val_losses.npz", lambda path: _array(path, says=6 << 30, holds=2 * MEBI)),
    "an array of 512 MiB": ("good/val_losses.npz", lambda path: _array(path, says=512 * MEBI, holds=512 * MEBI)),
    "arrays of 100 GiB": ("good/val_losses.npz", _sparse(b"PK")),
    "one text, often": ("x/data.parquet", _texts_that_are_one),
    "many texts": ("x/data.parquet", _texts_that_are_many),
    "pages of 3 GB": ("x/data.parquet", _pages_that_are_more_than_the_file_says),
    "a computed column": ("x/project.db", _computed_column),
    "lists of lists": ("good/args.yaml", _text(_laughs("[lol, lol]", _LIST))),
    "lists of nothing": ("good/args.yaml", _text(_laughs("[{}, {}]", _LIST))),
    "names of names": ("good/args.yaml", _text(_laughs("{}", _MAP))),
    "a text, often": ("good/args.yaml", _text("a: &a ", "x" * 500_000, "\nb: [*a", ", *a" * 50_000, "]\n")),
    "deep YAML": ("good/args.yaml", _text("[" * 900_000)),
    "a name of many parts": ("good/config.toml", _text("a." * 400_000, "a = 1")),
    "one long word": ("good/args.txt", _text("a" * 1_000_000)),
    "settings of 100 GiB": ("good/config.json", _sparse(b"{")),
    "a status of 100 GiB": ("good/status.json", _sparse(b"{")),
    "a trial of 100 GiB": ("good/trial.json", _sparse(b"{")),
    "a repair of 100 GiB": ("good/repair.json", _sparse(b"{")),
    "a ledger of 100 GiB": ("ledger.jsonl", _sparse(b"{")),
    "a study of 100 GiB": ("search/study.json", _sparse(b"{")),
    "an output of 100 GiB": ("good/trainer.log", _sparse(b"{")),
}  # fmt: skip
