"""The tables of the app's benchmark: what was measured beside its target, and whether that is reached."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple

ANSWERS = {True: "yes", False: "**no**", None: ""}


class Wait(NamedTuple):
    """Seconds that a person waited, a number each time; the median is to be at most the ``target``, if there is one."""

    seconds: Sequence[float]
    target: float | None = None

    @property
    def reached(self) -> bool | None:
        return None if self.target is None else statistics.median(self.seconds) <= self.target


class Measure(NamedTuple):
    """What was measured and what it is to be, in words, and whether it is; ``None`` where it need not be anything."""

    value: str
    target: str = ""
    reached: bool | None = None


def waits_table(rows: Mapping[str, Wait]) -> str:
    """Each wait's median and 95th percentile beside its target."""
    lines = ["| a person waits | median | p95 | target | reached |", "|---|--:|--:|--:|:-:|"]
    for name, wait in rows.items():
        median, p95 = statistics.median(wait.seconds), statistics.quantiles(wait.seconds, n=20, method="inclusive")[-1]
        target = "" if wait.target is None else f"{wait.target:g} s"
        lines.append(f"| {name} | {median:.2f} s | {p95:.2f} s | {target} | {ANSWERS[wait.reached]} |")
    return "\n".join(lines)


def measures_table(title: str, rows: Mapping[str, Measure]) -> str:
    """Each measure beside its target."""
    lines = [f"| {title} | | target | reached |", "|---|--:|--:|:-:|"]
    lines += [f"| {name} | {row.value} | {row.target} | {ANSWERS[row.reached]} |" for name, row in rows.items()]
    return "\n".join(lines)


def summary(rows: Mapping[str, Wait | Measure]) -> str:
    """Which targets were missed."""
    missed = [name for name, row in rows.items() if row.reached is False]
    return f"**Targets missed:** {'; '.join(missed)}." if missed else "Every target is reached."
