"""Table: a CSV file of a person's own, ``csv:FILE``, one column of which is to be predicted from the others."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from trainer.config import Config
from trainer.data.samples import DataError, Floats, Numbers, Samples
from trainer.data.splits import Splits, split
from trainer.errors import nearest

MISSING = frozenset({"", "?", "na", "n/a", "nan", "null", "none"})
CLASSES = 20  # different whole numbers in the target at which they are an amount rather than classes
WORDS = 100  # different words at which a column is a name or a text rather than a category
SHOWN = 5  # names or row numbers in a sentence


def load(config: Config) -> Splits:
    """One feature for a column of numbers, one for each word of a category. Raises ``DataError``.

    Words in the target are classes, and so are whole numbers of at most ``CLASSES`` kinds; other numbers make it a
    regression. A missing number is the mean, with a feature that says so; a missing word is a word like any other.
    """
    path = Path(config.dataset.partition(":")[2])
    columns = read(path)
    target = need_target(columns, config.target, path)
    y, names = answers(target, columns.pop(target))
    features: list[Floats] = []
    notes = ["the column without a name is left out"] if columns.pop("", None) else []
    for name, cells in columns.items():
        encoded, note = encode(name, cells)
        features += encoded
        notes += [note] if note else []
    if not features:
        raise DataError(f"{path} has no column to predict {target} from; {'; '.join(notes) or 'add one'}")
    return split(Samples(np.stack(features, axis=1), y), config, names=names, notes=tuple(notes))


def read(path: Path) -> dict[str, list[str]]:
    """Column -> its cells, without the spaces around them. Raises ``DataError`` for what is no table."""
    if path.exists() and not path.is_file():
        raise DataError(f"cannot read {path}: it is no regular file; name a CSV file")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            separator = max(",;\t", key=file.readline().count)
            file.seek(0)
            rows = [[cell.strip() for cell in row] for row in csv.reader(file, delimiter=separator) if row]
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}; name a CSV file") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} is not a CSV file in UTF-8 ({error})") from error
    if len(rows) < 3:
        raise DataError(f"{path} has {len(rows)} lines; needed are a line of column names and at least two rows")
    head = rows[0]
    for name, count in Counter(head).items():
        if count > 1:
            raise DataError(
                f"{path} has {count} columns called {name!r}; give each a name of its own in its first line"
            )
    for number, row in enumerate(rows[1:], start=1):
        if len(row) != len(head):
            raise DataError(
                f"row {number} of {path} has {len(row)} cells and the first line names {len(head)}; repair it"
            )
    return {name: [row[at] for row in rows[1:]] for at, name in enumerate(head)}


def need_target(columns: Sequence[str] | dict[str, list[str]], target: str | None, path: Path) -> str:
    """The column to predict. Raises ``DataError`` with those there are, or the nearest."""
    if target is not None and target in columns:
        return target
    near = nearest(target or "", columns)
    hint = f"did you mean {near!r}?" if near else f"choose from {listed(list(columns))}"
    problem = f"{path} has no column {target!r}" if target else f"{path} needs a column to predict: --target COLUMN"
    raise DataError(f"{problem}; {hint}")


def answers(name: str, cells: list[str]) -> tuple[Numbers, list[str]]:
    """Class numbers ``(n,)`` with what the classes are called, or numbers ``(n, 1)`` with no names."""
    empty = [number for number, cell in enumerate(cells, start=1) if is_missing(cell)]
    if empty:
        rows = listed(empty)
        raise DataError(f"column {name} is to be predicted, and is missing in row {rows}; fill it in, or remove them")
    kinds = Counter(cells)
    if len(kinds) < 2:
        raise DataError(f"column {name} is {cells[0]!r} in every row; there is nothing to predict")
    numbers = as_numbers(name, cells)
    if numbers is not None and not (len(kinds) <= CLASSES and all(is_whole(cell) for cell in kinds)):
        return numbers[:, None], []
    names = sorted(kinds, key=(lambda cell: (float(cell), cell)) if numbers is not None else str)
    single = [kind for kind in names if kinds[kind] == 1]
    if single:
        raise DataError(
            f"of class {listed(single)} of column {name} there is one row; at least two are needed, one to train on "
            "and one to validate: add rows, or remove or merge the class"
        )
    place = {kind: at for at, kind in enumerate(names)}
    return np.array([place[cell] for cell in cells], dtype=np.int64), names


def encode(name: str, cells: list[str]) -> tuple[list[Floats], str]:
    """The features of a column, each ``(n,)``, and a note when there is something about it to tell."""
    numbers = as_numbers(name, cells)
    if numbers is None:
        empty = np.array([is_missing(cell) for cell in cells])
        plain = np.where(empty, "", np.array(cells))
        kinds = np.unique(plain)
    else:
        empty = np.isnan(numbers)
        kinds = np.unique(numbers)
    if len(kinds) == 1:
        return [], f"column {name} is left out: it is {cells[0]!r} in every row"
    gaps = f"column {name} has no value in {empty.sum()} of {len(cells)} rows" if empty.any() else ""
    if numbers is not None:
        filled = f"{gaps}; the mean stands there, and a feature says so" if gaps else ""
        return [numbers, empty.astype(np.float32)] if gaps else [numbers], filled
    if len(kinds) > WORDS:
        return [], f"column {name} is left out: {len(kinds)} different words are no category (at most {WORDS})"
    return [(plain == word).astype(np.float32) for word in kinds], f"{gaps}; that is a category" if gaps else ""


def as_numbers(name: str, cells: list[str]) -> Floats | None:
    """The cells as numbers, NaN where missing; ``None`` when some are words. Raises ``DataError`` for infinity."""
    try:
        numbers = np.array([float(cell) if cell else math.nan for cell in cells])
    except ValueError:
        try:
            numbers = np.array([math.nan if is_missing(cell) else float(cell) for cell in cells])
        except ValueError:
            return None
    endless = np.flatnonzero(np.abs(numbers) > np.finfo(np.float32).max)
    if len(endless):
        row = int(endless[0])
        raise DataError(f"column {name} is {cells[row]} in row {row + 1}; numbers must be finite and below 3e38")
    return numbers.astype(np.float32)


def is_missing(cell: str) -> bool:
    """Whether the cell says that there is no value."""
    return cell.lower() in MISSING


def is_whole(cell: str) -> bool:
    """Whether it is written as a whole number: 3, not 3.0, which is how to say that it is an amount."""
    return cell.lstrip("+-").isdecimal()


def listed(items: Sequence[object]) -> str:
    """The first few, and how many more."""
    more = f" and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
    return ", ".join(map(str, items[:SHOWN])) + more
