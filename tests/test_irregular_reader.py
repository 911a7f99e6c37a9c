"""Records in no order are read at once by their form, whatever their tags, and as the slow reader reads them."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.logs.event_files import tag_numbers, workspace
from diagnostics.logs.event_files.contents import Contents, ScalarRow
from diagnostics.logs.event_files.event_file import EventFile
from diagnostics.logs.event_files.forms import form_of
from diagnostics.logs.event_files.tag_numbers import UNKNOWN, TagNumbers
from diagnostics.logs.event_files.workspace import Workspace
from tests.benchmarks.event_logs import write_scalars
from tests.test_event_file import assert_like_the_oracle, flip, read, records
from tests.writers import LogWriter

TAGS = st.lists(st.binary(min_size=1, max_size=20), min_size=1, max_size=60)


def shuffled(path: Path, *, tags: int = 6, steps: int = 300) -> Path:
    write_scalars(path, tags, steps, shuffled=True)
    return path


@pytest.mark.parametrize("steps_of_a_tag", [1, 4])
def test_more_tags_than_a_cycle_may_have_are_read_without_parsing_each_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps_of_a_tag: int
) -> None:
    write_scalars(tmp_path / "tfevents", 3000, steps_of_a_tag)
    parsed: list[int] = []
    rows_of = Contents.rows_of

    def counted(self: Contents, payload: bytes) -> list[ScalarRow]:
        parsed.append(len(payload))
        return rows_of(self, payload)

    monkeypatch.setattr(Contents, "rows_of", counted)
    file = read(tmp_path / "tfevents")
    assert len(parsed) < 10
    assert_like_the_oracle(file)
    assert len(file.scalars) == 3000


@pytest.mark.parametrize("length", [1, 2, 7, 8, 9, 40, 100, 120, 126, 127, 128, 130, 250, 300])
def test_every_record_with_one_scalar_is_of_its_form(tmp_path: Path, length: int) -> None:
    with LogWriter(tmp_path) as log:
        for step in (0, 1, 1 << 7, 1 << 14, 1 << 21):
            log.scalar("y" * length, 2.0, step)
    data = log.path.read_bytes()
    for width, (start, end) in enumerate(records(log.path)[1:]):
        form = form_of(end - start, width)
        assert form is not None
        assert data[start + form.tag_at : start + form.tag_end] == b"y" * length
        record = np.frombuffer(data[start:end], np.uint8)
        difference = form.template.difference(record, np.empty_like(record))[np.newaxis]
        assert form.template.alike(difference).all()
        assert form.template.damaged(difference) is None


@given(TAGS, TAGS)
def test_tags_are_numbered_as_a_dictionary_numbers_them(first: list[bytes], second: list[bytes]) -> None:
    numbers = TagNumbers()
    for tags in (first, second, first):
        for length in {len(tag) for tag in tags}:
            same = [tag for tag in tags if len(tag) == length]
            rows = np.frombuffer(b"".join(b"12345678" + tag + b"!" for tag in same), np.uint8).reshape(len(same), -1)
            for tag, number in zip(same, numbers.look_up(rows, 8, 8 + length).tolist(), strict=True):
                if number == UNKNOWN:
                    with pytest.raises(UnicodeDecodeError):
                        tag.decode()
                else:
                    assert numbers.tags[number].encode() == tag
    assert len(set(numbers.tags)) == len(numbers)


def test_tags_of_equal_hashes_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tag_numbers, "_MIXERS", np.zeros(128, np.uint64))
    assert_like_the_oracle(read(shuffled(tmp_path / "tfevents")))


def test_tags_that_are_no_text_are_counted_among_others(tmp_path: Path) -> None:
    path = shuffled(tmp_path / "tfevents")
    with LogWriter(tmp_path / "more") as log:
        for _ in range(40):
            log.payload(
                b"\x09" + struct.pack("<d", 1.75e9) + b"\x10\x07\x2a\x14\x0a\x12\x0a\x0bloss/ser\xff_0\x15" + bytes(4)
            )
    data, more = path.read_bytes(), log.path.read_bytes()
    middle = records(path)[900][0]
    path.write_bytes(data[:middle] + more[records(log.path)[1][0] :] + data[middle:])
    file = read(path)
    assert file.skipped.records == 40
    assert_like_the_oracle(file)


@pytest.mark.parametrize("byte", [12, 14, 22, 28, 30, -6, -1])
def test_damage_among_records_of_any_order_is_found(tmp_path: Path, byte: int) -> None:
    path = shuffled(tmp_path / "tfevents")
    for which in (1000, 1001, 1400):
        start, end = records(path)[which]
        flip(path, start + byte if byte > 0 else end + byte)
    file = read(path)
    assert file.skipped.records == 3
    assert_like_the_oracle(file)


@pytest.mark.parametrize("byte", [0, 1, 9])
def test_a_damaged_length_among_them_ends_the_file(tmp_path: Path, byte: int) -> None:
    path = shuffled(tmp_path / "tfevents")
    flip(path, records(path)[1200][0] + byte)
    file = read(path)
    assert file.skipped.files
    assert_like_the_oracle(file)


def test_a_folder_whose_last_file_had_no_order_may_hold_files_that_have_one(tmp_path: Path) -> None:
    shared = Workspace()
    for at, order in enumerate([True, False, True, False]):
        path = tmp_path / f"tfevents.{at}"
        write_scalars(path, 1 + at, 900, shuffled=order)
        file = EventFile(path, workspace=shared)
        file.poll()
        assert_like_the_oracle(file)


def test_tags_of_earlier_files_are_not_kept_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace, "_MOST_TAGS", 10)
    shared = Workspace()
    for names in ("abcdef", "ghijklm", "nopqrst"):
        path = tmp_path / names
        write_scalars(path, len(names), 300, shuffled=True, names=list(names))
        file = EventFile(path, workspace=shared)
        file.poll()
        assert_like_the_oracle(file)
    assert len(shared.tags()) == 7
