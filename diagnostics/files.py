"""Files: writing one so that nobody ever reads half of it, and reading one without being kept waiting."""

from __future__ import annotations

import errno
import os
import stat
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


def read_regular(path: str | os.PathLike[str], *, at_most: int) -> bytes:
    """The content of a regular file of ``at_most`` so many bytes, or of what a link to one leads to.

    Raises ``OSError`` for a larger file, before it takes memory, and for a pipe, a socket or a device, without waiting.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # or a pipe waits for somebody to write
    with open(descriptor, "rb", buffering=0) as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        if status.st_size > at_most:
            raise OSError(errno.EFBIG, f"it has more than {at_most >> 20} MiB")
        return file.read(at_most)
