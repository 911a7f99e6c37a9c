"""Functional dropout: the shares that a network drops by ``F.dropout`` in ``forward``, where no module shows them."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import ModuleType

from torch import nn

DEFAULT = 0.5  # torch.nn.functional.dropout's
SPATIAL = ("dropout1d", "dropout2d", "dropout3d")
USUAL = ("torch", "nn", "functional", "F")  # what a module of functions is called, also where forward imports it
NAMES = ("dropout", "alpha_dropout", "feature_alpha_dropout", *SPATIAL)


def functional_dropouts(model: nn.Module) -> Iterator[tuple[bool, float | None]]:
    """For each such call: whether it drops whole channels, and the share; None for one that the source does not tell.

    Modules of torch itself show their dropout as an attribute, and are left out.
    """
    for module in model.modules():
        if type(module).__module__.startswith("torch."):
            continue
        for call in _calls(type(module).forward):
            yield _function(call.func) in SPATIAL, _share(call, module)


@cache
def _calls(forward: Callable[..., object]) -> tuple[ast.Call, ...]:
    """Those in the ``forward`` of a class, of which a network has many modules."""
    try:
        source = inspect.getsource(forward)
    except (OSError, TypeError):  # typed into a console, or compiled
        return ()
    calls = (node for node in ast.walk(ast.parse(textwrap.dedent(source))) if isinstance(node, ast.Call))
    names = getattr(forward, "__globals__", {})
    return tuple(call for call in calls if _function(call.func) in NAMES and not _of_a_value(call.func, names))


def _function(called: ast.expr) -> str:
    """The name of ``F.dropout``, ``nn.functional.dropout`` or ``dropout``."""
    return called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""


def _of_a_value(called: ast.expr, names: Mapping[str, object]) -> bool:
    """Whether it is called by the module itself or by a part of it, ``self.mlp.dropout``, and by no Python module."""
    value = called
    while isinstance(value, ast.Attribute):
        value = value.value
    name = value.id if isinstance(value, ast.Name) else ""
    return value is not called and name not in USUAL and not isinstance(names.get(name), ModuleType)


def _share(call: ast.Call, module: nn.Module) -> float | None:
    given = next((keyword.value for keyword in call.keywords if keyword.arg == "p"), None)
    given = call.args[1] if given is None and len(call.args) > 1 else given
    if given is None:
        return DEFAULT
    if isinstance(given, ast.Constant):
        value = given.value
    elif isinstance(given, ast.Attribute) and isinstance(given.value, ast.Name) and given.value.id == "self":
        value = getattr(module, given.attr, None)
    else:
        return None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
