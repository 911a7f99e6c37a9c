"""Notifier: looks at one folder while the app runs, with or without a tab, and sends what turned."""

from __future__ import annotations

import atexit
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Event, Lock, Thread

from filelock import FileLock, Timeout

from app.folder.entries import Snapshot
from app.folder.notifications import Notifications, lock_file, notifications
from diagnostics import Verdict
from diagnostics.report.message import VerdictTurns, message_of, sample_message
from diagnostics.report.on_verdict import OnVerdict
from diagnostics.report.results import Result
from diagnostics.report.webhook import Webhook

EVERY = 2.0  # seconds from one look to the next
LAST_WAIT = 5.0  # seconds that an app which ends waits for a message that is still to be sent
NO_COMMANDS: Mapping[Verdict, str] = {}


class Notifier:
    """One for all tabs, which ask for nothing but to ``begin``; safe to call from several sessions at once.

    ``problem`` is why the last message was not delivered, ``delivered`` when one was (seconds since 1970).
    """

    def __init__(self, place: str, look: Callable[[], Snapshot], *, every: float = EVERY) -> None:
        self.place, self._look, self._every = place, look, every
        self.problem, self.delivered, self.testing = "", 0.0, False
        self.commands: Mapping[Verdict, str] = NO_COMMANDS
        self._webhook: Webhook | None = None
        self._on_verdict: OnVerdict | None = None
        self._may_post = False
        self._thread: Thread | None = None
        self._end, self._lock = Event(), Lock()

    @property
    def settings(self) -> Notifications:
        """What a person set."""
        return notifications(self.place)

    def begin(self, commands: Mapping[Verdict, str] = NO_COMMANDS, *, may_post: bool = True) -> None:
        """Look from now on, if there is anything to send; verdicts that runs have already are no news.

        ``commands`` come from the command line. Without ``may_post`` what was set in the app is not sent.
        """
        with self._lock:
            self.commands, self._may_post = commands, may_post
            if self._thread is None and self._needed():
                self._end.clear()
                self._thread = Thread(target=self._work, daemon=True)
                self._thread.start()

    def end(self) -> None:
        """Stop looking, and wait for that."""
        self._end.set()
        if (thread := self._thread) is not None:
            thread.join()

    def test(self) -> None:
        """Send a test message by every way that is set, once; returns at once."""
        with self._lock:
            if self.testing:
                return
            self.testing = True
        Thread(target=self._test, daemon=True).start()

    def _needed(self) -> bool:
        return bool(self.commands or (self._may_post and self.settings.webhook))

    def _work(self) -> None:
        turns, before = VerdictTurns(), None
        lock = FileLock(lock_file(self.place), mode=0o600)
        try:
            while not self._end.is_set() and self._needed():
                snapshot = self._look()
                if snapshot is not before and not snapshot.error and not snapshot.unread:
                    news = turns.news(_results(snapshot))
                    if before is not None:
                        self._send(news, lock)
                    before = snapshot
                self._end.wait(self._every)
        finally:
            lock.release()
            with self._lock:
                self._thread = None

    def _send(self, news: list[Result], lock: FileLock) -> None:
        for result in news if self.commands else ():
            self._commands().send(self.place, result)
        settings = self.settings
        chosen = [result for result in news if settings.wants(result[0], result[1].verdict)]
        if not (self._may_post and settings.webhook and _is_ours(lock)):
            return
        if (message := message_of(self.place, chosen, settings.verdicts)) is not None:
            if self._webhook is None:
                atexit.register(self._say_undelivered)
            if self._webhook is None or self._webhook.url != settings.webhook:
                self._webhook = Webhook(settings.webhook, self._failed, delivered=self._arrived)
            self._webhook.send(message)

    def _say_undelivered(self) -> None:
        """At the end of the app: a message in line gets a moment, and one that is lost is said in the terminal."""
        if self._webhook is not None:
            self.problem = ""
            self._webhook.close(LAST_WAIT)
            if self.problem:
                print(f"fitwatch: {self.problem}", file=sys.stderr)

    def _commands(self) -> OnVerdict:
        if self._on_verdict is None or self._on_verdict.commands != self.commands:
            self._on_verdict = OnVerdict(self.commands, self._failed, delivered=self._arrived)
        return self._on_verdict

    def _test(self) -> None:
        try:
            if self._may_post and (url := self.settings.webhook):
                webhook = Webhook(url, self._failed, delivered=self._arrived, pauses=())
                webhook.send(sample_message(self.place))
                webhook.close()
            if self.commands:
                commands = OnVerdict(self.commands, self._failed, delivered=self._arrived)
                commands.test(self.place)
                commands.close()
        finally:
            self.testing = False

    def _failed(self, problem: str) -> None:
        self.problem = problem

    def _arrived(self) -> None:
        self.problem, self.delivered = "", time.time()


def _results(snapshot: Snapshot) -> list[Result]:
    return [
        (entry.run, entry.diagnosis)
        for entry in snapshot.entries
        if entry.run is not None and entry.diagnosis is not None
    ]


def _is_ours(lock: FileLock) -> bool:
    """Whether this program is the one to send: of two apps over one folder, the first that had something to send."""
    with suppress(Timeout, OSError):
        if not lock.is_locked:
            lock.acquire(timeout=0)
        return True
    return False
