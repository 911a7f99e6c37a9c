"""The webhook: what is posted, that it is tried again, and that nothing waits for it."""

# ruff: noqa: F811

from __future__ import annotations

import socket
from dataclasses import replace
from threading import Thread

import pytest

from diagnostics.__main__ import main
from diagnostics.report.message import MOST, VerdictTurns, message_of
from diagnostics.report.webhook import Webhook
from diagnostics.verdict import Verdict
from tests.receiver import PATIENCE, Receiver, receiver  # noqa: F401 - a fixture
from tests.test_cli import logdir  # noqa: F401 - a fixture
from tests.test_report import FALLING, TURNING, result


def test_watch_posts_the_sentence_of_a_run_that_needs_attention(receiver: Receiver, logdir, capsys) -> None:
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


def test_a_redirection_is_not_followed_and_what_is_refused_for_good_is_not_tried_again(receiver: Receiver) -> None:
    receiver.answers = [302, 404, 200]
    problems: list[str] = []
    webhook = Webhook(receiver.url, problems.append, pauses=())
    webhook.send({"text": "first"})
    webhook.close(PATIENCE)
    webhook = Webhook(receiver.url, problems.append, pauses=(60,))
    webhook.send({"text": "second"})
    webhook.close(PATIENCE)
    assert [problem.partition(" answered ")[2] for problem in problems] == ["302 Found", "404 Not Found"]
    assert receiver.bodies.empty()


def test_a_redirection_is_final(receiver: Receiver) -> None:
    receiver.answers = [302, 200]
    problems: list[str] = []
    webhook = Webhook(receiver.url, problems.append, pauses=(0, 0))
    webhook.send({"text": "hello"})
    webhook.close(PATIENCE)
    assert [problem.partition(" answered ")[2] for problem in problems] == ["302 Found"]
    assert receiver.bodies.empty()


def test_a_server_that_speaks_another_language_ends_nothing() -> None:
    problems: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            for _ in range(2):
                peer, _address = server.accept()
                with peer:
                    peer.recv(10_000)
                    peer.sendall(b"SSH-2.0-x\r\n\r\n")

        Thread(target=answer, daemon=True).start()
        webhook = Webhook(f"http://127.0.0.1:{server.getsockname()[1]}/", problems.append, pauses=())
        for _ in range(2):
            webhook.send({"text": "hello"})
        webhook.close(PATIENCE)
    assert len(problems) == 2


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


def test_a_name_from_a_log_calls_nobody() -> None:
    message = message_of("logs", [result(TURNING, name="<!channel>\n@everyone\x1b")])
    assert "<" not in message["text"]
    assert message["allowed_mentions"] == {"parse": []}
    assert message["content"].count("\n") == message["content"].count("\x1b") == 0


def test_only_the_verdicts_that_were_chosen_are_sent() -> None:
    results = [result(TURNING, name="turning"), result(FALLING, name="falling")]
    message = message_of("logs", results, [results[1][1].verdict])
    assert [run["run"] for run in message["runs"]] == ["falling"]


def test_a_verdict_is_news_once_until_the_run_starts_anew() -> None:
    run, overfitting = result(TURNING)
    plateau, early = (replace(overfitting, verdict=verdict) for verdict in (Verdict.PLATEAU, Verdict.TOO_EARLY))
    turns = VerdictTurns()
    told = [
        [diagnosis.verdict.value for _, diagnosis in turns.news([(run, diagnosis)])]
        for diagnosis in (early, overfitting, plateau, overfitting, plateau, early, overfitting)
    ]
    assert told == [["too_early"], ["overfitting"], ["plateau"], [], [], ["too_early"], ["overfitting"]]


@pytest.mark.parametrize(
    "address", ["", "http://", "http://x y/z", "http://x:port/", "ftp://x/", "http://x/\nHost: y", "x"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="found no address"):
        Webhook(address, print)


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


@pytest.mark.parametrize("ended_by_a_person", [True, False])
def test_what_is_still_in_line_at_the_end_is_told(receiver: Receiver, monkeypatch, ended_by_a_person: bool) -> None:
    receiver.open.clear()
    problems: list[str] = []
    webhook = Webhook(receiver.url, problems.append)
    for _ in range(2):
        webhook.send({"text": "hello"})
    if ended_by_a_person:  # Ctrl-C again while it waits

        def interrupted(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(webhook._thread, "join", interrupted)
        with pytest.raises(KeyboardInterrupt):
            webhook.close()
    else:
        webhook.close(0.01)
    (problem,) = problems
    assert problem == ("2 messages were not delivered before the end: the webhook at 127.0.0.1 has not answered yet")
