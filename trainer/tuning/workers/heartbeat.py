"""Heartbeat: whether the worker that runs a trial is still alive."""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress
from typing import Any

from optuna.trial import FrozenTrial

from trainer.processes.liveness import identity, lives

WORKER, SEEN, TRAINING = "worker", "seen", "training"  # attributes of a running trial
BEAT = 15.0  # seconds between two signs of life
GRACE = 90.0  # seconds without one after which a worker on another machine is given up


def machine() -> str:
    """This machine, or the container in it: where a process number means the same process."""
    space = ""
    with suppress(OSError):
        space = os.readlink("/proc/self/ns/pid")
    return f"{socket.gethostname()} {space}".strip()


def myself() -> dict[str, Any]:
    """This process, as its trial's attribute ``worker`` names it."""
    return {"machine": machine(), **identity()}


class Heartbeats:
    """Tells trials whose worker is gone: at once where it ran here, elsewhere when its signs of life stop coming.

    Signs are counted, not timed, so that the clocks of two machines are never compared.
    """

    def __init__(self) -> None:
        self._last: dict[int, tuple[Any, float]] = {}

    def gone(self, trial: FrozenTrial) -> bool:
        """Whether nobody runs this running trial any more."""
        worker = trial.user_attrs.get(WORKER)
        if worker is not None and worker["machine"] == machine():
            return not lives(worker)
        now, sign = time.monotonic(), trial.user_attrs.get(SEEN)
        before, since = self._last.get(trial.number, (None, now))
        if before != (sign, trial.number) or trial.number not in self._last:
            self._last[trial.number] = (sign, trial.number), now
            return False
        return now - since > GRACE
