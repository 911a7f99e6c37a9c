"""TensorBoard over the same folder: started by a click, on this machine alone, and gone when the app is."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from streamlit.testing.v1 import AppTest

from app.folder import tensorboard_process, watch
from app.folder.tensorboard_process import Board
from app.wording import plain
from app.wording import shell as words
from tests.app_server import ROOT
from tests.test_app import OVERFITTING, _as_if_just_started, opened  # noqa: F401
from tests.writers import write_run

PATIENCE = 120.0  # seconds


def wait_for(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Board]:
    write_run(tmp_path / "logs" / "over", OVERFITTING)
    board = Board(str(tmp_path / "logs"))
    yield board
    board.stop()


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


def test_it_serves_the_folder_on_this_machine_alone_and_ends_when_asked(board: Board) -> None:
    before = children()
    assert board.state == "off"
    board.start()
    board.start()
    assert board.state == "starting"
    wait_for(lambda: board.state != "starting")
    assert board.state == "on", board.trouble
    with urllib.request.urlopen(f"{board.address}data/runs", timeout=PATIENCE) as answer:
        assert answer.status == 200
    started = children() - before
    listening = [c.laddr.ip for pid in started for c in psutil.Process(pid).net_connections() if c.status == "LISTEN"]
    assert set(listening) == {"127.0.0.1"}
    board.stop()
    assert board.state == "off"
    wait_for(lambda: not children() - before)


def test_what_other_users_of_the_machine_can_read_does_not_open_it(
    board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    before = children()
    board.start(private=True)
    wait_for(lambda: board.state != "starting")
    assert board.state == "on", board.trouble
    secret = board.address.rstrip("/").rpartition("/")[2]
    assert len(secret) > 16
    lines = [" ".join(psutil.Process(pid).cmdline()) for pid in children() - before]
    assert lines
    assert not [line for line in lines if secret in line]
    assert not [line for line in lines if "tensorboard_data_server" in line]  # which asks for no secret
    written = [path for path in (tmp_path / "tmp").rglob("*") if path.is_file()]
    assert not [path for path in written if secret in path.read_text(errors="replace")]


def test_it_ends_with_the_app_even_when_that_is_killed(board: Board) -> None:
    program = f"""
import psutil, sys, time
sys.path.insert(0, {str(ROOT)!r})
from app.folder.tensorboard_process import Board
board = Board({board.place!r})
board.start()
while board.state == "starting":
    time.sleep(0.02)
print(board.state, *(child.pid for child in psutil.Process().children(recursive=True)), flush=True)
time.sleep(600)
"""
    app = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert app.stdout is not None
    with app, app.stdout:
        state, *pids = app.stdout.readline().split()
        assert state == "on"
        assert pids
        app.kill()
    wait_for(lambda: not any(psutil.pid_exists(int(pid)) and alive(int(pid)) for pid in pids))


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import runpy; runpy.run_module('tensorboard_that_is_not_there')", "No module named"),
        ("import sys; sys.exit('no **room** left')", "no **room** left"),
        ("import sys; sys.exit(3)", "code 3"),
    ],
)
def test_a_failed_start_has_its_last_words_and_can_be_tried_again(
    board: Board, monkeypatch: pytest.MonkeyPatch, program: str, said: str
) -> None:
    monkeypatch.setattr(tensorboard_process, "PROGRAM", program)
    for _ in range(2):
        board.start()
        wait_for(lambda: board.state != "starting")
        assert board.state == "failed"
        assert said in board.trouble


def test_a_python_that_cannot_be_run_is_a_sentence(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    board.start()
    assert board.state == "failed"
    assert "/nowhere/python" in board.trouble


def side_button(app: AppTest, key: str) -> AppTest:
    return app.sidebar.button(key).click().run()


def test_a_click_starts_it_and_another_ends_it(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "board", lambda place: board)
    asked: list[str] = []
    monkeypatch.setattr(board, "start", lambda *, private: asked.append("private" if private else "start"))
    monkeypatch.setattr(board, "stop", lambda: asked.append("stop"))
    app = opened(logdir=board.place)
    assert app.sidebar.button("tensorboard").label == words.TENSORBOARD
    side_button(app, "tensorboard")
    monkeypatch.setattr(Board, "state", "starting")
    assert app.run().sidebar.button("tensorboard").disabled
    monkeypatch.setattr(Board, "state", "on")
    monkeypatch.setattr(board, "address", "http://127.0.0.1:1/")
    (link,) = app.run().sidebar.get("link_button")
    assert link.proto.url == "http://127.0.0.1:1/"
    side_button(app, "tensorboard-stop")
    assert asked == ["start", "stop"]
    assert not app.exception


@pytest.mark.parametrize(
    ("trouble", "said"),
    [("No module named tensorboard", words.TENSORBOARD_MISSING), ("a **bold** word", "could not be started")],
)
def test_what_went_wrong_is_said(board: Board, monkeypatch: pytest.MonkeyPatch, trouble: str, said: str) -> None:
    monkeypatch.setattr(watch, "board", lambda place: board)
    board.trouble = trouble
    app = opened(logdir=board.place)
    assert any(plain(said) in one.value for one in app.sidebar.caption)
    assert not any("**" in one.value for one in app.sidebar.caption)


def test_a_url_has_none() -> None:
    assert "tensorboard" not in [button.key for button in opened(logdir="memory://bucket").sidebar.button]
