"""A clock that can be set and a disk that fails, for a process that finds this folder on its path and for no other."""

import os
import time

_SET = os.environ.get("SOAK_CLOCK", "")  # a file with the seconds to add
_FAILS = os.environ.get("SOAK_DISK", "")  # a file with an error and the folder below which all gives it; .count grows
_time = time.time


def _shifted() -> float:
    try:
        with open(_SET) as file:
            return _time() + float(file.read() or 0.0)
    except (OSError, ValueError):
        return _time()


def _fail(path) -> None:
    try:
        with open(_FAILS) as file:
            number, _, folder = file.read().partition(" ")
        path = os.readlink(f"/proc/self/fd/{path}") if isinstance(path, int) else os.fsdecode(path)
    except (OSError, TypeError):
        return
    if folder and os.path.join(path, "").startswith(os.path.join(folder, "")):
        with open(f"{_FAILS}.count", "ab") as count:
            count.write(b".")
        raise OSError(int(number), os.strerror(int(number)), path)


def _failing(call):
    def failing(path, *arguments, **options):
        _fail(path)
        return call(path, *arguments, **options)

    return failing


if _SET:
    time.time = _shifted
if _FAILS:
    for _name in (
        "open",
        "stat",
        "lstat",
        "mkdir",
        "link",
        "rename",
        "replace",
        "unlink",
        "fsync",
        "truncate",
        "utime",
    ):
        setattr(os, _name, _failing(getattr(os, _name)))
