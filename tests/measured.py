"""Measurements of two curves with some of them set, for tests of what is decided by exactly so much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diagnostics.context import Context
from diagnostics.curves import Curve
from diagnostics.evidence import Evidence, measure

Values = NDArray[np.float64]


def evidence(
    train: Values | Sequence[float],
    val: Values | Sequence[float],
    *,
    context: Context | None = None,
    higher_is_better: bool = False,
    steps: Values | None = None,
    **measured: Any,
) -> Evidence:
    """The evidence of two curves; what is ``measured`` stands in place of what they give."""
    steps = np.arange(len(val)) if steps is None else steps
    curves = (Curve(steps, np.asarray(side, float)) for side in (train, val))
    plain = measure(*curves, context=context, higher_is_better=higher_is_better)
    kind = type("Measured", (Evidence,), measured)
    return kind(*(getattr(plain, field.name) for field in fields(Evidence)))  # type: ignore[no-any-return]
