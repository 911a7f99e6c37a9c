"""EventFile reads what any framework wrote, as the slow reader does, and says what it could not read."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from io import FileIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, types_pb2
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

from diagnostics.logs.event_files import event_file
from diagnostics.logs.event_files.contents import Contents
from diagnostics.logs.event_files.crc import crc32c, masked
from diagnostics.logs.event_files.event_file import EventFile
from diagnostics.logs.event_files.source import LocalFile
from diagnostics.logs.event_files.workspace import Workspace
from tests.benchmarks.event_logs import write_bulky, write_scalars
from tests.event_oracle import read_slowly
from tests.writers import LogWriter, write_run

LOGS = os.environ.get("FITWATCH_LOGS")


def read(path: Path) -> EventFile:
    file = EventFile(path)
    file.poll()
    return file


def assert_like_the_oracle(file: EventFile) -> None:
    slow = read_slowly(file.path)
    expected = {tag: rows for tag, rows in slow.scalars.items() if rows}
    assert set(file.scalars) == set(expected)
    for tag, rows in expected.items():
        for found, wanted in zip(file.scalars[tag], zip(*rows, strict=True), strict=True):
            np.testing.assert_array_equal(found, np.array(wanted), err_msg=tag, strict=False)
    assert file.texts == slow.texts
    assert file.skipped.records == slow.damaged
    assert bool(file.skipped.files) == slow.stopped


def records(path: Path) -> list[tuple[int, int]]:
    """Start and end of each record."""
    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        end = at + 16 + struct.unpack_from("<Q", data, at)[0]
        found.append((at, end))
        at = end
    return found


def flip(path: Path, *places: int) -> None:
    data = bytearray(path.read_bytes())
    for place in places:
        data[place] ^= 0x10
    path.write_bytes(data)


@pytest.fixture
def losses(tmp_path: Path) -> Path:
    """Three tags over 400 steps."""
    values = np.linspace(2, 1, 400)
    return write_run(tmp_path, {"loss/train": values, "loss/val": values + 1, "lr": values / 100}, first_step=0)


@given(st.binary(max_size=2000))
def test_checksums_are_tensorboards(data: bytes) -> None:
    assert masked(crc32c(data)) == masked_crc32c(data)


def test_a_regular_log_is_read_as_the_oracle_reads_it(losses: Path) -> None:
    file = read(losses)
    assert_like_the_oracle(file)
    assert len(file.scalars["lr"].steps) == 400
    assert file.first_wall_time == 1.75e9


@pytest.mark.parametrize("shuffled", [False, True])
def test_large_logs_are_read_as_the_oracle_reads_them(tmp_path: Path, shuffled: bool) -> None:
    write_scalars(tmp_path / "tfevents", 7, 3000, shuffled=shuffled)
    assert_like_the_oracle(read(tmp_path / "tfevents"))


def test_block_boundaries_do_not_show(losses: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for size in (1000, 1777, 4096):
        monkeypatch.setattr(event_file, "_BLOCK", size)
        assert_like_the_oracle(read(losses))


def test_histograms_and_images_are_left_out_and_the_scalars_between_them_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_bulky(tmp_path / "tfevents", 6, scalars=3, histograms=2)
    monkeypatch.setattr(event_file, "_BLOCK", 1 << 18)
    file = read(tmp_path / "tfevents")
    assert_like_the_oracle(file)
    assert len(file.scalars) == 3


def test_histograms_of_tensorflow_2_are_left_out_by_the_name_of_their_tag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LogWriter(tmp_path) as log:
        for step in range(100):
            log.tensor_scalar("epoch_loss", 1 / (step + 1), step)
            log.histogram("kernel", [1.0, 2.0, step], step)
            log.text("note", f"the {step}th")
    parsed: list[int] = []
    rows_of = Contents.rows_of
    monkeypatch.setattr(
        Contents, "rows_of", lambda self, payload: parsed.append(len(payload)) or rows_of(self, payload)
    )
    file = read(log.path)
    assert_like_the_oracle(file)
    assert len(parsed) == 102 + 1  # the first event, the texts, the first scalar's and histogram's


def test_a_record_larger_than_a_block_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with LogWriter(tmp_path) as log:
        log.text("config", "x" * 5000)
        log.scalar("loss", 1.0, 1)
    monkeypatch.setattr(event_file, "_BLOCK", 1000)
    file = read(log.path)
    assert_like_the_oracle(file)
    assert file.texts == {"config": "x" * 5000}


KINDS = st.sampled_from(["simple", "tensor", "text", "histogram", "double", "two", "no tag", "tag that is no text"])
EVENTS = st.lists(
    st.tuples(
        KINDS,
        st.sampled_from(["a", "b", "loss/train", "long" * 40, "ü"]),
        st.one_of(st.integers(0, 300), st.sampled_from([-1, 1 << 20, 1 << 40, (1 << 63) - 1])),
        st.floats(width=32),
        st.integers(1, 40),
    ),
    max_size=12,
)


def write_events(log: LogWriter, events: list[tuple[str, str, int, float, int]]) -> None:
    for kind, tag, step, value, times in events:
        for repeat in range(times):
            write_event(log, kind, tag, min(step + repeat, (1 << 63) - 1), value)


def write_event(log: LogWriter, kind: str, tag: str, step: int, value: float) -> None:
    plain = summary_pb2.Summary.Value(tag=tag, simple_value=value)
    if kind == "simple":
        log.scalar(tag, value, step)
    elif kind == "tensor":
        log.tensor_scalar(tag, value, step)
    elif kind == "text":
        log.text(tag + "/text", str(value), step)
    elif kind == "histogram":
        log.histogram(tag + "/histogram", [1.0, 2.0], step)
    elif kind == "double":
        tensor = tensor_pb2.TensorProto(dtype=types_pb2.DT_DOUBLE, double_val=[value])
        tagged = summary_pb2.Summary.Value(tag=tag, tensor=tensor)
        tagged.metadata.plugin_data.plugin_name = "scalars"
        log.value(tagged, step)
    elif kind == "two":
        log.event(event_pb2.Event(step=step, summary=summary_pb2.Summary(value=[plain, plain])))
    elif kind == "no tag":
        log.value(summary_pb2.Summary.Value(simple_value=value), step)
    else:
        log.payload(b"\x09" + struct.pack("<d", 1.75e9) + b"\x2a\x09\x0a\x07\x0a\x00\x15" + bytes(4))
        log.payload(b"\x09" + struct.pack("<d", 1.75e9) + b"\x2a\x0a\x0a\x08\x0a\x01\xff\x15" + bytes(4))


@settings(max_examples=60)
@given(EVENTS)
def test_any_sequence_of_events_is_read_as_the_oracle_reads_it(
    tmp_path_factory: pytest.TempPathFactory, events: list[tuple[str, str, int, float, int]]
) -> None:
    with LogWriter(tmp_path_factory.mktemp("log")) as log:
        write_events(log, events)
    assert_like_the_oracle(read(log.path))


@settings(max_examples=25)
@given(EVENTS, st.integers(0, 2**32 - 1))
def test_any_events_in_a_log_without_order_are_read_as_the_oracle_reads_them(
    tmp_path_factory: pytest.TempPathFactory, events: list[tuple[str, str, int, float, int]], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    with LogWriter(tmp_path_factory.mktemp("log")) as log:
        for step in range(250):
            for tag in rng.permutation(["loss/train", "a", "c", "d"]):
                log.scalar(str(tag), float(rng.normal()), step)
        write_events(log, events)
        for step in range(100):
            for tag in rng.permutation(["loss/train", "a", "c", "d"]):
                log.scalar(str(tag), float(rng.normal()), step)
    assert_like_the_oracle(read(log.path))


@settings(max_examples=25)
@given(EVENTS, EVENTS)
def test_what_one_file_taught_is_not_mistaken_in_the_next(
    tmp_path_factory: pytest.TempPathFactory,
    first: list[tuple[str, str, int, float, int]],
    second: list[tuple[str, str, int, float, int]],
) -> None:
    workspace = Workspace()
    for events in (first, second + first, first + second):
        with LogWriter(tmp_path_factory.mktemp("log")) as log:
            write_events(log, events)
        file = EventFile(log.path, workspace=workspace)
        file.poll()
        assert_like_the_oracle(file)


@pytest.mark.parametrize("byte", [12, 14, 22, -6, -1])
def test_damage_is_found_in_a_file_like_the_one_before(losses: Path, byte: int) -> None:
    workspace = Workspace()
    EventFile(losses, workspace=workspace).poll()
    for which in (1, 4, 384, 1198):
        data, bounds = losses.read_bytes(), records(losses)[which]
        flip(losses, bounds[0] + byte if byte > 0 else bounds[1] + byte)
        file = EventFile(losses, workspace=workspace)
        file.poll()
        assert file.skipped.records == 1
        assert_like_the_oracle(file)
        losses.write_bytes(data)


@pytest.mark.skipif(LOGS is None, reason="FITWATCH_LOGS names no folder of logs")
def test_logs_of_every_framework_are_read_as_the_oracle_reads_them() -> None:
    paths = sorted(Path(LOGS or "").rglob("*tfevents*"))
    assert paths
    for path in paths:
        assert_like_the_oracle(read(path))


NUMBERS = [
    (types_pb2.DT_FLOAT, "<f4", {"float_val": [2.5]}, 2.5),
    (types_pb2.DT_DOUBLE, "<f8", {"double_val": [0.1]}, 0.1),
    (types_pb2.DT_HALF, "<f2", {"half_val": [int(np.float16(0.5).view(np.uint16))]}, 0.5),
    (types_pb2.DT_BFLOAT16, None, {"half_val": [0x3FC0]}, 1.5),
    (types_pb2.DT_BOOL, "|b1", {"bool_val": [True]}, 1.0),
    (types_pb2.DT_INT8, "|i1", {"int_val": [-3]}, -3.0),
    (types_pb2.DT_UINT8, "|u1", {"int_val": [200]}, 200.0),
    (types_pb2.DT_INT16, "<i2", {"int_val": [-300]}, -300.0),
    (types_pb2.DT_UINT16, "<u2", {"int_val": [40000]}, 40000.0),
    (types_pb2.DT_INT32, "<i4", {"int_val": [-70000]}, -70000.0),
    (types_pb2.DT_UINT32, "<u4", {"uint32_val": [1 << 31]}, float(1 << 31)),
    (types_pb2.DT_INT64, "<i8", {"int64_val": [-(1 << 40)]}, float(-(1 << 40))),
    (types_pb2.DT_UINT64, "<u8", {"uint64_val": [1 << 40]}, float(1 << 40)),
]


@pytest.mark.parametrize(("dtype", "kind", "fields", "expected"), NUMBERS)
def test_a_tensor_scalar_may_be_of_any_number_type(
    tmp_path: Path, dtype: int, kind: str | None, fields: dict[str, list[float]], expected: float
) -> None:
    content = b"\xc0\x3f" if kind is None else np.array(expected, kind).tobytes()
    tensors = [
        tensor_pb2.TensorProto(dtype=dtype, **fields),
        tensor_pb2.TensorProto(dtype=dtype, tensor_content=content),
        tensor_pb2.TensorProto(dtype=dtype),
    ]
    with LogWriter(tmp_path) as log:
        for step, tensor in enumerate(tensors):
            value = summary_pb2.Summary.Value(tag="loss", tensor=tensor)
            value.metadata.plugin_data.plugin_name = "scalars"
            log.value(value, step)
    assert read(log.path).scalars["loss"].values.tolist() == [expected, expected, 0.0]


def test_only_the_first_event_of_a_tag_has_to_name_the_plugin(tmp_path: Path) -> None:
    tensor = tensor_pb2.TensorProto(dtype=types_pb2.DT_FLOAT, float_val=[1.0])
    with LogWriter(tmp_path) as log:
        log.tensor_scalar("loss", 2.0, 0)
        for step in range(1, 50):
            log.value(summary_pb2.Summary.Value(tag="loss", tensor=tensor), step)
        log.value(summary_pb2.Summary.Value(tag="picture", tensor=tensor), 1)
    file = read(log.path)
    assert {tag: len(rows.steps) for tag, rows in file.scalars.items()} == {"loss": 50}
    assert_like_the_oracle(file)


def test_a_tensor_of_several_numbers_that_claims_to_be_a_scalar_is_counted(tmp_path: Path) -> None:
    value = summary_pb2.Summary.Value(tag="loss")
    value.tensor.CopyFrom(tensor_pb2.TensorProto(dtype=types_pb2.DT_FLOAT, float_val=[1.0, 2.0]))
    value.metadata.plugin_data.plugin_name = "scalars"
    with LogWriter(tmp_path) as log:
        log.value(value, 0)
    assert read(log.path).skipped.records == 1


def test_texts_and_hyperparameters_are_kept(tmp_path: Path) -> None:
    with LogWriter(tmp_path) as log:
        log.text("config", "old")
        log.text("config", '{"lr": 0.1}')
        log.hparams({"lr": 0.1, "optimizer": "adam", "nesterov": True})
    file = read(log.path)
    assert file.texts == {"config": '{"lr": 0.1}'}
    assert file.hparams == {"lr": 0.1, "optimizer": "adam", "nesterov": True}


def test_a_poll_adds_what_was_written_since_and_says_whether_there_was_any(tmp_path: Path) -> None:
    with LogWriter(tmp_path) as log:
        log.scalar("loss", 1.0, 1)
        log.flush()
        file = EventFile(log.path)
        assert file.poll()
        assert not file.poll()
        earlier = file.scalars["loss"]
        for step in range(2, 300):
            log.scalar("loss", 1.0 / step, step)
            log.flush()
            assert file.poll()
        log.scalar("lr", 0.1, 300)
        log.flush()
        assert file.poll()
    assert_like_the_oracle(file)
    assert earlier.steps.tolist() == [1]


def test_a_poll_reads_new_bytes_only(losses: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = read(losses)
    read_from: list[int] = []

    class Watched(FileIO):
        def readinto(self, buffer: memoryview) -> int:
            read_from.append(self.tell())
            return super().readinto(buffer)

    size = losses.stat().st_size
    with losses.open("ab") as more:
        more.write(losses.read_bytes()[slice(*records(losses)[-1])])
    monkeypatch.setattr(LocalFile, "open", lambda self: Watched(losses, "r"))
    assert file.poll()
    assert read_from == [size]
    assert len(file.scalars["lr"].steps) == 401


def test_a_truncated_last_record_waits_for_its_end(losses: Path) -> None:
    data = losses.read_bytes()
    start, end = records(losses)[-1]
    file = EventFile(losses)
    for cut in range(start, end):
        losses.write_bytes(data[:cut])
        file.poll()
        assert len(file.scalars["lr"].steps) == 399
        assert file.skipped.records == 0
        assert not file.skipped.files
    losses.write_bytes(data)
    assert file.poll()
    assert len(file.scalars["lr"].steps) == 400


@pytest.mark.parametrize("which", [1, 200, 399, 1198])
@pytest.mark.parametrize("byte", [12, 14, 22, -6, -1])
def test_a_record_with_a_wrong_data_checksum_is_left_out_and_counted(losses: Path, which: int, byte: int) -> None:
    bounds = records(losses)[which]
    flip(losses, bounds[0] + byte if byte > 0 else bounds[1] + byte)
    file = read(losses)
    assert file.skipped.records == 1
    assert sum(len(rows.steps) for rows in file.scalars.values()) == 1199
    assert_like_the_oracle(file)


def test_the_same_damage_in_two_records_is_found(losses: Path) -> None:
    every = records(losses)
    for first, second in [(300, 303), (600, 645), (400, 1000), (610, 611)]:
        data = losses.read_bytes()
        flip(losses, every[first][1] - 6, every[second][1] - 6)
        file = read(losses)
        assert file.skipped.records == 2
        assert_like_the_oracle(file)
        losses.write_bytes(data)


def test_the_same_damage_in_every_record_is_found(losses: Path) -> None:
    flip(losses, *(end - 6 for _, end in records(losses)[1:]))
    file = read(losses)
    assert not file.scalars
    assert file.skipped.records == 1200


def test_a_tag_whose_records_are_all_damaged_has_no_series_whatever_was_read_before(losses: Path) -> None:
    workspace = Workspace()
    EventFile(losses, workspace=workspace).poll()
    flip(losses, *(end - 6 for _, end in records(losses)[1::3]))
    files = EventFile(losses, workspace=workspace), EventFile(losses)
    for file in files:
        file.poll()
        assert_like_the_oracle(file)
    assert files[0].scalars.keys() == files[1].scalars.keys()
    assert len(files[0].scalars) == 2


@pytest.mark.parametrize("which", [0, 1, 500, 1199])
def test_a_damaged_length_ends_the_file_there_and_says_so(losses: Path, which: int) -> None:
    flip(losses, records(losses)[which][0] + 1)
    file = read(losses)
    assert_like_the_oracle(file)
    assert f"damaged at byte {records_before_damage(losses)}" in file.skipped.files[0]


def records_before_damage(path: Path) -> int:
    data, at = path.read_bytes(), 0
    while masked_crc32c(data[at : at + 8]) == struct.unpack_from("<I", data, at + 8)[0]:
        at += 16 + struct.unpack_from("<Q", data, at)[0]
    return at


def test_a_damaged_length_that_points_past_the_end_is_no_unfinished_record(losses: Path) -> None:
    flip(losses, records(losses)[1199][0] + 6)
    assert read(losses).skipped.files


def test_a_file_that_was_damaged_is_read_on_when_it_is_mended(losses: Path) -> None:
    data = losses.read_bytes()
    flip(losses, records(losses)[700][0])
    file = read(losses)
    assert file.skipped.files
    losses.write_bytes(data)
    assert file.poll()
    assert not file.skipped.files
    assert_like_the_oracle(file)


def test_a_record_with_a_right_checksum_that_is_no_event_is_counted(tmp_path: Path) -> None:
    with LogWriter(tmp_path) as log:
        log.payload(b"no event \xff\xff")
        log.scalar("loss", 1.0, 1)
    file = read(log.path)
    assert file.skipped.records == 1
    assert_like_the_oracle(file)


def test_steps_that_go_back_or_repeat_are_kept_in_file_order(tmp_path: Path) -> None:
    steps = [1, 2, 3, 200, 2, 3, 3, 3, 0, 1]
    with LogWriter(tmp_path) as log:
        for step in steps:
            log.scalar("loss", 1.0, step)
    assert read(log.path).scalars["loss"].steps.tolist() == steps


def replaced(path: Path) -> None:
    other = write_run(path.parent / "other", {"new": [1.0, 2.0] * 700})
    other.replace(path)


def shrunk(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: records(path)[100][1]])


def rewritten(path: Path) -> None:
    path.write_bytes(write_run(path.parent / "other", {"new": [1.0, 2.0] * 700}).read_bytes())


@pytest.mark.parametrize("change", [replaced, shrunk, rewritten])
def test_a_file_that_is_not_the_one_read_before_is_read_anew(losses: Path, change: Callable[[Path], None]) -> None:
    file = read(losses)
    change(losses)
    assert file.poll()
    assert_like_the_oracle(file)


def test_rows_of_a_deleted_file_are_kept_and_the_file_is_stale(losses: Path) -> None:
    file, data = read(losses), losses.read_bytes()
    losses.unlink()
    assert file.poll()
    assert file.stale
    assert not file.poll()
    assert len(file.scalars["lr"].steps) == 400
    losses.write_bytes(data)
    assert file.poll()
    assert not file.stale


@pytest.mark.parametrize("name", ["events.out.tfevents.1", "events.out.tfevents.1.profile-empty"])
def test_a_file_without_scalars_is_no_error(tmp_path: Path, name: str) -> None:
    with LogWriter(tmp_path, name=name) as log:
        pass
    file = read(log.path)
    assert not file.scalars
    assert file.first_wall_time == 1.75e9
    (tmp_path / "empty").touch()
    assert read(tmp_path / "empty").first_wall_time is None


def test_a_file_that_may_not_be_opened_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="directory"):
        EventFile(tmp_path).poll()


def test_a_signaling_nan_is_a_nan(tmp_path: Path) -> None:
    with LogWriter(tmp_path) as log:
        for step in range(40):
            log.scalar("loss", float("nan"), step)
    path, data = log.path, log.path.read_bytes()
    for start, end in records(path)[1:]:
        payload = data[start + 12 : end - 8] + struct.pack("<I", 0x7FA00000)
        record = data[start : start + 12] + payload + struct.pack("<I", masked_crc32c(payload))
        data = data[:start] + record + data[end:]
    path.write_bytes(data)
    assert np.isnan(read(path).scalars["loss"].values).all()
