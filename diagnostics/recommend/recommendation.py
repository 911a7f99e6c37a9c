"""Recommendation: one change to a run, with the numbers behind it and what it is expected to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from diagnostics.trials.trial_file import Effect

MEASURED = "measured"
# the ways of saying something that is no strength of a regularizer
ACTIONS = (
    *("temperature", "train_longer", "stop_at_best", "evaluate_more_often", "larger_validation_set", "nothing"),
    "decay_to_start",
    *("slower_boosting", "smaller_trees", "leaf_penalty", "row_sampling"),
)


@dataclass(frozen=True)
class Recommendation:
    """``lever`` is a regularizer's registry name or one of ``ACTIONS``; ``suggested`` lies within ``range``.

    Where the strength cannot be computed, because the log lacks the learning rate or the steps, ``suggested`` and
    ``range`` are None, ``evidence`` has the dose ``u``, and ``why`` the formula that finishes it. ``current`` is None
    where it is not known. ``expected`` is the change of the best validation loss, and ``last_epoch`` that of the last,
    both of the whole dose: all the recommendations that have the same ``evidence["dose"]``.
    """

    lever: str
    why: str
    source: str
    current: float | None = None
    suggested: float | None = None
    range: tuple[float, float] | None = None
    evidence: Mapping[str, float] = field(default_factory=dict)
    expected: Effect | None = None
    last_epoch: Effect | None = None

    @property
    def strengthens(self) -> bool:
        """Does it ask for more regularization? What cannot be computed yet does, too."""
        if self.lever in ACTIONS:
            return False
        return self.suggested is None or self.suggested > (self.current or 0.0)

    @property
    def in_first_dose(self) -> bool:
        """Is it part of the run to try first, together with all others that are?"""
        return self.evidence.get("dose") == 1

    def as_json(self) -> dict[str, Any]:
        """The schema of docs/json.md."""
        expected = self.expected and {
            **self.expected._asdict(),
            "last_epoch": self.last_epoch and self.last_epoch._asdict(),
        }
        return {
            "lever": self.lever,
            "current": self.current,
            "suggested": self.suggested,
            "range": self.range and list(self.range),
            "why": self.why,
            "evidence": dict(self.evidence),
            "expected": expected,
            "source": self.source,
        }
