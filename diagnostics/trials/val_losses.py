"""Validation losses: what each sample cost under the best weights of a run, as its folder keeps it."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

VAL_LOSSES = "val_losses.npz"

Values = NDArray[np.float64]


def val_losses(run_dir: str | os.PathLike[str]) -> tuple[Values, str] | None:
    """The loss of each validation sample with the best weights, and which samples these are; None without a file."""
    try:
        with Path(run_dir, VAL_LOSSES).open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            losses, digest = np.asarray(file["losses"], np.float64), str(file["digest"])
    except (OSError, ValueError, TypeError, LookupError, EOFError, zipfile.BadZipFile):
        return None
    return (losses, digest) if losses.ndim == 1 and np.isfinite(losses).all() else None


def same_samples(parent_dir: str | os.PathLike[str], trial_dir: str | os.PathLike[str]) -> bool | None:
    """Do both runs keep the losses of the same validation samples in the same order? None where one keeps none."""
    ours, theirs = (val_losses(folder) for folder in (parent_dir, trial_dir))
    return None if ours is None or theirs is None else ours[1] == theirs[1]
