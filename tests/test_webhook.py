"""The webhook: what is posted, that it is tried again, and that nothing waits for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from threading import Event, Thread

import pytest

from diagnostics.__main__ import main
from diagnostics.report.webhook import MOST, Webhook, message_of
from tests.test_cli import logdir  # noqa: F401 - a fixture
from tests.test_report import FALLING, TURNING, result

PATIENCE = 20


class Receiver:
    """A server on this machine that answers with ``answers`` in turn, then with 200."""

    def __init__(self) -> None:
        self.bodies: Queue[dict] = Queue()
        self.answers: list[int] = []
        self.open = Event()
        self.open.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.open.wait(PATIENCE)
                code = receiver.answers.pop(0) if receiver.answers else 200
                if code == 200:
                    receiver.bodies.put(json.loads(body))
                self.send_response(code)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/secret"
        Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.open.set()
    receiver.server.shutdown()
    receiver.server.server_close()


def test_watch_posts_the_sentence_of_a_run_that_needs_attention(receiver: Receiver, logdir, capsys) -> None:  # noqa: F811
    assert main([str(logdir), "--watch", "--fail-on", "overfitting", "--webhook", receiver.url]) == 1
    message = receiver.bodies.get(timeout=PATIENCE)
    assert message["text"].startswith("turning: Overfitting, clearly, since epoch 20. Validation loss 0.05")
    assert message["text"] == message["content"]
    assert [run["run"] for run in message["runs"]] == ["turning"]


def test_what_fails_is_tried_again(receiver: Receiver) -> None:
    receiver.answers = [500, 503]
    problems: list[str] = []
    webhook = Webhook(receiver.url, problems.append, pauses=(0, 0, 0))
    webhook.send({"text": "hello", "value": float("nan")})
    webhook.close(PATIENCE)
    assert receiver.bodies.get(timeout=PATIENCE) == {"text": "hello", "value": None}
    assert problems == []


def test_what_is_never_taken_is_told_without_the_secret(receiver: Receiver) -> None:
    receiver.answers = [500] * 2
    problems: list[str] = []
    webhook = Webhook(receiver.url, problems.append, pauses=(0,))
    webhook.send({"text": "hello"})
    webhook.close(PATIENCE)
    (problem,) = problems
    assert "127.0.0.1" in problem
    assert "secret" not in problem


def test_sending_does_not_wait_for_the_receiver(receiver: Receiver) -> None:
    receiver.open.clear()
    webhook = Webhook(receiver.url, print)
    webhook.send({"text": "hello"})
    assert receiver.bodies.empty()
    receiver.open.set()
    assert receiver.bodies.get(timeout=PATIENCE) == {"text": "hello"}
    webhook.close(PATIENCE)


def test_many_runs_are_one_message_and_healthy_ones_none() -> None:
    many = message_of("logs", [result(TURNING, name=f"run{number}") for number in range(MOST + 2)])
    assert many["text"].endswith("and 2 more")
    assert len(many["runs"]) == MOST + 2
    assert message_of("logs", [result(FALLING)]) is None


@pytest.mark.parametrize(
    ("options", "way_out"),
    [
        (["--watch", "--webhook", "file:///etc/passwd"], "http:// or https://"),
        (["--webhook", "https://x.y"], "add --watch"),
    ],
)
def test_what_cannot_be_posted_to_is_refused(capsys, tmp_path, options: list[str], way_out: str) -> None:
    with pytest.raises(SystemExit) as refused:
        main([str(tmp_path), *options])
    assert refused.value.code == 2
    assert way_out in capsys.readouterr().err
