"""Early stopping: training ends when validation has not improved for a while, with the best epoch's weights.

Prechelt 1998, https://doi.org/10.1007/3-540-49430-8_3: stop after ``patience`` epochs in a row without a validation
loss below ``best - min_delta``. A loss that is not a number is no improvement.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn

from trainer.regularizers.base import Regularizer


@dataclass(eq=False)
class EarlyStopping(Regularizer):
    """Watches the validation loss; restores the best weights also when training ends by itself."""

    name = "early_stopping"
    patience: int = 10
    min_delta: float = 0.0
    restore_best: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self.best = math.inf
        self.best_epoch = 0
        self.since = (
            0  # from where the patience counts: the best epoch, or a later one at which training went back to it
        )
        self.weights: dict[str, Any] = {}

    def end_of_epoch(self, model: nn.Module, epoch: int, val_loss: float) -> str | None:
        if not math.isnan(val_loss) and val_loss < self.best - self.min_delta:
            self.best, self.best_epoch, self.since = val_loss, epoch, epoch
            if self.restore_best:
                self.weights = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
        if epoch - self.since < self.patience:
            return None
        return (
            f"early stopping: validation loss is {val_loss:.4g} at epoch {epoch} and has not been more than "
            f"{self.min_delta:g} below the {self.best:.4g} of epoch {self.best_epoch} since (patience {self.patience})"
        )

    def finish(self, model: nn.Module) -> None:
        if self.weights:
            model.load_state_dict(self.weights)

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "best_epoch": self.best_epoch, "since": self.since, "weights": self.weights}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.best, self.best_epoch, self.weights = state["best"], state["best_epoch"], dict(state["weights"])
        self.since = state.get("since", self.best_epoch)
