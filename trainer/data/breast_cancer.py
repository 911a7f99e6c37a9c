"""Breast cancer: 30 measurements of cell nuclei of 569 patients, malignant (0) or benign (1) (UCI, Wolberg 1995)."""

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
    """``x`` of shape ``(569, 30)``, unscaled; ``y`` the diagnosis."""
    rows = table("breast_cancer.csv.gz", skip_rows=1)
    return Samples(rows[:, :-1].astype(np.float32), rows[:, -1].astype(np.int64))
