"""Trials: what a run tries out, and of which other run, as the file in its folder says."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from diagnostics.files import read_regular

TRIAL = "trial.json"
_LARGEST = 1 << 20  # bytes
SCHEMA = 1
LITTLE = 0.005  # of the validation loss; first doses of which no more is expected leave the mean test loss as it is

Kind = Literal["full", "branch", "control", "repeat", "search", "repair"]
State = Literal["running", "complete", "pruned", "failed"]
Change = Mapping[str, tuple[float | None, float | None]]


class TrialError(ValueError):
    """A trial's file that cannot be read or written; the message says what was found and the way out."""


class Effect(NamedTuple):
    """A relative change of a validation loss, negative when it falls: the median, and 10 % and 90 % of the cases."""

    median: float
    low: float
    high: float

    @property
    def is_little(self) -> bool:
        """Is hardly any gain, or none, to be expected?"""
        return self.median > -LITTLE


@dataclass(frozen=True)
class Trial:
    """``change`` is registry name -> strength before (None where unknown, 0 when off) and after.

    ``parent`` is the folder of the run that is changed, relative to the trial's own. A ``full`` trial is the same run
    with the change; a ``branch`` goes on from its best weights for a fifth of its length, as does the unchanged
    ``control`` that branches are judged against; a ``repeat`` is the run with another seed, which trials of that seed
    are judged against; ``search`` is one of a study. ``expected`` is the change of the best
    validation loss that was predicted, ``before`` the parent's verdict. ``state`` and ``value`` are a search's: where
    it stands, and the validation loss it reached.
    """

    parent: str | None
    kind: Kind
    change: Change
    dose: int | None = None
    expected: Effect | None = None
    before: str | None = None
    study: str | None = None
    number: int | None = None
    state: State | None = None
    value: float | None = None
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """The schema of docs/trainer.md."""
        return {
            "schema": SCHEMA,
            "parent": self.parent,
            "kind": self.kind,
            "change": {name: list(strengths) for name, strengths in self.change.items()},
            "dose": self.dose,
            "expected": self.expected and self.expected._asdict(),
            "before": self.before,
            "study": self.study,
            "number": self.number,
            "state": self.state,
            "value": self.value,
            "reason": self.reason,
        }

    def parent_of(self, run_dir: str | os.PathLike[str]) -> Path | None:
        """The parent's folder, for the trial in ``run_dir``; None where it has none."""
        return None if self.parent is None else Path(os.path.normpath(Path(run_dir).absolute() / self.parent))


def read_trial(run_dir: str | os.PathLike[str]) -> Trial | None:
    """The trial that the run in ``run_dir`` is; None where it is none. Raises ``TrialError`` for a damaged file."""
    path = Path(run_dir, TRIAL)
    try:
        fields = json.loads(read_regular(path, at_most=_LARGEST))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise TrialError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise TrialError(f"{path} is damaged ({error}); remove it, and the run is one like any other") from error
    try:
        return _trial(fields)
    except (TypeError, ValueError, LookupError, AttributeError, OverflowError) as error:
        raise TrialError(f"{path} is no trial of Fitwatch ({error}); remove it, or update Fitwatch") from error


def read_change(change: Mapping[str, Any]) -> Change:
    """Names with the strengths before and after, as JSON has them. Raises ``ValueError`` or ``TypeError``."""
    return {str(name): (read_number(before), read_number(after)) for name, (before, after) in change.items()}


def read_effect(effect: Mapping[str, Any] | None) -> Effect | None:
    """An effect as JSON has it. Raises ``ValueError``, ``TypeError`` or ``LookupError``."""
    return None if effect is None else Effect(*(_finite(effect[name]) for name in Effect._fields))


def read_number(value: Any) -> float | None:
    """A finite number, or None for None. Raises ``ValueError`` or ``TypeError``."""
    return None if value is None else _finite(value)


def read_text(value: Any) -> str | None:
    """A text, or None for None. Raises ``TypeError``."""
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _trial(fields: Any) -> Trial:
    if fields["schema"] != SCHEMA:
        raise ValueError(f"its schema is {fields['schema']!r}, known is {SCHEMA}")
    _one_of("kind", fields["kind"], get_args(Kind))
    _one_of("state", fields.get("state"), (None, *get_args(State)))
    return Trial(
        parent=None if fields["parent"] is None else str(fields["parent"]),
        kind=fields["kind"],
        change=read_change(fields["change"]),
        dose=_whole(fields.get("dose")),
        expected=read_effect(fields.get("expected")),
        before=read_text(fields.get("before")),
        study=read_text(fields.get("study")),
        number=_whole(fields.get("number")),
        state=fields.get("state"),
        value=read_number(fields.get("value")),
        reason=str(fields.get("reason", "")),
    )


def _one_of(name: str, value: Any, allowed: tuple[Any, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"its {name} is {value!r}, known are {', '.join(map(str, allowed))}")


def _finite(value: Any) -> float:
    number = float(value)
    if not isfinite(number):
        raise ValueError(f"{value!r} is no number")
    return number


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)
