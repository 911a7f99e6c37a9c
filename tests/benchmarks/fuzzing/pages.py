"""Pages: the app opened by an address that somebody made up, which must show a page and no traceback."""

from __future__ import annotations

import random
import sys
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import parse_qsl, quote

import streamlit
from streamlit.logger import set_log_level

from tests import app_page
from tests.app_page import APP
from tests.benchmarks.fuzzing.mutation import PIECES, mutated
from tests.benchmarks.fuzzing.targets import TRAIN, VAL
from tests.study_files import study, write_study
from tests.writers import write_run

set_log_level("ERROR")  # outside of a server it warns at every line
PAGES = ("overview", "run", "compare", "train", "tune", "guide")
NAMES = (
    *("run", "runs", "trial", "trials", "against", "base", "find", "verdicts", "hidden", "pins", "columns", "group"),
    *("metric", "quantity", "axis", "scale", "smooth", "tick", "together", "layers", "study", "lesson", "x", "y"),
    *("lang", "unreadable", "logdir", "train", "val", "theme", "token"),
)  # fmt: skip
VALUES = (
    *("good", "good%20other", "other", "search", "0", "-1", "1e400", "nan", "step", "epoch", "log", "linear", "wall"),
    *("", "%00", "relative", "loss", "accuracy", "overfitting", "paused", "fast", "1:5", "5:1", ":", "a:b", "%"),
)  # fmt: skip


@cache
def logs() -> Path:
    """Two runs and a search to look at."""
    folder = Path(mkdtemp(prefix="fuzz-app-"))
    for name in ("good", "other"):
        write_run(folder / name, {"loss/train": TRAIN, "loss/val": VAL})
    write_study(folder / "search", study(6))
    return folder


def address(rng: random.Random) -> bytes:
    """A page and names with values, of the app's own and of what parsers stumble over."""
    pairs = []
    for name in rng.sample(NAMES, rng.randint(1, 6)):
        value = rng.choice(VALUES).encode() if rng.random() < 0.6 else rng.choice(PIECES)
        value = mutated(value, rng) if rng.random() < 0.3 else value
        pairs.append(f"{name}={quote(value[:2000])}")
    return f"{rng.choice(PAGES)}?{'&'.join(pairs)}".encode()


def check(content: bytes) -> None:
    """The page of the address is shown without an exception."""
    page, _, query = content.decode("utf-8", "replace").partition("?")
    sys.argv = [str(APP), str(logs())]
    streamlit.config.set_option("server.address", "127.0.0.1")
    app = app_page.at(page if page in PAGES else "", parse_qsl(query, keep_blank_values=True, errors="replace"))
    assert not app.exception, [element.value for element in app.exception]
