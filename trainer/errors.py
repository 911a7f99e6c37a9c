"""Errors: what a person must change before training can go on, and the nearest name to one that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

ALIKE = 0.5  # of 1, from which a name is taken for a slip of another: 'vti' for 'vit', not 'cifar' for 'csv'


class TrainerError(ValueError):
    """The message says what was found, what is needed and the way out; a command line ends with it and code 2."""


class ConfigError(TrainerError):
    """A setting that cannot be used; the message says what was found, what is needed and the way out."""


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The one of the ``names`` that is spelled most like ``name``, in any case; ``None`` where none is much alike."""
    by_lower = {word.lower(): word for word in names}
    near = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=ALIKE)
    return by_lower[near[0]] if near else None


def no_such(kind: str, name: str, names: Iterable[str]) -> str:
    """What to say of a name that does not exist: the nearest one that does, or all of them."""
    names = list(names)
    near = nearest(name, names)
    hint = f"did you mean {near!r}?" if near else f"choose from {', '.join(names)}"
    return f"there is no {kind} {name!r}; {hint}"


def need_name(kind: str, name: str, names: Iterable[str]) -> None:
    """Refuse a name that does not exist. Raises ``ConfigError`` with the nearest one that does."""
    names = list(names)
    if name not in names:
        raise ConfigError(no_such(kind, name, names))


def harmless(text: str) -> str:
    """``text`` for a terminal: a character that acts on it, or is none, as its escape; ends of lines stay."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    acts = not character.isprintable() and character != "\n"
    return character.encode("unicode_escape", "surrogatepass").decode("ascii") if acts else character
