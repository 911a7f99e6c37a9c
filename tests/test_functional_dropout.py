"""What a network says of its dropout where it drops by a function, and of its kind."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from trainer.measure.description import architecture_of, strengths_of


class ByFunction(nn.Module):
    def __init__(self, share: float = 0.3) -> None:
        super().__init__()
        self.fc, self.share = nn.Linear(4, 4), share


class ByDefault(ByFunction):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.dropout(self.fc(x), training=self.training)


class ByNumber(ByFunction):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.dropout(self.fc(x), 0.25, self.training)


class ByAttribute(ByFunction):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.dropout(self.fc(x), p=self.share, training=self.training)


class ByChannel(ByFunction):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.dropout2d(self.fc(x), p=0.2)


class Computed(ByFunction):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.dropout(self.fc(x), p=self.share / 2)


class OfItsOwn(ByFunction):
    def dropout(self, x: torch.Tensor) -> torch.Tensor:
        return x

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.dropout(self.fc(x))


class OfAPart(ByFunction):
    def __init__(self) -> None:
        super().__init__()
        self.mlp = nn.ModuleDict({"fc": nn.Linear(4, 4), "dropout": nn.Dropout(0.1)})

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mlp = self.mlp
        return mlp.dropout(mlp.fc(self.mlp.dropout(x)))


class ImportedWithin(ByFunction):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        from torch.nn import functional

        return functional.dropout(self.fc(x), 0.15)


@pytest.mark.parametrize(
    ("network", "strengths"),
    [
        (ByDefault, {"dropout": 0.5}),
        (ByNumber, {"dropout": 0.25}),
        (ByAttribute, {"dropout": 0.3}),
        (ByChannel, {"dropout": 0.0, "spatial_dropout": 0.2}),
        (Computed, {}),
        (OfItsOwn, {"dropout": 0.0}),
        (OfAPart, {"dropout": 0.1}),
        (ImportedWithin, {"dropout": 0.15}),
        (lambda: nn.Sequential(ByNumber(), nn.Dropout(0.4)), {"dropout": 0.4}),
        (lambda: nn.Sequential(Computed(), nn.Dropout(0.4)), {"dropout": 0.4}),
        (lambda: nn.MultiheadAttention(8, 2, dropout=0.1), {"dropout": 0.1}),
    ],
)
def test_dropout_called_as_a_function_is_found_and_never_said_to_be_off(
    network: Callable[[], nn.Module], strengths: dict[str, float]
) -> None:
    assert strengths_of(network(), None) == strengths


def test_a_network_whose_source_is_not_there_is_taken_by_its_modules() -> None:
    names: dict[str, type[nn.Module]] = {}
    exec("class Typed(nn.Module):\n    def forward(self, x):\n        return F.dropout(x)", {"nn": nn, "F": F}, names)
    assert strengths_of(names["Typed"](), None) == {"dropout": 0.0}


class DPLSTM(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gates = nn.Linear(4, 16)


def test_a_recurrent_network_is_no_mlp() -> None:
    assert architecture_of(nn.Sequential(nn.Embedding(9, 4), DPLSTM(), nn.Linear(4, 9))) == "recurrent"
    assert architecture_of(nn.LSTM(4, 4)) == "recurrent"
    assert architecture_of(nn.Linear(4, 4)) == "mlp"
