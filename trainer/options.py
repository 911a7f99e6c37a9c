"""Options: a flag for every setting of a training and of every regularizer, and what was given of them."""

from __future__ import annotations

import argparse
import errno
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trainer.config import Config, parse, scalars
from trainer.errors import TrainerError
from trainer.presets import PRESETS, override
from trainer.strengths import STRENGTHS, Choice, Number, Setting, Switch, strength_of

KINDS = {"int": int, "float": float, "str": str}
MARK = "regularizers."  # before the name of each in the parsed arguments


def add_settings(parser: argparse.ArgumentParser) -> None:
    """``--epochs 60`` for every setting of ``Config``, ``--config`` for a file of them, and the regularizers."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings as JSON; options here have the last word")
    for setting in scalars():
        kind = str(setting.type).removesuffix(" | None")
        flag, about = f"--{setting.name.replace('_', '-')}", setting.metadata["about"]
        default = "" if setting.default is None else f" ({setting.default})"
        if kind == "bool":
            parser.add_argument(flag, action=argparse.BooleanOptionalAction, default=argparse.SUPPRESS, help=about)
            continue
        parser.add_argument(
            flag, type=KINDS[kind], default=argparse.SUPPRESS, metavar=kind.upper(), help=about + default
        )
    add_regularizers(parser)


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


def positive(text: str) -> float:
    """An argument that is a finite number above 0, for argparse."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"found {text!r}; give a number above 0")
    return number


def named_folder(text: str) -> Path:
    """An argument that names a folder, for argparse: an unset variable must not mean the folder one is in.

    ``~`` is a home folder also where a shell leaves it alone, as in ``--logdir=~/runs``.
    """
    if not text.strip():
        raise argparse.ArgumentTypeError("found nothing where a folder belongs; for this folder, give .")
    path = os.path.expanduser(text)
    if path.startswith("~"):
        user = text.partition(os.sep)[0]
        raise argparse.ArgumentTypeError(
            f"found {text}, but there is no user {user[1:]} whose folder that is; a folder that is called {user} "
            f"is given as ./{text}"
        )
    try:
        os.lstat(path)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise argparse.ArgumentTypeError(
                f"found a name of {len(text):,} characters, longer than a path can be; give a shorter one"
            ) from None
    return Path(path)


def positive_whole(text: str) -> int:
    """An argument that is a whole number above 0, for argparse."""
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"found {text!r}; give a whole number above 0")
    return int(text)


def value(word: str) -> bool | int | float | str | None:
    """What a person means by a word: a number, true or false, ``off`` for None, or the word itself."""
    words: dict[str, bool | None] = {"off": None, "true": True, "false": False}
    if word in words:
        return words[word]
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


def given_regularizers(arguments: Mapping[str, Any]) -> dict[str, dict[str, Any] | None]:
    """The regularizers among parsed arguments, as a configuration has them; None for one that is off."""
    regularizers: dict[str, dict[str, Any] | None] = {}
    for argument, setting in arguments.items():
        if not argument.startswith(MARK):
            continue
        name, key = argument.removeprefix(MARK).split(".")
        is_strength = key == strength_of(name)
        if is_strength and setting is None:
            regularizers[name] = None
        elif regularizers.get(name, {}) is not None:
            regularizers[name] = {**(regularizers.get(name) or {}), key: setting}
    return regularizers


def read_settings(options: argparse.Namespace) -> Config:
    """The file's settings, overridden by the options. Raises ``TrainerError``."""
    settings: dict[str, Any] = {}
    given_options = vars(options)
    if options.config is not None:
        try:
            settings = parse(Path(os.path.expanduser(options.config)).read_bytes())
        except OSError as error:
            raise TrainerError(
                f"cannot read {options.config}: {error.strerror}; name a JSON file of settings"
            ) from error
    names = ["preset", *(setting.name for setting in scalars())]
    changes = {name: given_options[name] for name in names if name in given_options}
    return Config.from_dict(override(settings, {**changes, "regularizers": given_regularizers(given_options)}))
