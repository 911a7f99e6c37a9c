"""Fine-tuning: start from the weights of another run, and let early layers learn more slowly than late ones."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from trainer.datasets import is_function
from trainer.fit.checkpoints.checkpoint import CheckpointError
from trainer.fit.checkpoints.saved import load
from trainer.regularizers.matrices import kinds
from trainer.status import BEST, CHECKPOINT

MOST = 0.9  # of the parameters: a part that holds more is not one layer, but made of layers


def start_from(model: nn.Module, run_dir: Path) -> str:
    """Give the model the best weights of another run; the last layer stays new where it has another number of answers.

    Gives a sentence that says what was taken. Raises ``CheckpointError`` for a network of another architecture.
    """
    path = run_dir / BEST if (run_dir / BEST).exists() else run_dir / CHECKPOINT
    saved = read(path)
    theirs, ours = saved["model"], model.state_dict()
    head = head_names(model)
    new = {name for name in head if name in theirs and shape(theirs, name) != shape(ours, name)}
    differing = [name for name in [*ours, *theirs] if name not in new and shape(ours, name) != shape(theirs, name)]
    if differing:
        name = differing[0]
        raise CheckpointError(
            f"{path} is of another architecture: {name} is {shape(theirs, name)} there and {shape(ours, name)} here"
            f"{settings_hint(saved)}"
        )
    model.load_state_dict({**ours, **{name: tensor for name, tensor in theirs.items() if name not in new}})
    taken = f"started from {path}, epoch {saved['epoch']}"
    return f"{taken}; the last layer is new, for another number of answers" if new else taken


def read(path: Path) -> dict[str, Any]:
    """A checkpoint on the CPU, opened as weights and plain data alone. Raises ``CheckpointError``."""
    try:
        saved: dict[str, Any] = load(path)
        if not all(isinstance(tensor, Tensor) for tensor in saved["model"].values()):
            raise TypeError("its model is no state of tensors")  # noqa: TRY301
        saved["epoch"] = int(saved["epoch"])
    except FileNotFoundError as error:
        raise CheckpointError(f"there is no {path}; name the folder of a run that has trained") from error
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError, EOFError) as error:
        raise CheckpointError(
            f"{path} is not the checkpoint of a run ({str(error) or 'it is damaged'}); name another"
        ) from error
    except pickle.UnpicklingError as error:
        raise CheckpointError(f"{path} holds more than weights, or is damaged; name another run") from error
    return saved


def settings_hint(saved: Mapping[str, Any]) -> str:
    """The way out: what that run was asked for."""
    config = saved.get("config") or {}
    shape_settings = [f"{name} {config[name]}" for name in ("model", "width", "depth") if config.get(name) is not None]
    if not shape_settings or is_function(config["dataset"]):
        return "; name a run of this network"
    return f"; ask for what that run has: {', '.join(shape_settings)}, samples as of {config['dataset']}"


def shape(state: Mapping[str, Tensor], name: str) -> str:
    """As people write it."""
    return "x".join(map(str, state[name].shape)) or "a number" if name in state else "missing"


def head_names(model: nn.Module) -> set[str]:
    """The parameters of the last linear layer, which gives the answers."""
    linear = [name for name, module in model.named_modules() if isinstance(module, nn.Linear)]
    return {f"{linear[-1]}.{name}".removeprefix(".") for name in ("weight", "bias")} if linear else set()


def layers(model: nn.Module) -> list[list[nn.Parameter]]:
    """The parameters that train, from the first layer to the last; a block is one layer.

    Norms, biases and embeddings that stand by themselves belong to the layer before them.
    """
    matrices = {parameter for parameter, kind in kinds(model) if kind == "matrix"}
    layers_in_order: list[list[nn.Parameter]] = []
    assigned: set[nn.Parameter] = set()
    for part in [*parts(model, sum(p.numel() for p in model.parameters())), model]:
        new = [p for p in part.parameters() if p.requires_grad and p not in assigned]
        assigned.update(new)
        if part is model:  # what no layer holds, such as a first token
            layers_in_order[0] += new
        elif new and (not layers_in_order or matrices.intersection(new)):
            layers_in_order.append(new)
        elif new:
            layers_in_order[-1] += new
    return layers_in_order


def parts(module: nn.Module, size: int) -> Iterator[nn.Module]:
    """What the network is made of, in order: down to parts that hold at most ``MOST`` of its ``size``."""
    children = list(module.children())
    large = sum(parameter.numel() for parameter in module.parameters()) > MOST * size
    if children and (large or isinstance(module, nn.Sequential | nn.ModuleList)):
        for child in children:
            yield from parts(child, size)
    else:
        yield module


def layer_groups(model: nn.Module, lr: float, decay: float) -> list[dict[str, Any]]:
    """Parameter groups, the last layer first: it learns at ``lr``, each one before at ``decay`` of the next one's rate.

    Howard and Ruder 2018, https://arxiv.org/abs/1801.06146 (discriminative fine-tuning).
    """
    return [{"params": layer, "lr": lr * decay**depth} for depth, layer in enumerate(reversed(layers(model)))]
