"""Options: a flag for every setting of every regularizer, and what was given of them."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from trainer.presets import PRESETS
from trainer.strengths import STRENGTHS, Choice, Number, Setting, Switch

MARK = "regularizers."  # before the name of each in the parsed arguments


def add_regularizers(parser: argparse.ArgumentParser) -> None:
    """``--dropout 0.2`` for the strength, ``--dropout`` for the default, ``--dropout off``; others by their name."""
    parser.add_argument("--preset", metavar="NAME", default=argparse.SUPPRESS, help=f"start from {', '.join(PRESETS)}")
    flags = parser.add_argument_group("regularizers", "off unless given; a flag alone takes the default strength")
    for name, settings in STRENGTHS.items():
        for number, (key, setting) in enumerate(settings.items()):
            words = [name] if number == 0 else [name, key]
            flags.add_argument(
                f"--{'-'.join(words).replace('_', '-')}",
                dest=f"{MARK}{name}.{key}",
                nargs="?",
                const=True if isinstance(setting, Switch) else setting.default,
                default=argparse.SUPPRESS,
                type=value,
                metavar=allowed(setting),
                help=f"{setting.meaning} ({setting.default})".replace("%", "%%"),
            )


def value(word: str) -> bool | int | float | str | None:
    """What a person means by a word: a number, true or false, ``off`` for None, or the word itself."""
    known: dict[str, bool | None] = {"off": None, "true": True, "false": False}
    if word in known:
        return known[word]
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return word


def allowed(setting: Setting) -> str:
    """The range of a setting, in a word."""
    if isinstance(setting, Number):
        return "N" if setting.whole else "X"
    return "|".join(setting.options) if isinstance(setting, Choice) else "true|false"


def given(arguments: Mapping[str, Any]) -> dict[str, dict[str, Any] | None]:
    """The regularizers among parsed arguments, as a configuration has them; None for one that is off."""
    found: dict[str, dict[str, Any] | None] = {}
    for argument, setting in arguments.items():
        if not argument.startswith(MARK):
            continue
        name, key = argument.removeprefix(MARK).split(".")
        is_strength = key == next(iter(STRENGTHS[name]))
        if is_strength and setting is None:
            found[name] = None
        elif found.get(name, {}) is not None:
            found[name] = {**(found.get(name) or {}), key: setting}
    return found
