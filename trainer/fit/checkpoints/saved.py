"""Saved tensors: opening what ``torch.save`` wrote, as plain data alone and no larger than the file."""

from __future__ import annotations

import errno
import zipfile
from pathlib import Path
from typing import Any

import torch


def load(path: Path, *, device: torch.device | str = "cpu") -> Any:
    """What the file holds, which runs nothing and names no code.

    Raises ``OSError``, ``ValueError`` or what ``torch.load`` raises. A file that unpacks to more than it has bytes is
    refused: PyTorch never packs, so that somebody else made it, to fill the memory.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > (size := path.stat().st_size):
            raise ValueError(f"it has {size} bytes and unpacks to {unpacked}")
    return torch.load(path, map_location=device, weights_only=True)
