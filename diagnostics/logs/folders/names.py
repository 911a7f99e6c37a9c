"""Names: what a folder is called on pages, in reports and in addresses, and the path that such a name stands for."""

from __future__ import annotations

import os
import re
from pathlib import Path

_ESCAPED = re.compile(r"\\u(dc[89a-f][0-9a-f])")  # a byte of a file name that is no UTF-8, as Python writes it


def name_of(path: str) -> str:
    """``path`` as text: its bytes that are no UTF-8, which no page can be sent with, as their escapes."""
    return path if path.isascii() else path.encode("utf-8", "backslashreplace").decode()


def path_of(place: str | os.PathLike[str], name: str) -> Path:
    """The path below ``place`` that ``name_of`` gave this name."""
    path = Path(place, name)
    if _ESCAPED.search(name) is None or os.path.lexists(path):
        return path
    return Path(place, _ESCAPED.sub(lambda byte: chr(int(byte[1], 16)), name))
