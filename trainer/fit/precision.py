"""Precision: forward passes in bfloat16, with weights, losses and the optimizer in full."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from trainer.errors import ConfigError


def use_bfloat16(model: nn.Module, device: torch.device) -> None:
    """Let the model compute in bfloat16 where that is safe, and answer in float32. Raises ``ConfigError``.

    https://docs.pytorch.org/docs/stable/amp.html: the forward pass alone is cast; bfloat16 has the range of float32, so
    that no gradient needs to be scaled.
    """
    if device.type == "cuda" and not torch.cuda.is_bf16_supported():
        raise ConfigError(f"bf16 is asked for, but {torch.cuda.get_device_name(device)} has no bfloat16; leave it out")
    full = model.forward

    def forward(*inputs: Any, **options: Any) -> Any:
        with torch.autocast(device.type, dtype=torch.bfloat16):
            outputs = full(*inputs, **options)
        return outputs.float() if isinstance(outputs, Tensor) and outputs.is_floating_point() else outputs

    model.forward = forward
