"""JSON files: lists by name (Keras), a list of epochs (skorch), lists by data set (XGBoost), Hugging Face's state."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from diagnostics.logs.boosting import boosting_of, with_sides
from diagnostics.logs.histories.history import (
    LARGEST_STEP,
    History,
    HistoryError,
    RawFile,
    Record,
    flat,
    from_lists,
    from_records,
    measures_a_fit,
    need_few,
    number,
    rows_of,
)
from diagnostics.logs.histories.long_table import EXPORTED, read_rows
from diagnostics.logs.matching.naming import read_name
from diagnostics.logs.matching.tokens import words
from diagnostics.logs.matching.vocabulary import word_set
from diagnostics.logs.run import Rows

_NAME = re.compile(r'"([^"\\]{1,200})"\s*:')
_EPOCH = re.compile(r"(?:epoch|step|iter(?:ation)?)?[ _-]?(\d{1,9})", re.IGNORECASE)
_HEAD = 1 << 16  # characters of a damaged file in which names of losses are looked for
_LONGEST_WORD = 9  # characters of what JSON has beside strings and numbers, -Infinity
TRAINER_STATE = "trainer_state.json"  # Hugging Face
# lists beside a loss that make it one of samples or classes, and no history
_OF_SAMPLES = word_set("label labels target targets prediction predictions pred preds logits id ids index text")


def read_trainer_state(source: RawFile) -> list[History]:
    """Hugging Face's history, with the names that its own TensorBoard callback would give."""
    content = parsed(source)
    entries = content.get("log_history") if isinstance(content, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise HistoryError("no log_history")
    return [from_records([{_as_tag(name): entry[name] for name in entry} for entry in entries], source)]


def read_json(source: RawFile) -> list[History]:
    """The lists of numbers of a JSON file as series, or its list of objects as steps."""
    content = parsed(source)
    if rows := _exported_rows(content):
        return read_rows(rows, source)
    if triples := _triples(content):
        return [History(triples)]
    records = _records(content)
    if records:
        history = from_records([dict(flat(record)) for record in records], source)
        if measures_a_fit(list(history.scalars)):
            return [history]
    lists = dict(_lists(content)) if isinstance(content, dict) else {}
    need_few(lists, len(lists))
    if not _is_history(lists, content):
        raise HistoryError("it has no losses by epoch")
    library = boosting_of(source.name, lists)
    history = from_lists(with_sides(lists) if library else lists, source)
    return [History(history.scalars, boosting=library)]


def parsed(source: RawFile) -> Any:
    """The value in a JSON file. Raises ``HistoryError`` when it is none."""
    try:
        return json.loads(source.text)
    except ValueError as error:
        raise HistoryError("it is no JSON") from error


def damage(source: RawFile) -> str:
    """What is wrong with a file that is JSON up to somewhere, and speaks of losses or breaks off; else nothing."""
    text = source.text.strip()
    if not text.startswith(("{", "[")):
        return ""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        if error.pos >= len(text) - _LONGEST_WORD or error.msg.startswith("Unterminated string"):
            return "it ends in the middle, as if its writing had been broken off"
        if measures_a_fit(sorted(set(_NAME.findall(text, 0, min(error.pos, _HEAD))))):
            reason = f"{error.msg[0].lower()}{error.msg[1:]}"
            return f"it is no JSON from line {error.lineno}, column {error.colno} on: {reason}"
    except ValueError:  # a number of more digits than Python turns into one
        return ""
    return ""


def _as_tag(name: str) -> str:
    if name in ("step", "epoch"):
        return name
    split, _, rest = name.partition("_")
    return f"{split}/{rest}" if split in ("eval", "test") and rest else f"train/{name}"


def _exported_rows(content: Any) -> list[Record]:
    """The rows of our own export, if it is one."""
    rows = content.get("rows") if isinstance(content, dict) else None
    return rows if isinstance(rows, list) and all(map(_is_exported, rows)) else []


def _is_exported(row: Any) -> bool:
    if not isinstance(row, dict) or tuple(row) != EXPORTED:
        return False
    return all(value is None or isinstance(value, str | int | float) for value in row.values())


def _records(content: Any) -> list[Record]:
    """The objects of a list, of the only list of objects in an object, or of an object with one for each epoch."""
    if isinstance(content, dict) and (numbered := _by_epoch(content)):
        return numbered
    candidates = [content] if isinstance(content, list) else [*content.values()] if isinstance(content, dict) else []
    lists = [value for value in candidates if isinstance(value, list) and len(value) > 1 and isinstance(value[0], dict)]
    if len(lists) != 1 or not all(isinstance(record, dict) for record in lists[0]):
        return []
    names = {name.lower() for record in lists[0] for name in record}
    if names & {"epoch", "step", "iteration", "iter", "global_step", "_step", "round"}:
        return lists[0]
    if not _has_both_losses(lists[0]):
        return []
    return [{"step": place, **record} for place, record in enumerate(lists[0])]


def _triples(content: Any) -> dict[str, Rows]:
    """Series of a time, a step and a value each, as tensorboardX exports them, by the ends of their paths."""
    if not isinstance(content, dict) or not content or not all(map(_is_triples, content.values())):
        return {}
    paths = [name.split("/") for name in content]
    most = max(0, min(map(len, paths)) - 2)
    shared = next((at for at in range(most) if len({path[at] for path in paths}) > 1), most)
    return {
        "/".join(path[shared:]): rows_of([(step, float(time), float(value)) for time, step, value in rows])
        for path, rows in zip(paths, content.values(), strict=True)
    }


def _is_triples(rows: Any) -> bool:
    return (
        isinstance(rows, list)
        and bool(rows)
        and all(
            isinstance(row, list)
            and len(row) == 3
            and all(number(item) is not None for item in row)
            and _is_step(row[1])
            for row in rows
        )
    )


def _is_step(value: Any) -> bool:
    return isinstance(value, int) and abs(value) < LARGEST_STEP


def _has_both_losses(records: Sequence[Record]) -> bool:
    """Whether objects that no counter numbers are epochs: of both sides, and none of samples."""
    names = {name for record in records for name, _ in flat(record)}
    losses = [read_name(name) for name in names if read_name(name).kind == "loss"]
    of_samples = _OF_SAMPLES & {word for name in names for word in words(name)}
    return "train" in {name.split for name in losses} and len({name.split for name in losses}) > 1 and not of_samples


def _by_epoch(content: Mapping[str, Any]) -> list[Record]:
    """Objects under ``0, 1, 2`` or ``epoch_1, epoch_2``, each with its number."""
    numbered = [(_EPOCH.fullmatch(name), value) for name, value in content.items()]
    if len(numbered) < 2 or not all(match and isinstance(value, dict) for match, value in numbered):
        return []
    records: list[Record] = [{**value, "epoch": int(match[1])} for match, value in numbered if match]
    return records if not all(map(str.isdecimal, content)) or _has_both_losses(records) else []


def _lists(content: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[Any]]]:
    """The lists of numbers by the names that lead to them; ``{"0": .5, "1": .4}`` is one, as pandas writes it."""
    for name, value in content.items():
        if isinstance(value, list) and any(number(item) is not None for item in value[:3]):
            yield name, value
        elif isinstance(value, dict):
            places = list(value)
            if len(places) > 1 and places == [str(place) for place in range(len(places))]:
                yield from _lists({name: list(value.values())})
            else:
                yield from ((f"{name}/{inner}", values) for inner, values in _lists(value))


def _is_history(lists: Mapping[str, Sequence[Any]], content: Any) -> bool:
    """Whether the lists are losses by epoch, or metrics of both sides, and none is one of samples or classes."""
    names = {name: read_name(name) for name in lists}
    losses = [name for name in names if names[name].kind == "loss" and len(lists[name]) > 1]
    sides: dict[tuple[str, ...], set[str | None]] = {}
    for name in names.values():
        if name.fits:
            sides.setdefault(name.base, set()).add(name.split)
    both = any(len(splits) > 1 for splits in sides.values())
    if (not losses and not both) or _OF_SAMPLES & {word for name in names for word in words(name)}:
        return False
    texts = [value for value in content.values() if isinstance(value, list) and value and isinstance(value[0], str)]
    texts = [value for value in texts if number(value[0]) is None]
    return not any(len(text) == len(lists[name]) for text in texts for name in losses)
