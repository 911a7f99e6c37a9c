"""DropConnect: a weight, not an activation, is zero with probability p in training.

Wan et al. 2013, https://proceedings.mlr.press/v28/wan13.html: ``y = (m * W / (1 - p)) x + b, m ~ Bernoulli(1 - p)``,
one mask a step, shared by the batch; evaluation uses the full weights.
"""

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

from trainer.regularizers.base import Regularizer
from trainer.regularizers.dropout import dropout
from trainer.strengths import RegularizerError


class DropConnectLinear(nn.Linear):
    """A linear layer that drops its weights."""

    p = 0.0

    def forward(self, input: Tensor) -> Tensor:
        return functional.linear(input, dropout(self.weight, self.p, training=self.training), self.bias)


class DropConnectConv2d(nn.Conv2d):
    """A convolution that drops its weights."""

    p = 0.0

    def forward(self, input: Tensor) -> Tensor:
        weight = dropout(self.weight, self.p, training=self.training)
        output: Tensor = self._conv_forward(input, weight, self.bias)
        return output


DROPPING: dict[type[nn.Module], type[DropConnectLinear] | type[DropConnectConv2d]] = {
    nn.Linear: DropConnectLinear,
    nn.Conv2d: DropConnectConv2d,
}


def dropping(layer: nn.Module, p: float) -> nn.Module:
    """The same layer, sharing the parameters and their names, that drops its weights with probability p."""
    kind = DROPPING[type(layer)]
    twin = kind.__new__(kind)
    twin.__dict__ = dict(layer.__dict__)
    twin.p = p
    return twin


@dataclass(eq=False)
class DropConnect(Regularizer):
    """Makes every linear layer and convolution drop its weights; ``nn.MultiheadAttention`` keeps its own."""

    name = "dropconnect"
    p: float = 0.2

    def build(self, model: nn.Module) -> nn.Module:
        if type(model) in DROPPING:
            return dropping(model, self.p)
        layers = [
            (parent, name, layer)
            for parent in model.modules()
            for name, layer in parent._modules.items()  # named_children skips a shared layer's second place
            if layer is not None and type(layer) in DROPPING
        ]
        if not layers:
            raise RegularizerError(
                "dropconnect needs nn.Linear or nn.Conv2d layers and found none in this model; leave dropconnect out"
            )
        twins = {layer: dropping(layer, self.p) for _, _, layer in layers}
        for parent, name, layer in layers:
            setattr(parent, name, twins[layer])
        return model
