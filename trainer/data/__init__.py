"""Data: loads a dataset as its splits, and imports only the module that one needs."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from trainer.datasets import DATASETS, SOURCES

if TYPE_CHECKING:
    from trainer.config import Config
    from trainer.data.splits import Splits


def load(config: Config) -> Splits:
    """The dataset that ``config`` names, split, mislabeled as asked and standardized. Raises ``DataError``."""
    name = DATASETS.get(config.dataset) or SOURCES[config.dataset.partition(":")[0]]
    splits: Splits = import_module(name, __package__).load(config)
    return splits
