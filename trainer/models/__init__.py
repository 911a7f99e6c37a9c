"""Models: which networks there are, by name. Listing them imports no torch."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

MODELS = {
    "mlp": ".mlp",
    "cnn": ".cnn",
    "vit": ".vit",
    "transformer": ".transformer",
}


def build(
    name: str, shape: tuple[int, ...], outputs: int, *, width: int | None = None, depth: int | None = None
) -> nn.Module:
    """A new network for samples of ``shape`` (without the batch) with ``outputs`` numbers a sample."""
    module = import_module(MODELS[name], __package__)
    sizes = {key: value for key, value in {"width": width, "depth": depth}.items() if value is not None}
    network: nn.Module = module.build(shape, outputs, **sizes)
    return network
