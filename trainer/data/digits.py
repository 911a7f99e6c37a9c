"""Digits: 1,797 handwritten digits of 8x8 pixels, ten classes (UCI, Alpaydin and Kaynak 1998)."""

from __future__ import annotations

import numpy as np

from trainer.config import Config
from trainer.data.bundled import table
from trainer.data.samples import Samples
from trainer.data.splits import Splits, split


def load(config: Config) -> Splits:
    """Split as ``config`` says. Raises ``DataError``."""
    return split(samples(), config)


def samples() -> Samples:
    """``x`` of shape ``(1797, 1, 8, 8)`` with ink from 0 to 1; ``y`` the digit."""
    rows = table("digits.csv.gz")
    return Samples((rows[:, :-1] / 16).astype(np.float32).reshape(-1, 1, 8, 8), rows[:, -1].astype(np.int64))
