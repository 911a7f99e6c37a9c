"""Folder: the advice for every run of a log folder, with what the trials beside each one say of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from diagnostics.logs.run import Run
from diagnostics.recommend import recommend
from diagnostics.recommend.reading import setup_of
from diagnostics.recommend.recommendation import Recommendation
from diagnostics.recommend.setup import Told
from diagnostics.trials.ledger import folder_of, read
from diagnostics.verdict import Diagnosis

Advice = Mapping[str, Sequence[Recommendation]]


def advice_for(results: Iterable[tuple[Run, Diagnosis]], logdir: str | Path, told: Told | None = None) -> Advice:
    """The recommendations of every run, by its name; ``told`` holds for all. Raises ``LedgerError``."""
    ledger_in = cache(read)
    return {
        run.name: recommend(found, setup_of(run, logdir, told), ledger_in(folder_of(Path(logdir, run.name))))
        for run, found in results
    }
