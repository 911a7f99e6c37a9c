"""Outcome: what a trial did to the run it is of, with how sure that is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from math import hypot, isfinite
from pathlib import Path
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from diagnostics.logs.run import Run
from diagnostics.run_diagnosis import diagnose_run
from diagnostics.signals.noise import noise
from diagnostics.trials.trial_file import Effect
from diagnostics.trials.val_losses import val_losses
from diagnostics.verdict import Verdict

HALF_WINDOW = 20  # points on each side of the best one, whose noise is that of the best
MIN_POINTS = 5  # with fewer, nobody can tell noise from change
STANDARD_ERRORS = 2.0  # what a difference must exceed to be more than chance
SAME_LOSS = 0.01  # how far the mean of the samples' losses may be from the logged one, relative
CHANCE = NormalDist().cdf(STANDARD_ERRORS)  # of a change that does nothing to stay below them
HELPED_LESS = "helped, less than predicted"
OF_80_PERCENT = NormalDist().inv_cdf(0.9)  # standard errors on each side of the middle 80 % of a normal distribution

Values = NDArray[np.float64]


class OutcomeError(ValueError):
    """Two runs that cannot be compared; the message says what was found, what is needed and the way out.

    ``logged`` are the validation tags of both where they are different ones; empty where one of them has no values.
    """

    def __init__(self, message: str, logged: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.logged = logged


@dataclass(frozen=True)
class Outcome:
    """``difference`` is the relative change of the best validation value, negative when better, whatever the metric.

    ``error`` is its standard error, None where there are too few points to know: over ``samples`` validation samples
    that both runs have in common, or, where that is None, from the noise of the two curves. ``best`` are the best
    values of parent and trial, ``last`` is the relative change of the last one, ``before`` and ``after`` their
    verdicts. ``scaled`` and ``accuracy`` are those of the same two points: the loss after one fitted temperature, which
    leaves out how sure each is of itself, and the share of right answers; None where not both logged them.
    """

    difference: float
    error: float | None
    samples: int | None
    best: tuple[float, float]
    last: float
    before: Verdict
    after: Verdict
    scaled: tuple[float, float] | None = None
    accuracy: tuple[float, float] | None = None

    @property
    def paired(self) -> bool:
        """Is the error that of the same samples in both runs?"""
        return self.samples is not None

    @property
    def low(self) -> float | None:
        """Lower end of the 80 % interval."""
        return None if self.error is None else self.difference - OF_80_PERCENT * self.error

    @property
    def high(self) -> float | None:
        """Upper end of the 80 % interval."""
        return None if self.error is None else self.difference + OF_80_PERCENT * self.error

    @property
    def word(self) -> Literal["confirmed", "refuted", "not distinguishable"]:
        """Better or worse by more than two standard errors, or neither.

        By chance alone a change that does nothing is confirmed in 2 to 3 % of trials, and refuted in as many.
        """
        if self.error is None or abs(self.difference) <= STANDARD_ERRORS * self.error:
            return "not distinguishable"
        return "confirmed" if self.difference < 0 else "refuted"

    def word_beside(self, expected: Effect | None) -> str:
        """The word, which tells what helped as predicted from what helped less."""
        less = self.word == "confirmed" and expected is not None and self.difference > expected.high
        return HELPED_LESS if less else self.word

    @property
    def sentence(self) -> str:
        """All of it for a person."""
        return self.sentence_beside(None)

    def sentence_beside(self, expected: Effect | None) -> str:
        """The same, where a word that the prediction did not hold for begins it."""
        word = self.word_beside(expected).capitalize()
        return " ".join([f"{word}:", self._change(), self._basis(), *self._beside(), self._rest()])

    def _change(self) -> str:
        change = f"the best validation value is {compared(self.difference, self.error)}"
        return f"{change} ({self.best[0]:.4g} -> {self.best[1]:.4g})."

    def _basis(self) -> str:
        if self.samples is not None:
            return f"The error is that of the same {self.samples} validation samples in both runs."
        if self.error is None:
            return f"A curve with fewer than {MIN_POINTS} points does not tell how far that is chance."
        return "The error is the noise of the two curves alone: they kept no losses of the same samples."

    def _beside(self) -> list[str]:
        """What of it is calibration, and what is right answers."""
        sentences = []
        if self.scaled is not None:
            change = self.scaled[1] / self.scaled[0] - 1 if self.scaled[0] else 0.0
            numbers = f"{self.scaled[0]:.4g} -> {self.scaled[1]:.4g}"
            sentences.append(f"With one temperature each, it is {compared(change)} ({numbers}).")
        if self.accuracy is not None:
            sentences.append(f"Accuracy there: {self.accuracy[0]:.1%} -> {self.accuracy[1]:.1%}.")
        return sentences

    def _rest(self) -> str:
        last = f"At the last point it is {compared(self.last)}."
        if self.before is self.after:
            return f"{last} The verdict stays {self.after.value}."
        return f"{last} The verdict goes from {self.before.value} to {self.after.value}."


def outcome(parent: Run, trial: Run, parent_dir: str | os.PathLike[str], trial_dir: str | os.PathLike[str]) -> Outcome:
    """Compare a trial with the run it changes, both at their best validation value.

    Parameters
    ----------
    parent, trial
        Two runs that logged the same validation loss or metric, as ``open_logs`` gives them.
    parent_dir, trial_dir
        Their folders. Where both hold ``val_losses.npz``, the losses of the same validation samples with the best
        weights, the error is paired.

    Returns
    -------
    Outcome
        ``difference`` is the relative change of the best value, -0.1 for a tenth less; negative is better, whatever the
        metric. ``error`` is its standard error, ``low`` and ``high`` are the ends of the 80 % interval, and ``word`` is
        "confirmed", "refuted" or "not distinguishable" by two standard errors. ``sentence`` says all of it.

    Raises
    ------
    OutcomeError
        A run has no finite validation value, or the two logged different ones.

    Notes
    -----
    With ``r`` the ratio of the two mean losses over ``n`` samples, the paired error is
    ``std(trial - r * parent) / (sqrt(n) * mean(parent))``, the delta method for a ratio (Cochran 1977, Sampling
    Techniques, chapter 6). Elsewhere it is the noise of both curves around their best point
    (``diagnostics.signals.noise``), which says nothing about the choice of validation samples.

    Examples
    --------
    >>> from diagnostics import open_logs
    >>> runs = open_logs("runs").runs
    >>> result = outcome(runs["exp"], runs["exp-try-1"], "runs/exp", "runs/exp-try-1")
    >>> result.word, round(result.difference, 3)
    ('confirmed', -0.1)
    >>> result.paired  # no val_losses.npz in these folders
    False
    """
    higher_is_better, curves = _common(parent, trial)
    sign = -1.0 if higher_is_better else 1.0
    places = [int(np.argmin(np.where(np.isfinite(values), sign * values, np.inf))) for values in curves]
    best = float(curves[0][places[0]]), float(curves[1][places[1]])
    scale = abs(best[0]) or abs(best[1]) or 1.0
    error, samples = None, None
    if not higher_is_better:
        error, samples = _paired(Path(parent_dir), Path(trial_dir), best)
    if error is None:
        noises = [_noise(values, place) for values, place in zip(curves, places, strict=True)]
        error = None if noises[0] is None or noises[1] is None else hypot(noises[0], noises[1]) / scale
    error = error if error is not None and isfinite(error) else None
    ends = [float(values[np.isfinite(values)][-1]) for values in curves]
    return Outcome(
        difference=sign * (best[1] - best[0]) / scale,
        error=error,
        samples=samples,
        best=best,
        last=sign * (ends[1] - ends[0]) / (abs(ends[0]) or abs(ends[1]) or 1.0),
        before=diagnose_run(parent, finished=True).verdict,
        after=diagnose_run(trial, finished=True).verdict,
        scaled=_at_best((parent, trial), places, "loss/val_scaled"),
        accuracy=_at_best((parent, trial), places, "accuracy/val"),
    )


def _at_best(runs: tuple[Run, Run], places: list[int], tag: str) -> tuple[float, float] | None:
    """What both runs logged as ``tag`` at their best ``loss/val``; None where one of them did not."""
    values = []
    for run, place in zip(runs, places, strict=True):
        curve = run.tagged(tag)
        ours = run.primary is not None and run.primary.val is not None and run.primary.val.tag == "loss/val"
        if curve is None or run.val is None or not ours or not np.array_equal(curve.steps, run.val.steps):
            return None
        values.append(float(curve.values[place]))
    return (values[0], values[1]) if np.isfinite(values).all() else None


def _common(parent: Run, trial: Run) -> tuple[bool, tuple[Values, Values]]:
    """Is higher better, and validation's values of both runs. Raises ``OutcomeError``."""
    tags, directions, curves = [], [], []
    for run, what in ((parent, "the run"), (trial, "its trial")):
        if run.primary is None or run.primary.val is None or run.val is None or not np.isfinite(run.val.values).any():
            raise OutcomeError(f"{what} {run.name} has no validation value; log one each epoch to compare them")
        tags.append(run.primary.val.tag)
        directions.append(run.primary.higher_is_better)
        curves.append(run.val.values)
    if tags[0].casefold() != tags[1].casefold():
        message = f"the run logs {tags[0]} and its trial {tags[1]}; log the same validation in both"
        raise OutcomeError(message, tuple(tags))
    return directions[0], (curves[0], curves[1])


def _paired(parent_dir: Path, trial_dir: Path, best: tuple[float, float]) -> tuple[float | None, int | None]:
    """The relative standard error over common samples, and their number; None without them.

    The samples must be the same, and their mean loss must be the one that is compared.
    """
    ours, theirs = (val_losses(folder) for folder in (parent_dir, trial_dir))
    if ours is None or theirs is None or ours[1] != theirs[1] or len(ours[0]) != len(theirs[0]) or len(ours[0]) < 2:
        return None, None
    means = float(ours[0].mean()), float(theirs[0].mean())
    if means[0] <= 0 or not np.allclose(means, best, rtol=SAME_LOSS, atol=0):
        return None, None
    residual = theirs[0] - means[1] / means[0] * ours[0]
    return float(residual.std(ddof=1) / (np.sqrt(len(residual)) * means[0])), len(residual)


def _noise(values: Values, at: int) -> float | None:
    """The noise of a curve around one of its points; None where there are too few to know."""
    near = values[max(0, at - HALF_WINDOW) : at + HALF_WINDOW + 1]
    near = near[np.isfinite(near)]
    return noise(near) if len(near) >= MIN_POINTS else None


def compared(change: float, error: float | None = None) -> str:
    """A relative change in words: ``3.1% ± 1.2% better``."""
    if change == 0:
        return "the same"
    within = "" if error is None else f" ± {_percent(error)}"
    return f"{_percent(abs(change))}{within} {'worse' if change > 0 else 'better'}"


def _percent(share: float) -> str:
    """Whole percents; below 10, two digits."""
    if share < 0.0005:
        return "<0.1%"
    return f"{100 * share:.2g}%" if share < 0.1 else f"{share:.0%}"
