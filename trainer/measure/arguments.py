"""Arguments: what a log may be given, and a sentence for what it may not; each check raises ``ValueError``."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from operator import index
from typing import Any

from torch import Tensor, nn


def need_run_dir(run_dir: Any) -> None:
    """The path of a folder, which is not nothing: an unset variable must not mean the folder one is in."""
    if not isinstance(run_dir, str | os.PathLike) or not os.fspath(run_dir).strip():
        raise ValueError(f"found {run_dir!r} as run_dir, needed the path of a folder; for this folder, give '.'")


def need_model(model: Any) -> None:
    """A network."""
    if not isinstance(model, nn.Module):
        raise ValueError(  # noqa: TRY004 - the class of every check here
            f"found {_kind(model)} as model, needed a network: a torch.nn.Module"
        )


def need_optimizers(optimizers: Sequence[Any]) -> None:
    """At least one optimizer; any whose steps can be counted will do."""
    if not optimizers:
        raise ValueError("found an empty list as optimizer, needed at least one optimizer")
    for optimizer in optimizers:
        if not hasattr(optimizer, "register_step_post_hook"):
            raise ValueError(
                f"found {_kind(optimizer)} as optimizer, needed a torch.optim.Optimizer, or a list of them"
            )


def need_repeatable(name: str, data: Any) -> None:
    """Batches, or None, that every epoch can go through."""
    if isinstance(data, Iterator) or (isinstance(data, list | tuple) and not data):
        raise ValueError(
            f"found {name} that {'ends after one epoch' if isinstance(data, Iterator) else 'is empty'}; "
            "give batches that every epoch can go through, such as a list or a DataLoader"
        )


def need_names(argument: str, values: Any) -> None:
    """A mapping of names to anything, or None."""
    if values is None:
        return
    if not isinstance(values, Mapping):
        raise ValueError(  # noqa: TRY004
            f"found {_kind(values)} as {argument}, needed a mapping of names to values, such as a dict"
        )
    for name in values:
        if not isinstance(name, str):
            raise ValueError(  # noqa: TRY004
                f"found {name!r} as a name in {argument}, needed a text; give {str(name)!r}"
            )


def need_strengths(strengths: Any) -> dict[str, float]:
    """Names of regularizers to finite numbers; none where there are none."""
    need_names("strengths", strengths)
    numbers = {name: need_number(f"the strength of {name}", value) for name, value in (strengths or {}).items()}
    for name, number in numbers.items():
        if not math.isfinite(number):
            raise ValueError(f"found {number} as the strength of {name}, needed a finite number")
    return numbers


def need_mean(loss: Tensor | float) -> None:
    """Raises ``ValueError`` for what is no mean of a batch; the value itself stays on its device."""
    if not isinstance(loss, Tensor):
        need_number("loss", loss)
    elif loss.numel() != 1:
        found = f"found a loss of shape {tuple(loss.shape)}"
        raise ValueError(f"{found}, needed one number, its mean over the batch; give loss.mean()")


def need_number(name: str, value: Any) -> float:
    """``value`` as a number. Raises ``ValueError``."""
    try:
        return float(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"found {value!r} as {name}, needed a number") from error


def need_whole(name: str, value: Any, what: str, *, least: int = 0) -> int:
    """``value`` as a whole number; ``what`` says which one is meant. Raises ``ValueError``."""
    try:
        number = index(value)
    except TypeError:
        number = -1
    if number < least or isinstance(value, bool):
        raise ValueError(f"found {value!r} as {name}, needed a whole number: {what}")
    return number


def _kind(value: Any) -> str:
    return "None" if value is None else f"a value of type {type(value).__name__}"
