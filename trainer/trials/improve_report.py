"""Improve's report: what the trials of a run bought, how to use them, what that costs, and what is left to try."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diagnostics.report.changes import new_strengths
from diagnostics.report.words import VERDICTS, as_charted, better
from diagnostics.trials.outcome import Outcome
from diagnostics.trials.over_seeds import OverSeeds
from diagnostics.trials.trial_file import Change
from trainer import PROGRAM, files
from trainer.trials.improve import TriedDose, best_of
from trainer.trials.improve_tables import NAMES, run_markdown, use_markdown
from trainer.trials.parent import Parent, TryError
from trainer.trials.proposal import Proposal

if TYPE_CHECKING:
    from trainer.fit.best_weights.combination import Combination

SCHEMA = 1
REPORT, REPORT_JSON = "improve.md", "improve.json"  # in the run's folder
NOTICEABLE = 0.0005  # of the loss; below it, a tenth of a percent is 0
WORTH_MEMBERS = 0.01  # of the held-out loss, that an ensemble must gain to be worth more than one network


@dataclass(frozen=True)
class Report:
    """``combination`` is None where the weights cannot be asked, and ``not_combined`` says why."""

    parent: Parent
    doses: Sequence[TriedDose]
    why: str
    left: Sequence[Proposal]
    combination: Combination | None = None
    not_combined: str = ""
    over: OverSeeds | None = None

    @property
    def best(self) -> TriedDose | None:
        """The trial that is best at its best checkpoint; None where the run itself is."""
        folder = best_of(self.parent, self.doses)
        return next((dose for dose in self.doses if dose.folder == folder), None)

    @property
    def sentences(self) -> list[str]:
        """What there is to say beside the tables."""
        return [*self._of_uses(), self._of_last_epoch(), *self._of_left()]

    def best_run(self) -> str:
        """Which run is best, and how sure that is."""
        if self.best is None:
            best = self.parent.diagnosis.best
            step = "" if best is None else f", with the weights of {self.parent.run.unit} {best.step}"
            return f"No dose did better than {self.parent.name}{step}."
        sure = self.over or self.best.outcome
        doubt = "" if sure and sure.word == "confirmed" else f", though not distinguishable from {self.parent.name}"
        seeds = "" if self.over is None else f" {self.over.sentence}"
        return f"The best run is {self.best.folder.name}{doubt}.{seeds}"

    def _of_uses(self) -> Iterator[str]:
        combination = self.combination
        if combination is None:
            yield f"No temperature and no ensemble: {self.not_combined}."
            yield from _logged_temperatures(self.parent, self.doses)
            return
        yield from (f"Left out of the ensemble: {reason}." for reason in combination.left_out)
        count, samples = len(combination.runs), combination.samples
        if count > 1:
            yield (
                f"All were chosen among {count} runs by the same {samples} validation samples, so that their loss "
                f"there is {_optimism(combination)}. Held out is the loss of samples that chose neither runs nor "
                "temperatures, in five folds. The epoch of each run was chosen by all samples."
            )
        yield _of_test(combination)
        yield self._use(combination)

    def _use(self, combination: Combination) -> str:
        plain, ensemble = combination.plain, combination.ensemble
        alone = (plain, combination.single, combination.calibrated)
        best = min(alone, key=lambda use: use.held_out)
        if ensemble.held_out < (1 - WORTH_MEMBERS) * best.held_out:
            best = ensemble
        if best is plain:
            return f"Use {self.parent.name} as it is: on samples that nothing was chosen by, nothing else is better."
        gain = f"{1 - best.held_out / plain.held_out:.1%} off the held-out loss of {self.parent.name}"
        if len(best.members) > 1:
            return (
                f"Use the ensemble: {gain}. An answer takes {best.time:.1f} times as long and "
                f"{best.parameters:.1f} times the parameters. {REPORT_JSON} has its members and their temperatures."
            )
        name, heat = next(iter(best.temperatures.items()))
        if heat == 1:
            return f"Use {name}: {gain}, at no cost."
        return (
            f"Use {name} with its logits divided by {heat:.3g}: {gain}, at no cost. To write that temperature beside "
            f"its weights: {PROGRAM} calibrate {self.parent.folder.parent / name}"
        )

    def _of_last_epoch(self) -> str:
        last = [(dose, dose.outcome.last) for dose in self.doses if dose.outcome is not None]
        if not last:
            return ""
        dose, change = min(last, key=lambda pair: pair[1])
        at = f"At the last {self.parent.run.unit}"
        if change >= 0:
            return f"{at} no trial is better than {self.parent.name}."
        return f"{at} {dose.folder.name} is the best: {better(change)} than {self.parent.name}."

    def _of_left(self) -> Iterator[str]:
        changes = [new_strengths(proposal.change(self.parent)) for proposal in self.left]
        if not changes:
            yield "Nothing that is recommended is left to try."
        else:
            yield f"Not tried: {'; '.join(changes)}. A larger --budget goes on with them."
        if self.best is not None and self.best.outcome is not None and self.best.outcome.after.value == "improving":
            yield f"{self.best.folder.name} was still improving at its end: training it longer may gain more."


def as_markdown(report: Report) -> str:
    """The whole report for a file."""
    diagnosis = report.parent.diagnosis
    blocks = [
        f"# What trials of {report.parent.name} bought",
        f"Verdict: {VERDICTS[diagnosis.verdict].word}. {as_charted(diagnosis.reason, report.parent.run.unit)}",
        f"Stopped: {report.why}.",
        run_markdown(report.parent, report.doses),
        report.best_run(),
    ]
    if report.combination is not None:
        blocks.append(use_markdown(report.combination))
    return "\n\n".join([*blocks, *filter(None, report.sentences)]) + "\n"


def as_json(report: Report) -> dict[str, Any]:
    """The schema of docs/trainer.md."""
    combination = report.combination
    return {
        "schema": SCHEMA,
        "run": report.parent.name,
        "stopped": report.why,
        "best": best_of(report.parent, report.doses).name,
        "trials": [_trial(dose) for dose in report.doses],
        "over_seeds": None if report.over is None else {**asdict(report.over), "outcome": report.over.word},
        "validation_samples": None if combination is None else combination.samples,
        "uses": None if combination is None else {name: asdict(own) for name, own in combination.uses.items()},
        "not_combined": report.not_combined if combination is None else list(combination.left_out),
        "left": [_changes(proposal.change(report.parent)) for proposal in report.left],
    }


def write(report: Report) -> Path:
    """Write both files into the run's folder, by rename; gives that of the text. Raises ``TryError``."""
    folder = report.parent.folder
    texts = {REPORT: as_markdown(report), REPORT_JSON: json.dumps(as_json(report), indent=1, allow_nan=False) + "\n"}
    for name, text in texts.items():
        try:
            files.write(folder / name, text.encode())
        except OSError as error:
            raise TryError(f"cannot write {folder / name}: {error.strerror}; make room, then improve again") from error
    return folder / REPORT


def _optimism(combination: Combination) -> str:
    parts = {NAMES[name]: combination.uses[name].optimism for name in ("single", "calibrated", "ensemble")}
    if max(parts.values()) < NOTICEABLE:
        return "too low, but hardly"
    return f"too low: {', '.join(f'{name} by {optimism:.1%}' for name, optimism in parts.items())}"


def _of_test(combination: Combination) -> str:
    if combination.plain.test_loss is None:
        return "There is no test set, so that no number here is free of what was chosen. Accuracy is validation's."
    return "Nothing was chosen by the test set; accuracy is the test set's."


def _logged_temperatures(parent: Parent, doses: Sequence[TriedDose]) -> Iterator[str]:
    """Which run is best once each has its temperature, by what was logged; nothing where it was not."""
    scaled = {dose.folder: dose.outcome.scaled for dose in doses if dose.outcome is not None and dose.outcome.scaled}
    if not scaled:
        return
    losses = {parent.folder: next(iter(scaled.values()))[0]} | {folder: pair[1] for folder, pair in scaled.items()}
    best = min(losses, key=lambda folder: losses[folder])
    beside = "" if best == parent.folder else f", beside {losses[parent.folder]:.4g} of {parent.name}"
    yield f"By the logged losses with one temperature each, {best.name} is the best ({losses[best]:.4g}{beside})."


def _changes(change: Change) -> dict[str, list[float | None]]:
    return {name: list(strengths) for name, strengths in change.items()}


def _trial(dose: TriedDose) -> dict[str, Any]:
    outcome: Outcome | None = dose.outcome
    return {
        "run": dose.folder.name,
        "change": _changes(dose.trial.change),
        "outcome": "failed" if outcome is None else outcome.word,
        "difference": None if outcome is None else outcome.difference,
        "error": None if outcome is None else outcome.error,
        "last": None if outcome is None else outcome.last,
        "verdict": None if outcome is None else outcome.after.value,
    }
