"""Quantity: what of several runs is compared, and the curves that it has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

from app.charts import axes
from app.folder.quantities import gap
from diagnostics import Curve, Run
from diagnostics.logs.run import LAYER

Better = Literal["low", "high"] | None


class Quantity(NamedTuple):
    """A side of a pair (``name`` is empty for the primary one), the gap, or a tag."""

    kind: str
    name: str = ""

    @classmethod
    def of(cls, written: str) -> Quantity:
        """As an address has it: ``val``, ``gap``, ``train:accuracy``, ``tag:optim/lr``."""
        return cls(*written.split(":", 1))

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.name else self.kind


VALIDATION = Quantity("val")
PRIMARY = (VALIDATION, Quantity("train"), Quantity("gap"))


def quantities(runs: Sequence[Run]) -> list[Quantity]:
    """What can be compared: the primary pair, then other pairs, then every tag that two runs share (one's own, of one).

    The layers' own tags are left out: there are too many to choose from.
    """
    pairs = Counter(quantity for run in runs for quantity in _pairs(run))
    tags = Counter(quantity for run in runs for quantity in _tags(run))
    common = min(2, len(runs))
    return [*PRIMARY, *(quantity for quantity, count in (pairs | tags).items() if count >= common)]


def _pairs(run: Run) -> list[Quantity]:
    """Both sides of every pair but the primary one."""
    primary = run.primary.name if run.primary is not None else ""
    others = [pair for pair in run.pairs if pair.name != primary]
    sides = {Quantity(side, pair.name): getattr(pair, side) for pair in others for side in ("val", "train")}
    return [quantity for quantity, key in sides.items() if key is not None]


def _tags(run: Run) -> list[Quantity]:
    """The tags that no pair holds."""
    paired = {key for pair in run.pairs for key in (pair.val, pair.train)}
    tags = {key.tag for key in run.curves if key not in paired and not LAYER.fullmatch(key.tag)}
    return [Quantity("tag", tag) for tag in sorted(tags)]


def curve_of(run: Run, quantity: Quantity) -> Curve | None:
    """That quantity of a run; ``None`` where it was not logged."""
    if quantity.kind == "tag":
        return run.tagged(quantity.name)
    if quantity.kind == "gap":
        return gap(run)
    if not quantity.name:
        return run.val if quantity.kind == "val" else run.train
    pair = next((pair for pair in run.pairs if pair.name == quantity.name), None)
    if pair is None:
        return None
    key = pair.val if quantity.kind == "val" else pair.train
    return run.curves[key] if key is not None else None


def wants_log(runs: Sequence[Run], quantity: Quantity) -> bool:
    """Whether a logarithmic scale shows more of that quantity."""
    return axes.wants_log(curve_of(run, quantity) for run in runs)


def better(run: Run, quantity: Quantity) -> Better:
    """Which end of that quantity is the best one; ``None`` where nobody can say, and for what is trained on."""
    if quantity.kind != "val":
        return None
    named = next((pair for pair in run.pairs if pair.name == quantity.name), None)
    pair = named if quantity.name else run.primary
    return None if pair is None else "high" if pair.higher_is_better else "low"
