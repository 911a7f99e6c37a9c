"""Bundled: real data that comes with the trainer, so that nothing is downloaded. ``files/SOURCES.md`` says whose it is.

The same files as scikit-learn 1.9 ships. Its loaders would bring a package of 50 MB and 1.5 seconds of imports before
the first epoch, and its collection of texts changes with its version.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FILES = Path(__file__).with_name("files")


def table(name: str, *, skip_rows: int = 0) -> NDArray[np.float64]:
    """The comma-separated numbers of a file, shape ``(rows, columns)``."""
    return np.loadtxt(FILES / name, delimiter=",", skiprows=skip_rows)


def text(name: str) -> str:
    """What is written in a file."""
    return gzip.decompress((FILES / name).read_bytes()).decode()
