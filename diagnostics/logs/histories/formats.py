"""Formats: which files may be training histories, and who reads which. A new format is a file here and a row below."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from diagnostics.logs.histories.database import HEADER, read_database
from diagnostics.logs.histories.history import DamagedError, History, HistoryError, RawFile, need_few
from diagnostics.logs.histories.json_file import TRAINER_STATE, damage, read_json, read_trainer_state
from diagnostics.logs.histories.json_lines import read_json_lines
from diagnostics.logs.histories.lines_by_name import DVCLIVE, MLFLOW, read_dvclive, read_mlflow
from diagnostics.logs.histories.parquet_table import may_be_history, read_parquet
from diagnostics.logs.histories.table import read_table
from diagnostics.logs.histories.text_log import read_text
from diagnostics.logs.histories.wandb_run import WANDB, read_wandb
from diagnostics.logs.matching.vocabulary import word_set
from diagnostics.trials.ledger import LEDGER


class Format(NamedTuple):
    """Files whose whole path matches ``path``, their name for people, and what reads them.

    ``read`` raises ``HistoryError`` for a file of the name that is none of the format.
    """

    name: str
    path: re.Pattern[str]
    read: Callable[[RawFile], list[History]]


def _named(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?:.*/)?{pattern}", re.IGNORECASE | re.DOTALL)


FORMATS = (  # a file is what the first says that can read it
    Format(TRAINER_STATE, _named(r"trainer_state\.json"), read_trainer_state),
    Format("DVCLive", DVCLIVE, read_dvclive),
    Format("MLflow", MLFLOW, read_mlflow),
    Format("CSV", _named(r"[^/]*\.(?:csv|tsv)"), read_table),
    Format("JSON", _named(r"[^/]*\.json"), read_json),
    Format("JSON lines", _named(r"[^/]*\.(?:jsonl|ndjson|json|log|txt)"), read_json_lines),
    Format("Parquet", _named(r"[^/]*\.parquet"), read_parquet),
    Format("SQLite of trackio or MLflow", _named(r"[^/]*\.(?:db|sqlite3?)"), read_database),
    Format("wandb", _named(r"[^/]*\.wandb"), read_wandb),
    Format("CSV", _named(r"[^/]*\.(?:log|txt)"), read_table),
    Format("text logs", _named(r"[^/]*\.(?:log|txt|out)"), read_text),
)
_SURELY = (".csv", ".tsv", ".jsonl", ".ndjson", TRAINER_STATE)  # others are mostly something else
WHOLE = (".json", ".parquet", ".db", ".sqlite", ".sqlite3", ".wandb")  # not written line by line
_SUFFIXES = word_set("csv tsv jsonl ndjson json log txt out parquet db sqlite sqlite3 wandb")
_WORDS = re.compile(rb"loss|acc|epoch|step|iter|err|metric|reward|score|train|learn|val|s:\d+ t[er]l:", re.IGNORECASE)
POINTER = b"version https://git-lfs.github.com/spec/"  # how a file begins that stands for one kept elsewhere
# settings and the like, which programs leave beside a log by the thousand
_NO_HISTORIES = word_set(
    "config.json status.json trial.json study.json params.json args.json hparams.json settings.json options.json "
    "training_args.json package.json package-lock.json tsconfig.json tokenizer.json tokenizer_config.json vocab.json "
    "special_tokens_map.json generation_config.json preprocessor_config.json added_tokens.json "
    "catboost_training.json time_left.tsv requirements.txt license.txt readme.txt args.txt vocab.txt merges.txt "
    "trainer.log"
) | {LEDGER}


def is_named_like_a_history(path: str) -> bool:
    """Whether a file of this path may be a training history; its content decides."""
    name = path.rpartition("/")[2]
    if name.lower() in _NO_HISTORIES or name.startswith("."):
        return False
    if "/metrics/" in path and MLFLOW.fullmatch(path) and _is_of_mlflow(path):
        return True
    return "." in name and name.rpartition(".")[2].lower() in _SUFFIXES


def read_history(source: RawFile) -> list[History]:
    """The trainings in a file, by the first format that can read it. Raises ``HistoryError`` when none can."""
    for format_ in _formats_of(source.path):
        try:
            histories = [_readable(history) for history in format_.read(source) if history.scalars]
        except DamagedError:
            raise
        except HistoryError:
            continue
        if histories:
            return below_the_file(histories)
    if source.name.endswith(".json") and (problem := damage(source)):
        raise DamagedError(problem)
    raise HistoryError("it is no training history")


def below_the_file(histories: list[History]) -> list[History]:
    """The same with names that lead nowhere but below their file, each once: anybody may write a name into a table."""
    named: dict[str, History] = {}
    for history in histories:
        steps = [step for step in re.split(r"[/\\\0]", history.name) if step.strip() not in ("", ".", "..")]
        name = plain = "/".join(steps) or ("run" if history.name else "")
        while name in named:
            name = f"{plain}-{len(named)}"
        named[name] = history if name == history.name else replace(history, name=name)
    return [*named.values()]


def _readable(history: History) -> History:
    """The same with names that can be written as UTF-8: JSON may hold one half of a surrogate pair.

    Raises ``DamagedError`` where there are more series than a training logs, as reading them would hold up every run.
    """
    need_few(history.scalars, len(history.scalars))
    settings = (value for value in history.hparams.values() if isinstance(value, str))
    if all(map(_is_unicode, (history.name, *history.scalars, *history.hparams, *settings))):
        return history
    hparams = {
        _unicode(name): _unicode(value) if isinstance(value, str) else value for name, value in history.hparams.items()
    }
    scalars = {_unicode(tag): rows for tag, rows in history.scalars.items()}
    return replace(history, name=_unicode(history.name), scalars=scalars, hparams=hparams)


def _is_unicode(text: str) -> bool:
    return text.isascii() or _unicode(text) == text


def _unicode(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def is_surely_a_history(path: str) -> bool:
    """Whether a file named like a history is mostly one, so that what speaks against it is worth a word."""
    return path.endswith(_SURELY) or depth_in_run(path) > 0


def speaks_of_training(path: Path, head: bytes) -> bool:
    """Whether a file that begins like this may be a history, so that others need not be read."""
    if path.suffix.lower() == ".parquet":
        return head.startswith(POINTER) or may_be_history(path)
    return head.startswith((HEADER, WANDB)) or (b"\0" not in head and _WORDS.search(head) is not None)


def depth_in_run(path: str) -> int:
    """How many directories a file with one series of a run lies below that run's; 0 for any other file."""
    for pattern in (DVCLIVE, MLFLOW):
        if match := pattern.fullmatch(path):
            return path.removeprefix(match["run"]).count("/") - 1
    return 0


def _formats_of(path: str) -> Iterator[Format]:
    return (format_ for format_ in FORMATS if format_.path.fullmatch(path))


def _is_of_mlflow(path: str) -> bool:
    """Whether MLflow keeps a run there: beside its metrics lies ``meta.yaml``."""
    run = path.rpartition("/metrics/")[0]
    return os.path.exists(os.path.join(run, "meta.yaml"))
