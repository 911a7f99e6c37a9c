"""Strengths: how strongly a run already regularizes, from whatever its log folder says about its settings."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from diagnostics.curves import Curve
from diagnostics.logs.folders.remote import is_url
from diagnostics.logs.run import Run
from diagnostics.logs.setting_files import setting_files
from diagnostics.logs.setting_text import Setting, scalar, settings_in, with_kinds

# registry name -> what else people call it, the most telling name first
_NAMES: dict[str, tuple[str, ...]] = {
    "dropout": (
        *(
            "dropout",
            "dropout_rate",
            "dropout_p",
            "dropout_prob",
            "p_dropout",
            "drop_rate",
            "drop",
            "hidden_dropout_prob",
        ),
        *("hidden_dropout", "resid_pdrop", "resid_dropout", "encoder_dropout", "decoder_dropout"),
        *("classifier_dropout", "lora_dropout"),
    ),
    "spatial_dropout": ("spatial_dropout", "dropout2d"),
    "dropconnect": ("dropconnect", "drop_connect", "drop_connect_rate"),
    "drop_path": ("drop_path", "drop_path_rate", "droppath", "stochastic_depth", "stochastic_depth_prob"),
    "weight_decay": ("weight_decay", "weight_decay_rate", "weightdecay", "wd", "l2_weight_decay"),
    "l1": ("l1", "l1_lambda", "l1_penalty", "l1_weight", "l1_reg"),
    "early_stopping": (
        *("early_stopping_patience", "early_stop_patience", "early_stop_patience_steps", "es_patience"),
        *("early_stopping", "early_stop", "patience"),
    ),
    "augmentation": ("augmentation", "data_augmentation", "mosaic", "augment"),  # Ultralytics' augment is prediction's
    "randaugment": ("randaugment", "rand_augment", "randaug_magnitude", "ra_magnitude", "aa"),
    "mixup": ("mixup", "mixup_alpha"),
    "cutmix": ("cutmix", "cutmix_alpha"),
    "label_smoothing": ("label_smoothing", "label_smoothing_factor", "label_smooth", "smoothing"),
    "gradient_clipping": (
        *("gradient_clipping", "max_grad_norm", "gradient_clip_val", "grad_clip", "clip_grad", "clip_grad_norm"),
        *("gradient_clip", "grad_norm_clip", "clip_norm", "clipnorm", "clip_gradients"),
    ),
    "ema": ("ema", "ema_decay", "model_ema_decay"),
}
REGULARIZER_NAMES = tuple(_NAMES)
# the setting that is the strength, where a regularizer has its settings under its own name
_STRENGTH = frozenset(
    ("p", "drop_prob", "weight_decay", "l1", "patience", "magnitude", "alpha", "smoothing", "max_norm", "decay", "crop")
)
SHARES = frozenset(("dropout", "spatial_dropout", "dropconnect", "drop_path", "label_smoothing"))
_SWITCHES = frozenset(("augmentation", "ema", "early_stopping"))
_ELSEWHERE = frozenset(("scheduler", "lr_scheduler", "plateau", "reduce_lr", "teacher"))

LEARNING_RATES = ("lr", "learning_rate", "lr0", "base_lr")  # as a setting
LOGGED = "what was logged"

# optim/lr, train/learning_rate, epoch_learning_rate, lr-Adam, lr-AdamW/pg1, lr/pg0, lr/group_0, lr_0, x/lr0
LEARNING_RATE = re.compile(
    r"(?:^|/)(?:epoch_)?(?:learning[ _-]?rate|lr)"
    r"(?:[-_]?\d+|-[a-z]\w*(?:/pg\d+)?|/(?:pg|group_?)\d+|/epoch)?$",
    re.IGNORECASE,
)

# what stands before a name in a flat list and only says which part of the program it is for
_PART = re.compile(
    r"(?:(?:optim|optimizer|opt|model|net|network|train|training|trainer|hparams|hp|cfg|config|reg|regularization|"
    r"regularizer|learner|module|args)_)+"
)


def regularizer_called(name: str) -> str | None:
    """The registry name of what people call so, such as ``wd``."""
    return next((regularizer for regularizer, others in _NAMES.items() if name in others), None)


def strengths(run: Run, logdir: str | Path) -> dict[str, float]:
    """Registry name -> current strength, as far as the log says it; 0 where it says that a regularizer is off.

    What was logged while training (``strength/<name>``) is believed first, then our own configuration, the HParams
    plugin, texts such as Hugging Face's ``args``, and the files that frameworks leave beside their logs (Lightning's
    ``hparams.yaml``, Ultralytics' ``args.yaml``). Nothing is guessed: a name that is missing is not known.
    """
    current: dict[str, float] = {}
    for source in sources(run, Path(logdir)):
        for name, value in _read(source).items():
            current.setdefault(name, value)
    return {name: current[name] for name in _NAMES if name in current}


def contradictions(run: Run, logdir: str | Path) -> dict[str, dict[str, float]]:
    """Name -> place -> value, for each strength and the ``lr`` on which two places differ, the believed place first.

    A learning rate that changed in the log contradicts no setting: that is its schedule.
    """
    logged = learning_rate(run)
    steady = logged is not None and np.ptp(logged.values) <= 1e-5 * logged.values[0]
    places: dict[str, dict[str, float]] = {"lr": {LOGGED: float(logged.values[0])} if logged and steady else {}}
    for place, source in named_sources(run, Path(logdir)):
        if (rate := _learning_rate(source)) is not None:
            places["lr"].setdefault(place, rate)
        for name, value in _read(source).items():
            places.setdefault(name, {}).setdefault(place, value)
    return {name: values for name, values in places.items() if values and not _are_close([*values.values()])}


def contradictions_in_words(run: Run, logdir: str | Path) -> list[str]:
    """A sentence for each setting on which two places differ."""
    return [
        f"{name}: {'; '.join(f'{value:g} in {place}' for place, value in places.items())}. The first is used."
        for name, places in contradictions(run, logdir).items()
    ]


def _are_close(values: list[float]) -> bool:
    return all(math.isclose(value, values[0], rel_tol=1e-5) for value in values)


def learning_rate(run: Run) -> Curve | None:
    """The learning rate as it was logged, of the first group of parameters."""
    for key in sorted(key for key in run.curves if LEARNING_RATE.search(key.tag)):
        curve = run.curves[key]
        if len(curve) and np.isfinite(curve.values).all() and curve.values.max() > 0:
            return curve
    return None


def sources(run: Run, logdir: Path) -> Iterator[list[Setting]]:
    """Settings by their paths from each place that a log has them, the most believable place first."""
    return (settings for _, settings in named_sources(run, logdir))


def named_sources(run: Run, logdir: Path) -> Iterator[tuple[str, list[Setting]]]:
    """The same with the name of each place."""
    logged = {key for key in run.curves if key.tag.startswith("strength/")}
    yield (
        LOGGED,
        [
            (("strength", key.tag.removeprefix("strength/")), float(run.curves[key].values[-1]))
            for key in sorted(logged)
        ],
    )
    texts = sorted(run.texts.items(), key=lambda item: not item[0].startswith(("config", "args")))
    for tag, text in texts:
        if tag.startswith("config"):
            yield f"the text {tag}", settings_in(text)
    hparams = [(tuple(re.split(r"[/.]", name)), value) for name, value in run.hparams.items()]
    yield "the logged hyperparameters", with_kinds(hparams)
    for tag, text in texts:
        if not tag.startswith("config"):
            yield f"the text {tag}", settings_in(text)
    if not is_url(str(logdir)):
        yield from setting_files(sorted({run.name, *(key.run for key in run.curves)}), logdir)


def _read(settings: list[Setting]) -> dict[str, float]:
    """The strengths that settings of one place name; of several names for one thing, the most telling."""
    ranked: dict[str, tuple[int, float]] = {}
    for path, value in settings:
        name, rank = _named(path)
        number = _strength(name, value) if name else None
        if number is not None and (name not in ranked or rank < ranked[name][0]):
            ranked[name] = rank, number
    return {name: number for name, (_, number) in ranked.items()}


def _learning_rate(settings: list[Setting]) -> float | None:
    """The learning rate that settings of one place name; None for none."""
    for path, value in settings:
        words = [part.lower() for part in path]
        if words and plain_name(words[-1]) in LEARNING_RATES and not _ELSEWHERE & set(words[:-1]):
            rate = _strength("lr", value)
            if rate:
                return rate
    return None


def _named(path: tuple[str, ...]) -> tuple[str, int]:
    """Which strength a setting is, and how far down the list of its names; an empty name for none."""
    words = [re.sub(r"[^a-z0-9]+", "_", part.lower()).strip("_") for part in path]
    if not words or _ELSEWHERE & set(words[:-1]):
        return "", 0
    if len(words) > 1 and words[-2] in _NAMES and words[-1] in _STRENGTH:
        return words[-2], -1
    for word in dict.fromkeys((words[-1], plain_name(words[-1]))):
        for name, others in _NAMES.items():
            if word in others:
                return name, others.index(word)
    return "", 0


def plain_name(name: str) -> str:
    """The name of a setting in a flat list without the part of the program it is for: ``optim_lr`` is lr."""
    return _PART.sub("", name, count=1) if _PART.match(name) else name


def _strength(name: str, value: Any) -> float | None:
    """A setting as a number; None for what cannot be one."""
    if isinstance(value, str):
        magnitude = re.match(r"rand-m(\d+)", value) if name == "randaugment" else None
        value = scalar(magnitude[1] if magnitude else value)
    if value is None or isinstance(value, str | list | dict) or (isinstance(value, bool) and name not in _SWITCHES):
        return None
    try:
        number = float(value)
    except OverflowError:  # a whole number of hundreds of digits
        return None
    if not math.isfinite(number) or number < 0 or (name in SHARES and number >= 1):
        return None
    return number
