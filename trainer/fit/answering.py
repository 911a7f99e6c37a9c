"""Answering: what a network says to one batch of whatever form, and which targets it is held against."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

Answer = Callable[[nn.Module, Any], tuple[Any, Any]]  # a batch -> the outputs and the targets that a loss compares
TARGETS = ("labels", "label", "targets", "target", "y")


class BatchError(TypeError):
    """A batch of a form that is not known; the message says which, and the way out."""


def answer(model: nn.Module, batch: Any) -> tuple[Any, Any]:
    """``(outputs, targets)`` of ``(inputs, targets)``, ``(input, input, ..., targets)``, or a mapping with the targets
    under one of ``TARGETS`` and the inputs under the names of the model's arguments.

    Where the model gives an object or a mapping with ``logits``, those are the outputs. Raises ``BatchError``.
    """
    if isinstance(batch, Mapping):
        name = next((name for name in TARGETS if name in batch), None)
        if name is None:
            raise BatchError(
                f"found a batch with {', '.join(map(str, batch))}; name its targets 'labels', or {FORWARD}"
            )
        outputs = model(**{key: value for key, value in batch.items() if key != name})
        return logits_of(outputs), batch[name]
    if isinstance(batch, Sequence) and len(batch) > 1:
        *inputs, targets = batch
        return logits_of(model(*inputs)), targets
    raise BatchError(f"found a batch that is a {type(batch).__name__}; make it (inputs, targets), or {FORWARD}")


FORWARD = "give forward=function, where function(model, batch) returns (outputs, targets)"


def logits_of(outputs: Any) -> Any:
    """The ``logits`` of an output that has such a field, as Hugging Face's models give; else the output itself."""
    if isinstance(outputs, Mapping):
        return outputs.get("logits", outputs)
    return getattr(outputs, "logits", outputs)


def moved(batch: Any, device: torch.device) -> Any:
    """The batch with all of its tensors on ``device``."""
    if isinstance(batch, Tensor):
        return batch.to(device, non_blocking=True)
    if isinstance(batch, Mapping):
        return {key: moved(value, device) for key, value in batch.items()}
    if isinstance(batch, list | tuple):
        return [moved(value, device) for value in batch]
    return batch


def batch_size(batch: Any) -> int:
    """Samples in a batch: the length of its first tensor; 0 where it has none."""
    if isinstance(batch, Tensor):
        return len(batch) if batch.ndim else 0
    values = batch.values() if isinstance(batch, Mapping) else batch if isinstance(batch, list | tuple) else ()
    return next((size for value in values if (size := batch_size(value))), 0)
