"""Ranks: the processes that torchrun starts to train one network together. Nothing here imports torch."""

from __future__ import annotations

import os
from typing import NamedTuple


class Ranks(NamedTuple):
    """``rank`` of ``size`` processes; ``local`` is its number on this machine. The first alone writes anything."""

    rank: int = 0
    size: int = 1
    local: int = 0

    @property
    def first(self) -> bool:
        return self.rank == 0

    @property
    def alone(self) -> bool:
        return self.size == 1


def ranks() -> Ranks:
    """What torchrun says in the environment; one process by itself without it."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return Ranks()
    return Ranks(*(int(os.environ[name]) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK")))
