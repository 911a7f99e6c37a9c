"""Configured: a configuration with other strengths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from trainer.config import Config
from trainer.strengths import STRENGTHS, Value


def configured(config: Config, point: Mapping[str, Value]) -> Config:
    """The configuration with a point's strengths and settings; a strength of 0 is off. Raises ``ConfigError``."""
    regularizers: dict[str, Any] = dict(config.regularizers)
    settings: dict[str, Any] = {}
    for name, value in point.items():
        if name not in STRENGTHS:
            settings[name] = value
        elif value in (0, None, False):
            regularizers.pop(name, None)
        else:
            regularizers[name] = {**regularizers.get(name, {}), next(iter(STRENGTHS[name])): value}
    return replace(config, regularizers=regularizers, **settings)
