"""Repair file: where a training went back to its best weights, what it went on with, and what came of it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from diagnostics.files import read_regular
from diagnostics.trials.trial_file import Change, read_change, read_number

REPAIR = "repair.json"
REPAIRED = "repair"  # what a ledger calls it, below the folder of its run
SCHEMA = 1
_LARGEST = 1 << 20  # bytes
DIGITS = 3  # of a strength, in a sentence

Strengths = Mapping[str, float]


@dataclass(frozen=True)
class Rewind:
    """After ``epoch`` the training went back to the weights of ``best_epoch``, and on with other strengths.

    ``val_loss`` is validation's loss there, ``change`` registry name -> strength before and after, 0 is off.
    """

    epoch: int
    best_epoch: int
    val_loss: float
    change: Change

    @property
    def strengths(self) -> dict[str, float]:
        """What the training went on with."""
        return {name: after or 0.0 for name, (_, after) in self.change.items()}

    @property
    def sentence(self) -> str:
        """For a person."""
        doses = [
            f"{name.replace('_', ' ')} {before or 0:.{DIGITS}g} -> {after or 0:.{DIGITS}g}"
            for name, (before, after) in self.change.items()
            if before != after
        ]
        return (
            f"After epoch {self.epoch} the training went back to the weights of epoch {self.best_epoch} "
            f"(validation loss {self.val_loss:.4g}) and on with {', '.join(doses)}."
        )


@dataclass(frozen=True)
class RepairRecord:
    """``rewinds`` in their order; ``left`` are the doses not used yet; ``refused`` says why there was none.

    ``best_epoch`` and ``val_loss`` are those of ``best.pt`` once the training has ended, and None before.
    """

    rewinds: tuple[Rewind, ...] = ()
    left: tuple[Strengths, ...] = ()
    refused: str = ""
    best_epoch: int | None = None
    val_loss: float | None = None

    @property
    def kept(self) -> bool | None:
        """Did validation get better by it? None while that is open, and without a rewind."""
        if self.val_loss is None or not self.rewinds:
            return None
        return self.val_loss < self.rewinds[0].val_loss

    @property
    def outcome(self) -> str:
        """What came of it, for a person; empty while that is open."""
        if self.kept is None or self.val_loss is None:
            return ""
        before = self.rewinds[0]
        if not self.kept:
            return f"It did not help: the result is still the weights of epoch {before.best_epoch}."
        return (
            f"It helped: the best validation loss went from {before.val_loss:.4g} to {self.val_loss:.4g} "
            f"(epoch {self.best_epoch})."
        )

    @property
    def sentence(self) -> str:
        """All of it for a person; empty where nothing happened."""
        return " ".join(filter(None, [*(rewind.sentence for rewind in self.rewinds), self.outcome, self.refused]))

    def as_json(self) -> dict[str, Any]:
        """The schema of docs/trainer.md."""
        rewinds = [
            {**asdict(rewind), "change": {name: list(pair) for name, pair in rewind.change.items()}}
            for rewind in self.rewinds
        ]
        fields = {**asdict(self), "rewinds": rewinds, "left": [dict(dose) for dose in self.left]}
        return {"schema": SCHEMA, **fields, "kept": self.kept, "sentence": self.sentence}


def read_repair(run_dir: str | os.PathLike[str]) -> RepairRecord | None:
    """What ``repair.json`` says; None where there is none, or none that can be understood."""
    try:
        return repair_of(json.loads(read_regular(Path(run_dir, REPAIR), at_most=_LARGEST)))
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError):
        return None


def repair_of(fields: Mapping[str, Any]) -> RepairRecord:
    """A repair as JSON has it. Raises ``ValueError``, ``TypeError`` or ``LookupError``."""
    if fields["schema"] != SCHEMA:
        raise ValueError(f"its schema is {fields['schema']!r}, known is {SCHEMA}")
    rewinds = [
        Rewind(int(part["epoch"]), int(part["best_epoch"]), _number(part["val_loss"]), read_change(part["change"]))
        for part in fields["rewinds"]
    ]
    left = [{str(name): _number(strength) for name, strength in dose.items()} for dose in fields["left"]]
    best, loss = fields.get("best_epoch"), fields.get("val_loss")
    return RepairRecord(
        tuple(rewinds),
        tuple(left),
        str(fields.get("refused", "")),
        None if best is None else int(best),
        read_number(loss),
    )


def _number(value: Any) -> float:
    number = read_number(value)
    if number is None:
        raise TypeError("null is no number")
    return number
