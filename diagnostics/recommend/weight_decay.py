"""Weight decay: how fast the weights should forget, from when validation was best.

AdamW's weights are an average over about the last ``1 / (lr * wd)`` steps (Wang and Aitchison 2024,
https://arxiv.org/abs/2405.13698). Measured against the steps until validation's best, the best decay is nearly the same
for all tasks: ``wd = u / (mean lr * t*)``, with ``u`` from ``ladders``.
"""

from __future__ import annotations

from math import sqrt

from diagnostics.recommend import hypergradient
from diagnostics.recommend.dropout import OTHER
from diagnostics.recommend.facts import Facts
from diagnostics.recommend.ladders import PRETRAINING_U, ladder_of
from diagnostics.recommend.recommendation import MEASURED, Recommendation
from diagnostics.recommend.setup import OPTIMIZERS

NAME = "weight_decay"
LOWEST, HIGHEST = 0.001, 10.0
SHORTEST_MEMORY = 0.5  # of t*: 1 / (lr * wd) is never less
STEP = 2.8  # from the first dose of an MLP to the next; what a run that decays already goes up by
WORTH_IT = 1.25  # a change below this factor is none
DISAGREES = 3.0
WEAKER = 4.0
SOURCES = {
    "fine_tuning": "literature: what was learned before must survive fine-tuning, so 0.4 times the measured dose",
    "language_model_pretraining": "literature: Wang and Aitchison 2024, https://arxiv.org/abs/2405.13698",
    "vit": "not measured for ViTs: the dose is a Transformer's",
    "recurrent": "not measured for recurrent networks: the dose is that for unknown ones",
    "other": OTHER,
}


def strengthen(facts: Facts) -> Recommendation | None:
    """The next dose of weight decay; None where the run decays enough, or no strength is safe."""
    if facts.setup.architecture == "language_model_pretraining":
        (lo, hi), time = PRETRAINING_U, facts.lr_time_of_run
        formula, u = f"{sqrt(lo * hi):.2g} / (mean lr x steps of the run)", sqrt(lo * hi)
    else:
        ladder = ladder_of(facts)
        if not ladder[0].u:
            return None
        strengths = [dose.u for dose in ladder if dose.u > 0]
        u, lo, hi, time = strengths[0], min(strengths), max(strengths), facts.lr_time
        formula = f"{u:.3g} / ({_rate(facts)} x {_steps(facts)})"
    if time is None or facts.lr_time is None:
        return _unfinished(facts, u, formula)
    return _finished(facts, u / time, (lo / time, hi / time), facts.lr_time)


def weaken(facts: Facts, because: str) -> Recommendation | None:
    """A quarter of the current decay; None where there is none to weaken, or hardly any."""
    current = facts.in_use(NAME)
    if current is None or current <= LOWEST:
        return None
    why = f"{because}, so a weight decay of {current:g} holds back more than it protects."
    if hypergradient.opposed(facts, -1.0):
        why += " Validation's own gradient says otherwise: let a trial decide."
    evidence = facts.evidence() | _memory(facts, current) | hypergradient.evidence(facts)
    return Recommendation(NAME, why, MEASURED, current, max(LOWEST, current / WEAKER), (LOWEST, current), evidence)


def until_best(facts: Facts, u: float) -> float | None:
    """The decay of dose ``u``; None where it is unknown or unsafe."""
    if not facts.lr_time or not u:
        return None
    decay = u / facts.lr_time
    return None if decay > HIGHEST else _within(facts, decay)


def over_the_run(facts: Facts, u: float) -> float | None:
    """The decay with ``u`` counted over the whole run instead of until t*."""
    return _within(facts, u / facts.lr_time_of_run) if facts.lr_time_of_run else None


def _finished(facts: Facts, first: float, span: tuple[float, float], time: float) -> Recommendation | None:
    """A number: the first dose, or one step up from what the run has, within the guards.

    A dose above them is not cut to them: where t* came within a few dozen steps, so much decay did harm.
    """
    current, second = facts.in_use(NAME), facts.wd_hat
    if first > HIGHEST:
        return None
    suggested = _within(facts, max(first, min(span[1], STEP * (current or 0.0))))
    if suggested is None or (current is not None and suggested < WORTH_IT * current):
        return None
    evidence = facts.evidence() | {"u": suggested * time} | _memory(facts, current) | hypergradient.evidence(facts)
    why = _reason(facts, suggested, current, time)
    if second is not None:
        factor = max(second / suggested, suggested / second)
        evidence |= {"wd_hat": second, "disagreement": factor}
        if factor > DISAGREES:
            span = min(span[0], second), max(span[1], second)
            why += f" A second estimate, from how far training moves the weights, is {second:.2g}: the range is wider."
    ends = [_within(facts, end) or suggested for end in span]
    between = min(ends[0], suggested), max(ends[1], suggested)
    return Recommendation(NAME, why + _cautions(facts), _source(facts), current, suggested, between, evidence)


def _unfinished(facts: Facts, u: float, formula: str) -> Recommendation:
    """The dose with the formula that finishes it."""
    lacks = ["the learning rate"] if facts.lr is None else []
    lacks += ["the optimizer's steps"] if facts.t_star is None else []
    lacks += ["SGD's momentum"] if facts.momentum is None else []
    unknown = " and ".join(lacks) or "a usable learning rate"
    why = f"Take weight_decay = {formula}: the log does not say {unknown}.{_cautions(facts)}"
    evidence = facts.evidence() | {"u": u} | hypergradient.evidence(facts)
    return Recommendation(NAME, why, _source(facts), facts.in_use(NAME), evidence=evidence)


def _within(facts: Facts, decay: float) -> float | None:
    """The decay inside the guards; None where no decay is, because the learning rate is very high or t* very late."""
    highest = HIGHEST if facts.lr_time is None else min(HIGHEST, 1 / (SHORTEST_MEMORY * facts.lr_time))
    return min(max(decay, LOWEST), highest) if highest >= LOWEST else None


def _rate(facts: Facts) -> str:
    rate = "mean lr" if facts.lr is None else f"{facts.lr:.3g}"
    if facts.momentum is None:
        return f"{rate} / (1 - momentum)"
    return f"{rate} / {1 - facts.momentum:.3g}" if facts.momentum else rate


def _steps(facts: Facts) -> str:
    """t* in words: in steps, else in epochs, else only by its name."""
    if facts.t_star is not None:
        return f"{facts.t_star:.6g} optimizer steps"
    return "t*" if facts.t_star_epochs is None else f"{facts.t_star_epochs:g} epochs x steps per epoch"


def _reason(facts: Facts, suggested: float, current: float | None, time: float) -> str:
    reach = "reach" if facts.diagnosis.onset_step is not None else "come near"
    way = f"as long as validation took to {reach} its best" + (
        "" if facts.t_star is None else f" ({facts.t_star:.6g} optimizer steps)"
    )
    times = f"{1 / (suggested * time):.2g} times"
    decay = f"A weight decay of {suggested:.3g}{_kind(facts)} lets past updates fade over {times} {way}"
    if current is None:
        return f"{decay}."
    now = f"the current {current:.3g} over {1 / (current * time):.3g} times" if current > 0 else "now they do not fade"
    return f"{decay}; {now}."


def _kind(facts: Facts) -> str:
    """Whose decay the number is, as the same number does different things."""
    if facts.momentum:
        return f" (SGD's, with momentum {facts.momentum:g})"
    return {"sgd": " (SGD's, without momentum)", "sgdw": " (decoupled)"}.get(facts.setup.optimizer or "", " (AdamW's)")


def _cautions(facts: Facts) -> str:
    words = ""
    if facts.setup.optimizer == "adam":
        words += " Use AdamW for it: Adam adds its weight_decay to the gradient, where the same number can ruin a run."
    elif facts.setup.optimizer is None and facts.setup.momentum is None:
        words += " Another optimizer than AdamW needs another number: say which one it is."
    elif facts.setup.optimizer is not None and facts.setup.optimizer not in OPTIMIZERS:
        words += f" How {facts.setup.optimizer} decays weights was not measured: use AdamW for this number."
    if facts.momentum:
        words += " SGD with momentum was not measured; the formula takes lr / (1 - momentum)."
    elif facts.momentum is None:
        words += " Say SGD's momentum, which the decay goes through."
    if facts.setup.architecture is None:
        words += " Say which architecture it is for a narrower range."
    if hypergradient.opposed(facts, 1.0):
        words += " Validation's own gradient says that more decay would hurt: let a trial decide."
    return words


def _memory(facts: Facts, current: float | None) -> dict[str, float]:
    """How long the current decay remembers: in steps, and over the way to t*."""
    if not current or facts.lr_time is None:
        return {}
    over = 1 / (current * facts.lr_time)
    return {"forgets_over_t_star": over} | ({} if facts.t_star is None else {"forgets_over_steps": over * facts.t_star})


def _source(facts: Facts) -> str:
    return SOURCES.get(facts.setup.architecture or "", MEASURED)
