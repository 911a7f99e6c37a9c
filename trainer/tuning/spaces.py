"""Spaces: which strengths a study may try, as plain data."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trainer.errors import TrainerError
from trainer.strengths import USUAL, Value, is_whole

if TYPE_CHECKING:
    import optuna

Point = dict[str, Value]
ROUNDING = 1e-9  # of a range, by which a value may lie beyond its end
STEPS = 4  # values of a range that the grid sampler tries


class SpaceError(TrainerError):
    """A space that cannot be searched; the message says what was found and the way out."""


@dataclass(frozen=True)
class Span:
    """Every number between ``low`` and ``high``, both included; evenly by its logarithm, or whole ones alone."""

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise SpaceError(f"the range {self} holds nothing; its low end must be below its high one")
        if self.log and self.low <= 0:
            raise SpaceError(f"the range {self} has no logarithm at its low end; begin above 0, or leave log out")

    def __str__(self) -> str:
        return f"{self.low:g}..{self.high:g}{' log' if self.log else ''}{' int' if self.whole else ''}"

    @property
    def ends(self) -> tuple[Value, Value]:
        """The lowest and the highest value."""
        return (int(self.low), int(self.high)) if self.whole else (self.low, self.high)

    def draw(self, trial: optuna.Trial, name: str) -> Value:
        """What the study's sampler takes from the range, or the fixed value of the trial."""
        if self.whole:
            return trial.suggest_int(name, int(self.low), int(self.high), log=self.log)
        return trial.suggest_float(name, self.low, self.high, log=self.log)

    def place(self, value: Value) -> float | None:
        """Where a value lies between the ends, 0..1, on the range's own scale; ``None`` outside, or for no number."""
        if value is None or isinstance(value, str) or (self.log and value <= 0):
            return None
        low, high, at = (math.log(x) if self.log else x for x in (self.low, self.high, value))
        place = (at - low) / (high - low)
        return place if -ROUNDING <= place <= 1 + ROUNDING else None

    def values(self) -> tuple[Value, ...]:
        """A few values, evenly spread on the range's own scale."""
        places = [step / (STEPS - 1) for step in range(STEPS)]
        if self.log:
            values = [self.low * (self.high / self.low) ** place for place in places]
        else:
            values = [self.low + (self.high - self.low) * place for place in places]
        return tuple(dict.fromkeys(round(x) if self.whole else float(f"{x:.6g}") for x in values))

    def as_json(self) -> dict[str, Any]:
        """The schema of study.json."""
        return {"low": self.low, "high": self.high, "log": self.log} | ({"whole": True} if self.whole else {})


@dataclass(frozen=True)
class Choices:
    """A few values."""

    choices: tuple[Value, ...]

    def __str__(self) -> str:
        return "|".join(map(str, self.choices))

    @property
    def ends(self) -> tuple[Value, ...]:
        """All of them: none is between two others."""
        return self.choices

    def place(self, value: Value) -> float | None:
        """Where a value stands among them, 0..1 in their order; ``None`` for another."""
        return self.choices.index(value) / max(1, len(self.choices) - 1) if value in self.choices else None

    def draw(self, trial: optuna.Trial, name: str) -> Value:
        """What the study's sampler takes from them, or the fixed value of the trial."""
        return trial.suggest_categorical(name, self.choices)

    def values(self) -> tuple[Value, ...]:
        """All of them."""
        return self.choices

    def as_json(self) -> dict[str, Any]:
        """The schema of study.json."""
        return {"choices": list(self.choices)}


Range = Span | Choices
Space = Mapping[str, Range]

# what is searched where nobody says more
RANGES: dict[str, Range] = {
    **{name: Span(*usual.searched, log=usual.log, whole=is_whole(name)) for name, usual in USUAL.items()},
    "lr": Span(1e-4, 1e-2, log=True),
    "batch_size": Span(16, 256, log=True, whole=True),
}
# model or preset -> what is searched by default
DEFAULTS: dict[str, tuple[str, ...]] = {
    "mlp": ("weight_decay", "dropout"),
    "cnn": ("weight_decay", "spatial_dropout"),
    "vit": ("weight_decay", "dropout", "drop_path", "mixup"),
    "transformer": ("weight_decay", "dropout"),
    "fine-tuning": ("lr", "weight_decay", "dropout"),
    "llm-pretraining": ("weight_decay",),
}
PRESET_GRID: tuple[Point, ...] = (
    {"dropout": 0.0, "weight_decay": 0.0},
    {"dropout": 0.1, "weight_decay": 0.01},
    {"dropout": 0.2, "weight_decay": 0.01},
    {"dropout": 0.1, "weight_decay": 0.1},
    {"dropout": 0.3, "weight_decay": 0.01},
)


def default_space(names: Iterable[str]) -> dict[str, Range]:
    """The usual range of each name. Raises ``SpaceError`` for a name that has none."""
    space = {}
    for name in names:
        if name not in RANGES:
            raise SpaceError(f"there is no usual range for {name}; say one: --space '{name}=LOW..HIGH'")
        space[name] = RANGES[name]
    return space


def combinations(axes: Mapping[str, tuple[Value, ...]]) -> tuple[Point, ...]:
    """Every point of a grid with these values."""
    return tuple(dict(zip(axes, point, strict=True)) for point in itertools.product(*axes.values()))


def space_of(points: Iterable[Point]) -> dict[str, Range]:
    """The values that a list of points has, by name."""
    table = list(points)
    return {name: Choices(tuple(dict.fromkeys(point[name] for point in table))) for name in table[0]}


def range_from(written: Mapping[str, Any]) -> Range:
    """The reverse of ``as_json``. Raises ``SpaceError``, and what Python raises for something else."""
    if "choices" in written:
        return Choices(tuple(written["choices"]))
    low, high = float(written["low"]), float(written["high"])
    return Span(low, high, bool(written.get("log")), bool(written.get("whole")))
