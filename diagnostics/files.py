"""Files: reading one without being kept waiting, and replacing none that is a log."""

from __future__ import annotations

import errno
import os
import stat


def read_regular(path: str | os.PathLike[str], *, at_most: int) -> bytes:
    """The content of a regular file of ``at_most`` so many bytes, or of what a link to one leads to.

    Raises ``OSError`` for a larger file, before it takes memory, and for a pipe, a socket or a device, without waiting.
    """
    with open(path, "rb", buffering=0, opener=without_waiting) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        if status.st_size > at_most:
            raise OSError(errno.EFBIG, f"it has more than {at_most >> 20} MiB")
        return file.read(at_most)


def need_no_log(path: str | os.PathLike[str], logdir: str | os.PathLike[str]) -> None:
    """Raise ``FileExistsError`` where writing to ``path`` would replace a file among the logs that is no page.

    Nothing is written through a link that lies there, either: it may lead anywhere.
    """
    target, folder = os.path.realpath(path), os.path.realpath(os.path.dirname(path))
    among_logs = is_among(os.path.join(folder, "file"), logdir) and os.path.lexists(path)
    if among_logs and (os.path.islink(path) or os.lstat(path).st_nlink > 1):
        raise FileExistsError(errno.EEXIST, "it is a link among the logs, which is not written through")
    if is_among(target, logdir) and os.path.exists(target) and not target.lower().endswith((".html", ".htm")):
        raise FileExistsError(errno.EEXIST, "it is there already, among the logs, which are only read")


def is_among(path: str | os.PathLike[str], logdir: str | os.PathLike[str]) -> bool:
    """Whether a file lies in the folder, or below it, by whatever links."""
    return os.path.realpath(path).startswith(os.path.realpath(logdir).rstrip(os.sep) + os.sep)


def without_waiting(path: str, flags: int) -> int:
    """An opener for ``open``: a pipe does not wait for somebody to write."""
    return os.open(path, flags | os.O_CLOEXEC | os.O_NONBLOCK)
