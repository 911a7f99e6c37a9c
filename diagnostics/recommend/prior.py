"""Prior: strengths to start with before any run, from the data, the network and the optimizer alone.

Weights under AdamW are an average over about the last ``1 / (lr * weight_decay)`` steps. Over how much of the training
they should average is nearly the same for all tasks, so the learning rate and the number of steps give the decay.
``python -m tests.benchmarks.prior`` chooses the constants on random tasks and says what they are worth on others.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from diagnostics.recommend.actions import FEWER_STEPS, TO_START
from diagnostics.recommend.recommendation import Recommendation
from diagnostics.recommend.setup import ARCHITECTURES, OPTIMIZERS, Architecture, SetupError

MEMORY, MEMORIES = 3.0, (1.0, 10.0)  # what the weights should average over, in lengths of the run
DROPOUT, DROPOUTS = 0.1, (0.0, 0.2)
# Learning rate times epochs, below which most trainings end before they overfit, so that strengths only slow them.
GETS_FAR = 0.07
SGD_RATE = 200.0  # a learning rate of SGD over 1 - momentum that gets as far as Adam's of 1
# Of one pass over the data: the memory in lengths of the run, by samples (tokens) a parameter.
POWER_LAW = (1.084, -0.527)
FACTOR = 2.0  # either way from the law
START = (
    "measured on random tasks with MLPs and CNNs; the clock is that of Wang and Aitchison 2024, "
    "https://arxiv.org/abs/2405.13698"
)
ONE_PASS = "literature: Bergsma et al. 2025, https://arxiv.org/abs/2505.13738, for language models"
OPTIMIZER_NAMES = {"adamw": "AdamW", "sgdw": "SGD, decoupled", "sgd": "SGD"}


@dataclass(frozen=True)
class PlannedRun:
    """A training that has not begun. For a language model, samples and batches are counted in tokens.

    Raises ``SetupError`` for a number that cannot be one, or SGD whose momentum is not said.
    """

    samples: int
    batch_size: int
    lr: float
    epochs: float
    parameters: int | None = None
    optimizer: str = "adamw"
    momentum: float | None = None
    architecture: Architecture | None = None

    def __post_init__(self) -> None:
        for name in ("samples", "batch_size", "lr", "epochs", "parameters"):
            value = getattr(self, name)
            if value is not None and not (isfinite(value) and value > 0):
                raise SetupError(f"{name} is {value}; it must be a number above 0")
        if self.batch_size > self.samples:
            raise SetupError(
                f"a batch of {self.batch_size:,} is larger than the {self.samples:,} training samples; make it smaller"
            )
        if self.optimizer not in OPTIMIZERS:
            raise SetupError(f"there is no optimizer {self.optimizer!r}; choose from {', '.join(OPTIMIZERS)}")
        if self.architecture is not None and self.architecture not in ARCHITECTURES:
            raise SetupError(f"there is no architecture {self.architecture!r}; choose from {', '.join(ARCHITECTURES)}")
        if self.optimizer == "sgd" and self.momentum is None:
            raise SetupError("the decay of sgd goes through its momentum, which is not said; give it, or 0 for none")
        if self.momentum is not None and not 0 <= self.momentum < 1:
            raise SetupError(f"momentum is {self.momentum}; it must be at least 0 and below 1")

    @property
    def steps_per_epoch(self) -> int:
        return -(-self.samples // self.batch_size)

    @property
    def steps(self) -> float:
        return self.steps_per_epoch * self.epochs

    @property
    def one_pass(self) -> bool:
        """Is every sample seen once at most?"""
        return self.epochs <= 1 or self.architecture == "language_model_pretraining"

    @property
    def distance(self) -> float:
        """How far the training gets: its learning rate, in Adam's terms, times its epochs."""
        rate = self.lr / (1 - (self.momentum or 0.0)) / SGD_RATE if self.optimizer.startswith("sgd") else self.lr
        return rate * self.epochs


def prior(run: PlannedRun) -> tuple[Recommendation, ...]:
    """Strengths to start ``run`` with, each with its range, reason and source; the decay is for its optimizer.

    Under ``adam``, whose coupled decay depends on the size of the gradients, it is a formula: ``suggested`` is None.
    A training that hardly gets to overfit, and a pretrained network, start with none.
    """
    if run.architecture == "fine_tuning":
        return (_fine_tuning(),)
    if run.one_pass:
        return (_one_pass(run),)
    if run.distance < GETS_FAR:
        return (_nothing(run),)
    return _decay(run), _dropout(run)


def _decay(run: PlannedRun) -> Recommendation:
    reason = f"lets past updates fade over {MEMORY:g} times the training ({run.steps:,.0f} steps)"
    return _start(run, MEMORY, MEMORIES, reason, START)


def _one_pass(run: PlannedRun) -> Recommendation:
    if run.parameters is None:
        why = "Each sample is seen once: say how many parameters the network has, and a power law gives the decay."
        return Recommendation("nothing", why, ONE_PASS)
    ratio = run.samples * run.epochs / run.parameters
    memory = POWER_LAW[0] * ratio ** POWER_LAW[1]
    reason = (
        f"lets past updates fade over {memory:.2g} times the training ({run.steps:,.0f} steps), as the power law for "
        f"one pass says for {ratio:.3g} tokens a parameter; it counts the highest learning rate of the schedule"
    )
    return _start(run, memory, (memory / FACTOR, memory * FACTOR), reason, ONE_PASS)


def _start(run: PlannedRun, memory: float, memories: tuple[float, float], reason: str, source: str) -> Recommendation:
    """The decay of a memory, within those of a longer and a shorter one, in terms of the run's optimizer."""
    through = 1 / (1 - (run.momentum or 0.0)) if run.optimizer == "sgd" else 1.0
    decay, high, low = (1 / (length * run.lr * run.steps * through) for length in (memory, *memories))
    evidence = {"memory_of_run": memory, "memory_epochs": memory * run.epochs, "steps": float(run.steps)}
    if run.optimizer == "adam":
        why = (
            f"Use AdamW with a weight decay of {decay:.3g}: it {reason}. Adam divides its own weight_decay by the size "
            f"of the gradients: it would take {decay:.3g} times their root mean square, unknown before a run."
        )
        return Recommendation("weight_decay", why, source, evidence={**evidence, "adamw": decay})
    name = OPTIMIZER_NAMES[run.optimizer] + (f", momentum {run.momentum:g}" if run.optimizer == "sgd" else "")
    why = f"A weight decay of {decay:.3g} ({name}) {reason}."
    return Recommendation("weight_decay", why, source, suggested=decay, range=(low, high), evidence=evidence)


def _dropout(run: PlannedRun) -> Recommendation:
    convolves = run.architecture == "cnn"
    what, lever = ("feature maps", "spatial_dropout") if convolves else ("activations", "dropout")
    why = f"Drop {DROPOUT:.0%} of the {what}: more helps only once a run is seen to overfit."
    return Recommendation(lever, why, START.partition(";")[0], suggested=DROPOUT, range=DROPOUTS)


def _nothing(run: PlannedRun) -> Recommendation:
    why = (
        f"Start without: {run.epochs:g} epochs at this learning rate seldom get to overfit, and strengths would slow "
        "them. Look at the verdict, then at its advice."
    )
    return Recommendation("nothing", why, START, evidence={"distance": run.distance, "needed": GETS_FAR})


def _fine_tuning() -> Recommendation:
    why = "A pretrained network is fitted already: use few epochs and a small learning rate, and keep the best. "
    return Recommendation("stop_at_best", why + TO_START, FEWER_STEPS)
