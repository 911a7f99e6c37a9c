"""Files: what is written by rename is there whole, or not at all."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from diagnostics.files import write_by_rename


def test_a_file_is_written_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    write_by_rename(tmp_path / "a.json", b"one")
    write_by_rename(str(tmp_path / "a.json"), b"two")
    assert (tmp_path / "a.json").read_bytes() == b"two"
    assert os.listdir(tmp_path) == ["a.json"]


def test_what_cannot_be_written_leaves_everything_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a.json").mkdir()  # a directory cannot be replaced by a file
    with pytest.raises(OSError, match=r"a\.json"):
        write_by_rename(tmp_path / "a.json", b"one")
    assert os.listdir(tmp_path) == ["a.json"]


def test_a_folder_that_is_missing_is_an_error_and_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_by_rename(tmp_path / "missing" / "a.json", b"one")
    assert os.listdir(tmp_path) == []


def test_threads_that_write_one_file_at_once_never_mix(tmp_path: Path) -> None:
    contents = [bytes([65 + i]) * 10_000 for i in range(8)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda content: write_by_rename(tmp_path / "a", content), contents * 5))
    assert (tmp_path / "a").read_bytes() in contents
    assert os.listdir(tmp_path) == ["a"]
