"""Weights: how large, how sparse and how far moved the weight matrices are, in all and each."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from trainer.regularizers.matrices import matrices

TOLERANCE = 0.01  # of a matrix's root mean square, under which a weight counts as next to nothing


class WeightMeter:
    """Measures the matrices of ``model``; biases, norms and embeddings are left out."""

    def __init__(self, model: nn.Module) -> None:
        names = {parameter: name.removesuffix(".weight") for name, parameter in model.named_parameters()}
        self.matrices = {names[parameter]: parameter.detach() for parameter in matrices(model)}
        self.before = [matrix.clone() for matrix in self.matrices.values()]

    @torch.no_grad()
    def update_norm(self) -> Tensor | float:
        """Norm of (weights now - weights at the last call, or when this was made)."""
        now = list(self.matrices.values())
        if not now:
            return 0.0
        torch._foreach_sub_(self.before, now)
        moved = _norm(torch._foreach_norm(self.before))
        torch._foreach_copy_(self.before, now)
        return moved

    @torch.no_grad()
    def measure(self) -> dict[str, Tensor]:
        """``weights/l2_norm``, ``l1_norm``, ``sparsity``, ``zeros``, and ``weights/<layer>/`` the same for each.

        ``zeros`` is the share that is exactly 0, ``sparsity`` the share of at most ``TOLERANCE`` of the matrix's RMS.
        """
        every = list(self.matrices.values())
        if not every:
            return {}
        l2, l1 = torch._foreach_norm(every), torch._foreach_norm(every, 1)
        limits = [norm * (TOLERANCE / matrix.numel() ** 0.5) for norm, matrix in zip(l2, every, strict=True)]
        small = [(matrix.abs() <= limit).sum() for matrix, limit in zip(every, limits, strict=True)]
        zeros = [matrix.numel() - matrix.count_nonzero() for matrix in every]
        sizes = [matrix.numel() for matrix in every]
        total = (torch.stack(l1).sum(), torch.stack(small).sum(), torch.stack(zeros).sum(), sum(sizes))
        values = _values("weights", _norm(l2), *total)
        for layer in zip(self.matrices, l2, l1, small, zeros, sizes, strict=True):
            values |= _values(f"weights/{layer[0]}", *layer[1:])
        return values


def _values(prefix: str, l2: Tensor, l1: Tensor, small: Tensor, zeros: Tensor, size: int) -> dict[str, Tensor]:
    measured = {"l2_norm": l2, "l1_norm": l1, "sparsity": small / size, "zeros": zeros / size}
    return {f"{prefix}/{name}": value for name, value in measured.items()}


def _norm(norms: tuple[Tensor, ...]) -> Tensor:
    total: Tensor = torch.linalg.vector_norm(torch.stack(norms))
    return total
