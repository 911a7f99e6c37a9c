"""A log folder behind a URL is read like any other: one listing a poll, and only the bytes that are new."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from diagnostics.logs.folders.directory import LogError
from diagnostics.logs.folders.folder import EventFolder
from diagnostics.logs.folders.remote import RemoteFolder, is_url
from diagnostics.report import export
from tests.test_history_file import KERAS, write
from tests.writers import START, LogWriter, write_run

fsspec = pytest.importorskip("fsspec")


@pytest.fixture
def memory() -> Iterator[Any]:
    """fsspec's store in memory, empty."""
    store = fsspec.filesystem("memory")
    yield store
    store.rm("/", recursive=True)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An S3 server of this machine with an empty bucket ``logs``."""
    pytest.importorskip("s3fs", reason="s3fs is not installed")
    moto = pytest.importorskip("moto.server", reason="moto's server is not installed")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    store = fsspec.filesystem("s3", skip_instance_cache=True)
    store.mkdir("logs")
    yield store
    store.rm("logs", recursive=True)  # what a server holds outlives it in the process
    type(store).clear_instance_cache()  # or the next test is sent to this server
    server.stop()


def upload(store: Any, path: Path, name: str) -> None:
    store.pipe_file(name, path.read_bytes())


def rows_of(folder: EventFolder | RemoteFolder) -> dict[str, dict[str, list[list[float]]]]:
    return {
        name: {tag: [column.tolist() for column in rows] for file in d.files for tag, rows in file.scalars.items()}
        for name, d in folder.directories.items()
    }


@pytest.mark.parametrize(
    ("path", "expected"), [("s3://b/x", True), ("memory://x", True), ("C:/x", False), ("a/b", False)]
)
def test_a_url_is_told_from_a_path(path: str, expected: bool) -> None:
    assert is_url(path) == expected


def test_a_remote_folder_reads_as_the_same_folder_on_disk(memory: Any, tmp_path: Path) -> None:
    for name in (".", "a/train", "b"):
        path = write_run(tmp_path / name, {"loss": [3.0, 2.0] * 300, "lr": [0.1] * 600})
        upload(memory, path, f"/logs/{name}/{path.name}".replace("/./", "/"))
    memory.pipe_file("/logs/notes.txt", b"nothing")
    local, remote = EventFolder(tmp_path), RemoteFolder("memory://logs")
    assert local.poll() == remote.poll() == {".", "a/train", "b"}
    assert rows_of(local) == rows_of(remote)
    assert remote.poll() == set()
    assert not remote.problems


def follow(store: Any, tmp_path: Path, url: str, name: str) -> None:
    """Write a run, look at it remotely, and write on."""
    store.pipe_file(f"{name}/keep", b"")
    folder = RemoteFolder(url)
    with LogWriter(tmp_path) as log:
        for step in range(3):
            log.scalar("loss", 1.0, step)
            log.flush()
            upload(store, log.path, f"{name}/run/events.out.tfevents.1")
            assert folder.poll() == {"run"}
            assert folder.directories["run"].files[0].scalars["loss"].steps.tolist() == list(range(step + 1))
            assert folder.poll() == set()
    store.rm(f"{name}/run/events.out.tfevents.1")
    assert folder.poll() == {"run"}
    assert folder.directories["run"].stale
    assert len(folder.directories["run"].files[0].scalars["loss"].steps) == 3


def test_a_growing_run_is_followed_and_its_rows_outlive_it(memory: Any, tmp_path: Path) -> None:
    follow(memory, tmp_path, "memory://logs", "/logs")


@pytest.mark.filterwarnings("ignore")
def test_a_growing_run_is_followed_on_s3(s3: Any, tmp_path: Path) -> None:
    follow(s3, tmp_path, "s3://logs/experiment", "logs/experiment")


def test_only_the_bytes_that_are_new_are_fetched(memory: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_run(tmp_path, {"loss": [1.0] * 500})
    upload(memory, path, "/logs/tfevents")
    folder = RemoteFolder("memory://logs")
    folder.poll()
    size = path.stat().st_size
    write_run(tmp_path / "more", {"loss": [1.0]}, start=START + 500, first_step=501)
    (more,) = (tmp_path / "more").iterdir()
    memory.pipe_file("/logs/tfevents", path.read_bytes() + more.read_bytes())
    ranges: list[tuple[int, int]] = []
    fetch = type(memory).cat_file

    def watched(store: Any, name: str, start: int, end: int) -> bytes:
        ranges.append((start, end))
        content: bytes = fetch(store, name, start=start, end=end)
        return content

    monkeypatch.setattr(type(memory), "cat_file", watched)
    assert folder.poll() == {"."}
    assert ranges == [(size - 16, size + more.stat().st_size)]
    assert folder.directories["."].files[0].scalars["loss"].steps[-1] == 501


def test_a_store_that_cannot_be_reached_is_a_problem_and_the_rows_stay(
    memory: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(memory, write_run(tmp_path, {"loss": [1.0]}), "/logs/tfevents")
    folder = RemoteFolder("memory://logs")
    folder.poll()

    def unreachable(store: Any, *args: object, **kwargs: object) -> None:
        raise ConnectionError("connection refused")

    with monkeypatch.context() as patch:
        patch.setattr(type(memory), "find", unreachable)
        assert folder.poll() == set()
        assert folder.problems == ["memory://logs could not be listed: connection refused"]
        assert not folder.directories["."].stale
        with pytest.raises(LogError, match="connection refused"):
            RemoteFolder("memory://logs")
    assert folder.poll() == set()
    assert not folder.problems


@pytest.mark.parametrize(
    ("url", "sentence"),
    [("memory://nothing", "holds nothing"), ("nosuch://logs", "cannot be opened: Protocol not known: nosuch")],
)
def test_a_url_that_cannot_be_opened_is_a_sentence(memory: Any, url: str, sentence: str) -> None:
    with pytest.raises(LogError, match=sentence):
        RemoteFolder(url)


def test_a_url_of_a_file_is_a_sentence_with_the_way_out(memory: Any) -> None:
    memory.pipe_file("/logs/tfevents", b"")
    with pytest.raises(LogError, match=r"is a file; give the folder it lies in: memory://logs$"):
        RemoteFolder("memory://logs/tfevents")


def test_a_missing_cloud_package_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "adlfs", None)
    with pytest.raises(LogError, match=r"az://logs needs a package that is not installed: .*adlfs"):
        RemoteFolder("az://logs")


HISTORIES = {
    "a/log.csv": KERAS,
    "b/history.json": json.dumps({"loss": [2.0, 1.0, 0.5], "val_loss": [2.5, 1.5, 1.25]}),
    "c/metrics.jsonl": "".join(json.dumps({"step": step, "loss": 1 / (step + 1)}) + "\n" for step in range(5)),
    "d/train.log": "".join(f"step {step}: train loss {2 / (step + 1)}, val loss 2.5\n" for step in range(5)),
    "e/notes.txt": "nothing to see here",
    "e/config.json": json.dumps({"lr": 0.1}),
}


def steps_and_values(folder: EventFolder | RemoteFolder) -> str:
    """As text, in which NaN equals itself; wall times are those of the files."""
    return str({name: {tag: rows[::2] for tag, rows in tags.items()} for name, tags in sorted(rows_of(folder).items())})


def same_as_on_disk(store: Any, tmp_path: Path, url: str, root: str) -> None:
    for name, text in HISTORIES.items():
        upload(store, write(tmp_path / name, text), f"{root}/{name}")
    remote, local = RemoteFolder(url), EventFolder(tmp_path)
    remote.poll()
    local.poll()
    assert sorted(remote.directories) == ["a", "b", "c", "d"]
    assert steps_and_values(remote) == steps_and_values(local)
    assert remote.problems == []


def test_histories_behind_a_url_are_read_as_on_disk(memory: Any, tmp_path: Path) -> None:
    same_as_on_disk(memory, tmp_path, "memory://logs", "/logs")


def test_histories_on_s3_are_read_as_on_disk(s3: Any, tmp_path: Path) -> None:
    same_as_on_disk(s3, tmp_path, "s3://logs/runs", "logs/runs")


def test_a_history_behind_a_url_is_followed_and_left_to_event_files(memory: Any, tmp_path: Path) -> None:
    lines = [json.dumps({"step": step, "loss": 1.0}) + "\n" for step in range(4)]
    memory.pipe_file("/logs/run/metrics.jsonl", "".join(lines[:2]).encode())
    folder = RemoteFolder("memory://logs")
    assert folder.poll() == {"run"}
    assert folder.poll() == set()
    memory.pipe_file("/logs/run/metrics.jsonl", "".join(lines).encode())
    assert folder.poll() == {"run"}
    assert rows_of(folder)["run"]["loss"][0] == [0, 1, 2, 3]
    write_run(tmp_path, {"loss/val": [2.0, 1.0]})
    (path,) = tmp_path.glob("*tfevents*")
    upload(memory, path, f"/logs/run/{path.name}")
    folder.poll()
    assert list(rows_of(folder)["run"]) == ["loss/val"]


def test_a_history_that_could_not_be_fetched_is_tried_again(memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    memory.pipe_file("/logs/run/log.csv", KERAS.encode())
    folder = RemoteFolder("memory://logs")
    with monkeypatch.context() as broken:
        broken.setattr(type(memory), "cat_file", lambda *args, **kwargs: (_ for _ in ()).throw(TimeoutError("slow")))
        folder.poll()
    assert folder.problems == ["/logs/run/log.csv could not be read: slow"]
    assert folder.poll() == {"run"}
    assert folder.problems == []


def test_a_url_with_nothing_readable_says_what_is_read_and_the_nearest_step(memory: Any) -> None:
    memory.pipe_file("/logs/model.pt", b"x")
    folder = RemoteFolder("memory://logs")
    folder.poll()
    assert "found no log of a training in memory://logs. Fitwatch reads" in folder.nothing


def test_what_is_damaged_and_what_is_left_out_is_among_the_problems_as_on_disk(memory: Any, tmp_path: Path) -> None:
    rows = "".join(f"{n},{0.9**n},{abs(n - 8) / 8 + 0.5}\n" for n in range(1, 21))
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "history.csv").write_text(f"epoch,loss,val_loss\n{rows}")
    (tmp_path / "out").mkdir()
    assert export.main([str(tmp_path), "--out", str(tmp_path / "out" / "a.csv")]) == 0
    os.utime(tmp_path / "out" / "a.csv", (START, START))
    events = write_run(tmp_path / "b", {"loss": [3.0, 2.0] * 300})
    content = bytearray(events.read_bytes())
    content[len(content) // 2] ^= 0xFF
    events.write_bytes(content)
    for path in filter(Path.is_file, tmp_path.rglob("*")):
        upload(memory, path, f"/logs/{path.relative_to(tmp_path)}")
    local, remote = EventFolder(tmp_path), RemoteFolder("memory://logs")
    local.poll()
    remote.poll()
    sentences = [problem.partition(f"{tmp_path}/")[2] for problem in local.problems]
    assert [problem.partition("logs/")[2] for problem in remote.problems] == sentences
    damaged, left_out = sorted(sentences)
    assert damaged.startswith(f"b/{events.name}: damaged at byte ")
    assert left_out == "out/a.csv is an export of Fitwatch, left out because other logs lie here"
