"""A server on this machine that takes what is posted to it, as a chat would."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from threading import Event, Thread

import pytest

PATIENCE = 120.0  # seconds


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
                if 300 <= code < 400:
                    self.send_header("Location", "/elsewhere")
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
