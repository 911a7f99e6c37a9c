"""Validation losses: what each sample cost under the best weights of a run, as its folder keeps it."""

from __future__ import annotations

import os
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diagnostics.files import read_regular

VAL_LOSSES = "val_losses.npz"
_LARGEST = 1 << 28  # bytes, packed or not; more samples than anybody validates on at each epoch
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}

Values = NDArray[np.float64]


def val_losses(run_dir: str | os.PathLike[str]) -> tuple[Values, str] | None:
    """The loss of each validation sample with the best weights, and which samples these are; None without a file."""
    try:
        packed = read_regular(Path(run_dir, VAL_LOSSES), at_most=_LARGEST)
        with zipfile.ZipFile(BytesIO(packed)) as archive:
            losses, digest = np.asarray(_array(archive, "losses"), np.float64), str(_array(archive, "digest"))
    except (OSError, ValueError, TypeError, LookupError, EOFError, NotImplementedError, RuntimeError):
        return None
    except (zipfile.BadZipFile, zlib.error):
        return None
    return (losses, digest) if losses.ndim == 1 and np.isfinite(losses).all() else None


def _array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    """An array of the archive, whose size is checked before it takes memory. ``numpy.load`` believes any header."""
    member = archive.getinfo(f"{name}.npy")
    if member.file_size > _LARGEST:
        raise ValueError(f"{name} has {member.file_size} bytes; needed are at most {_LARGEST}")
    file = BytesIO(archive.read(member))  # gives no more than it says
    shape, _, kind = _HEADERS[np.lib.format.read_magic(file)](file)
    return np.frombuffer(file.read(), kind).reshape(shape)


def same_samples(parent_dir: str | os.PathLike[str], trial_dir: str | os.PathLike[str]) -> bool | None:
    """Do both runs keep the losses of the same validation samples in the same order? None where one keeps none."""
    ours, theirs = (val_losses(folder) for folder in (parent_dir, trial_dir))
    return None if ours is None or theirs is None else ours[1] == theirs[1]
