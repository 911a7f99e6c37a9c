"""The notifier: one message a turn, whatever tabs there are, and none for what was so before."""

# ruff: noqa: F811

from __future__ import annotations

import json
import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty

import numpy as np
import pytest
import streamlit

from app.folder import remembered
from app.folder.notifications import Notifications, forget_notifications, keep_notifications, notifications
from app.folder.notifier import Notifier
from app.folder.watch import Watch
from app.state import access
from app.wording import notify as words
from diagnostics import Verdict
from diagnostics.report.words import ATTENTION
from tests.receiver import PATIENCE, Receiver, receiver  # noqa: F401 - a fixture
from tests.test_app import _as_if_just_started, opened, shown, widget  # noqa: F401
from tests.writers import write_run

EPOCHS = np.arange(1, 61.0)
FALLING = 1 / EPOCHS
TURNING = 1 / EPOCHS + 0.01 * np.maximum(EPOCHS - 20, 0)


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    write(tmp_path / "runs" / "before")
    return tmp_path / "runs"


def write(run: Path, val: np.ndarray = TURNING) -> None:
    write_run(run, {"loss/train": FALLING * 0.9, "loss/val": val})


class Looking:
    """The folder as a notifier sees it; counts its looks."""

    def __init__(self, folder: Path) -> None:
        self.watch, self.looks = Watch(folder), 0

    def look(self):
        self.watch.expire()
        snapshot = self.watch.look()
        self.looks += 1
        return snapshot

    def wait_for(self, more: int = 2) -> None:
        """Until it has looked so many times from now on."""
        wait(lambda enough=self.looks + more: self.looks >= enough)


def wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def notifier(logs: Path) -> Iterator[Callable[..., tuple[Notifier, Looking]]]:
    """Begin to look at the folder, past the first look."""
    begun: list[Notifier] = []

    def begin(**options) -> tuple[Notifier, Looking]:
        looking = Looking(logs)
        begun.append(Notifier(str(logs), looking.look, every=0.005))
        begun[-1].begin(**options)
        return begun[-1], looking

    yield begin
    for each in begun:
        each.end()


def test_what_turns_is_sent_once_and_what_was_so_before_is_not(
    receiver: Receiver,
    logs: Path,
    notifier,
) -> None:
    keep_notifications(str(logs), receiver.url, ATTENTION, "")
    one, looking = notifier()
    for _ in range(10):  # tabs
        one.begin()
    looking.wait_for()
    write(logs / "after")
    message = receiver.bodies.get(timeout=PATIENCE)
    assert message["text"].startswith("after: Overfitting, clearly, since ")
    assert [run["run"] for run in message["runs"]] == ["after"]
    write(logs / "fine", FALLING)
    looking.wait_for(3)
    wait(lambda: bool(one.delivered))
    with pytest.raises(Empty):
        receiver.bodies.get_nowait()
    assert one.problem == ""


def test_a_run_that_turns_while_it_grows_is_sent(receiver: Receiver, logs: Path, notifier) -> None:
    keep_notifications(str(logs), receiver.url, ATTENTION, "")
    write(logs / "grows", TURNING[:18])
    _, looking = notifier()
    looking.wait_for()
    write(logs / "grows", TURNING)
    assert receiver.bodies.get(timeout=PATIENCE)["runs"][0]["run"] == "grows"


def test_only_the_runs_and_verdicts_that_were_chosen_are_sent(
    receiver: Receiver,
    logs: Path,
    notifier,
) -> None:
    keep_notifications(str(logs), receiver.url, [Verdict.OVERFITTING], "Wanted")
    _, looking = notifier()
    looking.wait_for()
    write(logs / "other")
    looking.wait_for(3)
    write(logs / "wanted-fine", FALLING)
    looking.wait_for(3)
    write(logs / "wanted-too")
    assert [run["run"] for run in receiver.bodies.get(timeout=PATIENCE)["runs"]] == ["wanted-too"]


def test_of_two_apps_over_a_folder_one_sends(receiver: Receiver, logs: Path, notifier) -> None:
    keep_notifications(str(logs), receiver.url, ATTENTION, "")
    (first, looking), (second, other) = notifier(), notifier()
    looking.wait_for()
    other.wait_for()
    write(logs / "after")
    assert receiver.bodies.get(timeout=PATIENCE)["runs"][0]["run"] == "after"
    looking.wait_for(3)
    other.wait_for(3)
    assert receiver.bodies.empty()
    assert bool(first.delivered) != bool(second.delivered)


def test_a_command_of_the_command_line_is_run_though_nothing_was_set(logs: Path, tmp_path: Path, notifier) -> None:
    sentence = tmp_path / "sentence"
    command = f"cat > '{sentence}.part' && mv '{sentence}.part' '{sentence}'"
    _, looking = notifier(commands={Verdict.OVERFITTING: command})
    looking.wait_for()
    write(logs / "after")
    wait(sentence.is_file)
    assert sentence.read_text().startswith("Fitwatch: after: Overfitting")


def test_where_a_page_may_change_nothing_what_was_set_is_not_sent(
    receiver: Receiver,
    logs: Path,
    notifier,
) -> None:
    keep_notifications(str(logs), receiver.url, ATTENTION, "")
    one, looking = notifier(may_post=False)
    assert looking.looks == 0
    one.begin()
    looking.wait_for()


def test_it_ends_when_nothing_is_to_be_sent_and_begins_again(receiver: Receiver, logs: Path, notifier) -> None:
    keep_notifications(str(logs), receiver.url, ATTENTION, "")
    one, looking = notifier()
    looking.wait_for()
    forget_notifications(str(logs))
    wait(lambda: one._thread is None)
    write(logs / "meanwhile")
    keep_notifications(str(logs), receiver.url, ATTENTION, "")
    one.begin()
    looking.wait_for()
    write(logs / "after")
    assert [run["run"] for run in receiver.bodies.get(timeout=PATIENCE)["runs"]] == ["after"]


def test_a_folder_that_is_gone_for_a_while_makes_nothing_news(receiver: Receiver, logs: Path, notifier) -> None:
    keep_notifications(str(logs), receiver.url, ATTENTION, "")
    _, looking = notifier()
    looking.wait_for()
    logs.rename(logs.with_name("away"))
    looking.wait_for(3)
    logs.with_name("away").rename(logs)
    looking.wait_for(3)
    write(logs / "after")
    assert [run["run"] for run in receiver.bodies.get(timeout=PATIENCE)["runs"]] == ["after"]


def test_a_message_that_does_not_arrive_is_said_without_the_secret(receiver: Receiver, logs: Path, notifier) -> None:
    keep_notifications(str(logs), receiver.url, ATTENTION, "")
    receiver.answers = [404]
    one, _ = notifier()
    one.test()
    wait(lambda: bool(one.problem))
    assert "404" in one.problem
    assert "secret" not in one.problem
    wait(lambda: not one.testing)
    one.test()
    assert receiver.bodies.get(timeout=PATIENCE)["text"].startswith("Test message: ")
    wait(lambda: one.problem == "" and one.delivered > 0)


def test_a_test_message_runs_the_commands(logs: Path, tmp_path: Path, notifier) -> None:
    one, _ = notifier(commands=dict.fromkeys(ATTENTION, f'echo "$FITWATCH_RUN" >> "{tmp_path}/told"'))
    one.test()
    wait(lambda: not one.testing)
    assert (tmp_path / "told").read_text() == "test\n"


def test_what_was_set_is_for_its_owner_alone(logs: Path) -> None:
    old = os.umask(0)
    try:
        keep_notifications("/logs", "https://chat.example/hooks/key", [Verdict.OVERFITTING], " a ")
    finally:
        os.umask(old)
    assert stat.S_IMODE(remembered.file("notifications").stat().st_mode) == 0o600
    assert notifications("/logs") == Notifications("https://chat.example/hooks/key", (Verdict.OVERFITTING,), "a")
    assert notifications("/elsewhere") == Notifications()


@pytest.mark.parametrize(
    "written",
    [{"webhook": "ftp://x"}, {"webhook": 3}, {"verdicts": "overfitting"}, {"verdicts": None}, {"runs": [1]}],
)
def test_what_cannot_be_understood_is_as_if_never_set(logs: Path, written: dict) -> None:
    remembered.file("notifications").parent.mkdir(parents=True)
    remembered.file("notifications").write_text(json.dumps({"/logs": written}))
    assert notifications("/logs") == Notifications()


# --- in the app

URL = "https://chat.example/hooks/key"


@pytest.fixture
def started(logs: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    monkeypatch.chdir(logs.parent)
    access._parsed.cache_clear()
    return lambda *arguments: monkeypatch.setattr(sys, "argv", ["streamlit_app.py", *arguments])


def pressed(app, key: str) -> None:
    next(button for button in app.button if button.key == key).click()


def typed(app, url: str = URL):
    widget(app.text_input, "notify-url").input(url)
    pressed(app, "notify-save")
    return app.run()


def test_it_is_set_in_the_app_and_the_address_is_shown_nowhere(started: Callable[..., None], logs: Path) -> None:
    started()
    app = typed(opened())
    assert notifications(str(logs)).webhook == URL
    assert words.GOES_TO.format(host="chat.example") in shown(app)
    assert "hooks/key" not in shown(app) + str(app.query_params) + str([box.value for box in app.text_input])
    widget(app.multiselect, "notify-verdicts").set_value([Verdict.PLATEAU])
    pressed(app, "notify-save")
    app.run()
    assert notifications(str(logs)) == Notifications(URL, (Verdict.PLATEAU,))
    pressed(app, "notify-off")
    app.run()
    assert notifications(str(logs)) == Notifications()
    assert words.GOES_TO.format(host="chat.example") not in shown(app)


def test_what_is_no_address_is_refused_beside_the_field(started: Callable[..., None], logs: Path) -> None:
    started()
    app = typed(opened(), "chat.example/hooks")
    assert "found no address" in shown(app)
    assert notifications(str(logs)) == Notifications()


@pytest.mark.parametrize(
    ("arguments", "address", "host"),
    [
        (("--read-only",), "127.0.0.1", "localhost:8501"),
        ((), "0.0.0.0", "localhost:8501"),
        (("--token", "open"), "0.0.0.0", "localhost:8501"),
        ((), "127.0.0.1", "proxy.example"),
    ],
)
def test_a_page_of_another_machine_neither_sets_nor_sees_it(
    started: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    logs: Path,
    arguments: tuple[str, ...],
    address: str,
    host: str,
) -> None:
    keep_notifications(str(logs), URL, ATTENTION, "")
    started(*arguments, "--on-verdict", "overfitting", "true")
    monkeypatch.setattr(type(streamlit.context), "headers", property(lambda _: {"Host": host}))
    streamlit.config.set_option("server.address", address)
    try:
        app = opened(token="open")
        assert "chat.example" not in shown(app)
        assert not [box for box in app.text_input if (box.key or "").startswith("notify")]
        assert not [button for button in app.button if (button.key or "").startswith("notify")]
    finally:
        streamlit.config.set_option("server.address", "127.0.0.1")


def test_a_verdict_that_does_not_exist_is_an_unknown_argument(started: Callable[..., None]) -> None:
    started("--on-verdict", "overfit", "true")
    assert access.arguments().unknown
    started("--logdir", "x", "--on-verdict", "overfitting,diverged", "true")
    assert access.arguments().commands == {Verdict.OVERFITTING: "true", Verdict.DIVERGED: "true"}
