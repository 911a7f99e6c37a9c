"""Notation: a space or a grid as a person writes it on a command line."""

from __future__ import annotations

import math
import re

from trainer.config import scalars
from trainer.errors import ConfigError, need_name
from trainer.options import value
from trainer.strengths import STRENGTHS, Value, is_whole
from trainer.tuning.spaces import Choices, Point, Range, SpaceError, Span, combinations

SYNTAX = "write NAME=LOW..HIGH, with ' log' or ' int' behind it, or NAME=A|B|C; a comma between two"
GRID_SYNTAX = "write NAME=A,B,C with a space between two names, as in 'dropout=0,.1,.2 weight_decay=0,.01'"


def parse_space(text: str, *, own: bool) -> dict[str, Range]:
    """``'weight_decay=1e-3..10 log, model=mlp|cnn'``; of the trainer's ``own`` settings, or of any program's.

    Raises ``SpaceError``, and ``ConfigError`` for a name that the trainer does not know.
    """
    space: dict[str, Range] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, wanted = (word.strip() for word in part.partition("="))
        if not equals or not name.isidentifier() or not wanted:
            raise SpaceError(f"cannot read {part!r} in the space {text!r}; {SYNTAX}")
        if own:
            check_name(name)
        if name in space:
            raise SpaceError(f"the space {text!r} has {name} twice; keep one of them")
        space[name] = parse_range(wanted, whole=own and whole_alone(name))
    if not space:
        raise SpaceError(f"the space {text!r} is empty; {SYNTAX}")
    return space


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


def parse_points(text: str, *, own: bool) -> tuple[Point, ...]:
    """Single points, ``'dropout=.2 weight_decay=1 | dropout=0 weight_decay=0'``. Raises as ``parse_grid``."""
    points = [parse_grid(part, own=own) for part in text.split("|")]
    if any(len(point) > 1 for point in points) or len({frozenset(point[0]) for point in points}) > 1:
        raise SpaceError(f"cannot read the points {text!r}; write one value for each name, and the same names in each")
    distinct = {repr(sorted(point.items())): point for (point,) in points}
    return tuple(distinct.values())


def finite(word: str) -> Value:
    """What a person means by a word, which is no number that is none. Raises ``SpaceError``."""
    number = value(word)
    if isinstance(number, float) and not math.isfinite(number):
        raise SpaceError(f"{word} is no value to try; leave it out")
    return number


def check_name(name: str) -> None:
    """Raises ``ConfigError`` unless the trainer has such a strength or setting."""
    if name == "seed":
        raise ConfigError("a seed is not tuned; --repeats 3 judges each configuration by its mean over 3 seeds")
    need_name("regularizer or setting", name, [*STRENGTHS, *(setting.name for setting in scalars())])


def whole_alone(name: str) -> bool:
    """Whether the trainer takes whole numbers alone for it."""
    if name in STRENGTHS:
        return is_whole(name)
    return any(setting.name == name and str(setting.type).startswith("int") for setting in scalars())
