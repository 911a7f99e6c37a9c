"""Presets: strengths that go together, by name; plain data, any value of which a person may override."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trainer.errors import no_such
from trainer.strengths import RegularizerError

Changes = Mapping[str, Any]

PRESETS: dict[str, dict[str, Any]] = {
    "none": {},
    "cnn": {"regularizers": {"dropout": {"p": 0.5}, "weight_decay": {"weight_decay": 0.01}, "augmentation": {}}},
    "transformer": {
        "regularizers": {
            "dropout": {"p": 0.1},
            "weight_decay": {"weight_decay": 0.05},
            "label_smoothing": {"smoothing": 0.1},
        }
    },
    "llm-pretraining": {"regularizers": {"weight_decay": {"weight_decay": 0.1}}},
    "fine-tuning": {"lr": 1e-4, "regularizers": {"dropout": {"p": 0.3}, "weight_decay": {"weight_decay": 0.01}}},
    "vit": {
        "regularizers": {
            "dropout": {"p": 0.1, "attention": 0.0},
            "drop_path": {"drop_prob": 0.1},
            "weight_decay": {"weight_decay": 0.05},
            "label_smoothing": {"smoothing": 0.1},
            "mixup": {"alpha": 0.8},
            "cutmix": {"alpha": 1.0},
        }
    },
}


def preset(name: str) -> dict[str, Any]:
    """The preset's settings, as a configuration has them. Raises ``RegularizerError`` for an unknown name."""
    if name not in PRESETS:
        raise RegularizerError(no_such("preset", str(name), PRESETS))
    return PRESETS[name]


def override(settings: Changes, changes: Changes) -> dict[str, Any]:
    """``settings`` with ``changes``; a regularizer keeps those of its settings that are not named, and None is off."""
    regularizers = {**need_names(settings)}
    for name, change in need_names(changes).items():
        before = regularizers.get(name)
        if isinstance(before, Mapping) and isinstance(change, Mapping):
            change = {**before, **change}
        regularizers[name] = change
    return {**settings, **changes, "regularizers": regularizers}


def need_names(settings: Changes) -> Mapping[str, Any]:
    """The regularizers of a configuration. Raises ``RegularizerError`` when they are no object."""
    regularizers = settings.get("regularizers", {})
    if not isinstance(regularizers, Mapping):
        raise RegularizerError(
            f'regularizers must be an object such as {{"dropout": {{"p": 0.2}}}}, found {regularizers!r}'
        )
    return regularizers
