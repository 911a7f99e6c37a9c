"""Files: writing where others may write as well, so that nobody reads half a file and no link leads elsewhere."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

# a link is not followed, a FIFO does not keep us waiting, and no child inherits the file
SAFE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
PART = ".part"  # how the name of a file ends that is still being written
LARGEST = 2**24  # bytes; no file of settings is that long


@contextmanager
def replacing(path: Path, *, durable: bool = True, mode: int = 0o666) -> Iterator[BinaryIO]:
    """A scratch file beside ``path`` to write to, which takes its name when the block has ended.

    A reader sees the old content or the new. When the block raises, or the rename does, the file that was there is
    whole and no scratch file is left; the error goes on. A link at ``path`` is replaced, not followed. What is
    ``durable`` is on the disk at the end and outlasts a loss of power. ``mode`` is who may read it, less the umask.
    """
    scratch = path.with_name(f"{path.name}.{secrets.token_hex(6)}{PART}")
    try:
        with os.fdopen(os.open(scratch, os.O_RDWR | os.O_CREAT | os.O_EXCL | SAFE, mode), "w+b") as file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
        scratch.replace(path)
        if durable:
            sync(path.parent)
    except BaseException:
        with suppress(OSError):
            scratch.unlink(missing_ok=True)
        raise


def write(path: Path, content: bytes, *, durable: bool = True, mode: int = 0o666) -> None:
    """Replace the file by rename, as ``replacing`` does. Raises ``OSError``."""
    with replacing(path, durable=durable, mode=mode) as file:
        file.write(content)


def overwrite(path: Path, content: bytes) -> None:
    """Write over a file in place, for a disk without room for a second one. Raises ``OSError``.

    Spaces stand where the old content was longer: JSON stays whole for who reads meanwhile, unless it grows.
    """
    with os.fdopen(open_own(path, os.O_RDWR), "r+b", buffering=0) as file:
        file.write(content.ljust(os.fstat(file.fileno()).st_size))


def append_line(path: Path, line: bytes) -> None:
    """Add a line to a file, made if missing, whole or not at all; any number of processes may do so at once.

    A last line that a writer who died left unfinished is ended first. Raises ``OSError``.
    """
    file = open_own(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
    try:
        _lock(file)
        size = os.fstat(file).st_size
        torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
        content = b"\n" * torn + line + b"\n"
        if os.write(file, content) < len(content):
            os.ftruncate(file, size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), os.fspath(path))
        os.fsync(file)
    finally:
        os.close(file)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let one process after the other into the block; where a folder cannot be locked, all of them."""
    with ExitStack() as stack:
        with suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY | SAFE)
            stack.callback(os.close, descriptor)
            _lock(descriptor)
        yield


def keep_as(path: Path, other: Path) -> None:
    """Let the file be there under another name as well, in place of what has that; by rename, so without a gap."""
    scratch = other.with_name(f"{other.name}.{secrets.token_hex(6)}{PART}")
    try:
        try:
            os.link(path, scratch, follow_symlinks=False)
        except OSError:  # a file system without hard links
            path.replace(scratch)
        scratch.replace(other)
    finally:
        with suppress(OSError):
            scratch.unlink(missing_ok=True)


def open_own(path: Path, flags: int) -> int:
    """A descriptor of a regular file of ours. Raises ``OSError`` for a link, another kind of file or somebody else's.

    Ours is what belongs to this user, or to the owner of the folder, who may replace it anyway.
    """
    try:
        file = os.open(path, flags | SAFE, 0o666)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "it is a link, which is not written through", os.fspath(path)) from error
        raise
    status = os.fstat(file)
    refused = ""
    if not stat.S_ISREG(status.st_mode):
        refused = "it is not a regular file"
    elif status.st_nlink > 1:
        refused = "it is a hard link to a file that has another name as well"
    elif status.st_uid not in (os.geteuid(), path.parent.stat().st_uid):
        refused = "it belongs to another user"
    if refused:
        os.close(file)
        raise OSError(errno.EPERM, refused, os.fspath(path))
    return file


def read(path: Path) -> bytes:
    """What a regular file of at most ``LARGEST`` bytes holds. Raises ``OSError``."""
    with os.fdopen(os.open(path, os.O_RDONLY | SAFE & ~getattr(os, "O_NOFOLLOW", 0)), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", os.fspath(path))
        if status.st_size > LARGEST:
            raise OSError(errno.EFBIG, f"it has {status.st_size} bytes, at most {LARGEST} are read", os.fspath(path))
        return file.read(LARGEST)


def tail(path: Path, at_most: int = 2**16) -> bytes:
    """The last bytes of a regular file. Raises ``OSError``."""
    with os.fdopen(os.open(path, os.O_RDONLY | SAFE & ~getattr(os, "O_NOFOLLOW", 0)), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", os.fspath(path))
        file.seek(max(0, file.seek(0, os.SEEK_END) - at_most))
        return file.read(at_most)


def make_folder(folder: Path) -> None:
    """Make the folder of a run, which is for its owner alone; those above it are as the umask says."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def sync(path: Path) -> None:
    """Let a file, or the names in a folder, outlast a loss of power, where there is one and its file system can."""
    with suppress(OSError):
        file = os.open(path, os.O_RDONLY | SAFE)
        try:
            os.fsync(file)
        finally:
            os.close(file)


def _lock(file: int) -> None:
    """Wait until no other process adds to the file; a file system without locks goes without."""
    with suppress(ImportError, OSError):
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX)
