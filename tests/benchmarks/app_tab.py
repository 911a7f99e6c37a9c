"""A tab without its browser: the session of one, over the same websocket, which reruns its page at every tick.

It asks for what Streamlit's frontend asks for (a page, a click, the fragments that run again and again) and takes
everything that is sent, but draws nothing: what twenty cost is the server's cost and not that of twenty browsers.
"""

from __future__ import annotations

import time
from collections import Counter
from contextlib import ExitStack, suppress
from threading import Event, Thread
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

LARGEST = 2**26  # bytes of one message
LOOK = 0.05  # seconds between two looks at what is due


class Tab:
    """Open until ``close()``; ``errors`` has what a person would see as one, ``reruns`` counts those that ended.

    ``buttons`` are the labels of those that were drawn, with their ids; ``lost`` says that the server is gone.
    """

    def __init__(self, address: str, path: str = "") -> None:
        place = urlsplit(f"{address}/{path}")
        self.page, self.query, self.script = place.path.strip("/"), place.query, ""
        self.errors: list[str] = []
        self.buttons: dict[str, str] = {}
        self.messages: Counter[str] = Counter()
        self.reruns, self.lost = 0, False
        self._due: dict[str, tuple[float, float]] = {}  # fragment -> seconds between its reruns, and when the next is
        self._over = Event()
        self._open = ExitStack()
        self._socket = self._open.enter_context(
            connect(f"ws://{place.netloc}/_stcore/stream", origin=address, subprotocols=["streamlit"], max_size=LARGEST)
        )
        self._rerun()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def click(self, label: str) -> None:
        """Press the button."""
        message = self._asked()
        state = message.rerun_script.widget_states.widgets.add()
        state.id, state.trigger_value = self.buttons[label], True
        self._send(message)

    def wait_for(self, label: str, seconds: float) -> None:
        """Return when a button of that label is there. Raises ``TimeoutError``."""
        deadline = time.monotonic() + seconds
        while label not in self.buttons:
            if time.monotonic() > deadline or self.lost:
                raise TimeoutError(f"no button {label!r}; there are {sorted(self.buttons)}, and {self.errors}")
            time.sleep(LOOK)

    def close(self) -> None:
        """As a person closes it."""
        self._over.set()
        with suppress(ConnectionClosed, OSError):
            self._open.close()
        self._reader.join()

    def _asked(self) -> BackMsg:
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.page_script_hash = self.script
        message.rerun_script.page_name = "" if self.script else self.page
        return message

    def _rerun(self, fragment: str = "") -> None:
        message = self._asked()
        if fragment:
            message.rerun_script.fragment_id, message.rerun_script.is_auto_rerun = fragment, True
        self._send(message)

    def _send(self, message: BackMsg) -> None:
        with suppress(ConnectionClosed, OSError):
            self._socket.send(message.SerializeToString())

    def _read(self) -> None:
        while not self._over.is_set():
            try:
                content = self._socket.recv(timeout=LOOK)
            except TimeoutError:
                content = b""
            except (ConnectionClosed, OSError):
                self.lost = not self._over.is_set()
                return
            if isinstance(content, bytes) and content:
                self._take(ForwardMsg.FromString(content))
            now = time.monotonic()
            for fragment, (interval, due) in list(self._due.items()):
                if now >= due:
                    self._due[fragment] = interval, now + interval
                    self._rerun(fragment)

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type") or ""
        self.messages[kind] += 1
        if kind == "new_session":
            if not message.metadata.run.fragment_ids:  # the whole page
                self._due.clear()
                self.buttons.clear()
        elif kind == "navigation":
            self.script = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "auto_rerun":
            rerun = message.auto_rerun
            self._due[rerun.fragment_id] = rerun.interval, time.monotonic() + rerun.interval
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                self._due.pop(fragment, None)
        elif kind == "script_finished":
            self.reruns += 1
        elif kind == "session_event" and message.session_event.HasField("script_compilation_exception"):
            self.errors.append(message.session_event.script_compilation_exception.message)
        elif kind == "delta":
            self._draw(message.delta)

    def _draw(self, delta: Delta) -> None:
        if delta.WhichOneof("type") != "new_element":
            return
        element = delta.new_element
        if element.WhichOneof("type") == "exception":
            self.errors.append(f"{element.exception.type}: {element.exception.message}")
        elif element.WhichOneof("type") == "button":
            self.buttons[element.button.label] = element.button.id
