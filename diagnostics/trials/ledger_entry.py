"""Ledger entry: what was predicted of one trial, and what came of it."""

from __future__ import annotations

import hashlib
import os
import platform
from dataclasses import dataclass, field
from functools import cache
from math import isfinite
from typing import Any, Literal

from diagnostics.trials.trial_file import Change, Effect, Kind

Word = Literal["confirmed", "refuted", "not distinguishable", "failed"]


@cache
def this_machine() -> str:
    """What tells this machine and its user from others, without naming either."""
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
    return hashlib.blake2s(f"{platform.node()}:{user}".encode(), digest_size=6).hexdigest()


@dataclass(frozen=True)
class LedgerEntry:
    """One settled trial. ``trial`` and ``parent`` are folders relative to the ledger's.

    ``difference`` is the relative change of the best validation loss, negative when better, and ``error`` its standard
    error; both None for a trial that failed. ``before`` and ``after`` are verdicts, ``time`` is in seconds since 1970.
    ``machine`` tells whether it was settled here, by this user.
    """

    trial: str
    parent: str
    change: Change
    kind: Kind
    outcome: Word
    expected: Effect | None = None
    difference: float | None = None
    error: float | None = None
    before: str | None = None
    after: str | None = None
    time: float = 0.0
    machine: str = field(default_factory=this_machine)

    @property
    def here(self) -> bool:
        """Was it settled on this machine, by this user?"""
        return self.machine == this_machine()

    @property
    def weakens(self) -> bool:
        """Does every strength of the change go down?"""
        return bool(self.change) and all((after or 0.0) < (before or 0.0) for before, after in self.change.values())

    @property
    def covered(self) -> bool | None:
        """Did the measured difference fall into the predicted range? None where there is only one of the two."""
        if self.expected is None or self.difference is None:
            return None
        return self.expected.low <= self.difference <= self.expected.high

    @property
    def helped_less(self) -> bool:
        """Did it help, but less than the predicted range?"""
        if self.outcome != "confirmed" or self.expected is None or self.difference is None:
            return False
        return self.difference > self.expected.high

    def as_json(self) -> dict[str, Any]:
        """The schema of docs/trainer.md."""
        return {
            "trial": self.trial,
            "parent": self.parent,
            "change": {name: list(strengths) for name, strengths in self.change.items()},
            "kind": self.kind,
            "expected": self.expected and self.expected._asdict(),
            "difference": _finite(self.difference),
            "error": _finite(self.error),
            "outcome": self.outcome,
            "before": self.before,
            "after": self.after,
            "time": self.time,
            "machine": self.machine,
        }


def _finite(number: float | None) -> float | None:
    """The number, where JSON has it."""
    return number if number is not None and isfinite(number) else None
