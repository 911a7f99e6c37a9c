"""Small files of one folder are read together, and each as the slow reader reads it alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics.logs.event_files import batch
from diagnostics.logs.event_files.event_file import EventFile
from diagnostics.logs.event_files.workspace import Workspace
from diagnostics.logs.folders.folder import EventFolder
from tests.benchmarks.event_logs import write_scalars
from tests.test_event_file import EVENTS, assert_like_the_oracle, flip, records, write_events
from tests.writers import LogWriter

SHARED = Workspace()


def read_together(folder: Path) -> list[EventFile]:
    """Every file, of which more than one has waited for the others."""
    files = [EventFile(path, workspace=SHARED) for path in sorted(folder.rglob("*tfevents*"))]
    for file in files:
        file.read_on()
    for file in files:
        file.publish()
    return files


def write_alike(folder: Path, *, files: int = 12, steps: int = 300) -> list[Path]:
    paths = [folder / f"run_{number}" / "events.out.tfevents.1" for number in range(files)]
    for seed, path in enumerate(paths):
        write_scalars(path, 3, steps - seed, seed=seed)
    return paths


@settings(max_examples=25)
@given(st.lists(EVENTS, min_size=2, max_size=6))
def test_any_files_are_read_together_as_the_oracle_reads_each(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[tuple[str, str, int, float, int]]]
) -> None:
    folder = tmp_path_factory.mktemp("logs")
    for number, events in enumerate(files):
        with LogWriter(folder / str(number)) as log:
            write_events(log, [*events, *files[0], *events])
    for file in read_together(folder):
        assert_like_the_oracle(file)


@settings(max_examples=15)
@given(st.lists(st.tuples(st.integers(0, 11), st.integers(1, 800), st.integers(-6, -1)), max_size=8))
def test_damage_is_found_in_the_file_it_is_in(
    tmp_path_factory: pytest.TempPathFactory, places: list[tuple[int, int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("logs")
    paths = write_alike(folder)
    for number, record, byte in places:
        flip(paths[number], records(paths[number])[record][1] + byte)
    for file in read_together(folder):
        assert_like_the_oracle(file)


@pytest.mark.parametrize("copies", [2, 3, 4, 7, 8, 16])
def test_the_same_damage_in_every_copy_of_a_file_is_found(tmp_path: Path, copies: int) -> None:
    path = tmp_path / "0" / "events.out.tfevents.1"
    write_scalars(path, 3, 200)
    for record in (7, 100, 599):
        flip(path, records(path)[record][1] - 6)
    for copy in range(1, copies):
        (tmp_path / str(copy)).mkdir()
        (tmp_path / str(copy) / path.name).write_bytes(path.read_bytes())
    for file in read_together(tmp_path):
        assert file.skipped.records == 3
        assert_like_the_oracle(file)


@pytest.mark.parametrize("most", [1, 5_000, 40_000])
def test_how_many_cycles_are_read_at_once_does_not_show(
    tmp_path: Path, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "_MOST", most)
    write_alike(tmp_path)
    for file in read_together(tmp_path):
        assert_like_the_oracle(file)


def test_a_folder_of_many_files_is_read_as_the_oracle_reads_each_also_when_all_grow(tmp_path: Path) -> None:
    paths = write_alike(tmp_path, files=40, steps=60)
    whole = {path: path.read_bytes() for path in paths}
    for path in paths:
        path.write_bytes(whole[path][: records(path)[-50][1] + 9])
    folder = EventFolder(tmp_path)
    folder.poll()
    for path in paths:
        path.write_bytes(whole[path])
    assert folder.poll() == {path.parent.name for path in paths}
    for directory in folder.directories.values():
        for file in directory.files:
            assert isinstance(file, EventFile)
            assert_like_the_oracle(file)
    assert folder.poll() == set()


def test_rows_that_were_handed_out_stay_as_they_are_when_the_file_grows(tmp_path: Path) -> None:
    paths = write_alike(tmp_path, files=3)
    whole = {path: path.read_bytes() for path in paths}
    for path in paths:
        path.write_bytes(whole[path][: records(path)[600][0]])
    files = read_together(tmp_path)
    before = [{tag: [column.copy() for column in rows] for tag, rows in file.scalars.items()} for file in files]
    handed_out = [dict(file.scalars) for file in files]
    for file, path in zip(files, paths, strict=True):
        path.write_bytes(whole[path])
        file.poll()
        assert_like_the_oracle(file)
    for copies, scalars in zip(before, handed_out, strict=True):
        for tag, columns in copies.items():
            for column, copy in zip(scalars[tag], columns, strict=True):
                np.testing.assert_array_equal(column, copy)
