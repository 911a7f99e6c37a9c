"""A clock that can be set: ``time.time`` of a process that finds this folder on its path, and of no other."""

import os
import time

_SET = os.environ.get("SOAK_CLOCK", "")  # a file with the seconds to add
_time = time.time


def _shifted() -> float:
    try:
        with open(_SET) as file:
            return _time() + float(file.read() or 0.0)
    except (OSError, ValueError):
        return _time()


if _SET:
    time.time = _shifted
