"""Models: which networks there are, by name. Listing them imports no torch."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from trainer.errors import TrainerError

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


class ModelError(TrainerError):
    """A network that cannot be built as asked; the message says what was found, what is needed and the way out."""


def need_image(model: str, shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Channels, height and width. Raises ``ModelError`` for samples of another shape."""
    if len(shape) != 3:
        raise ModelError(f"{model} needs images (channels, height, width), found samples of shape {shape}; use mlp")
    return shape


def need_sequence(model: str, shape: tuple[int, ...]) -> int:
    """The length. Raises ``ModelError`` for samples of another shape."""
    if len(shape) != 1:
        raise ModelError(f"{model} needs text (length,), found samples of shape {shape}; use mlp, cnn or vit")
    return shape[0]
