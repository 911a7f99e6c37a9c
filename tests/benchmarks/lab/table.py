"""Table: every member of a task and seed trained, and the share of the best possible improvement that is captured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from diagnostics import Recommendation, Verdict
from tests.benchmarks.lab.advice import Advised
from tests.benchmarks.lab.tasks import STRONG, TABLE
from tests.benchmarks.lab.training import PLAIN, Curves, Member, Task, Values, train

When = Literal["best", "last"]


class Weakening(NamedTuple):
    """A member that was recommended less regularization: its test loss, and that with less."""

    member: Member
    before: float
    after: float


class Table(NamedTuple):
    """What was trained; the plain run is the first of ``members``, and ``doses`` are places among them."""

    task: str
    kind: str
    architecture: str
    seed: int
    members: tuple[Member, ...]
    doses: tuple[int, ...]
    val_best: Values
    val_last: Values
    test_best: Values
    test_last: Values
    verdict: Verdict
    advice: tuple[Recommendation, ...]
    weakenings: tuple[Weakening, ...]

    @property
    def size(self) -> int:
        """How many of the members, the first ones, are the table that a search may choose from."""
        return sum(member in TABLE for member in self.members)

    def val(self, when: When) -> Values:
        """What decides: validation loss, at each member's best epoch or its last."""
        return self.val_best if when == "best" else self.val_last

    def test(self, when: When) -> Values:
        """What reports: test loss with the weights of that epoch."""
        return self.test_best if when == "best" else self.test_last

    def chosen(self, order: Sequence[int], runs: int, when: When = "best") -> int:
        """The best by validation among the plain run and the first ``runs`` of ``order``."""
        tried = [0, *order[:runs]]
        return tried[int(np.argmin(self.val(when)[tried]))]

    def captured(self, order: Sequence[int], runs: int, when: When = "best") -> float:
        """Share of the best possible improvement of the logarithm of the test loss; 1 is the best of all members."""
        test = np.log(self.test(when))
        return float((test[0] - test[self.chosen(order, runs, when)]) / (test[0] - test.min()))


def build(task: Task, seed: int) -> Table:
    """Train the plain run, ask what is recommended for it, and train that together with the rest of the table."""
    data = task.data(seed)
    alone = Advised(task, data, train(task, data, [PLAIN], seed), (PLAIN,), 0)
    others = {"overfitting": TABLE, "held back": STRONG}.get(task.kind, (PLAIN,))
    if task.architecture == "transformer":  # nothing augments a text
        others = tuple(member for member in others if not member.augmentation)
    members = tuple(dict.fromkeys((*others, *alone.doses)))
    curves = train(task, data, members, seed)
    return Table(
        task.name,
        task.kind,
        task.architecture,
        seed,
        members,
        tuple(members.index(dose) for dose in alone.doses),
        curves.val.min(1),
        curves.val[:, -1],
        curves.test_best,
        curves.test_last,
        alone.diagnosis.verdict,
        alone.recommendations,
        tuple(_weakenings(task, data, curves, members)),
    )


def _weakenings(task: Task, data: object, curves: Curves, members: tuple[Member, ...]) -> list[Weakening]:
    """Of all members that were recommended less, those whose weaker form was trained, too."""
    found = []
    for index in range(len(members)):
        weakened = Advised(task, data, curves, members, index).weakened  # type: ignore[arg-type]
        if weakened in members:
            after = float(curves.test_best[members.index(weakened)])
            found.append(Weakening(members[index], float(curves.test_best[index]), after))
    return found
