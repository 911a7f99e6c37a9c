"""Files: writing one so that nobody ever reads half of it."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path


def write_by_rename(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file whole or not at all: to a scratch file beside it, which then takes its name.

    A reader sees the old content or the new. Processes and threads may write the same file at once; the last one wins.
    The folder must exist.

    Raises ``OSError`` when the file cannot be written; what was there before stays, and no scratch file is left.
    """
    scratch = Path(f"{os.fspath(path)}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        scratch.write_bytes(content)
        scratch.replace(path)
    except OSError:
        with suppress(OSError):
            scratch.unlink()
        raise
