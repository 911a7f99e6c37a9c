"""Proposal: the change that is worth a trial, and the one after it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from diagnostics import Recommendation, Verdict, recommend
from diagnostics.recommend.facts import Facts
from diagnostics.recommend.from_ledger import EPOCHS
from diagnostics.report.words import as_charted
from diagnostics.trials.ledger import TrackRecord
from diagnostics.trials.next_step import SuggestedChange, suggested_changes
from diagnostics.trials.trial_file import Change, Effect
from trainer.errors import need_name
from trainer.strengths import STRENGTHS, Number, complete, strength_of
from trainer.trials.parent import Parent, TryError

LONGER = 2  # times as many epochs, for a run that is still improving


@dataclass(frozen=True)
class Proposal:
    """``strengths`` to change to by registry name, 0 is off; ``epochs`` may be among them.

    ``dose`` is its place in the ladder, from 1, where it is one of it; ``expected`` the change of the best validation
    loss, where that is known.
    """

    strengths: Mapping[str, float]
    why: str
    dose: int | None = None
    expected: Effect | None = None

    def change(self, parent: Parent) -> Change:
        """Each strength before and after."""
        return {name: (parent.now(name), strength) for name, strength in self.strengths.items()}


def proposals(parent: Parent, levers: Collection[str] = ()) -> tuple[Proposal, ...]:
    """What to try, the best first: the ladder of doses in turn, or what is to be weakened, or more epochs.

    With ``levers``, these of the recommendations alone. Raises ``TryError`` with the reason where there is nothing.
    """
    advice = recommend(parent.diagnosis, parent.setup)
    if levers:
        return (_of_levers(parent, advice, levers),)
    suggested = suggested_changes(advice, parent.diagnosis, parent.setup, parent.now)
    if not suggested:
        raise TryError(_nothing(parent, advice))
    return tuple(_carried_out(parent, change, advice) for change in suggested)


def proposal_of(parent: Parent, strengths: Mapping[str, float]) -> Proposal:
    """The proposal of just these strengths, with what is known to be expected of it. Raises ``TryError``."""
    if not strengths:
        raise TryError("no strength is given, so nothing would change; name one, or leave the choice to Fitwatch")
    for name in strengths:
        need_name("lever", name, [*STRENGTHS, EPOCHS])
    usable = {name: _usable(name, strength) for name, strength in strengths.items()}
    try:
        matching = [proposal for proposal in proposals(parent) if proposal.strengths == usable]
    except TryError:
        matching = []
    return matching[0] if matching else Proposal(usable, "Chosen by hand.", expected=_expected(parent, usable, None))


def _carried_out(parent: Parent, change: SuggestedChange, advice: Sequence[Recommendation]) -> Proposal:
    """A suggested change with strengths that a training can be given."""
    if EPOCHS in change.strengths:
        return _longer(parent, advice)
    if change.advice:
        _need_numbers(parent, change.advice)
        return _together(parent, change.advice, dose=change.dose)
    strengths = {name: _usable(name, strength) for name, strength in change.strengths.items()}
    why = f"Dose {change.dose} of the ladder for this network."
    return Proposal(strengths, why, change.dose, _expected(parent, strengths, None))


def _of_levers(parent: Parent, advice: Sequence[Recommendation], levers: Collection[str]) -> Proposal:
    for name in levers:
        need_name("lever", name, [*STRENGTHS, "train_longer"])
    if "train_longer" in levers:
        if len(levers) > 1:
            raise TryError("training longer is a trial of its own; leave out the other levers")
        return _longer(parent, advice)
    chosen = [item for item in advice if item.lever in levers]
    if missing := [name for name in levers if name not in [item.lever for item in chosen]]:
        levers = [item.lever for item in advice if item.suggested is not None]
        raise TryError(
            f"{' and '.join(missing)} is not recommended for {parent.name}; "
            f"recommended is {', '.join(levers) or 'nothing with a strength'}"
        )
    _need_numbers(parent, chosen)
    whole = {item.lever for item in advice if item.in_first_dose} == set(levers)
    return _together(parent, chosen, dose=1 if whole else None)


def _together(parent: Parent, chosen: Sequence[Recommendation], *, dose: int | None = None) -> Proposal:
    strengths = {item.lever: _usable(item.lever, item.suggested) for item in chosen if item.suggested is not None}
    expected = _expected(parent, strengths, chosen[0].expected if dose == 1 else None)
    return Proposal(strengths, " ".join(dict.fromkeys(item.why for item in chosen)), dose, expected)


def _longer(parent: Parent, advice: Sequence[Recommendation]) -> Proposal:
    longer = next((item for item in advice if item.lever == "train_longer"), None)
    if longer is None:
        raise TryError(f"{parent.name} is not advised to train longer: its verdict is {parent.diagnosis.verdict.value}")
    if parent.config is None:
        raise TryError(f"{longer.why} A trial of another program only changes strengths; let it train longer by hand")
    strengths = {EPOCHS: float(LONGER * parent.config.epochs)}
    return Proposal(strengths, longer.why, expected=_expected(parent, strengths, None))


def _expected(parent: Parent, strengths: Mapping[str, float], prior: Effect | None) -> Effect | None:
    """What to expect of changing these, after the trials made here."""
    return parent.ledger.expect(prior, strengths.keys(), weaker=_weakens(parent, strengths))


def record_of(parent: Parent, proposal: Proposal) -> TrackRecord | None:
    """What came of that kind of change in the trials here."""
    return parent.ledger.track_record(proposal.strengths.keys(), weaker=_weakens(parent, proposal.strengths))


def _weakens(parent: Parent, strengths: Mapping[str, float]) -> bool:
    return all(strength < (parent.now(name) or 0.0) for name, strength in strengths.items())


def _need_numbers(parent: Parent, chosen: Sequence[Recommendation]) -> None:
    """Raises ``TryError`` where a strength is only a formula so far."""
    without_number = [item for item in chosen if item.suggested is None]
    if not without_number:
        return
    if "u" not in without_number[0].evidence:
        raise TryError(f"{without_number[0].lever} is advice without a strength: {without_number[0].why}")
    facts = Facts(parent.diagnosis, parent.setup)
    flags = ["--lr RATE"] if facts.lr is None else []
    flags += ["--steps-per-epoch N"] if facts.t_star is None else []
    flags += ["--momentum N"] if facts.momentum is None else []
    raise TryError(f"{without_number[0].why} Give {' and '.join(flags) or '--lr RATE'}")


def _usable(name: str, strength: float | None) -> float:
    """The strength as it is given to a training: three digits, and within the setting's own kind.

    Augmentation is only switched on, so that it stands at the trainer's own strength.
    """
    strength = float(f"{strength or 0.0:.3g}")
    if name == EPOCHS:
        return round(strength)
    setting = STRENGTHS[name][strength_of(name)]
    if name == "augmentation" and strength == 1 and isinstance(setting, Number):
        return float(setting.default or strength)
    strength = round(strength) if isinstance(setting, Number) and setting.whole else strength
    if strength:
        complete({name: {strength_of(name): strength}})
    return strength


def _nothing(parent: Parent, advice: Sequence[Recommendation]) -> str:
    """Why there is nothing to try."""
    diagnosis = parent.diagnosis
    reason = advice[0].why if advice else diagnosis.reason
    finding = f"has the verdict {diagnosis.verdict.value}, for which no strength is recommended"
    if diagnosis.verdict is Verdict.OVERFITTING:
        finding = "overfits, but not in a way that a strength would help"
    return f"there is nothing to try: {parent.name} {finding}. {as_charted(reason, parent.run.unit)}"
