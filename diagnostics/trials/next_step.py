"""Next step: what the advice for a run comes to as trainings, and which of them is due after the trials made so far."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from diagnostics.recommend import ACTIONS, Recommendation, Setup, doses
from diagnostics.recommend.from_ledger import EPOCHS
from diagnostics.trials.ledger import Ledger
from diagnostics.trials.trial_file import Change
from diagnostics.verdict import Diagnosis

Now = Callable[[str], float | None]
PATIENCE = 2  # times that a training may fail before the next one is due
ROUNDING = 0.01  # strengths are given to a training with three digits


class Attempt(NamedTuple):
    """A trial of full length that was made of a run, or is being made, and whether it failed."""

    change: Change
    failed: bool = False


@dataclass(frozen=True)
class SuggestedChange:
    """A training with these ``strengths`` by registry name, 0 is off; None for one that cannot be computed yet.

    How many ``epochs`` are meant, where it is to train longer, is the trainer's to say. ``dose`` is its place in the
    ladder, from 1, where it is one of it; ``advice`` what it carries out, empty for the later doses.
    """

    strengths: Mapping[str, float | None]
    advice: tuple[Recommendation, ...] = ()
    dose: int | None = None


@dataclass(frozen=True)
class NextStep:
    """``change`` is the training that is due, None where there is none; ``others`` is advice that no training is.

    ``all_tried`` says that trainings were suggested and each of them was made.
    """

    change: SuggestedChange | None
    all_tried: bool
    others: tuple[Recommendation, ...]


def next_step(
    advice: Sequence[Recommendation], diagnosis: Diagnosis, setup: Setup, attempts: Sequence[Attempt]
) -> NextStep:
    """What to do next about a run that was diagnosed and advised, after these ``attempts``."""
    changes = suggested_changes(advice, diagnosis, setup)
    left = [change for change in changes if not is_done(change.strengths, attempts)]
    trained = [each for change in changes for each in change.advice]
    others = tuple(each for each in advice if each not in trained and each.lever != "nothing")
    return NextStep(left[0] if left else None, bool(changes) and not left, others)


def suggested_changes(
    advice: Sequence[Recommendation], diagnosis: Diagnosis, setup: Setup, now: Now | None = None
) -> tuple[SuggestedChange, ...]:
    """What to train, the best first: more epochs, or what is to be weakened, or the ladder of doses in turn.

    ``now`` gives the strength in use, None where it is not known; without it, the setup does.
    """
    if longer := [each for each in advice if each.lever == "train_longer"]:
        return (SuggestedChange({EPOCHS: None}, tuple(longer)),)
    if weaker := [each for each in advice if each.lever not in ACTIONS and not each.strengthens]:
        return (_together(weaker),)
    if first := [each for each in advice if each.in_first_dose]:
        return (_together(first, dose=1), *_later_doses(first, diagnosis, setup, now or setup.strengths.get))
    return ()


def is_done(strengths: Mapping[str, float | None], attempts: Sequence[Attempt], *, patience: int = PATIENCE) -> bool:
    """Was a training with these strengths made, or did it fail ``patience`` times?"""
    same = [attempt for attempt in attempts if _is_same(strengths, attempt.change)]
    return any(not attempt.failed for attempt in same) or len(same) >= patience


def settled(ledger: Ledger, parent: str) -> list[Attempt]:
    """The trials of full length of a run that the ledger knows; ``parent`` is its folder, relative to the ledger's."""
    entries = [entry for entry in ledger.entries if entry.parent == parent and entry.kind == "full"]
    return [Attempt(entry.change, entry.outcome == "failed") for entry in entries]


def _together(advice: Sequence[Recommendation], *, dose: int | None = None) -> SuggestedChange:
    return SuggestedChange({each.lever: each.suggested for each in advice}, tuple(advice), dose)


def _later_doses(
    first: Sequence[Recommendation], diagnosis: Diagnosis, setup: Setup, now: Now
) -> list[SuggestedChange]:
    """The doses after the first, as far as each is stronger than what the run has now, each once.

    None of them lowers what is in use: that is what the doses were measured above.
    """
    later = [_together(first)]
    for number, dose in enumerate(doses(diagnosis, setup)[1:], start=2):
        stronger = {name: strength for name, strength in dose.items() if strength > (now(name) or 0.0)}
        if stronger and not any(_close(stronger, change.strengths) for change in later):
            later.append(SuggestedChange(stronger, dose=number))
    return later[1:]


def _is_same(strengths: Mapping[str, float | None], change: Change) -> bool:
    after = {name: strength for name, (_, strength) in change.items()}
    return after.keys() == {EPOCHS} if strengths.keys() == {EPOCHS} else _close(strengths, after)


def _close(some: Mapping[str, float | None], others: Mapping[str, float | None]) -> bool:
    """Are these the same strengths, but for rounding? One that is not known is like no other."""
    if some.keys() != others.keys():
        return False
    pairs = [(one, others[name]) for name, one in some.items()]
    return all(a is not None and b is not None and math.isclose(a, b, rel_tol=ROUNDING) for a, b in pairs)
