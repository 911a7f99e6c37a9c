"""Trial files: what the runs of a folder try out, and the studies that they lie in."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path, PurePosixPath

from diagnostics.logs.folders.names import path_of
from diagnostics.trials.trial_file import TRIAL, Trial, TrialError, read_trial
from trainer.tuning.study_file import STUDY


class TrialFiles:
    """What runs try out, each file read again when it was written anew; a damaged one makes a run like any other."""

    def __init__(self) -> None:
        self._read: dict[Path, tuple[int, Trial | None]] = {}  # when its file was written, and what it says

    def of(self, folder: Path | None) -> Trial | None:
        """What the run in a folder tries out; ``None`` where it tries out nothing, and behind a URL."""
        if folder is None:
            return None
        try:
            written = (folder / TRIAL).stat().st_mtime_ns
        except OSError:
            self._read.pop(folder, None)
            return None
        if folder not in self._read or self._read[folder][0] != written:
            trial = None
            with suppress(TrialError):
                trial = read_trial(folder)
            self._read[folder] = written, trial
        return self._read[folder][1]


class Studies:
    """Which folders below a place hold a study, as far as somebody asked for a run in them."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._folders: set[str] = set()

    def of(self, name: str) -> str:
        """The nearest folder above a run that holds a study; empty where none does."""
        return next((folder for folder in above(name) if folder in self._folders), "")

    def look(self, names: Iterable[str]) -> set[str]:
        """Look again above these runs; the folders in which a study has come or gone."""
        folders = {folder for name in names for folder in above(name)}
        changed = {folder for folder in folders if self._holds(folder) != (folder in self._folders)}
        self._folders ^= changed
        return changed

    def _holds(self, folder: str) -> bool:
        return (path_of(self._place, folder) / STUDY).is_file()


@lru_cache(4096)
def above(name: str) -> tuple[str, ...]:
    """The folders between the place and a run, the nearest first."""
    return tuple(folder.as_posix() for folder in PurePosixPath(name).parents if folder.name)
