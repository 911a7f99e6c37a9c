"""Budget: how much a study may spend, in runs, epochs or minutes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from trainer.errors import TrainerError

SECONDS = {"second": 1.0, "minute": 60.0, "hour": 3600.0}
USUAL_RUNS = 20


class BudgetError(TrainerError):
    """A budget that cannot be read; the message says how to write one."""


@dataclass(frozen=True)
class Budget:
    """Whichever is spent first ends a study. ``runs`` and ``epochs`` are the study's, ``seconds`` this call's."""

    runs: int | None = None
    epochs: int | None = None
    seconds: float | None = None

    def as_json(self) -> dict[str, float]:
        """What is limited, by name."""
        minutes = None if self.seconds is None else self.seconds / 60
        limits = {"runs": self.runs, "epochs": self.epochs, "minutes": minutes}
        return {name: limit for name, limit in limits.items() if limit is not None}

    def __str__(self) -> str:
        return ", ".join(f"{limit:g} {name}" for name, limit in self.as_json().items())


def parse_budget(text: str) -> Budget:
    """``20 runs``, ``600 epochs``, ``15 minutes``, or several with a comma between. Raises ``BudgetError``."""
    limits: dict[str, float] = {}
    for part in text.lower().split(","):
        match = re.fullmatch(r"(\d+\.?\d*)\s*(run|epoch|second|sec|minute|min|hour)s?", part.strip())
        number = float(match[1]) if match else 0.0
        unit = {"sec": "second", "min": "minute"}.get(match[2], match[2]) if match else ""
        if not number or (unit in ("run", "epoch") and number != int(number)):
            raise BudgetError(
                f"cannot read the budget {part.strip()!r}; write for example '20 runs', '600 epochs', '15 minutes', or "
                "'50 runs, 2 hours'"
            )
        limits["seconds" if unit in SECONDS else f"{unit}s"] = number * SECONDS.get(unit, 1)
    whole = {name: int(limits[name]) for name in ("runs", "epochs") if name in limits}
    return Budget(**whole, seconds=limits.get("seconds"))
