"""Exports: a run or a folder as a table, as JSON and as a page that needs nothing else; made when asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pandas as pd

from app.folder import ledgers, remembered
from app.folder.entries import Entry, Snapshot
from diagnostics import RunDiagnosis
from diagnostics.report.export import csv_text, long_table
from diagnostics.report.html_page import as_html
from diagnostics.report.neutral import printable
from diagnostics.report.results import Advised, Result, as_json
from diagnostics.trials.next_step import settled

FIRST = ["run", "verdict", "severity", "confidence", "best.value", "best.step", "onset_step", "signals.gap", "points"]
NESTED = ("metrics", "recommendations", "next_step", "matched", "skipped")  # what has no place in a row


def folder_json(snapshot: Snapshot) -> str:
    """All runs in the schema of ``python -m diagnostics --json``."""
    return _written(_record(snapshot.place, snapshot.entries))


def folder_csv(snapshot: Snapshot) -> str:
    """A row a run with its verdict, signals and strengths, worst first."""
    return csv_text(_rows(_record(snapshot.place, snapshot.entries)["runs"]))


def folder_html(snapshot: Snapshot) -> str:
    """A page with the verdict, the advice and the curves of every run."""
    return _page(snapshot.place, snapshot.place, snapshot.entries)


def run_json(entry: Entry, place: str) -> str:
    """One run in the schema of ``python -m diagnostics --json``; ``place`` is the log folder."""
    return _written(_record(place, [entry]))


def run_csv(entry: Entry, place: str) -> str:
    """Every point of every series, every setting and the verdict, as ``fitwatch export`` writes them."""
    return csv_text(long_table([result for _, result in _judged([entry])], place))


def run_html(entry: Entry, place: str) -> str:
    """A page with the verdict, the advice and the curves of one run; ``place`` is the log folder."""
    return _page(entry.name, place, [entry])


def _judged(entries: Iterable[Entry]) -> list[tuple[Entry, Result]]:
    """Those that have a verdict."""
    return [
        (entry, (entry.run, entry.diagnosis))
        for entry in entries
        if entry.run is not None and entry.diagnosis is not None
    ]


def _record(place: str, entries: Iterable[Entry]) -> dict[str, Any]:
    """The documented schema, in which a run of which a person said something is advised by that."""
    diagnosed = _judged(entries)
    whole = as_json(place, [result for _, result in diagnosed])
    for at, (entry, result) in enumerate(diagnosed):
        given = remembered.given_setup(place, entry.name)
        if given != remembered.NOTHING_GIVEN:
            whole["runs"][at] = as_json(place, [result], given)["runs"][0]
    return whole


def _written(record: dict[str, Any]) -> str:
    return json.dumps(record, indent=1, allow_nan=False)


def _rows(records: list[dict[str, Any]]) -> pd.DataFrame:
    flat = [
        {**{name: of for name, of in record.items() if name not in NESTED}, "notes": ", ".join(record["notes"])}
        for record in records
    ]
    table = pd.json_normalize([_printable(record) for record in flat])
    first = [name for name in FIRST if name in table]
    return table[[*first, *(name for name in table if name not in first)]]


def _printable(value: Any) -> Any:
    """The texts in it without lone surrogates, which pandas takes for no text."""
    if isinstance(value, dict):
        return {printable(name): _printable(inner) for name, inner in value.items()}
    return printable(value) if isinstance(value, str) else value


def _page(title: str, place: str, entries: Iterable[Entry]) -> str:
    diagnosed = _judged(entries)
    advice = {
        entry.name: _advised(entry, diagnosis, place)
        for entry, (_, diagnosis) in diagnosed
        if entry.measured is not None
    }
    return as_html([result for _, result in diagnosed], title=title, advice=advice)


def _advised(entry: Entry, diagnosis: RunDiagnosis, place: str) -> Advised:
    """What is recommended for a run, and what of it is due after the trials that the ledger knows."""
    given, ledger = remembered.given_setup(place, entry.name), ledgers.ledger(entry)
    if entry.measured is None:
        return Advised()
    attempts = settled(ledger, entry.folder.name) if entry.folder is not None else []
    recommendations = entry.measured.advice(diagnosis, place, given, ledger)
    return Advised(recommendations, entry.measured.next_step(diagnosis, place, given, ledger, attempts))
