"""Neutral: the text of a log, which anybody may have written, made harmless where it is shown."""

from __future__ import annotations

from contextlib import suppress
from unicodedata import category

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # with which a spreadsheet takes a cell for something to compute
# what turns the direction of the text around it
DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
UNPRINTABLE = ("Cc", "Cs", "Zl", "Zp")  # control characters, bytes of a name that is no text, ends of lines


def printable(text: str) -> str:
    """``text`` on one line for a terminal, with a control character as its escape: ``\\x1b`` starts no color."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape(character) if _acts(character) else character for character in text)


def cell(text: str) -> str:
    """``text`` for a cell of a CSV file: what a spreadsheet would compute has an apostrophe before it, which hides it.

    A number stays as it is. https://owasp.org/www-community/attacks/CSV_Injection
    """
    with suppress(ValueError):
        float(text)
        return text
    return f"'{printable(text)}" if text.startswith(FORMULA) else printable(text)


def _acts(character: str) -> bool:
    return category(character) in UNPRINTABLE or character in DIRECTIONS


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
