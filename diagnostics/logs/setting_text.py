"""Setting text: the settings in a text: JSON, YAML, TOML, a Markdown table, a Namespace or a command line."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import yaml

Setting = tuple[tuple[str, ...], Any]  # the path of a setting and its value

_MOST = 10_000  # settings and groups of a file; aliases of YAML can stand for any number of them
_DEEPEST = 40
_LARGEST = 1 << 20  # characters of all values
_DOTS = 1000  # in a line of TOML; the parser takes the square of the length of a dotted name
_LINE = re.compile(r"""^(?P<indent>[\s|>*-]*)["'`]?(?P<name>[A-Za-z][\w./-]*)["'`]?\s*[:=|]\s*(?P<value>[^|#]*)""")
_INLINE = re.compile(r"""(?<!\w)(?P<name>[A-Za-z]\w*)\s*=\s*(?P<value>[^,()\s]+)""")
_FLAG = re.compile(r"""(?<!\S)--(?P<name>[A-Za-z][\w.-]*)(?:[= ](?P<value>(?!--)\S+))?""")
# the strings that say which kind an object is, as configurations of many frameworks call them
_KIND = frozenset(("type", "name", "_target_", "class_path", "class_name", "class", "kind"))
_OPTIMIZERS = frozenset(("optimizer", "optim", "opt", "optimizers"))
_YAML = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # makes strings, lists and mappings, whatever a tag asks for


def settings_in(text: str, *, suffix: str = "") -> list[Setting]:
    """The settings in a text by their paths; ``suffix`` of its file says what is tried first."""
    try:
        settings = [setting for setting in _limited(_parsed(text, suffix)) if setting is not None]
    except RecursionError:
        return []
    return with_kinds([(_plain(path), value) for path, value in settings])


def with_kinds(settings: list[Setting]) -> list[Setting]:
    """The settings, and the optimizer as one where it is an object that says its kind: ``torch.optim.AdamW``."""
    return settings + [
        ((*path[:-2], "optimizer"), value.rpartition(".")[2])
        for path, value in settings
        if len(path) > 1 and path[-1] in _KIND and path[-2].lower() in _OPTIMIZERS and isinstance(value, str)
    ]


def _parsed(text: str, suffix: str) -> Iterator[Setting | None]:
    try:
        value = _value(text, suffix)
    except (ValueError, yaml.YAMLError):
        value = None
    return _flat(value, ()) if isinstance(value, Mapping | list) else _lines(text)


def _value(text: str, suffix: str) -> Any:
    """What the text is as a whole. Raises ``ValueError`` or ``YAMLError`` when it is nothing but lines."""
    if suffix == ".toml":
        if any(line.count(".") > _DOTS for line in text.splitlines()):
            raise ValueError("it has a name of too many parts")
        return tomllib.loads(text)
    try:
        return json.loads(text)
    except ValueError:
        if suffix in (".yaml", ".yml") or text.lstrip().startswith("{"):
            return yaml.load(text, Loader=_YAML)  # noqa: S506 - one of the safe loaders
        raise


def _limited(settings: Iterator[Setting | None]) -> Iterator[Setting | None]:
    left = _LARGEST
    for setting in islice(settings, _MOST):
        left -= 0 if setting is None else _size(setting[1])
        if left < 0:
            return
        yield setting


def _size(value: Any) -> int:
    """The length of a value as text, roughly."""
    return sum(map(_size, value)) if isinstance(value, list) else len(value) if isinstance(value, str) else 1


def _flat(value: Any, path: tuple[str, ...], depth: int = 0) -> Iterator[Setting | None]:
    """Each value by the names that lead to it. A list of objects is what its objects hold; others are values.

    None stands for each group on the way, so that a limit also ends groups of groups that hold nothing.
    """
    if depth > _DEEPEST:
        return
    if isinstance(value, Mapping):
        yield None
        for name, inner in value.items():
            yield from _flat(inner, (*path, str(name)), depth + 1)
    elif isinstance(value, list) and any(isinstance(inner, Mapping | list) for inner in value):
        yield None
        for inner in value:
            yield from _flat(inner, path, depth + 1)
    else:
        yield path, scalar(value) if isinstance(value, str) else value


def _lines(text: str) -> Iterator[Setting]:
    """Settings line by line; what a line is indented under is the front of its path."""
    above: list[tuple[int, str]] = []
    for line in text.splitlines():
        if match := _LINE.match(line):
            indent = len(match["indent"].expandtabs())
            above = [(depth, name) for depth, name in above if depth < indent]
            yield (*(name for _, name in above), *re.split(r"[/.]", match["name"])), scalar(match["value"])
            above.append((indent, match["name"]))
        else:
            yield from (((match["name"],), scalar(match["value"])) for match in _INLINE.finditer(line))
            for match in _FLAG.finditer(line):
                yield (match["name"].replace("-", "_"),), True if match["value"] is None else scalar(match["value"])


def _plain(path: tuple[str, ...]) -> tuple[str, ...]:
    """A path without the ``value`` that trackers keep beside a description."""
    return path[:-1] if len(path) > 1 and path[-1] == "value" else path


def scalar(text: str) -> Any:
    """A word as YAML means it."""
    text = text.strip().strip("\"'`,")
    if text.lower() in ("", "null", "none", "~"):
        return None
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        number = float(text)
    except ValueError:
        return text
    return number
