"""Config: what a training was asked to do; plain data, checked when it is made, the same as JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import Field, asdict, dataclass, field, fields, replace
from typing import Any

from trainer.datasets import DATASETS, OWN, is_own
from trainer.errors import ConfigError, need_name
from trainer.models import MODELS
from trainer.presets import override, preset
from trainer.strengths import STRENGTHS, Value, complete, strength_of

SCHEMA = 1
OPTIMIZERS = ("adam", "sgd")
SCHEDULES = ("constant", "cosine", "linear")
DEVICES = ("auto", "cpu", "cuda", "mps")
# beyond what any training is asked for on purpose
MOST = {"epochs": 10**6, "lr": 1000, "batch_size": 10**7, "width": 10**5, "depth": 1000, "threads": 4096, "pace": 3600}
LARGEST = 2**63  # what torch takes as a seed


def _setting(default: Any, about: str) -> Any:
    return field(default=default, metadata={"about": about})


@dataclass(frozen=True, kw_only=True)
class Config:
    """One training. ``None`` means: as much as there is, or the model's own default.

    Raises ``ConfigError`` for a value that cannot be used. What only the data can tell (a training size larger than
    the data) is checked when the data is split.
    """

    dataset: str = _setting("digits", f"what to learn from: {', '.join((*DATASETS, *OWN))}")
    target: str | None = _setting(None, "the column of csv:FILE to predict")
    train_size: int | None = _setting(None, "samples to train on; all that validation and test leave by default")
    val_share: float = _setting(0.2, "share of the data that validation gets")
    test_share: float = _setting(0.2, "share of the data held out for a final test; may be 0")
    label_noise: float = _setting(0.0, "share of the training labels replaced by a wrong class")
    canary: float = _setting(0.0, "share of the training samples given random labels, to see memorization; 0 is off")
    model: str = _setting("mlp", f"network: {', '.join(MODELS)}")
    width: int | None = _setting(None, "units per layer; the model's own default if not given")
    depth: int | None = _setting(None, "number of hidden layers; the model's own default if not given")
    init_from: str | None = _setting(None, "folder of a run whose best weights to start from; needs the same network")
    epochs: int = _setting(60, "passes over the training samples")
    batch_size: int = _setting(32, "samples per step")
    optimizer: str = _setting("adam", f"one of {', '.join(OPTIMIZERS)}")
    lr: float = _setting(1e-3, "learning rate")
    schedule: str = _setting("constant", f"how the learning rate falls to 0 over the training: {', '.join(SCHEDULES)}")
    warmup: float = _setting(0.0, "epochs over which the learning rate rises to its full value")
    layer_lr_decay: float = _setting(1.0, "each layer's learning rate as a share of the next layer's; 1 is off")
    momentum: float = _setting(0.9, "momentum of sgd; adam has none to set")
    seed: int = _setting(0, "decides split, noise, initial weights and order; the same seed gives the same numbers")
    device: str = _setting("auto", f"one of {', '.join(DEVICES)}")
    bf16: bool = _setting(False, "compute forward passes in bfloat16; weights and losses stay in float32")
    hypergrad: bool = _setting(False, "log each epoch whether more weight decay would help, by validation's gradient")
    repair: bool = _setting(False, "when overfitting is clear, go back to the best weights and on with a dose")
    threads: int | None = _setting(None, "CPU threads; torch decides if not given")
    regularizers: dict[str, dict[str, Any]] = field(default_factory=dict)
    pace: float = _setting(0.0, "shortest time of an epoch in seconds, to watch a quick training")

    def __post_init__(self) -> None:
        for setting in scalars():
            object.__setattr__(self, setting.name, _typed(setting.name, str(setting.type), getattr(self, setting.name)))
        object.__setattr__(self, "regularizers", complete(self.regularizers))
        if not is_own(self.dataset):
            need_name("dataset", self.dataset, [*DATASETS, *OWN])
        if self.target is not None and not self.dataset.startswith("csv:"):
            raise ConfigError(f"target is {self.target!r}, but {self.dataset} is not a csv:FILE; leave target out")
        need_name("model", self.model, MODELS)
        need_name("optimizer", self.optimizer, OPTIMIZERS)
        need_name("schedule", self.schedule, SCHEDULES)
        need_name("device", self.device, DEVICES)
        for name in ("train_size", "width", "depth", "epochs", "batch_size", "threads"):
            self._need(name, "at least 1", lambda value: value is None or value >= 1)
        for name, most in MOST.items():
            self._need(name, f"at most {most:,}", lambda value, most=most: value is None or value <= most)
        for name in ("seed", "pace", "warmup"):
            self._need(name, "0 or more", lambda value: value >= 0)
        for name in ("test_share", "label_noise", "momentum"):
            self._need(name, "at least 0 and below 1", lambda value: 0 <= value < 1)
        self._need("val_share", "above 0 and below 1", lambda value: 0 < value < 1)
        self._need("canary", "at least 0 and below 0.5", lambda value: 0 <= value < 0.5)
        self._need("lr", "above 0", lambda value: value > 0)
        self._need("layer_lr_decay", "above 0 and at most 1", lambda value: 0 < value <= 1)
        self._need("warmup", f"below the {self.epochs} epochs", lambda value: value < self.epochs)
        if self.val_share + self.test_share >= 1:
            raise ConfigError(
                f"val_share {self.val_share:g} and test_share {self.test_share:g} leave nothing to train on; "
                "together they must stay below 1"
            )

    def _need(self, name: str, need: str, holds: Any) -> None:
        value = getattr(self, name)
        if not holds(value):
            raise ConfigError(f"{name} is {value}; it must be {need}")

    def to_dict(self) -> dict[str, Any]:
        """The settings with the version of their names, as JSON can hold them."""
        return {"schema": SCHEMA, **asdict(self)}

    def to_json(self) -> str:
        """The settings as indented JSON; ``from_json`` gives an equal ``Config`` back."""
        return json.dumps(self.to_dict(), indent=2)

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> Config:
        """Settings that are not named keep their defaults; a name that does not exist is refused.

        ``preset`` names the settings to start from; the others have the last word, and a regularizer of None is off.
        """
        schema = settings.get("schema", SCHEMA)
        if schema != SCHEMA:
            raise ConfigError(
                f"the configuration has schema {schema!r}; this version of Fitwatch reads schema {SCHEMA}"
            )
        names = [setting.name for setting in fields(cls)]
        for name in settings:
            if name not in ("schema", "preset"):
                need_name("setting", name, names)
        settings = override(preset(settings.get("preset", "none")), settings)
        return cls(**{name: value for name, value in settings.items() if name in names})

    @classmethod
    def from_json(cls, text: str | bytes) -> Config:
        """The reverse of ``to_json``. Raises ``ConfigError`` for text that is no JSON object of settings."""
        return cls.from_dict(parse(text))


def parse(text: str | bytes) -> dict[str, Any]:
    """The settings in a JSON text, as they are there. Raises ``ConfigError``."""
    try:
        settings = json.loads(text)
    except RecursionError as error:
        raise ConfigError("the configuration is nested too deeply; expected an object of settings") from error
    except ValueError as error:
        raise ConfigError(
            f'the configuration is not valid JSON ({error}); expected an object such as {{"epochs": 60}}'
        ) from error
    if not isinstance(settings, dict):
        raise ConfigError(f"the configuration is a JSON {type(settings).__name__}; expected an object of settings")
    return settings


def scalars() -> list[Field[Any]]:
    """The settings that are one value each: all but the regularizers."""
    return [setting for setting in fields(Config) if setting.metadata]


def demonstration() -> Config:
    """A training to watch for half a minute: few samples, so that it overfits from about epoch 30 on.

    The first dose helps, and mostly ends before it overfits in its turn; many validation samples make both plain.
    """
    data = Config(train_size=500, val_share=0.5, test_share=0.1)
    return replace(data, width=512, batch_size=32, lr=5e-4, epochs=140, pace=0.18, threads=1)


def _typed(name: str, kind: str, value: Any) -> Any:
    """The value as the setting's type, or ``ConfigError``; a whole number serves as a real one, True as neither."""
    if value is None and kind.endswith("| None"):
        return None
    kind = kind.removesuffix(" | None")
    if isinstance(value, {"str": str, "bool": bool}.get(kind, ())):
        if isinstance(value, str) and not _is_writable(value):
            raise ConfigError(f"{name} is {value!r}; it must be text as the name of a file can hold it")
        return value
    number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST  # NaN is not
    if number and kind == "float":
        return float(value)
    if number and kind == "int" and value == int(value):
        return int(value)
    wanted = {"str": "a name", "bool": "true or false", "int": "a whole number", "float": "a number"}[kind]
    raise ConfigError(f"{name} is {value!r}; it must be {wanted}")


def _is_writable(text: str) -> bool:
    """Whether it can be a path: no NUL, and no half of a character."""
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False


def with_strengths(config: Config, point: Mapping[str, Value]) -> Config:
    """The configuration with a point's strengths and settings; a strength of 0 is off. Raises ``ConfigError``."""
    regularizers: dict[str, Any] = dict(config.regularizers)
    settings: dict[str, Any] = {}
    for name, value in point.items():
        if name not in STRENGTHS:
            settings[name] = value
        elif value in (0, None, False):
            regularizers.pop(name, None)
        else:
            regularizers[name] = {**regularizers.get(name, {}), strength_of(name): value}
    return replace(config, regularizers=regularizers, **settings)
