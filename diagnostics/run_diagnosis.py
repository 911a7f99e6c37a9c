"""Run diagnosis: the verdict on a logged run, with all that its log says beside the two curves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from diagnostics.curves import Curve, CurveError
from diagnostics.logs.matching.axis import on_one_axis
from diagnostics.logs.matching.naming import spelled
from diagnostics.logs.rewinds import as_kept, rewinds
from diagnostics.logs.run import SCALED_VAL, Run
from diagnostics.run_context import accuracy_of, context_of, floor_of, is_perplexity, on_steps_of, setting
from diagnostics.signals.canary import memorizing_since
from diagnostics.signals.norms import growth, update_to_weight
from diagnostics.verdict import Diagnosis, Verdict, diagnose

# signal -> the tag whose last finite value it is
LAST_VALUES = {
    "sparsity": "weights/sparsity",
    "zeros": "weights/zeros",
    "l2_norm": "weights/l2_norm",
    "l1_norm": "weights/l1_norm",
    "grad_norm": "optim/grad_norm",
    "update_norm": "optim/update_norm",
}

LARGEST_LOSS = 500.0  # whose exponential is a number


@dataclass(frozen=True)
class RunDiagnosis(Diagnosis):
    """The diagnosis of a run by its primary pair; ``others`` are those of its other validation losses, by name."""

    others: Mapping[str, Diagnosis] = field(default_factory=dict)


def diagnose_run(
    run: Run, *, finished: bool = False, val_samples: int | None = None, **thresholds: Any
) -> RunDiagnosis:
    """Judge a logged run, by its primary pair and by everything else that its log says.

    Parameters
    ----------
    run
        A run as ``open_logs`` gives it.
    finished
        Whether no more points will come (``diagnostics.logs.pace.has_ended``); a finished run is never too early to be
        judged.
    val_samples
        How many samples validation has, where the log does not say it.
    **thresholds
        Those of ``Thresholds``, such as ``min_points``.

    Returns
    -------
    RunDiagnosis
        A ``Diagnosis`` whose ``signals`` also hold what was logged of the weights: their norms (``l2_norm``,
        ``l1_norm``) and ``l2_growth`` since the first epoch, the shares that are zero (``zeros``) or nearly so
        (``sparsity``), ``grad_norm``, ``update_norm``, ``update_to_weight``, and the share of ``canary`` samples that
        are recognized. ``others`` has a diagnosis for each other validation loss, by its name: further data sets, heads
        and components. The verdict is about the primary pair alone; one of the others that overfits is a note,
        ``other_loss_overfits``, and named in ``reason``.

    Raises
    ------
    CurveError
        The two series of the primary pair share no steps.

    Notes
    -----
    A validation metric beside a training loss stands in for a validation loss that was not logged. A run without
    anything to judge gets ``no_validation``, and ``reason`` says what kind of log it is. The rule itself is that of
    ``diagnose``, explained in docs/method.md.

    Examples
    --------
    >>> from diagnostics import open_logs
    >>> run = open_logs("runs").runs["exp"]
    >>> diagnosis = diagnose_run(run, finished=True)
    >>> str(diagnosis.verdict), diagnosis.onset_step, diagnosis.best.step
    ('overfitting', 21, 21)
    >>> diagnosis.others
    mappingproxy({})
    """
    went_back, run = rewinds(run), as_kept(run)
    beside = context_of(run, val_samples) | {"finished": finished} | thresholds
    diagnosis = _of_primary(run, beside)
    diagnosis = replace(diagnosis, reason=" ".join([diagnosis.reason, *(rewind.sentence for rewind in went_back)]))
    notes = (*diagnosis.notes, *(["restarted"] if run.sessions > 1 else []))
    diagnosis = replace(diagnosis, notes=notes, signals=MappingProxyType({**diagnosis.signals, **_of_weights(run)}))
    canary = run.tagged("accuracy/canary")
    diagnosis = diagnosis if canary is None else _with_canary(diagnosis, run, canary)
    return _with_others(diagnosis, _of_others(run, beside))


def _of_primary(run: Run, beside: Mapping[str, Any]) -> Diagnosis:
    pair = run.primary
    if pair is None:
        return Diagnosis(Verdict.NO_VALIDATION, f"{run.why[:1].upper()}{run.why[1:]}.", 1.0)
    train, val, metric = run.train, run.val, None
    if run.train_loss is not None and val is not None:
        train, metric = on_steps_of(val, run.curves[run.train_loss], run), spelled(pair.name)
    elif train is not None and is_perplexity(pair.train) is not is_perplexity(pair.val):
        train = _as_perplexity(train) if is_perplexity(pair.val) else _as_loss(train)
    return diagnose(
        train,
        val,
        higher_is_better=pair.higher_is_better,
        metric=metric,
        perplexity=is_perplexity(pair.val),
        accuracy=accuracy_of(run),
        scaled_val=run.tagged(SCALED_VAL),
        clean_train=run.tagged("loss/train_clean"),
        floor=floor_of(run),
        **beside,
    )


def _as_perplexity(loss: Curve) -> Curve:
    return Curve(loss.steps, np.exp(np.minimum(loss.values, LARGEST_LOSS)), loss.wall_times)


def _as_loss(perplexity: Curve) -> Curve:
    return Curve(perplexity.steps, np.log(np.maximum(perplexity.values, 1.0)), perplexity.wall_times)


def _of_others(run: Run, beside: Mapping[str, Any]) -> dict[str, Diagnosis]:
    """The diagnosis of each other validation loss; those that share no steps with training are left out."""
    others = {}
    for pair in run.val_losses:
        train, val = on_one_axis(run, pair)
        try:
            others[pair.name] = diagnose(train, val, higher_is_better=pair.higher_is_better, **beside)
        except CurveError:
            continue
    return others


def _with_others(diagnosis: Diagnosis, others: Mapping[str, Diagnosis]) -> RunDiagnosis:
    """With those that overfit named, where the run as a whole does not; of a run that learned nothing, noise does."""
    overfitting = [name for name, other in others.items() if other.verdict is Verdict.OVERFITTING]
    if overfitting and diagnosis.verdict not in (Verdict.OVERFITTING, Verdict.NOT_LEARNING):
        steps = {name: others[name].onset_step for name in overfitting}
        since = [f"Taken by itself, {name} is overfitting since step {step}." for name, step in steps.items()]
        diagnosis = replace(
            diagnosis,
            reason=" ".join([diagnosis.reason, *since]),
            notes=(*diagnosis.notes, "other_loss_overfits"),
        )
    values = {part.name: getattr(diagnosis, part.name) for part in fields(diagnosis)}
    return RunDiagnosis(**values, others=MappingProxyType(dict(others)))


def _with_canary(diagnosis: Diagnosis, run: Run, canary: Curve) -> Diagnosis:
    """Memorization seen by canaries is a note beside any verdict, and the news where there is no validation."""
    signals = {**diagnosis.signals, "canary": math.nan if canary.last is None else canary.last}
    chance, samples = setting(run, ("canary_chance",)), setting(run, ("canary_samples",))
    since = None
    if chance is not None and samples is not None:
        since = memorizing_since(canary.values, chance=chance, samples=int(samples))
        signals |= {"canary_chance": chance}
    if since is None:
        return replace(diagnosis, signals=MappingProxyType(signals))
    step, reason = int(canary.steps[since]), diagnosis.reason
    if diagnosis.verdict is Verdict.NO_VALIDATION:
        reason = (
            f"Memorization began at step {step}: {signals['canary']:.0%} of the training samples with random labels "
            f"are recognized, where chance gives {chance:.0%}; without validation nobody can tell what it costs."
        )
    signals |= {"memorizing_since": float(step)}
    return replace(diagnosis, reason=reason, signals=MappingProxyType(signals), notes=(*diagnosis.notes, "memorizing"))


def _of_weights(run: Run) -> dict[str, float]:
    curves = {signal: run.tagged(tag) for signal, tag in LAST_VALUES.items()}
    signals = {signal: curve.last for signal, curve in curves.items() if curve is not None}
    if norm := curves["l2_norm"]:
        signals["l2_growth"] = growth(norm)
        if update := curves["update_norm"]:
            signals["update_to_weight"] = update_to_weight(update, norm)
    return {signal: value for signal, value in signals.items() if value is not None and not math.isnan(value)}
