"""Access: what of this machine the app opens, who may start anything in it, and whose requests it answers."""

from __future__ import annotations

import os
import shutil
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path

import pytest
import streamlit
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from app.folder.tensorboard_process import Board
from app.state import access
from app.wording import access as words
from app.wording import plain
from tests.app_server import PATIENCE, serve
from tests.test_app import OVERFITTING, _as_if_just_started, opened, shown  # noqa: F401
from tests.test_own_problem import BEGIN
from tests.trial_runs import TINY, write_parent
from tests.writers import write_run
from trainer import job, own_code
from trainer.__main__ import main as trainer
from trainer.errors import ConfigError
from trainer.status import CONFIG

STARTS = ("demonstrate", "start", "pause", "stop", "resume", "again", "try", "try-branch", "tensorboard")


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Start the app with these words after ``--``, in a folder with a log in ``runs`` and one outside."""
    write_parent(tmp_path / "runs" / "exp")
    write_run(tmp_path / "outside" / "secret", OVERFITTING)
    (tmp_path / "runs" / "link").symlink_to(tmp_path / "outside")
    monkeypatch.delenv(access.TOKEN, raising=False)
    access._parsed.cache_clear()
    return lambda *arguments: monkeypatch.setattr(sys, "argv", ["streamlit_app.py", *arguments])


@pytest.mark.parametrize(
    ("root", "place", "allowed"),
    [
        ("runs", "runs", True),
        ("runs", "runs/exp", True),
        ("runs", "runs/../outside", False),
        ("runs", "outside", False),
        ("runs", "runs-of-others", False),
        ("runs", "runs/link", False),
        ("runs", "/", False),
        ("runs", "", False),
        ("runs", "http://127.0.0.1:9/x", False),
        ("runs", "file:///etc", False),
        ("s3://bucket/logs", "s3://bucket/logs/a", True),
        ("s3://bucket/logs", "s3://bucket/logs-of-others", False),
        ("s3://bucket/logs", "s3://bucket/logs/../others", False),
        ("s3://bucket/logs", "gs://bucket/logs", False),
        ("/", "outside", True),
        ("runs/exp", "runs", True),
        ("runs/exp", "runs/link", False),
        ("runs/exp", "", False),
        ("outside/secret", "outside", False),
    ],
)
def test_only_what_the_command_line_names_and_what_lies_below_is_in_reach(
    started: Callable[..., None], tmp_path: Path, root: str, place: str, allowed: bool
) -> None:
    started("--logdir", root)
    place = place if "://" in place else os.path.abspath(tmp_path / place) if place != "" else str(tmp_path)
    assert access.reaches(place) is allowed


@pytest.mark.parametrize("address", ["outside", "http://127.0.0.1:9/runs", "runs/link", "/"])
def test_a_link_to_anything_else_shows_the_folder_of_the_command_line_and_says_so(
    started: Callable[..., None], monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    started()
    monkeypatch.setattr(urllib.request, "urlopen", None)
    app = opened(logdir=address)
    page = shown(app)
    assert "secret" not in page
    assert any("is outside the folders" in warning.value for warning in app.main.warning)
    assert app.query_params["logdir"] == "runs"
    app = opened("run", logdir=address, run="exp")
    assert app.header[0].value == "exp"


def test_a_root_lets_a_link_reach_further(started: Callable[..., None]) -> None:
    started("--root", "outside")
    assert not any("outside the folders" in warning.value for warning in opened(logdir="outside").main.warning)


def buttons(app: object) -> set[str]:
    return {button.key.split("@")[0] for button in app.button if button.key} & set(STARTS)  # type: ignore[attr-defined]


@pytest.mark.parametrize("page", ["overview", "run", "compare", "train", "tune"])
@pytest.mark.parametrize(
    ("arguments", "address", "why"),
    [
        (("--read-only",), "127.0.0.1", words.READ_ONLY),
        ((), "0.0.0.0", words.NOT_LOOPBACK),
        ((), None, words.NOT_LOOPBACK),
    ],
)
def test_where_nothing_may_be_started_no_button_does_and_no_call_either(
    started: Callable[..., None],
    tmp_path: Path,
    page: str,
    arguments: tuple[str, ...],
    address: str | None,
    why: str,
) -> None:
    started(*arguments)
    streamlit.config.set_option("server.address", address)
    try:
        app = opened(page, run="exp")
        assert not app.exception
        assert why in [info.value for info in app.info]
        assert buttons(app) == set()
    finally:
        streamlit.config.set_option("server.address", "127.0.0.1")
    assert {path.name for path in (tmp_path / "runs").iterdir()} == {"exp", "link"}


def test_what_is_refused_is_refused_below_the_buttons_too(
    started: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    from app import actions, state

    started("--read-only")
    done: list[str] = []
    assert actions.refusal(lambda: done.append("started")) == plain(words.READ_ONLY)
    for decide in (
        lambda: state.hide(["exp"]),
        lambda: state.give_setup("exp", state.given_setup("exp")),
        lambda: state.rename("exp", "mine"),
        lambda: state.give_color("exp", "red"),
        lambda: state.keep_note("exp", "good"),
    ):
        with pytest.raises(PermissionError, match="read-only"):
            decide()
    assert done == []


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_a_token_is_asked_for_and_with_it_everything_may_be_done(started: Callable[..., None], address: str) -> None:
    started("--token", "open sesame")
    streamlit.config.set_option("server.address", address)
    try:
        for app in (opened(), opened(token="open"), opened(token="")):
            assert "exp" not in shown(app)
            assert not app.button
        app = opened(token="open sesame", logdir="runs")
        assert "token" not in app.query_params
        assert "demonstrate" in {button.key for button in app.button} or "tensorboard" in {b.key for b in app.button}
        app = opened()
        app.text_input("token").input("wrong").run()
        assert words.TOKEN_WRONG in [error.value for error in app.error]
        app.text_input("token").input("open sesame").run()
        assert not app.text_input or "token" not in [box.key for box in app.text_input]
    finally:
        streamlit.config.set_option("server.address", "127.0.0.1")


@pytest.mark.parametrize(
    ("headers", "answered"),
    [
        ({}, True),
        ({"Host": "localhost:8501"}, True),
        ({"Host": "localhost:8501", "Origin": "http://localhost:8501"}, True),
        ({"Host": "LOCALHOST:8501", "Origin": "http://localhost:8501"}, True),
        ({"Host": "localhost:8501", "Origin": "http://localhost:3000"}, False),
        ({"Host": "localhost:8501", "Origin": "http://127.0.0.1:8501"}, False),
        ({"Host": "localhost:8501", "Origin": "https://evil.example"}, False),
        ({"Host": "localhost:8501", "Origin": "null"}, False),
        ({"Host": "localhost:8501", "Origin": "http://localhost:8501.evil.example"}, False),
        ({"Host": "localhost:8501", "Origin": "https://proxy.example"}, False),
    ],
)
def test_a_page_of_another_address_is_not_answered(headers: dict[str, str], answered: bool) -> None:
    assert (access.refused_request(headers) == "") is answered
    assert access.refused_request(headers, ["https://proxy.example"]) == "" or not answered or not headers


def test_a_proxy_that_is_named_is_answered() -> None:
    headers = {"Host": "localhost:8501", "Origin": "https://proxy.example"}
    assert access.refused_request(headers, ["https://proxy.example"]) == ""


def test_a_server_tells_a_page_of_another_port_nothing(tmp_path: Path) -> None:
    client = pytest.importorskip("websockets.sync.client")
    write_run(tmp_path / "runs" / "only-for-us", OVERFITTING)
    with serve(tmp_path) as address:
        told = {}
        for origin in (address, "http://localhost:1"):
            url = f"{address.replace('http', 'ws')}/_stcore/stream"
            with client.connect(url, origin=origin, max_size=None) as socket:
                message = BackMsg()
                message.rerun_script.query_string = ""
                socket.send(message.SerializeToString())
                heard, deadline = b"", time.monotonic() + PATIENCE
                while time.monotonic() < deadline:
                    part = socket.recv(timeout=PATIENCE)
                    heard += part
                    if ForwardMsg.FromString(part).WhichOneof("type") == "script_finished":
                        break
            told[origin] = heard
        assert b"only-for-us" in told[address]
        assert b"only-for-us" not in told["http://localhost:1"]
        assert words.FOREIGN.encode() in told["http://localhost:1"]


def test_a_server_speaks_to_nobody_who_calls_it_by_another_name(tmp_path: Path) -> None:
    """A name that first leads to a foreign site and then to this machine makes both the same origin."""
    with serve(tmp_path) as address:
        port = int(address.rpartition(":")[2])
        assert handshake(port, f"127.0.0.1:{port}", f"http://127.0.0.1:{port}") == 101
        for host in ("evil.example", f"evil.example:{port}", "127.0.0.1.evil.example", "127.0.0.1@evil.example"):
            assert handshake(port, host, f"http://{host}") == handshake(port, host, "") == 403


def handshake(port: int, host: str, origin: str) -> int:
    """What a server answers to who would open the connection over which a page is drawn."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        connection.putrequest("GET", "/_stcore/stream", skip_host=True)
        headers = {"Host": host, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
        headers |= {"Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg==", **({"Origin": origin} if origin else {})}
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        return connection.getresponse().status


def test_tensorboard_answers_its_own_host_and_pages_alone_and_behind_a_secret(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "over", OVERFITTING)
    board = Board(str(tmp_path / "logs"))
    try:
        board.start()
        deadline = time.monotonic() + PATIENCE
        while board.state == "starting":
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert board.state == "on", board.trouble
        host = board.address.split("/")[2]

        def status(url: str, **headers: str) -> int:
            with (
                suppress(urllib.error.HTTPError),
                urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=PATIENCE) as answer,
            ):
                return int(answer.status)
            return 0

        runs = f"{board.address}data/runs"
        assert status(runs) == status(runs, Origin=f"http://{host}") == 200
        assert status(runs, Host="evil.example") == status(runs, Host=f"evil.example:{host.split(':')[1]}") == 0
        assert status(runs, Origin="http://localhost:1") == status(runs, Origin="https://evil.example") == 0
        assert status(f"http://{host}/data/runs") == 0
    finally:
        board.stop()


# --- code that comes with a run

EVIL = f"open('owned', 'w').close()\n{BEGIN}    return model(), (data(), data(20)), nn.CrossEntropyLoss()"


@pytest.fixture
def downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run from elsewhere whose settings name code that came with it."""
    run = write_parent(tmp_path / "runs" / "dl", config=None)
    (run / CONFIG).write_text(replace(TINY, dataset="runs.dl.evil:make", train_size=None).to_json())
    (run / "evil.py").write_text(EVIL)
    (run / "torch.py").write_text("open('owned', 'w').close()")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return run


@pytest.mark.parametrize(
    "command", [["resume"], ["try"], ["improve"], ["calibrate"], ["tune", "--trials", "1", "--from"]]
)
def test_no_command_imports_what_a_run_names(
    downloaded: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert trainer([*command, str(downloaded)]) == 2
    assert not Path("owned").exists()
    assert not Path(downloaded, "owned").exists()
    assert "Traceback" not in capsys.readouterr().err


def test_the_sentence_says_how_to_trust_the_code_and_then_it_runs(
    downloaded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert trainer(["resume", str(downloaded)]) == 2
    assert "python -m trainer trust runs.dl.evil:make" in capsys.readouterr().err
    assert trainer(["trust", "runs.dl.evil:make"]) == 0
    shutil.rmtree(downloaded / "__pycache__", ignore_errors=True)
    assert trainer(["resume", str(downloaded)]) == 0
    assert Path("owned").exists()


def test_a_configuration_file_is_no_word_of_a_person(downloaded: Path) -> None:
    assert trainer(["train", "--config", str(downloaded / CONFIG), "--logdir", "runs/new"]) == 2
    assert not Path("owned").exists()


def test_the_app_resumes_and_tries_nothing_of_the_kind(downloaded: Path) -> None:
    before = {path.name: path.read_bytes() for path in downloaded.iterdir() if path.is_file()}
    with pytest.raises(job.JobError, match=r"trust runs\.dl\.evil:make"):
        job.resume(downloaded, epochs=3)
    assert {path.name: path.read_bytes() for path in downloaded.iterdir() if path.is_file()} == before
    assert not Path("owned").exists()


def test_trust_says_what_is_let_run_and_refuses_what_is_not_there(
    downloaded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert trainer(["trust", "runs.dl.evil:make"]) == 0
    assert f"imported from {Path.cwd() / 'runs'}" in capsys.readouterr().out
    assert trainer(["trust", "torch.nn:Linear"]) == 0
    assert "torch/__init__.py" in capsys.readouterr().out
    assert trainer(["trust", "nowhere:make"]) == 2
    assert f"there is no module nowhere in {Path.cwd()}" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="that you have not named"):
        own_code.need_trusted("nowhere:make")
    Path("code.py").touch()  # a name of Python's own, which a person may have as well
    assert trainer(["trust", "code:make"]) == 0
    assert not Path("owned").exists()


def test_only_a_function_can_be_trusted_and_a_broken_list_trusts_nothing(downloaded: Path) -> None:
    with pytest.raises(ConfigError, match="MODULE:FUNCTION"):
        own_code.trust("digits")
    for name in ("os:system", "os:abort", "importlib.util:find_spec"):
        with pytest.raises(ConfigError, match="of Python's own library"):
            own_code.trust(name)
        with pytest.raises(ConfigError, match="that you have not named"):
            own_code.need_trusted(name)
    own_code.trust("mine:make")
    assert own_code.need_trusted("mine:make") == Path.cwd()
    own_code.file().write_text("[" * 100_000)
    with pytest.raises(ConfigError, match="trust mine:make"):
        own_code.need_trusted("mine:make")
