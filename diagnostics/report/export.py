"""Export: every curve, setting and verdict of a folder as one long table, for a spreadsheet or a notebook."""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from diagnostics.check_options import SentenceParser, place
from diagnostics.commands import EXPORT
from diagnostics.files import is_among, need_no_log
from diagnostics.logs import open_logs
from diagnostics.logs.folders.directory import LogError
from diagnostics.logs.run import Run
from diagnostics.logs.settings import named_sources
from diagnostics.report.neutral import cell
from diagnostics.report.results import SCHEMA, Result, judged, need_runs
from diagnostics.run_diagnosis import RunDiagnosis

FORMATS = ("csv", "parquet", "json")
COLUMNS = {
    "run": "str",
    "kind": "str",  # curve, setting or verdict
    "place": "str",  # of a curve its folder, of a setting where it stands
    "name": "str",
    "step": "Int64",
    "time": "float64",  # seconds since 1970
    "value": "float64",
    "text": "str",  # of what is no number
}


def long_table(results: Iterable[Result], logdir: str | Path) -> pd.DataFrame:
    """A row for each point of each curve, each setting, and each part of each verdict; columns as in ``COLUMNS``."""
    parts = []
    for run, diagnosis in results:
        parts += _curves(run)
        parts.append(pd.DataFrame([*_settings(run, logdir), *_verdict(run, diagnosis)]))
    whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return whole.reindex(columns=[*COLUMNS]).astype(COLUMNS)


def csv_text(table: pd.DataFrame) -> str:
    """``table`` as CSV in which no text, heading or name is something that a spreadsheet computes."""
    columns = (name for name in table if not pd.api.types.is_numeric_dtype(table[name]))
    texts = {name: _cells(table[name]) for name in columns}
    return str(table.assign(**texts).rename(columns=lambda name: cell(str(name))).to_csv(index=False))


def exported(table: pd.DataFrame, kind: str, logdir: str) -> bytes:
    """The table in one of ``FORMATS``."""
    if kind == "csv":
        return csv_text(table).encode("utf-8", "backslashreplace")
    if kind == "parquet":
        buffer = io.BytesIO()
        table.to_parquet(buffer, index=False)
        return buffer.getvalue()
    rows = table.astype(object).where(table.notna() & ~table.isin([float("inf"), float("-inf")]), None)
    document = {"schema": SCHEMA, "logdir": logdir, "rows": rows.to_dict("records")}
    return json.dumps(document, allow_nan=False).encode("utf-8") + b"\n"


def parser(program: str = EXPORT) -> argparse.ArgumentParser:
    """What is exported, as what, and where to."""
    top = SentenceParser(
        program, description="Write every curve, setting and verdict of a folder of logs as one long table."
    )
    top.add_argument(
        "logdir", metavar="LOGDIR", type=place, help="a run, a folder of runs, or any folder above; also a URL"
    )
    top.add_argument("--to", choices=FORMATS, help="the format; by default that of FILE's name")
    top.add_argument("--out", metavar="FILE", type=Path, help="where to; by default standard output")
    return top


def main(arguments: Sequence[str] | None = None, *, program: str = EXPORT) -> int:
    """Export; 0 when it is written, 2 when something must be changed."""
    asked = parser(program)
    options = asked.parse_args(arguments)
    kind = options.to or (options.out and options.out.suffix.lstrip(".").lower())
    if kind not in FORMATS:
        asked.error("give the format: --to csv, --to parquet or --to json")
    if kind == "parquet" and options.out is None:
        asked.error("parquet is no text; say where to with --out FILE")
    try:
        logs = need_runs(open_logs(options.logdir))
        table = long_table(judged(logs), options.logdir)
        _write(exported(table, kind, options.logdir), options.out, options.logdir)
    except BrokenPipeError:
        raise
    except (LogError, OSError) as error:
        print(f"{program}: {error}", file=sys.stderr)
        return 2
    if options.out is not None:
        runs = f"{len(logs.runs)} {'run' if len(logs.runs) == 1 else 'runs'}"
        among = (
            "; it lies among the logs, and is not read as one of them" if is_among(options.out, options.logdir) else ""
        )
        print(f"wrote {len(table)} rows of {runs} to {options.out}{among}")
    return 0


def _write(data: bytes, path: Path | None, logdir: str) -> None:
    if path is not None:
        try:
            need_no_log(path, logdir)
            path.write_bytes(data)
        except OSError as error:
            raise OSError(
                f"the table cannot be written to {path}: {error.strerror or error}; name a file in a folder that "
                "exists and can be written to"
            ) from error
    else:
        sys.stdout.write(data.decode("utf-8"))
        sys.stdout.flush()


def _curves(run: Run) -> list[pd.DataFrame]:
    """One table of all of them: a table for each would cost more than its points."""
    curves = [(key, curve) for key, curve in run.curves.items() if len(curve)]
    if not curves:
        return []
    points = [len(curve) for _, curve in curves]
    times = [np.full(len(curve), np.nan) if curve.wall_times is None else curve.wall_times for _, curve in curves]
    return [
        pd.DataFrame(
            {
                "run": _writable(run.name),
                "kind": "curve",
                "place": _repeated([_writable(key.run) for key, _ in curves], points),
                "name": _repeated([_writable(key.tag) for key, _ in curves], points),
                "step": np.concatenate([curve.steps for _, curve in curves]),
                "time": np.concatenate(times),
                "value": np.concatenate([curve.values for _, curve in curves]),  # noqa: PD011 - of a Curve
            }
        )
    ]


def _repeated(texts: list[str], times: list[int]) -> pd.Index[Any]:
    """Each text as often as it has points."""
    return pd.Index(texts, dtype="str").repeat(times)


def _settings(run: Run, logdir: str | Path) -> list[dict[str, Any]]:
    """Each setting once for each place where it stands."""
    return [
        {
            "run": _writable(run.name),
            "kind": "setting",
            "place": _writable(place),
            "name": _writable("/".join(map(str, name))),
            **_value(value),
        }
        for place, settings in named_sources(run, Path(logdir))
        for name, value in settings
    ]


def _verdict(run: Run, diagnosis: RunDiagnosis) -> list[dict[str, Any]]:
    """What decided, and what was decided."""
    best = diagnosis.best
    parts = {
        "verdict": diagnosis.verdict.value,
        "severity": diagnosis.severity,
        "confidence": diagnosis.confidence,
        "probability": diagnosis.probability,
        "onset_step": diagnosis.onset_step,
        "best_step": best and best.step,
        "best_value": best and best.value,
        "reason": diagnosis.reason,
        **{f"signal/{name}": value for name, value in diagnosis.signals.items()},
    }
    return [
        {"run": _writable(run.name), "kind": "verdict", "name": name, **_value(value)}
        for name, value in parts.items()
        if value is not None
    ]


def _value(value: object) -> dict[str, Any]:
    """Where a value stands: numbers and truths under ``value``, the rest under ``text``."""
    is_number = isinstance(value, int | float) and abs(value) < 1e300
    return {"value": float(value)} if is_number else {"text": _writable(str(value))}  # type: ignore[arg-type]


def _writable(text: str) -> str:
    """The text with the bytes of a name that are no UTF-8 written out, which a table cannot hold."""
    return text.encode("utf-8", "backslashreplace").decode()


def _cells(column: pd.Series[Any]) -> pd.Series[Any]:
    """A column of texts, most of them the same again and again, each made harmless once."""
    if not isinstance(column.dtype, pd.StringDtype):
        return column.map(_cell)
    codes, texts = pd.factorize(column)
    harmless = np.array([*map(_cell, texts), None], dtype=object)  # the last one for what is missing, whose code is -1
    return pd.Series(harmless[codes], index=column.index)


def _cell(value: object) -> object:
    return cell(value) if isinstance(value, str) else value


if __name__ == "__main__":
    sys.exit(main())
