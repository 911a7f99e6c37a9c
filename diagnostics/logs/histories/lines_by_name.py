"""Files of one series each, whose path says which: MLflow's ``metrics/<name>`` and DVCLive's ``plots/metrics``."""

from __future__ import annotations

import re

from diagnostics.logs.histories.history import History, HistoryError, RawFile, from_records, number

MLFLOW = re.compile(r"(?P<run>.+)/metrics/(?P<tag>.+)", re.DOTALL)
DVCLIVE = re.compile(r"(?P<run>.+)/plots/metrics/(?P<tag>.+)\.tsv", re.DOTALL)


def read_mlflow(source: RawFile) -> list[History]:
    """Lines of a time in milliseconds, a value and a step, which may be missing."""
    path = MLFLOW.fullmatch(source.path)
    if path is None:
        raise HistoryError("it lies in no folder of metrics")
    records, damaged = [], 0
    for row, line in enumerate(filter(str.strip, source.text.splitlines())):
        fields = [number(field) for field in line.split()]
        if len(fields) not in (2, 3) or None in fields:
            damaged += 1
            continue
        wall_time, value, step = (*fields, float(row))[:3]
        records.append({"timestamp": (wall_time or 0.0) / 1e3, path["tag"]: value, "step": step})
    return [from_records(records, source, damaged=damaged)]


def read_dvclive(source: RawFile) -> list[History]:
    """A table of a step and a value, separated by tabs."""
    path = DVCLIVE.fullmatch(source.path)
    if path is None:
        raise HistoryError("it lies in no folder of DVCLive's")
    header, *lines = source.text.splitlines() or [""]
    names = header.split("\t")
    whole = [line.split("\t") for line in lines if line.count("\t") == len(names) - 1]
    records = [dict(zip((*names[:-1], path["tag"]), line, strict=True)) for line in whole]
    return [from_records(records, source, damaged=sum(map(bool, lines)) - len(whole))]
