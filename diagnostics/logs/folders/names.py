"""Names: what a folder is called on pages, in reports and in addresses, and the path that such a name stands for."""

from __future__ import annotations

import os
import re
from pathlib import Path

# a byte of a file name that is no UTF-8, and what looks like the escape of one, each with the backslashes before it
_TO_ESCAPE = re.compile(r"(\\*)(?:([\udc80-\udcff])|\\(udc[89a-f][0-9a-f]))")
_ESCAPED = re.compile(r"(\\+)udc([89a-f][0-9a-f])")


def name_of(path: str) -> str:
    """``path`` as text: its bytes that are no UTF-8, which no page can be sent with, as their escapes.

    Backslashes before what is or looks like an escape are doubled, so that no two paths have the same name.
    """
    if path.isascii() and "\\udc" not in path:
        return path
    return _TO_ESCAPE.sub(_escape, path).encode("utf-8", "backslashreplace").decode()


def path_of(place: str | os.PathLike[str], name: str) -> Path:
    """The path below ``place`` that ``name_of`` gave this name."""
    return Path(place, _ESCAPED.sub(_unescape, name))


def _escape(part: re.Match[str]) -> str:
    backslashes, byte, text = part.groups()
    return f"{2 * backslashes}\\u{ord(byte):x}" if byte else f"{2 * backslashes}\\\\{text}"


def _unescape(part: re.Match[str]) -> str:
    backslashes, digits = len(part[1]), part[2]
    return "\\" * (backslashes // 2) + (chr(int(f"dc{digits}", 16)) if backslashes % 2 else f"udc{digits}")
