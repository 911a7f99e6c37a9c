"""Plan: what a study searches, and for whom; two workers of one study have the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from trainer import PROGRAM
from trainer.config import Config, with_strengths
from trainer.errors import TrainerError
from trainer.processes.command import Command
from trainer.tuning.spaces import Point, Space, range_from

SEED = "seed"


class PlanError(TrainerError):
    """Settings that do not go together, or a study made for others; the message says what was found."""


@dataclass(frozen=True)
class Plan:
    """``points`` are tried one after another; where there are none, a sampler draws from ``space``.

    Either ``command`` or ``config`` says what a training is. ``factors`` are those that a screen compares.
    Raises ``TrainerError`` where the space has what a training does not take.
    """

    space: Space
    points: tuple[Point, ...] = ()
    command: str | None = None
    config: Config | None = None
    objective: str = "best_val"
    repeats: int = 1
    factors: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.repeats < 1:
            raise PlanError(f"repeats is {self.repeats}; it must be at least 1")
        if self.config is not None:
            for point in self.points or self.corners():
                with_strengths(self.config, point)
        if self.command is not None:
            command = Command(self.command)
            seeded = SEED in command.fields
            command.check([*self.space, *([SEED] if seeded else [])])
            if self.repeats > 1 and not seeded:
                raise PlanError(
                    f"{self.repeats} repeats need a seed, but the command has no {{seed}}; add it, as --seed {{seed}}"
                )

    def corners(self) -> list[Point]:
        """Each end of each range, the others at their first."""
        first = {name: span.ends[0] for name, span in self.space.items()}
        return [{**first, name: end} for name, span in self.space.items() for end in span.ends]

    def as_json(self) -> dict[str, Any]:
        """What the store keeps to know the study again."""
        return {
            "space": {name: span.as_json() for name, span in self.space.items()},
            "points": [dict(point) for point in self.points],
            "command": self.command,
            "config": None if self.config is None else self.config.to_dict(),
            "objective": self.objective,
            "repeats": self.repeats,
            "factors": list(self.factors),
        }

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> Plan:
        """The reverse of ``as_json``."""
        config = written["config"]
        return cls(
            {name: range_from(span) for name, span in written["space"].items()},
            points=tuple(written["points"]),
            command=written["command"],
            config=None if config is None else Config.from_dict(config),
            objective=written["objective"],
            repeats=written["repeats"],
            factors=tuple(written["factors"]),
        )

    def need_same(self, other: Plan, study: str) -> None:
        """Raises ``PlanError`` unless ``other``, which ``study`` was made for, is the same search."""
        for field in fields(self):
            theirs, ours = getattr(other, field.name), getattr(self, field.name)
            if theirs == ours:
                continue
            what = "grid" if field.name == "points" else field.name
            before, now = _described(field.name, theirs, ours), _described(field.name, ours, theirs)
            raise PlanError(
                f"the study {study} has another {what}: {before}, not {now}; choose another --study, or use the same "
                "settings as before"
            )


def _described(name: str, value: Any, other: Any) -> str:
    """A setting in a few words; of a configuration, what differs from the other."""
    if name == "space":
        return ", ".join(f"{key}={span}" for key, span in value.items())
    if name == "points":
        return f"{len(value)} points" if value else "no grid"
    if isinstance(value, Config) and isinstance(other, Config):
        mine, theirs = value.to_dict(), other.to_dict()
        return ", ".join(f"{key} {mine[key]!r}" for key in mine if mine[key] != theirs[key])
    return f"{'nothing' if value in (None, ()) else value!r}" if not isinstance(value, Config) else PROGRAM
