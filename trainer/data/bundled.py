"""Bundled: the data that scikit-learn ships, read without importing it (1.5 seconds before the first epoch)."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trainer.data.samples import DataError


def table(name: str, *, skip_rows: int = 0) -> NDArray[np.float64]:
    """The comma-separated numbers of ``sklearn/datasets/data/<name>``, shape ``(rows, columns)``."""
    path = bundled("data") / name
    try:
        return np.loadtxt(path, delimiter=",", skiprows=skip_rows)
    except OSError as error:
        raise DataError(
            f"cannot read {path}: {error.strerror}; install scikit-learn as requirements.txt says"
        ) from error


def bundled(folder: str) -> Path:
    """Where ``sklearn/datasets/<folder>`` is. Raises ``DataError``."""
    package = find_spec("sklearn")
    if package is None or not package.submodule_search_locations:
        raise DataError("scikit-learn is not installed, and its data is needed; run: pip install -r requirements.txt")
    return Path(package.submodule_search_locations[0], "datasets", folder)
