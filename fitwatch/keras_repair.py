"""Keras repair: how a model of Keras goes back to its best weights, with the backend that looks at each layer anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import keras  # type: ignore[import-untyped]
import numpy as np

from trainer.errors import ConfigError
from trainer.repair_plan import RepairPlan

CELLS = (keras.layers.LSTMCell, keras.layers.GRUCell, keras.layers.SimpleRNNCell)
SPATIAL = ("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D")


class KerasRepair(RepairPlan):
    """Of a compiled model; TensorFlow and JAX would go on with the rates that they compiled into the training step."""

    def __init__(self, model: Any, **plan: Any) -> None:
        super().__init__(**plan)
        self.model, self.optimizer = model, getattr(model.optimizer, "inner_optimizer", model.optimizer)
        if keras.backend.backend() != "torch":
            raise ConfigError(
                f"found Keras with the backend {keras.backend.backend()}; repair sets strengths while the training "
                'goes on, with the backend torch alone: set KERAS_BACKEND="torch", or leave out repair=True'
            )
        if not list(places(model, "dropout")) + list(places(model, "spatial_dropout")):
            raise ConfigError(
                "the model has no keras.layers.Dropout to set; put Dropout(0.0) after its hidden activations, or leave "
                "out repair=True"
            )

    def rate(self) -> float:
        return float(array(self.optimizer.learning_rate))

    def decay(self) -> tuple[str, float]:
        """Keras decays every weight beside the gradient."""
        return "sgdw" if type(self.optimizer).__name__ == "SGD" else "adamw", 0.0

    def state(self) -> Any:
        """Copies: the arrays of a model on a CPU are its own memory."""
        return [array(each) for each in self.model.weights], [array(each) for each in self.optimizer.variables]

    def put_back(self, state: Any, dose: Mapping[str, float]) -> None:
        weights, moments = state
        for variable, value in zip(self.model.weights, weights, strict=True):
            variable.assign(value)
        for variable, value in zip(self.optimizer.variables, moments, strict=True):
            if not self._of_the_schedule(variable):
                variable.assign(value)
        for name, strength in dose.items():
            for layer, attribute in places(self.model, name):
                set_rate(layer, attribute, strength)
        self.optimizer.weight_decay = dose.get("weight_decay", self.optimizer.weight_decay)

    def _of_the_schedule(self, variable: Any) -> bool:
        """The rate, and where it follows the steps, their counter: a schedule goes on from where it is."""
        name = variable.path.rsplit("/", 1)[-1]
        follows = isinstance(self.optimizer._learning_rate, keras.optimizers.schedules.LearningRateSchedule)
        return name == "learning_rate" or (name == "iteration" and follows)


def places(model: Any, name: str) -> Iterator[tuple[Any, str]]:
    """The layers of this kind of dropout, with the attribute that has the rate; recurrent cells drop as well."""
    for layer in model._flatten_layers():
        kind = "spatial_dropout" if type(layer).__name__ in SPATIAL else "dropout"
        if kind == name and isinstance(layer, keras.layers.Dropout):
            yield layer, "rate"
        elif kind == name and isinstance(layer, CELLS):
            yield layer, "dropout"


def set_rate(layer: Any, attribute: str, strength: float) -> None:
    """Set it, also where the layer was made with 0, and so without what draws the random numbers."""
    if isinstance(layer, keras.layers.Dropout) and not hasattr(layer, "seed_generator"):
        layer._tracker.unlock()
        layer.seed_generator = keras.random.SeedGenerator(layer.seed)
        layer._tracker.lock()
    setattr(layer, attribute, strength)


def array(variable: Any) -> np.ndarray:
    """A copy of its values."""
    return np.array(keras.ops.convert_to_numpy(variable))
