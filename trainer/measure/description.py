"""Description: what a model, its optimizer and its loss say of themselves, under the names that a diagnosis reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from torch import nn
from torch.optim import Optimizer

from trainer.measure.functional_dropout import functional_dropouts

DROPOUTS = (nn.Dropout, nn.Dropout1d, nn.AlphaDropout, nn.FeatureAlphaDropout)
SPATIAL_DROPOUTS = (nn.Dropout2d, nn.Dropout3d)
RECURRENT_LAYERS = (nn.RNNBase, nn.RNNCellBase)
CONVOLUTIONS = tuple(getattr(nn, f"Conv{way}{n}d") for way in ("", "Transpose") for n in (1, 2, 3))
RECURRENT = re.compile(r"(?:LSTM|GRU|RNN)(?:Cell)?$")  # classes of other hands, by their names; not LinearNN
IMAGES = (nn.Conv2d, nn.Conv3d)
VIT = re.compile(r"(?:^|[a-z_])ViT|VisionTransformer")  # cuts patches without a convolution
DROP_PATHS = ("droppath", "stochasticdepth")  # classes of torchvision, timm and others, by their names


def description(model: nn.Module, optimizers: Sequence[Optimizer], loss_fn: Any) -> dict[str, Any]:
    """Settings as they are in force now: of the optimizer, of every regularizer that is found, and of the network.

    Of several optimizers, or groups of parameters, the one with the most parameters speaks for all. ``model`` is the
    class.
    """
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return {
        **optimizer_settings(optimizers),
        **strengths_of(model, loss_fn),
        "model": type(model).__name__,
        "architecture": architecture_of(model),
        "parameters": parameters,
    }


def optimizer_settings(optimizers: Sequence[Optimizer]) -> dict[str, Any]:
    """Name, learning rate, weight decay (the largest of the groups) and momentum, as far as it has them.

    The name says how decay acts: an Adam whose decay is decoupled is an AdamW.
    """
    optimizer = max(optimizers, key=lambda each: sum(_size(group) for group in each.param_groups))
    group = max(optimizer.param_groups, key=_size)
    name = type(optimizer).__name__
    if name == "Adam" and group.get("decoupled_weight_decay"):
        name = "AdamW"
    settings: dict[str, Any] = {"optimizer": name}
    if "lr" in group:
        settings["lr"] = float(group["lr"])
    decays = [float(group["weight_decay"]) for group in optimizer.param_groups if "weight_decay" in group]
    if decays or type(optimizer).__module__.startswith("torch."):  # of torch's, LBFGS has none
        settings["weight_decay"] = max(decays, default=0.0)
    if "momentum" in group:
        settings["momentum"] = float(group["momentum"])
    return settings


def strengths_of(model: nn.Module, loss_fn: Any) -> dict[str, float]:
    """Registry name of a regularizer -> the largest strength found in the network.

    Dropout is 0 where there is none, and missing where the network drops a share that cannot be told.
    """
    strengths = {"dropout": 0.0}

    def add(name: str, value: Any) -> None:
        if isinstance(value, int | float) and not isinstance(value, bool):
            strengths[name] = max(strengths.get(name, 0.0), float(value))

    for module in model.modules():
        if isinstance(module, SPATIAL_DROPOUTS):
            add("spatial_dropout", module.p)
        elif isinstance(module, DROPOUTS):
            add("dropout", module.p)
        elif isinstance(module, nn.RNNBase | nn.MultiheadAttention):
            add("dropout", module.dropout)
        elif type(module).__name__.lower() in DROP_PATHS:
            add("drop_path", getattr(module, "drop_prob", getattr(module, "p", None)))
    unknown = False
    for spatial, share in functional_dropouts(model):
        add("spatial_dropout" if spatial else "dropout", share)
        unknown |= share is None and not spatial
    if unknown and not strengths["dropout"]:
        del strengths["dropout"]
    add("label_smoothing", getattr(loss_fn, "label_smoothing", None))
    return strengths


def architecture_of(model: nn.Module) -> str:
    """``mlp``, ``cnn``, ``recurrent``, ``vit`` or ``transformer`` by the kinds of layers; ``other`` for anything else.

    Layers of attention make a network of recurrent ones a Transformer only where they are torch's own, of many heads:
    others look back over the steps of an encoder.
    """
    modules = list(model.modules())
    recurrent = any(
        isinstance(module, RECURRENT_LAYERS) or RECURRENT.search(type(module).__name__) for module in modules
    )
    if recurrent and not any(isinstance(module, nn.MultiheadAttention) for module in modules):
        return "recurrent"
    attention = any(isinstance(module, nn.MultiheadAttention) or _is_attention(module) for module in modules)
    convolutions = any(isinstance(module, CONVOLUTIONS) for module in modules)
    if attention:
        patches = any(isinstance(module, IMAGES) for module in modules) or VIT.search(type(model).__name__)
        return "vit" if patches and not any(isinstance(module, nn.Embedding) for module in modules) else "transformer"
    if convolutions:
        return "cnn"
    return "mlp" if any(isinstance(module, nn.Linear) for module in modules) else "other"


def _is_attention(module: nn.Module) -> bool:
    """A layer of attention by another hand: its class says so, and it has more than one layer of its own."""
    return "attention" in type(module).__name__.lower() and len(list(module.children())) > 1


def _size(group: dict[str, Any]) -> int:
    return sum(parameter.numel() for parameter in group["params"])
