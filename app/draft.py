"""Draft: a training that is being put together: its settings, what they make, and the command line they equal."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from trainer import PROGRAM
from trainer.config import Config, scalars
from trainer.datasets import unquoted
from trainer.presets import PRESETS
from trainer.strengths import STRENGTHS, Number, Setting, Value, complete

Draft = dict[str, Any]
"""Settings as ``Config.from_dict`` takes them; one that is not named is at its default."""

DEFAULTS = {setting.name: setting.default for setting in scalars()}
# what choosing a preset sets beside the regularizers
PRESET_SETTINGS = {name for settings in PRESETS.values() for name in settings} - {"regularizers"}


def value_of(draft: Draft, name: str) -> Any:
    """What a setting is at."""
    return draft.get(name, DEFAULTS[name])


def regularizers(draft: Draft) -> dict[str, dict[str, Value]]:
    """Those that are on, with all their settings."""
    return dict(draft.get("regularizers", {}))


def with_setting(draft: Draft, name: str, value: Any) -> Draft:
    """The draft with another value; an empty text is no value."""
    value = unquoted(value) if isinstance(value, str) else value
    return {**draft, name: DEFAULTS[name] if value in (None, "") else value}


def with_regularizer(draft: Draft, name: str, *, on: bool) -> Draft:
    """The draft with a regularizer switched on, at its defaults, or off."""
    others = {other: settings for other, settings in regularizers(draft).items() if other != name}
    return {**draft, "regularizers": {**others, **complete({name: {} if on else None})}}


def with_strength(draft: Draft, name: str, key: str, value: Value) -> Draft:
    """The draft with another value for one setting of a regularizer that is on."""
    on = regularizers(draft)
    return {**draft, "regularizers": {**on, name: {**on[name], key: value}}} if name in on else draft


def with_preset(draft: Draft, name: str) -> Draft:
    """The draft with the regularizers of a preset instead of its own, and the settings that presets name."""
    chosen = deepcopy(PRESETS[name])
    others = {setting: chosen.get(setting, DEFAULTS[setting]) for setting in PRESET_SETTINGS}
    return {**draft, **others, "regularizers": complete(chosen.get("regularizers", {}))}


def preset_of(draft: Draft) -> str | None:
    """The preset that these regularizers are, or ``None`` when they are a person's own."""
    same = (name for name in PRESETS if _preset_part(with_preset(draft, name)) == _preset_part(draft))
    return next(same, None)


def _preset_part(draft: Draft) -> tuple[Any, ...]:
    return regularizers(draft), *(value_of(draft, name) for name in sorted(PRESET_SETTINGS))


def config_of(draft: Draft) -> Config:
    """What would be trained. Raises ``TrainerError`` with a sentence when it cannot be."""
    return Config.from_dict(draft)


def of(config: Config) -> Draft:
    """The draft that a training was made by."""
    settings = {name: getattr(config, name) for name in DEFAULTS if getattr(config, name) != DEFAULTS[name]}
    return {**settings, "regularizers": deepcopy(config.regularizers)}


def stem(draft: Draft) -> str:
    """A name for its runs."""
    source, _, path = str(value_of(draft, "dataset")).partition(":")
    return f"{Path(path).stem or source}-{value_of(draft, 'model')}"


def command(config: Config, run_dir: Path) -> str:
    """The same training for a terminal; what is at its default is left out."""
    words = ["train"]
    for setting in scalars():
        value = getattr(config, setting.name)
        if value != setting.default:
            words += [flag(setting.name)] if value is True else [flag(setting.name), str(value)]
    for name, settings in config.regularizers.items():
        words += _flags(name, settings)
    return f"{PROGRAM} {shlex.join([*words, '--logdir', str(run_dir)])}"


def _flags(name: str, settings: Mapping[str, Value]) -> list[str]:
    words = []
    for number, (key, setting) in enumerate(STRENGTHS[name].items()):
        if number == 0 or settings[key] != setting.default:
            words += [flag(name if number == 0 else f"{name}_{key}"), _word(settings[key])]
    return words


def flag(name: str) -> str:
    """How the command line names a setting."""
    return f"--{name.replace('_', '-')}"


def _word(value: Value) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def ends(setting: Setting) -> tuple[float, float, bool, bool] | None:
    """Where a number lies: its lowest and its highest value, and whether each of the two is allowed itself."""
    if not isinstance(setting, Number):
        return None
    low, high = (float(end) for end in setting.interval[1:-1].split(","))
    return low, high, setting.interval[0] == "[", setting.interval[-1] == "]"
