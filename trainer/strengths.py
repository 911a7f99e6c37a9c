"""Strengths: which regularizers exist, their settings, defaults and ranges, as plain data without torch.

The regularizers check themselves against this table, the command line makes its flags of it and the app its form.
The first setting of each is its strength, the number a recommendation changes.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from trainer.errors import TrainerError, no_such

Value = bool | int | float | str | None
Settings = Mapping[str, Value]


class RegularizerError(TrainerError):
    """A regularizer that cannot be had as asked: an unknown name, a strength out of range, a model it does not fit."""


@dataclass(frozen=True)
class Number:
    """A number in an interval written as in mathematics, ``(0, 1)`` without its ends; None where the default is."""

    default: float | None
    interval: str
    meaning: str
    whole: bool = False

    def problem(self, value: Value) -> str | None:
        if value is None and self.default is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"must be a number in {self.interval}"
        if self.whole and not isinstance(value, int):
            return f"must be a whole number in {self.interval}"
        low, high = (float(end) for end in self.interval[1:-1].split(","))
        above = value > low or (value == low and self.interval[0] == "[")
        below = value < high or (value == high and self.interval[-1] == "]")
        return None if above and below and math.isfinite(value) else f"must be in {self.interval}"


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    default: str
    options: tuple[str, ...]
    meaning: str

    def problem(self, value: Value) -> str | None:
        return None if value in self.options else f"must be one of {', '.join(self.options)}"


@dataclass(frozen=True)
class Switch:
    """On or off."""

    default: bool
    meaning: str

    def problem(self, value: Value) -> str | None:
        return None if isinstance(value, bool) else "must be true or false"


Setting = Number | Choice | Switch

STRENGTHS: dict[str, dict[str, Setting]] = {
    "dropout": {
        "p": Number(0.2, "(0, 1)", "probability that an activation is dropped"),
        "attention": Number(None, "[0, 1)", "the same for attention weights; as p when not given"),
    },
    "spatial_dropout": {"p": Number(0.1, "(0, 1)", "probability that a whole feature map is dropped")},
    "dropconnect": {"p": Number(0.2, "(0, 1)", "probability that a weight is dropped")},
    "drop_path": {"drop_prob": Number(0.1, "(0, 1)", "probability that the last residual branch is dropped")},
    "weight_decay": {
        "weight_decay": Number(0.01, "(0, inf)", "rate at which weights shrink"),
        "kind": Choice("decoupled", ("decoupled", "coupled", "sgd"), "AdamW's, an L2 term in the loss, or SGD's own"),
        "biases": Switch(False, "decay biases and other vectors too"),
        "norms": Switch(False, "decay the scales of normalization layers too"),
        "embeddings": Switch(False, "decay embeddings too"),
    },
    "l1": {
        "l1": Number(1e-4, "(0, inf)", "price of one unit of absolute weight"),
        "kind": Choice("proximal", ("proximal", "penalty"), "exact zeros after each step, or a term in the loss"),
    },
    "augmentation": {
        "crop": Number(0.8, "(0, 1]", "smallest share of the image's area a crop keeps; 1 is off"),
        "flip": Number(None, "[0, 1]", "probability of a mirror image; 0.5 for color images, 0 for gray ones"),
        "jitter": Number(0.2, "[0, 1]", "change of brightness and contrast, for color images also of saturation"),
        "rotation": Number(10.0, "[0, 180]", "largest turn in degrees"),
        "erasing": Number(0.0, "[0, 1]", "probability that a rectangle is erased"),
    },
    "randaugment": {
        "magnitude": Number(9, "[1, 29]", "how strong each change is", whole=True),
        "num_ops": Number(2, "[1, 10]", "changes an image goes through", whole=True),
    },
    "label_smoothing": {"smoothing": Number(0.1, "(0, 1)", "share of the target spread over all classes")},
    "mixup": {"alpha": Number(0.2, "(0, inf)", "lam is drawn from Beta(alpha, alpha)")},
    "cutmix": {"alpha": Number(1.0, "(0, inf)", "lam, the share of the image kept, is drawn from Beta(alpha, alpha)")},
    "gradient_clipping": {"max_norm": Number(1.0, "(0, inf)", "largest L2 norm of the whole gradient")},
    "ema": {"decay": Number(0.999, "(0, 1)", "share of the running average that each step keeps")},
    "early_stopping": {
        "patience": Number(10, "[1, inf)", "epochs to wait for a better validation loss", whole=True),
        "min_delta": Number(0.0, "[0, inf)", "smallest drop of the validation loss that counts as better"),
        "restore_best": Switch(True, "end with the weights of the best epoch"),
    },
}


class UsualStrengths(NamedTuple):
    """Strengths that make sense: the ``typical`` ones of published recipes, from the lowest to the highest; the wider
    range worth a search (``log``: on a logarithmic scale); and ``screened``, what a screen switches on."""

    typical: tuple[float, float]
    searched: tuple[float, float]
    screened: float
    log: bool = False


# Weight decay is searched over the doses of the recommendations: useful ones differ by decades from task to task, and a
# short run needs far more than the typical 0.01. A short run also has too few steps for an average as long as 0.999.
USUAL: dict[str, UsualStrengths] = {
    "dropout": UsualStrengths((0.1, 0.3), (0.0, 0.5), 0.2),
    "spatial_dropout": UsualStrengths((0.05, 0.2), (0.0, 0.3), 0.1),
    "dropconnect": UsualStrengths((0.1, 0.5), (0.0, 0.5), 0.2),
    "drop_path": UsualStrengths((0.05, 0.3), (0.0, 0.3), 0.1),
    "weight_decay": UsualStrengths((0.01, 0.1), (1e-3, 10.0), 1.0, log=True),
    "l1": UsualStrengths((1e-5, 1e-3), (1e-6, 1e-2), 1e-4, log=True),
    "augmentation": UsualStrengths((0.6, 0.9), (0.5, 1.0), 0.8),
    "randaugment": UsualStrengths((5, 15), (0, 15), 9),
    "label_smoothing": UsualStrengths((0.05, 0.1), (0.0, 0.2), 0.1),
    "mixup": UsualStrengths((0.1, 0.8), (0.0, 1.0), 0.2),
    "cutmix": UsualStrengths((0.5, 1.0), (0.0, 1.0), 1.0),
    "gradient_clipping": UsualStrengths((0.5, 5.0), (0.1, 10.0), 1.0, log=True),
    "ema": UsualStrengths((0.99, 0.9999), (0.9, 0.9999), 0.99),
    "early_stopping": UsualStrengths((5, 20), (3, 30), 10),
}


def check_strengths(regularizers: Mapping[str, Settings]) -> None:
    """Raises ``RegularizerError`` for the first unknown name, unknown setting or value out of range."""
    for name, settings in regularizers.items():
        _need_name("regularizer", name, STRENGTHS)
        if not isinstance(settings, Mapping):
            strength = strength_of(name)
            raise RegularizerError(f'{name} needs its settings as {{"{strength}": …}}, found {settings!r}')
        for key, value in settings.items():
            _need_name(f"setting of {name}", key, STRENGTHS[name])
            check_setting(name, key, value)


def complete(regularizers: Mapping[str, Settings | None]) -> dict[str, dict[str, Value]]:
    """Those that are not None, each setting that is not named at its default. Raises ``RegularizerError`` as above."""
    check_strengths({name: {} if settings is None else settings for name, settings in regularizers.items()})
    active = {name: settings for name, settings in regularizers.items() if settings is not None}
    return {
        name: {key: active[name].get(key, setting.default) for key, setting in settings.items()}
        for name, settings in STRENGTHS.items()
        if name in active
    }


def strengths(regularizers: Mapping[str, Settings]) -> dict[str, float]:
    """The strength of each, the first of its settings; of complete settings."""
    return {name: float(settings[strength_of(name)] or 0) for name, settings in regularizers.items()}


def strength_of(name: str) -> str:
    """Which setting of a regularizer is its strength: ``p`` of ``dropout``."""
    return next(iter(STRENGTHS[name]))


def is_whole(name: str) -> bool:
    """Whether a regularizer's strength is a whole number."""
    strength = STRENGTHS[name][strength_of(name)]
    return isinstance(strength, Number) and strength.whole


def check_setting(name: str, key: str, value: Value) -> None:
    """Raises ``RegularizerError`` when the value is out of range."""
    problem = STRENGTHS[name][key].problem(value)
    if problem is None:
        return
    is_strength = key == strength_of(name)
    way_out = f"; leave {name} out to switch it off" if is_strength and value in (0, None, False) else ""
    raise RegularizerError(f"{name} {key} {problem}, found {value!r}{way_out}")


def _need_name(kind: str, name: str, names: Mapping[str, object]) -> None:
    if name not in names:
        raise RegularizerError(no_such(kind, name, names))
