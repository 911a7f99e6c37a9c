"""Webhook: a message to a chat or a program when verdicts turn, sent from a thread so that nothing waits for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from http.client import HTTPException
from queue import SimpleQueue
from threading import Thread
from time import sleep
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from diagnostics.report.results import finite

TIMEOUT = 10.0  # seconds for one attempt
PAUSES = (2.0, 10.0, 30.0)  # seconds before each further attempt
LAST_WAIT = 15.0  # seconds that a program which ends waits for what is still to be sent
FINAL = frozenset(
    {*range(300, 400), 400, 401, 403, 404, 405, 410}
)  # what an address answers that will not take the message later either


class Webhook:
    """Posts JSON to ``url``, one message after the other.

    ``failed`` is told of what cannot be sent, which is then dropped; ``delivered`` is called after each that was.
    Raises ``ValueError`` for what is no http or https address.
    """

    def __init__(
        self,
        url: str,
        failed: Callable[[str], None],
        *,
        delivered: Callable[[], None] = lambda: None,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self.url, self._pauses = checked_url(url), pauses
        self._failed, self._delivered = failed, delivered
        self._messages: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        self._given, self._done, self._trouble = 0, 0, f"the webhook at {urlsplit(url).hostname} has not answered yet"
        self._thread = Thread(target=self._work, daemon=True)
        self._thread.start()

    def send(self, message: dict[str, Any]) -> None:
        """Put a message in line; returns at once."""
        self._given += 1
        self._messages.put(message)

    def close(self, wait: float = LAST_WAIT) -> None:
        """Give what is in line ``wait`` seconds to be sent; what is not sent then, or on Ctrl-C, is told."""
        self._messages.put(None)
        try:
            self._thread.join(wait)
        finally:
            if left := self._given - self._done:
                messages = "1 message was" if left == 1 else f"{left} messages were"
                self._failed(f"{messages} not delivered before the end: {self._trouble}")

    def _work(self) -> None:
        while (message := self._messages.get()) is not None:
            problem = self._deliver(json.dumps(finite(message), allow_nan=False).encode("utf-8"))
            self._done += 1
            if problem:
                self._failed(problem)
            else:
                self._delivered()

    def _deliver(self, body: bytes) -> str:
        """Why it was not taken after all attempts; empty where it was."""
        problem = ""
        for pause in (*self._pauses, None):
            problem, final = self._post(body)
            if not problem or final or pause is None:
                return problem
            self._trouble = problem
            sleep(pause)
        return problem

    def _post(self, body: bytes) -> tuple[str, bool]:
        """Why one attempt failed, and whether others would as well; the address itself may hold a secret."""
        headers = {"Content-Type": "application/json", "User-Agent": "fitwatch"}
        host = urlsplit(self.url).hostname
        try:
            with _OPENER.open(Request(self.url, body, headers), timeout=TIMEOUT):  # noqa: S310 - its scheme was checked
                return "", True
        except HTTPError as error:
            error.close()
            return f"the webhook at {host} answered {error.code} {error.reason}", error.code in FINAL
        except OSError as error:
            return f"the webhook at {host} was not reached: {getattr(error, 'reason', error)}", False
        except (ValueError, HTTPException) as error:
            return f"the webhook at {host} gave no answer of a web server ({type(error).__name__})", False


class NoRedirect(HTTPRedirectHandler):
    """A redirected message would arrive as an empty request, and at an address that nobody named."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> Request | None:
        """None: the redirection is an error."""


_OPENER = build_opener(NoRedirect)


def checked_url(url: str) -> str:
    """``url`` as it is. Raises ``ValueError`` for what cannot be posted to."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        usable = False
    if not usable or not url.isascii() or any(character <= " " for character in url):
        raise ValueError("found no address of http:// or https://; give the one that your chat or program shows")
    return url
