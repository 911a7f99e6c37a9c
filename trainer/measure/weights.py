"""Weights: how large, how sparse and how far moved the weight matrices are, in all and each."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from trainer.measure.norms import norm_of
from trainer.regularizers.matrices import matrices

TOLERANCE = 0.01  # of a matrix's root mean square, under which a weight counts as next to nothing


class WeightMeter:
    """Measures the matrices of ``model``; biases, norms and embeddings are left out.

    It keeps one copy of them and allocates nothing more, which is most of what measuring would cost.
    """

    def __init__(self, model: nn.Module) -> None:
        names = {parameter: name.removesuffix(".weight") for name, parameter in model.named_parameters()}
        self.matrices = {names[parameter]: parameter.detach() for parameter in matrices(model)}
        self.before = [matrix.clone() for matrix in self.matrices.values()]

    @torch.no_grad()
    def measure(self) -> dict[str, Tensor | float]:
        """``optim/update_norm``: norm of (weights now - weights at the last call, or when this was made).

        ``weights/l2_norm``, ``l1_norm``, ``sparsity``, ``zeros``, and ``weights/<layer>/`` the same for each matrix:
        ``zeros`` is the share that is exactly 0, ``sparsity`` the share of at most ``TOLERANCE`` of the matrix's RMS.
        """
        now, scratch = list(self.matrices.values()), self.before
        if not now:
            return {"optim/update_norm": 0.0}
        torch._foreach_sub_(scratch, now)
        moved = norm_of(scratch)
        for matrix, absolute in zip(now, scratch, strict=True):
            torch.abs(matrix, out=absolute)
        l1 = [matrix.sum() for matrix in scratch]  # pairwise, where an L1 norm of 4 million is off by a thousandth
        l2 = torch._foreach_norm(now)
        sizes = [matrix.numel() for matrix in now]
        limits = [norm * (TOLERANCE / size**0.5) for norm, size in zip(l2, sizes, strict=True)]
        small = [matrix.le_(limit).sum() for matrix, limit in zip(scratch, limits, strict=True)]
        filled = [matrix.count_nonzero() for matrix in now]
        torch._foreach_copy_(scratch, now)
        total = (
            torch.linalg.vector_norm(torch.stack(l2)),
            torch.stack(l1).sum(),
            torch.stack(small).sum(),
            torch.stack(filled).sum(),
            sum(sizes),
        )
        values: dict[str, Tensor | float] = {"optim/update_norm": moved, **_values("weights", *total)}
        for layer in zip(self.matrices, l2, l1, small, filled, sizes, strict=True):
            values |= _values(f"weights/{layer[0]}", *layer[1:])
        return values


def _values(prefix: str, l2: Tensor, l1: Tensor, small: Tensor, filled: Tensor, size: int) -> dict[str, Tensor]:
    measured = {"l2_norm": l2, "l1_norm": l1, "sparsity": small / size, "zeros": 1 - filled / size}
    return {f"{prefix}/{name}": value for name, value in measured.items()}
