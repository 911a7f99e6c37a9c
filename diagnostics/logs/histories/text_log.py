"""Text logs: what a program printed at each epoch or step, such as ``step 250: train loss 1.2, val loss 1.3``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnostics.logs.boosting import boosting_of, with_sides
from diagnostics.logs.histories.history import History, HistoryError, RawFile, rows_of
from diagnostics.logs.matching.naming import read_name
from diagnostics.logs.matching.tokens import split_of, words
from diagnostics.logs.matching.vocabulary import Split

_COUNTER = re.compile(
    r"(?<![A-Za-z])(?P<unit>epochs?|(?:global[_ ])?step|iter(?:ation)?|round)\b(?:\((?P<mode>\w+)\))?"
    r"['\"]?\s*[:=#]?\s*[\[(]?\s*"
    r"(?P<at>\d+)\b(?!\.\d)(?:\s*/\s*\d+)?"
    r"|^\[(?P<round>\d+)(?:/\d+)?\](?=\s)|^(?P<tree>\d+):(?=\s+learn:)",
    re.IGNORECASE,
)
_VALUE = re.compile(r"(?<=[\s:=])-?(?:\d+\.?\d*(?:e[+-]?\d+)?|nan|inf(?:inity)?)(?![\w.]*\w)", re.IGNORECASE)
_SIGN = re.compile(r"['\"]?(?:\s{0,3}[:=]\s{0,3}|\s{1,3})\Z")  # between a name and its value
_EMAN = re.compile(r"[\w'/@.\- ]*")  # a name from its end to its beginning
_LETTER = re.compile(r"[A-Za-z]")
_GAP = re.compile(r"\s{4,}")  # so long that looking for what may stand around it takes long
_CUT = re.compile(r"\s-\s|\s{2,}|\||^.*\b(?:INFO|DEBUG)\b")  # between what stands before a name and the name
_BRIEF = re.compile(r"^s:(\d+) (tel|trl|eval):")  # llm.c's main.log
_IN_FULL = {"tel": "val loss", "trl": "train loss", "eval": "hellaswag accuracy"}
_COMMA, _POINT = re.compile(r"(?<![\w.,:(\[-])-?\d+,\d+(?!\w|[,.:]\d|[)\]])"), re.compile(r"\d\.\d")
_SAMPLE = 1 << 16  # bytes at either end that must look like a log of training
_LEAST = 3  # steps; fewer may be any text
_LONGEST = 2000  # characters of a line
_LARGEST = 1 << 60  # a step


def read_text(source: RawFile) -> list[History]:
    """Every loss and metric with the number before it in the same line or in a line above that counts."""
    text = _with_points(source.text)
    if len(text) > 2 * _SAMPLE and not (_numbers(text[:_SAMPLE]) or _numbers(text[-_SAMPLE:])):
        raise HistoryError("it does not read like the log of a training")
    series: dict[str, list[tuple[int, float, float]]] = {}
    numbers = _numbers(text)
    sides = {side for _, name, _, side in numbers if read_name(name).split is None}
    told = bool(sides & {"val", "test"}) and bool(sides & {"train", None})
    for step, name, value, side in numbers:
        tag = f"{side}/{name}" if told and side and read_name(name).split is None else name
        series.setdefault(tag, []).append((step, source.changed, value))
    series = {name: rows for name, rows in series.items() if len({step for step, _, _ in rows}) >= _LEAST}
    if not any(read_name(name).fits for name in series):
        raise HistoryError("it does not read like the log of a training")
    library = "catboost" if set(series) <= {"learn", "test"} else boosting_of(source.name, series)
    named = with_sides(series) if library else series
    return [History({name: rows_of(rows) for name, rows in named.items()}, boosting=library)]


def _with_points(text: str) -> str:
    """The text with decimal points where it has decimal commas throughout: none of its numbers has a point, and some
    begin with ``0,`` as no thousands do.
    """
    if _POINT.search(text) or not any(match[0].lstrip("-").startswith("0,") for match in _COMMA.finditer(text)):
        return text
    return _COMMA.sub(lambda match: match[0].replace(",", "."), text)


def _numbers(text: str) -> list[tuple[int, str, float, Split | None]]:
    """Step, name and value of each number that measures the fit, and the side that its line or heading speaks of."""
    numbers: list[tuple[int, str, float, Split | None]] = []
    counts: dict[str, int] = {}
    unit, heading = "", None
    for line in text.splitlines():
        if len(line) > _LONGEST:
            continue
        line = _GAP.sub("   ", line)
        line = _BRIEF.sub(lambda brief: f"step {brief[1]} {_IN_FULL[brief[2]]}:", line)
        if not line.startswith((" ", "\t")):
            heading = split_of(words(line)) if line.rstrip().endswith(":") else None
        if not any(map(str.isdigit, line)):
            continue
        rest, mode = line, ""
        for counter in reversed([*_COUNTER.finditer(line)]):
            named = (counter["unit"] or "round").lower().rstrip("s")
            counts[named] = min(int(counter["at"] or counter["round"] or counter["tree"]), _LARGEST)
            unit = "epoch" if "epoch" in counts else named
            mode = counter["mode"] or mode
            rest = f"{rest[: counter.start()]} | {rest[counter.end() :]}"
        if unit:
            for name, value, before in _named(rest):
                numbers.append((counts[unit], name, value, split_of(words(f"{mode} {before}")) or heading))
    return numbers


def _named(line: str) -> Iterator[tuple[str, float, str]]:
    """Name and value, and the text up to there."""
    end = 0
    for match in _VALUE.finditer(line):
        before = _SIGN.sub("", line[end : match.start()])
        letters = _EMAN.match(before[::-1])
        first = _LETTER.search(before, len(before) - letters.end()) if letters else None
        if first is None or len(before) == match.start() - end:
            continue
        end = match.end()
        name = _CUT.split(before[first.start() :])[-1].strip(" -./'")
        name = re.sub(r"'s (?=\w)", "/", name)  # LightGBM's training's binary_logloss
        name = re.sub(r"^(train|eval|test|validation_\d+)-", r"\1/", name)  # XGBoost's train-logloss
        if name and len(name) < 60 and read_name(name).fits:
            yield name, float(match[0]), line[: match.start()]
