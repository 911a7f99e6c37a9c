"""Shapes: which samples a network takes, refused in words when they are others."""

from __future__ import annotations

from trainer.errors import TrainerError


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
