"""Own problem: a person's own network, samples and loss, made by a function of theirs, ``MODULE:FUNCTION``.

def make():
    return model, (train_dataset, val_dataset), loss_fn

The datasets are torch's: ``len(dataset)`` and ``dataset[i] -> (x, y)``. A single one is split by the validation share.
The function is called without arguments, after torch's generator was given the run's seed.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset, Subset, default_collate

from trainer import PROGRAM
from trainer.config import Config
from trainer.data.samples import DataError
from trainer.errors import need_name
from trainer.fit.problems.problem import EVAL_BATCH, Problem
from trainer.fit.step import Batches, Loss, eval_mode
from trainer.own_code import need_trusted

NEEDED = "(model, (train_dataset, val_dataset), loss)"


class Made(NamedTuple):
    """What a factory returned, each part being what it must be."""

    model: nn.Module
    train: Dataset[Any]
    val: Dataset[Any]
    loss_fn: Loss


class DatasetBatches(Batches):
    """A dataset in batches of nearly one size, each sample fetched when its batch is due."""

    def __init__(
        self,
        dataset: Dataset[Any],
        batch_size: int,
        *,
        device: torch.device,
        order: torch.Generator | None = None,
    ) -> None:
        self.dataset, self.device, self.order = dataset, device, order
        self.size = len(dataset)  # type: ignore[arg-type]
        self.count = -(-self.size // batch_size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        for share in self.shares(torch.device("cpu")):
            yield self.fetch(share.tolist())

    def peek(self) -> tuple[Tensor, Tensor]:
        return self.fetch(range(self.smallest))

    def fetch(self, indices: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Those samples as a batch on the device."""
        x, y = default_collate([self.dataset[index] for index in indices])
        return x.to(self.device), y.to(self.device)


def pose_own(config: Config, device: torch.device) -> Problem:
    """The problem a person's function makes, tried on one batch of each part. Raises ``DataError``."""
    for name in ("label_noise", "canary"):
        if getattr(config, name):
            raise DataError(f"{name} is for this project's own data; leave it at 0 with {config.dataset}")
    parts = need_parts(config.dataset, call(config.dataset), config)
    if config.train_size is not None and config.train_size > size(parts.train):
        raise DataError(
            f"train_size is {config.train_size}, but {config.dataset} gives {size(parts.train)} training samples; "
            f"ask for at most {size(parts.train)}"
        )
    order = torch.randperm(size(parts.train), generator=torch.Generator().manual_seed(config.seed)).tolist()
    chosen = order[: config.train_size]
    train, clean = Subset(parts.train, chosen), Subset(parts.train, chosen[: size(parts.val)])
    shuffle = torch.Generator().manual_seed(config.seed)
    batches = DatasetBatches(train, config.batch_size, device=device, order=shuffle)
    val = DatasetBatches(parts.val, EVAL_BATCH, device=device)
    model, loss_fn = parts.model.to(device), parts.loss_fn
    if isinstance(loss_fn, nn.Module):
        loss_fn = loss_fn.to(device)
    sample_batches = DatasetBatches(train, config.batch_size, device=device)
    classes, text = try_out(config.dataset, model, loss_fn, {"training": sample_batches, "validation": val})
    torch.manual_seed(config.seed)
    return Problem(
        model,
        loss_fn,
        batches,
        val=val,
        clean=DatasetBatches(clean, EVAL_BATCH, device=device),
        classes=classes,
        text=text,
    )


def need_no_other_folder(name: str, folder: str) -> None:
    """Raises ``DataError`` for a module that lies in the current folder alone, which is not where it was named."""
    top = name.partition(":")[0].partition(".")[0]
    if top in sys.modules or (spec := find_spec(top)) is None:
        return
    places = [spec.origin] if spec.origin else list(spec.submodule_search_locations or ())
    chosen = [Path(folder), *(Path(entry) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry)]
    for place in map(Path, places):
        if _lies_in(place, Path.cwd()) and not any(_lies_in(place, allowed) for allowed in chosen):
            raise DataError(
                f"{name} was named in {folder}, but {top} is found in {Path.cwd()} alone; if you trust that code, go "
                f"there and type: {PROGRAM} trust {name}"
            )


def _lies_in(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def call(name: str) -> object:
    """What the function returns, imported from the folder it was named in. Raises ``TrainerError``."""
    module_name, _, function_name = name.partition(":")
    folder = str(need_trusted(name))
    sys.path[:] = [folder, *(entry for entry in sys.path if entry != folder)]
    need_no_other_folder(name, folder)
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise DataError(f"{module_name} needs {error.name}, which is not installed; install it") from error
        raise DataError(
            f"there is no module {module_name!r} in {folder} or on PYTHONPATH; "
            f"go to the folder that holds it and type: {PROGRAM} trust {name}"
        ) from error
    except (Exception, SystemExit) as error:
        raise DataError(f"{module_name} cannot be imported: {blamed(error)}") from error
    function = getattr(module, function_name, None)
    if not callable(function):
        need_name("function", function_name, [n for n, v in vars(module).items() if callable(v)])
        raise DataError(f"{name} is a {type(function).__name__}; name a function that returns {NEEDED}")
    try:
        return function()
    except (Exception, SystemExit) as error:
        raise DataError(f"{name} raised {blamed(error)}; it must return {NEEDED}") from error


def blamed(error: BaseException) -> str:
    """The error in one line, with the line of code it came from."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    message = traceback.format_exception_only(error)[-1].strip()
    return f"{message} ({os.path.basename(place.filename)}, line {place.lineno})"


def need_parts(name: str, returned: object, config: Config) -> Made:
    """Raises ``DataError`` for anything but a network, one or two datasets with samples in them, and a loss."""
    if not isinstance(returned, tuple | list) or len(returned) != 3:
        value = f"{len(returned)} values" if isinstance(returned, tuple | list) else f"a {type(returned).__name__}"
        raise DataError(f"{name} returned {value}; it must return {NEEDED}")
    model, data, loss_fn = returned
    if not isinstance(model, nn.Module):
        raise DataError(f"{name} returned a {type(model).__name__} for the model; it must be a torch.nn.Module")
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise DataError(f"the model of {name} has no parameter that trains; there is nothing to learn")
    if not callable(loss_fn):
        raise DataError(f"{name} returned a {type(loss_fn).__name__} for the loss; it must take (outputs, targets)")
    parts = list(data) if isinstance(data, tuple | list) else [data]
    for dataset in parts:
        if not (hasattr(dataset, "__len__") and hasattr(dataset, "__getitem__")):
            raise DataError(
                f"{name} returned a {type(dataset).__name__} for a dataset; it must have a length and samples by index"
            )
    if len(parts) == 1:
        parts = cut(parts[0], config)
    if len(parts) != 2 or not all(size(part) for part in parts):
        raise DataError(
            f"{name} returned datasets of {', '.join(str(size(part)) for part in parts)} samples; "
            "needed are one to train on and one to validate on, with samples in both"
        )
    return Made(model, parts[0], parts[1], loss_fn)


def cut(dataset: Dataset[Any], config: Config) -> list[Dataset[Any]]:
    """Train and validation of one dataset, at random by the seed."""
    order = torch.randperm(size(dataset), generator=torch.Generator().manual_seed(config.seed)).tolist()
    val = round(len(order) * config.val_share)
    return [Subset(dataset, order[val:]), Subset(dataset, order[:val])]


def size(dataset: Dataset[Any]) -> int:
    """How many samples it has."""
    return len(dataset)  # type: ignore[arg-type]


def try_out(name: str, model: nn.Module, loss_fn: Loss, parts: dict[str, DatasetBatches]) -> tuple[int, bool]:
    """Classes (0 for a regression) and whether it is a text, from one batch of each part. Raises ``DataError``."""
    for part, batches in parts.items():
        try:
            x, y = next(iter(batches))
        except Exception as error:
            raise DataError(
                f"the {part} samples of {name} are not pairs (x, y) that stack to a batch: {blamed(error)}"
            ) from error
        shapes = f"x of shape {tuple(x.shape)} and y of shape {tuple(y.shape)}"
        try:
            with eval_mode(model):
                outputs = model(x)
                loss = loss_fn(outputs, y)
        except Exception as error:
            raise DataError(f"the model and loss of {name} do not take {shapes}: {blamed(error)}") from error
        if not isinstance(loss, Tensor) or loss.numel() != 1 or loss.ndim:
            value = f"shape {tuple(loss.shape)}" if isinstance(loss, Tensor) else f"a {type(loss).__name__}"
            raise DataError(f"the loss of {name} gives {value}; it must be one number, the mean over the batch")
        if not loss.requires_grad:
            raise DataError(f"the loss of {name} does not depend on the model's parameters; nothing would be learned")
        if y.is_floating_point() and isinstance(outputs, Tensor) and outputs.shape != y.shape:
            raise DataError(
                f"the model of {name} gives {tuple(outputs.shape)} for targets of shape {tuple(y.shape)}; "
                "make both one shape, or every answer is compared with every target"
            )
    classes = outputs.shape[1] if not y.is_floating_point() and outputs.ndim == y.ndim + 1 else 0
    return classes, bool(classes and y.ndim == 2)
