"""Call: what one call of tune passes on to its workers; all else is in the store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainer.tuning.budget import Budget


@dataclass(frozen=True)
class TuneCall:
    """``until`` is a moment of the machine's monotonic clock, which nobody sets and all its processes share.

    ``failed`` trials there were before; ``call`` is the command as typed.
    """

    logdir: Path
    study: str
    storage: str | None
    sampler: str
    pruner: str
    budget: Budget
    until: float | None = None
    failed: int = 0
    threads: int | None = None
    parent: str | None = None
    call: str = ""

    @property
    def folder(self) -> Path:
        """The study's own folder."""
        return self.logdir / self.study

    def settings(self) -> dict[str, Any]:
        """What of it study.json shows: never the address of the store."""
        return {"call": self.call, "sampler": self.sampler, "pruner": self.pruner, "budget": self.budget.as_json()}
