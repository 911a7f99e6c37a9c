"""Data: which datasets there are, by name. Listing them imports nothing; loading one gives its splits."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trainer.config import Config
    from trainer.data.splits import Splits

DATASETS = {"digits": "trainer.data.digits", "breast_cancer": "trainer.data.breast_cancer"}


def load(config: Config) -> Splits:
    """The dataset that ``config`` names, split, mislabelled as asked and standardised. Raises ``DataError``."""
    from trainer.data.splits import split  # not at the top: the names above are for those who have no use for numpy

    return split(import_module(DATASETS[config.dataset]).samples(), config)
