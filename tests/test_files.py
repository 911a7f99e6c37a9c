"""Files: what is written is there whole or not at all, and never through a link or into what is not ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from tests.app_server import ROOT
from trainer import files

WAYS: list[Callable[[Path, bytes], None]] = [files.overwrite, files.append_line]


def test_a_file_is_replaced_as_a_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    path.write_text("old")
    with files.replacing(path) as file:
        file.write(b"new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError, RuntimeError, KeyboardInterrupt])
def test_what_goes_wrong_leaves_the_old_file_and_no_scratch(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "best.pt"
    path.write_text("old")
    with pytest.raises(error):  # noqa: PT012, SIM117
        with files.replacing(path) as file:
            file.write(b"half")
            raise error
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_rename_that_fails_leaves_no_scratch(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        files.write(tmp_path / "taken", b"new")
    assert list(tmp_path.iterdir()) == [tmp_path / "taken"]


def test_a_folder_that_is_missing_is_an_error_and_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        files.write(tmp_path / "missing" / "a.json", b"one")
    assert os.listdir(tmp_path) == []


def test_threads_that_write_one_file_at_once_never_mix(tmp_path: Path) -> None:
    contents = [bytes([65 + i]) * 10_000 for i in range(8)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda content: files.write(tmp_path / "a", content), contents * 5))
    assert (tmp_path / "a").read_bytes() in contents
    assert os.listdir(tmp_path) == ["a"]


def test_what_is_durable_is_synced_before_it_gets_its_name_and_its_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[str, bool]] = []
    real = os.fsync

    def fsync(file: int) -> None:
        synced.append((Path(f"/proc/self/fd/{file}").readlink().name, (tmp_path / "a").exists()))
        real(file)

    monkeypatch.setattr(os, "fsync", fsync)
    files.write(tmp_path / "a", b"one")
    (scratch, there), (folder, named) = synced
    assert (scratch.startswith("a."), there, folder, named) == (True, False, tmp_path.name, True)
    files.write(tmp_path / "b", b"one", durable=False)
    assert len(synced) == 2


def is_whole(path: Path) -> bool:
    try:
        json.loads(path.read_text())
    except ValueError:
        return False
    return True


def test_json_that_is_written_over_in_place_is_whole_whenever_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    path.write_text(json.dumps({"message": "x" * 300}))
    torn, over = [], Event()

    def look() -> None:
        while not over.is_set():
            # no kernel promises that a read falls between two writes; what stays torn for three was left so
            if not any(is_whole(path) for _ in range(3)):
                torn.append(path.read_text())

    with ThreadPoolExecutor(1) as threads:
        looking = threads.submit(look)
        for turn in range(2000):
            files.overwrite(path, json.dumps({"message": "x" * (turn % 2 * 300)}).encode())
        over.set()
        looking.result()
    assert not torn
    assert json.loads(path.read_text()) == {"message": "x" * 300}


def test_a_link_is_replaced_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("theirs")
    (tmp_path / "a").symlink_to("other")
    files.write(tmp_path / "a", b"ours")
    assert (tmp_path / "other").read_text() == "theirs"
    assert not (tmp_path / "a").is_symlink()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["link", "hard link", "link to nothing", "fifo", "folder"])
def test_nothing_is_written_through_a_link_or_into_what_is_no_file(
    tmp_path: Path, way: Callable[[Path, bytes], None], kind: str
) -> None:
    other, path = tmp_path / "other", tmp_path / "ledger.jsonl"
    other.write_text("theirs")
    make: dict[str, Callable[[], object]] = {
        "link": lambda: path.symlink_to(other),
        "hard link": lambda: os.link(other, path),
        "link to nothing": lambda: path.symlink_to(tmp_path / "new"),
        "fifo": lambda: os.mkfifo(path),
        "folder": path.mkdir,
    }
    make[kind]()
    with pytest.raises(OSError, match=r"ledger\.jsonl"):
        way(path, b"ours")
    assert other.read_text() == "theirs"
    assert not (tmp_path / "new").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_not_written_to_but_one_of_the_owner_of_the_folder_is(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_text("")
    os.chown(path, 12345, 12345)
    with pytest.raises(OSError, match="belongs to another user"):
        files.append_line(path, b"ours")
    os.chown(tmp_path, 12345, 12345)
    files.append_line(path, b"theirs")
    assert path.read_text() == "theirs\n"


def test_processes_that_add_lines_at_once_lose_none(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_text("torn")
    code = (
        "import sys, pathlib; from trainer import files\n"
        "for n in range(50): files.append_line(pathlib.Path(sys.argv[1]), f'{sys.argv[2]}-{n}'.encode())"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    writers = [subprocess.Popen([sys.executable, "-c", code, path, str(n)], env=environment) for n in range(4)]
    assert [writer.wait() for writer in writers] == [0] * 4
    lines = path.read_text().splitlines()
    assert lines[0] == "torn"
    assert sorted(lines[1:]) == sorted(f"{writer}-{n}" for writer in range(4) for n in range(50))


def test_what_is_no_file_or_too_long_to_be_one_of_settings_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "status.json")
    with pytest.raises(OSError, match="not a regular file"):
        files.read(tmp_path / "status.json")
    (tmp_path / "config.json").write_bytes(b"12345")
    assert files.read(tmp_path / "config.json") == b"12345"
    monkeypatch.setattr(files, "LARGEST", 4)
    with pytest.raises(OSError, match="5 bytes"):
        files.read(tmp_path / "config.json")


def test_a_run_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    files.make_folder(tmp_path / "runs" / "exp")
    assert (tmp_path / "runs" / "exp").stat().st_mode & 0o777 == 0o700
