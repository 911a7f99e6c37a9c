"""Spaces: which strengths a study may try, as plain data, from a table or from what a person writes."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import optuna

from trainer.config import ConfigError, known, scalars
from trainer.errors import TrainerError
from trainer.options import value
from trainer.strengths import STRENGTHS, Number

Value = bool | int | float | str | None
Point = dict[str, Value]
STEPS = 4  # values of a range that the grid sampler tries
SYNTAX = "write NAME=LOW..HIGH, with ' log' or ' int' behind it, or NAME=A|B|C; a comma between two"
GRID_SYNTAX = "write NAME=A,B,C with a space between two names, as in 'dropout=0,.1,.2 weight_decay=0,.01'"


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

    def place(self, number: float) -> float:
        """Where a number lies between the ends, 0..1, on the range's own scale."""
        low, high, at = (math.log(x) if self.log else x for x in (self.low, self.high, number))
        return (at - low) / (high - low)

    def values(self) -> tuple[Value, ...]:
        """A few values, evenly spread on the range's own scale."""
        places = [step / (STEPS - 1) for step in range(STEPS)]
        if self.log:
            found = [self.low * (self.high / self.low) ** place for place in places]
        else:
            found = [self.low + (self.high - self.low) * place for place in places]
        return tuple(dict.fromkeys(round(x) if self.whole else float(f"{x:.6g}") for x in found))

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

# What each strength may be when nobody says more. Weight decay spans the doses of the recommendations: AdamW's useful
# ones differ by decades from task to task.
RANGES: dict[str, Range] = {
    "dropout": Span(0.0, 0.5),
    "spatial_dropout": Span(0.0, 0.3),
    "dropconnect": Span(0.0, 0.5),
    "drop_path": Span(0.0, 0.3),
    "weight_decay": Span(1e-3, 10.0, log=True),
    "l1": Span(1e-6, 1e-2, log=True),
    "label_smoothing": Span(0.0, 0.2),
    "mixup": Span(0.0, 1.0),
    "cutmix": Span(0.0, 1.0),
    "randaugment": Span(0, 15, whole=True),
    "augmentation": Span(0.5, 1.0),
    "gradient_clipping": Span(0.1, 10.0, log=True),
    "ema": Span(0.9, 0.9999),
    "early_stopping": Span(3, 30, whole=True),
    "lr": Span(1e-4, 1e-2, log=True),
    "batch_size": Span(16, 256, log=True, whole=True),
}
# model or preset -> what is searched by default; weight decay and dropout gain most (docs/recommendations.md)
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
    found = {}
    for name in names:
        if name not in RANGES:
            raise SpaceError(f"there is no usual range for {name}; say one: --space '{name}=LOW..HIGH'")
        found[name] = RANGES[name]
    return found


def parse_space(text: str, *, own: bool) -> dict[str, Range]:
    """``'weight_decay=1e-3..10 log, model=mlp|cnn'``; of the trainer's ``own`` settings, or of any program's.

    Raises ``SpaceError``, and ``ConfigError`` for a name that the trainer does not know.
    """
    found: dict[str, Range] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, wanted = (word.strip() for word in part.partition("="))
        if not equals or not name.isidentifier() or not wanted:
            raise SpaceError(f"cannot read {part!r} in the space {text!r}; {SYNTAX}")
        if own:
            check_name(name)
        if name in found:
            raise SpaceError(f"the space {text!r} has {name} twice; keep one of them")
        found[name] = parse_range(wanted, whole=own and is_whole(name))
    if not found:
        raise SpaceError(f"the space {text!r} is empty; {SYNTAX}")
    return found


def parse_range(text: str, *, whole: bool = False) -> Range:
    """``1e-3..10 log`` or ``mlp|cnn``. Raises ``SpaceError``."""
    number = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?"
    span = re.fullmatch(rf"({number})\.\.({number})((?: log| int)*)", " ".join(text.lower().split()))
    if span is None:
        choices = tuple(finite(word.strip()) for word in text.split("|"))
        if len(choices) < 2 or "" in choices or len(set(choices)) < len(choices):
            raise SpaceError(f"cannot read the range {text!r}; {SYNTAX}")
        return Choices(choices)
    low, high, kinds = float(span[1]), float(span[2]), span[3].split()
    return Span(low, high, log="log" in kinds, whole=whole or "int" in kinds)


def parse_grid(text: str, *, own: bool) -> tuple[Point, ...]:
    """Every combination of ``'dropout=0,.1,.2 weight_decay=0,.01'``. Raises ``SpaceError`` and ``ConfigError``."""
    axes: dict[str, tuple[Value, ...]] = {}
    for part in text.split():
        name, equals, wanted = part.partition("=")
        values = tuple(dict.fromkeys(map(finite, wanted.split(","))))
        if not equals or not name.isidentifier() or "" in values:
            raise SpaceError(f"cannot read {part!r} in the grid {text!r}; {GRID_SYNTAX}")
        if own:
            check_name(name)
        axes[name] = values
    if not axes:
        raise SpaceError(f"the grid {text!r} is empty; {GRID_SYNTAX}")
    return combinations(axes)


def finite(word: str) -> Value:
    """What a person means by a word, which is no number that is none. Raises ``SpaceError``."""
    found = value(word)
    if isinstance(found, float) and not math.isfinite(found):
        raise SpaceError(f"{word} is no value to try; leave it out")
    return found


def combinations(axes: Mapping[str, tuple[Value, ...]]) -> tuple[Point, ...]:
    """Every point of a grid with these values."""
    return tuple(dict(zip(axes, point, strict=True)) for point in itertools.product(*axes.values()))


def space_of(points: Iterable[Point]) -> dict[str, Range]:
    """The values that a list of points has, by name."""
    table = list(points)
    return {name: Choices(tuple(dict.fromkeys(point[name] for point in table))) for name in table[0]}


def check_name(name: str) -> None:
    """Raises ``ConfigError`` unless the trainer has such a strength or setting."""
    if name == "seed":
        raise ConfigError("a seed is not tuned; --repeats 3 judges each configuration by its mean over 3 seeds")
    known("regularizer or setting", name, [*STRENGTHS, *(setting.name for setting in scalars())])


def is_whole(name: str) -> bool:
    """Whether the trainer takes whole numbers alone for it."""
    if name in STRENGTHS:
        strength = next(iter(STRENGTHS[name].values()))
        return isinstance(strength, Number) and strength.whole
    return any(setting.name == name and str(setting.type).startswith("int") for setting in scalars())


def range_from(written: Mapping[str, Any]) -> Range:
    """The reverse of ``as_json``."""
    if "choices" in written:
        return Choices(tuple(written["choices"]))
    return Span(written["low"], written["high"], written["log"], written.get("whole", False))
