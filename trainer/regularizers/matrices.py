"""Matrices: which parameters are weights, and which are biases, norms or embeddings."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

NORMS = (nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)
EMBEDDINGS = (nn.Embedding, nn.EmbeddingBag)


def matrices(
    model: nn.Module, *, biases: bool = False, norms: bool = False, embeddings: bool = False
) -> list[nn.Parameter]:
    """The weight matrices and kernels that train, each once, and what else is asked for.

    Decided by shape and by the type of the module, never by name. A weight that an embedding shares with another layer
    counts as an embedding.
    """
    wanted = {"matrix": True, "bias": biases, "norm": norms, "embedding": embeddings}
    return [parameter for parameter, kind in kinds(model) if wanted[kind]]


def gradients(weights: Sequence[Tensor]) -> list[Tensor]:
    """The gradient of each weight, zeros where the loss has none."""
    grads = []
    for weight in weights:
        if weight.grad is None:
            weight.grad = torch.zeros_like(weight)
        grads.append(weight.grad)
    return grads


def kinds(model: nn.Module) -> Iterator[tuple[nn.Parameter, str]]:
    """Each trained parameter once, with "matrix", "bias", "norm" or "embedding"."""
    kind_of: dict[nn.Parameter, str] = {}
    for module in model.modules():
        for parameter in module.parameters(recurse=False):
            if parameter.requires_grad and (parameter not in kind_of or isinstance(module, EMBEDDINGS)):
                kind_of[parameter] = _kind(module, parameter)
    yield from kind_of.items()


def _kind(module: nn.Module, parameter: nn.Parameter) -> str:
    if isinstance(module, NORMS):
        return "norm"
    if isinstance(module, EMBEDDINGS):
        return "embedding"
    token = parameter.ndim > 2 and max(parameter.shape) == parameter.numel()
    return "bias" if parameter.ndim < 2 or token else "matrix"
