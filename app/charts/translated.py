"""Translated: a chart's specification and data with their words in another language."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from app.charts.look import Spec

if TYPE_CHECKING:
    import pandas as pd

Translate = Callable[[str], str]
TITLED = ("title", "text")  # what a person reads of a specification, beside names of series in domains and expressions
NAMES = ("domain", "values", "sort")
WORDS = ("side", "label", "name", "text", "axis", "params")  # columns whose texts are drawn
ORDERED = ("scale", "sort")  # what of an encoding names values of its column
QUOTED = re.compile(r"'([A-Z][^'\\]*)'")


def translated_spec(spec: Spec, translate: Translate) -> Spec:
    """A specification whose titles and names of series are translated; its data must be as well."""
    return _cached(json.dumps(spec), translate)


@lru_cache(256)
def _cached(spec: str, translate: Translate) -> Spec:
    translated: Spec = _walk(json.loads(spec), "", translate)
    return translated


def _walk(part: Any, key: str, translate: Translate) -> Any:
    if isinstance(part, dict):
        kept = ORDERED if part.get("field", WORDS[0]) not in WORDS else ()  # its data are not translated either
        return {name: value if name in kept else _walk(value, name, translate) for name, value in part.items()}
    if isinstance(part, list):
        named = key in NAMES
        return [translate(each) if named and isinstance(each, str) else _walk(each, "", translate) for each in part]
    if not isinstance(part, str):
        return part
    if key in TITLED:
        return translate(part)
    return QUOTED.sub(lambda match: f"'{translate(match[1])}'", part)


def translated_data(datasets: Mapping[str, pd.DataFrame], translate: Translate) -> dict[str, pd.DataFrame]:
    """Data whose names of series and labels are translated."""
    return {name: translated_table(table, WORDS, translate) for name, table in datasets.items()}


def translated_table(table: pd.DataFrame, columns: tuple[str, ...], translate: Translate) -> pd.DataFrame:
    """A table with the texts in these columns translated, those in lists too."""
    import pandas as pd  # takes a noticeable part of the app's start, which draws no such table

    texts = {name: [translated_cell(cell, translate) for cell in table[name]] for name in columns if name in table}
    return table.assign(
        **{name: pd.Series(cells, table.index, dtype=table[name].dtype) for name, cells in texts.items()}
    )


def translated_cell(cell: Any, translate: Translate) -> Any:
    """A cell with its text translated, or those in its list."""
    if isinstance(cell, list):
        return [translate(each) for each in cell]
    return translate(cell) if isinstance(cell, str) else cell
