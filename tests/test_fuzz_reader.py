"""Damaged event files: no crash, no hang, and no wrong or missing number without a word about it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics.logs.event_files.event_file import EventFile
from tests.benchmarks.event_logs import write_bulky, write_scalars
from tests.event_oracle import read_slowly
from tests.writers import LogWriter

LOGS = os.environ.get("FITWATCH_LOGS")
Row = tuple[int, float, float]

PLACES = st.floats(0, 1)
BYTES = st.binary(min_size=1, max_size=64)
CHANGES = st.lists(st.tuples(st.sampled_from(["flip", "insert", "zero"]), PLACES, BYTES), min_size=1, max_size=4)
REMOVALS = st.lists(st.tuples(st.sampled_from(["cut", "end", "flip"]), PLACES, BYTES), min_size=1, max_size=4)


def damaged(data: bytes, damages: list[tuple[str, float, bytes]]) -> bytes:
    for kind, where, content in damages:
        at = int(where * len(data))
        after = at + len(content)
        if kind == "flip":
            flipped = bytes(old ^ new for old, new in zip(data[at:after], content, strict=False))
            data = data[:at] + flipped + data[at + len(flipped) :]
        elif kind == "cut":
            data = data[:at] + data[after:]
        elif kind == "insert":
            data = data[:at] + content + data[at:]
        elif kind == "zero":
            data = data[:at] + bytes(len(data[at:after])) + data[after:]
        else:
            data = data[:at]
    return data


def write_mixture(path: Path) -> None:
    with LogWriter(path.parent, name=path.name) as log:
        log.text("config", "{}")
        log.hparams({"lr": 0.1})
        for step in range(120):
            log.tensor_scalar("epoch_loss", 1 / (step + 1), step)
            log.scalar("accuracy", step / 120, step)
            if step % 40 == 0:
                log.histogram("weights", [1.0, 2.0, 3.0], step)


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("originals")
    write_scalars(folder / "regular", 5, 300)
    write_scalars(folder / "shuffled", 9, 300, shuffled=True)
    write_mixture(folder / "mixture")
    write_bulky(folder / "bulky", 3, scalars=4, histograms=3)
    return folder


def rows_of(file: EventFile) -> dict[str, list[Row]]:
    return {tag: list(zip(*(column.tolist() for column in rows), strict=True)) for tag, rows in file.scalars.items()}


def is_part_of(part: list[Row], whole: list[Row]) -> bool:
    """Whether the rows stand in ``whole`` in this order."""
    rest: Iterator[str] = iter([repr(row) for row in whole])
    return all(repr(row) in rest for row in part)


def read_as_the_oracle_reads(path: Path, data: bytes) -> EventFile:
    """The file with ``data`` as its content, after a look that the slow reader finds the same in it."""
    path.write_bytes(data)
    file, slow = EventFile(path), read_slowly(path)
    file.poll()
    assert not file.poll()
    expected = {tag: [(step, wall, float(value)) for step, wall, value in rows] for tag, rows in slow.scalars.items()}
    assert repr(sorted(rows_of(file).items())) == repr(sorted((tag, rows) for tag, rows in expected.items() if rows))
    assert bool(file.skipped.files) == slow.stopped
    return file


def look_for_wrong_numbers(
    original: Path, path: Path, damages: list[tuple[str, float, bytes]]
) -> tuple[EventFile, int]:
    """The damaged file and how many rows it lost; every row left stands in the original."""
    intact = EventFile(original)
    intact.poll()
    file = read_as_the_oracle_reads(path, damaged(original.read_bytes(), damages))
    before, after = rows_of(intact), rows_of(file)
    assert all(is_part_of(rows, before[tag]) for tag, rows in after.items())
    return file, sum(map(len, before.values())) - sum(map(len, after.values()))


@pytest.fixture(scope="module", params=["regular", "shuffled", "mixture", "bulky"])
def original(request: pytest.FixtureRequest, originals: Path) -> Path:
    return originals / str(request.param)


@settings(max_examples=50)
@given(damages=CHANGES)
def test_changed_and_inserted_bytes_never_cost_a_number_without_a_word(
    original: Path, tmp_path_factory: pytest.TempPathFactory, damages: list[tuple[str, float, bytes]]
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "tfevents"
    file, lost = look_for_wrong_numbers(original, path, damages)
    if lost:
        assert file.skipped.records or file.skipped.files


@settings(max_examples=40)
@given(damages=REMOVALS)
def test_missing_bytes_never_make_a_wrong_number(
    original: Path, tmp_path_factory: pytest.TempPathFactory, damages: list[tuple[str, float, bytes]]
) -> None:
    look_for_wrong_numbers(original, tmp_path_factory.mktemp("damaged") / "tfevents", damages)


@settings(max_examples=25)
@given(content=st.binary(max_size=3000))
def test_a_file_of_anything_is_no_crash(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = read_as_the_oracle_reads(tmp_path_factory.mktemp("anything") / "tfevents", content)
    assert not file.scalars


@settings(max_examples=40)
@given(where=PLACES, damages=CHANGES)
def test_a_file_damaged_while_it_is_watched_is_never_a_wrong_number(
    original: Path, tmp_path_factory: pytest.TempPathFactory, where: float, damages: list[tuple[str, float, bytes]]
) -> None:
    path, data = tmp_path_factory.mktemp("live") / "tfevents", original.read_bytes()
    read_before = int(where * len(data))
    path.write_bytes(data[:read_before])
    file = EventFile(path)
    file.poll()
    path.write_bytes(data[:read_before] + damaged(data[read_before:], damages))
    file.poll()
    intact = EventFile(original)
    intact.poll()
    assert all(is_part_of(rows, rows_of(intact)[tag]) for tag, rows in rows_of(file).items())


@pytest.mark.skipif(LOGS is None, reason="FITWATCH_LOGS names no folder of logs")
def test_damage_to_real_logs_never_costs_a_number_without_a_word(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for path in sorted(Path(LOGS or "").rglob("*tfevents*")):
        if 0 < path.stat().st_size < 100_000:
            damages = [("flip", float(rng.random()), rng.bytes(4))]
            file, lost = look_for_wrong_numbers(path, tmp_path / "tfevents", damages)
            assert not lost or file.skipped.records or file.skipped.files
