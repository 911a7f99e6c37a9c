"""HistoryFolder: which training histories of a log folder stand for a run, as directories like any other."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from pathlib import PurePosixPath

from diagnostics.logs.folders.directory import EventDirectory
from diagnostics.logs.folders.history_file import TRAINER_STATE, HistoryFile

_CHECKPOINT = re.compile(r"checkpoint-\d+")  # Hugging Face keeps the history so far in each


class HistoryFolder:
    """Histories in places where no event files are: not in their directory, above or below it.

    Frameworks often write both; the event files say more. ``directories`` has a directory for each history, named by
    the file where one directory holds several, so that ``train.csv`` and ``val.csv`` are a split like any other.
    """

    def __init__(self) -> None:
        self.directories: dict[str, EventDirectory] = {}
        self._files: dict[str, list[HistoryFile]] = {}

    def add(self, name: str, file: HistoryFile) -> None:
        """Take in a file of the directory ``name``."""
        path = PurePosixPath(name)
        self._files.setdefault(str(path.parent if _CHECKPOINT.fullmatch(path.name) else path), []).append(file)

    def poll(self, event_directories: Collection[str], read: Callable[[HistoryFile], bool]) -> set[str]:
        """Read what changed by ``read``; names of the directories whose content did, appeared or went away."""
        places = [place for place in self._files if not _is_taken(place, event_directories)]
        changed = {file for place in places for file in self._files[place] if read(file)}
        before = {name: directory.files[0] for name, directory in self.directories.items()}
        now = {name: file for place in places for name, file in _named(place, _one_a_training(self._files[place]))}
        for name in before.keys() - now.keys():
            del self.directories[name]
        for name, file in now.items():
            if before.get(name) is not file:
                self.directories[name] = EventDirectory(name, [file])
        names = before.keys() | now.keys()
        return {name for name in names if before.get(name) is not now.get(name) or now.get(name) in changed}


def _is_taken(place: str, event_directories: Collection[str]) -> bool:
    """Whether event files lie in the place, above or below it."""
    here = PurePosixPath(place)
    return any(here.is_relative_to(name) or PurePosixPath(name).is_relative_to(here) for name in event_directories)


def _one_a_training(files: list[HistoryFile]) -> list[HistoryFile]:
    """Those with scalars; of several states of one training, the last."""
    usable = [file for file in files if file.scalars]
    states = [file for file in usable if file.path.name == TRAINER_STATE]
    last = max(states, key=lambda file: max(int(rows.steps[-1]) for rows in file.scalars.values()), default=None)
    return [file for file in usable if file.path.name != TRAINER_STATE or file is last]


def _named(place: str, files: list[HistoryFile]) -> Iterator[tuple[str, HistoryFile]]:
    for file in files:
        yield place if len(files) == 1 else str(PurePosixPath(place) / file.path.stem), file
