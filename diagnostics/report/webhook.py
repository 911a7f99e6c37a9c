"""Webhook: a message to a chat or a program when verdicts turn, sent from a thread so that nothing waits for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from queue import SimpleQueue
from threading import Thread
from time import sleep
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from diagnostics.report.courses import courses
from diagnostics.report.neutral import printable
from diagnostics.report.results import Result, finite
from diagnostics.report.words import ATTENTION, as_charted, costs, headline, metric

TIMEOUT = 10.0  # seconds for one attempt
PAUSES = (2.0, 10.0, 30.0)  # seconds before each further attempt
LAST_WAIT = 15.0  # seconds that a program which ends waits for what is still to be sent
MOST = 10  # runs that a message spells out


class Webhook:
    """Posts JSON to ``url``, one message after the other; what cannot be sent is told to ``report`` and dropped.

    Raises ``ValueError`` for what is no http or https address.
    """

    def __init__(self, url: str, report: Callable[[str], None], *, pauses: Sequence[float] = PAUSES) -> None:
        self.url, self._report, self._pauses = checked_url(url), report, pauses
        self._messages: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        self._thread = Thread(target=self._work, daemon=True)
        self._thread.start()

    def send(self, message: dict[str, Any]) -> None:
        """Put a message in line; returns at once."""
        self._messages.put(message)

    def close(self, wait: float = LAST_WAIT) -> None:
        """Give what is in line ``wait`` seconds to be sent."""
        self._messages.put(None)
        self._thread.join(wait)

    def _work(self) -> None:
        while (message := self._messages.get()) is not None:
            self._deliver(json.dumps(finite(message), allow_nan=False).encode("utf-8"))

    def _deliver(self, body: bytes) -> None:
        headers = {"Content-Type": "application/json", "User-Agent": "fitwatch"}
        for pause in (*self._pauses, None):
            try:
                with urlopen(Request(self.url, body, headers), timeout=TIMEOUT):  # noqa: S310 - its scheme was checked
                    return
            except (OSError, ValueError) as error:
                if pause is None:  # the address itself may hold a secret
                    self._report(f"the webhook at {urlsplit(self.url).hostname} was not reached: {error}")
                else:
                    sleep(pause)


def checked_url(url: str) -> str:
    """``url`` as it is. Raises ``ValueError`` for what cannot be posted to."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("found no address of http:// or https://; give the one that your chat or program shows")
    return url


def message_of(logdir: str, turned: Iterable[Result]) -> dict[str, Any] | None:
    """What to send of the runs whose verdict turned: those that now need attention; ``None`` without any.

    ``text`` and ``content`` are what chats show; ``runs`` is for programs.
    """
    needy = [result for result in turned if result[1].verdict in ATTENTION]
    if not needy:
        return None
    lines = [f"{printable(run.name)}: {_sentence((run, diagnosis))}" for run, diagnosis in needy[:MOST]]
    lines += [f"and {len(needy) - MOST} more"] if len(needy) > MOST else []
    text = "\n".join(lines)
    return {"text": text, "content": text, "logdir": logdir, "runs": [_record(result) for result in needy]}


def _sentence(result: Result) -> str:
    run, diagnosis = result
    return f"{headline(diagnosis, run.x_axis)}. {costs(courses(run), metric(run.primary))}".strip()


def _record(result: Result) -> dict[str, Any]:
    run, diagnosis = result
    return {
        "run": run.name,
        "verdict": diagnosis.verdict.value,
        "confidence": diagnosis.confidence,
        "onset_step": diagnosis.onset_step,
        "best": diagnosis.best and diagnosis.best._asdict(),
        "reason": as_charted(diagnosis.reason, run.x_axis),
    }
