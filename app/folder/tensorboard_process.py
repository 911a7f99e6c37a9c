"""TensorBoard process: TensorBoard over a folder; it ends with the app, however the app ends."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
import weakref
from collections import deque
from threading import Lock, Thread
from typing import Literal

State = Literal["off", "starting", "on", "failed"]

# The child ends when its input does, and that ends with this process even when nothing of it can run any more, as after
# a kill. TensorBoard's own server of data watches its input in the same way.
PROGRAM = """
import os, signal, sys, threading
from urllib.parse import urlsplit
from tensorboard import main, program
def watch():
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)
threading.Thread(target=watch, daemon=True).start()
def serve(app, flags):
    def guarded(environ, start):
        host, origin = environ.get("HTTP_HOST", ""), environ.get("HTTP_ORIGIN", "")
        if host.partition(":")[0] not in ("127.0.0.1", "localhost") or (origin and urlsplit(origin).netloc != host):
            start("403 Forbidden", [("Content-Type", "text/plain")])
            return [b"This request names another host, or comes from a page of another address."]
        return app(environ, start)
    return program.create_port_scanning_werkzeug_server(guarded, flags)
Original = program.TensorBoard
Original._register_info = lambda board, server: None  # it would write the secret where all users of the machine read
program.TensorBoard = lambda **options: Original(server_class=serve, **options)
sys.argv[:1] = ["tensorboard", "--path_prefix=/" + os.environ.pop("FITWATCH_BOARD")]
main.run_main()
"""
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/\S*")
LAST_LINES = 5
PATIENCE = 5.0  # seconds to end in, before it is killed


class Board:
    """TensorBoard over one folder, for all tabs; safe to call from several sessions at once."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.address = ""
        self.trouble = ""
        self._process: subprocess.Popen[str] | None = None
        self._end: weakref.finalize[..., Board] | None = None
        self._lock = Lock()

    @property
    def state(self) -> State:
        """Whether it is there to be looked at; ``trouble`` says why it failed."""
        if self._process is None:
            return "failed" if self.trouble else "off"
        return "on" if self.address else "starting"

    def start(self, *, private: bool = False) -> None:
        """Start it unless it is there, on any port that is free, and return at once.

        Its fast reader answers every user of this machine; where it is to be ``private``, it does without.
        """
        with self._lock:
            if self._process is not None:
                return
            self.address = self.trouble = ""
            secret = secrets.token_urlsafe(16)  # in its path, or any page could ask it for the names of runs
            command = [
                sys.executable,
                "-P",
                "-c",
                PROGRAM,
                "--logdir",
                self.place,
                "--host=127.0.0.1",
                "--port=0",
                *(["--load_fast=false"] if private else []),
            ]
            try:
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    errors="replace",
                    env={**os.environ, "FITWATCH_BOARD": secret},  # unlike a command line, for this user alone
                )
            except OSError as error:
                self.trouble = str(error)
                return
            self._end = weakref.finalize(self, _end, self._process)
            Thread(target=self._follow, args=[self._process], daemon=True).start()

    def stop(self) -> None:
        """End it; it can be started again."""
        with self._lock:
            process, self._process, self.address = self._process, None, ""
        if process is not None:
            _end(process)

    def _follow(self, process: subprocess.Popen[str]) -> None:
        """Read what it prints: the address when it is there, and its last words when it ends by itself."""
        last: deque[str] = deque(maxlen=LAST_LINES)
        with process:
            for line in process.stdout or ():
                last.append(line.strip())
                if match := ADDRESS.search(line):
                    self.address = match[0]
        with self._lock:
            if self._process is process:
                self._process, self.address = None, ""
                self.trouble = next(filter(None, reversed(last)), "") or f"it ended with code {process.returncode}"


def _end(process: subprocess.Popen[str]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
