"""HistoryFolder: which training histories of a log folder stand for a run, as directories like any other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath

from diagnostics.logs.boosting import CATBOOST_FOLDER
from diagnostics.logs.folders.copies import nested_copies, without_copies
from diagnostics.logs.folders.directory import EventDirectory
from diagnostics.logs.folders.history_file import HistoryFile, HistoryPart
from diagnostics.logs.histories.formats import depth_in_run
from diagnostics.logs.histories.history import measures_a_fit
from diagnostics.logs.histories.json_file import TRAINER_STATE
from diagnostics.logs.matching.tokens import split_of, words

_CHECKPOINT = re.compile(r"checkpoint-\d+")  # Hugging Face keeps the history so far in each


class HistoryFolder:
    """Histories in places where no event files are: not in their directory, above or below it.

    Frameworks often write both; the event files say more. Our own export of a folder stands for runs only where there
    is no other log, as on another machine; beside the logs it was made from, each run would be there twice.
    ``directories`` has a directory for each history, named by
    the file where one directory holds several, so that ``train.csv`` and ``val.csv`` are a split like any other.
    """

    def __init__(self) -> None:
        self.directories: dict[str, EventDirectory] = {}
        self._files: dict[str, list[HistoryFile]] = {}
        self._by_series: set[str] = set()  # places with a file for each series
        self._copies: set[str] = set()  # runs that lie in another place as well
        self._compared: tuple[list[str], bool] = [], False

    def __len__(self) -> int:
        return sum(map(len, self._files.values()))

    def add(self, name: str, file: HistoryFile) -> None:
        """Take in a file of the directory ``name``."""
        place = PurePosixPath(name)
        if depth := depth_in_run(file.path.absolute().as_posix()):
            place = PurePosixPath(*place.parts[: max(0, len(place.parts) - depth)])
            self._by_series.add(str(place))
        elif _CHECKPOINT.fullmatch(place.name):
            place = place.parent
        self._files.setdefault(str(place), []).append(file)

    def poll(self, events: Mapping[str, EventDirectory], read: Callable[[HistoryFile], bool]) -> set[str]:
        """Read what changed by ``read``; names of the directories whose content did, appeared or went away.

        ``events`` are the directories with event files, by their names.
        """
        if not self._files:
            return set()
        taken = _Taken(events)
        places = [place for place in self._files if place not in taken]
        changed = {file for place in places for file in self._files[place] if read(file)}
        logs = taken.any or any(not part.exported for place in places for part in self._parts(place))
        runs = {place: list(self._directories(place, exports=not logs)) for place in places}
        if changed or (places, logs) != self._compared:
            self._copies, self._compared = nested_copies(runs), (places, logs)
        before = self.directories
        now = {run.name: run for listed in runs.values() for run in listed if run.name not in self._copies}
        self.directories = {
            name: before[name] if name in before and before[name].files == directory.files else directory
            for name, directory in now.items()
        }
        written = {part for file in changed for part in file.parts.values()}
        names = before.keys() | now.keys()
        return {
            name
            for name in names
            if before.get(name) is not self.directories.get(name) or not written.isdisjoint(now[name].files)
        }

    @property
    def left_out(self) -> list[str]:
        """One sentence for each export of our own that is left out because there are other logs."""
        _, logs = self._compared
        paths = {part.path: None for place in self._files for part in self._parts(place) if part.exported}
        return [f"{path} is an export of Fitwatch, left out because other logs lie here" for path in paths if logs]

    def _parts(self, place: str) -> Iterator[HistoryPart]:
        return (part for file in self._files[place] for part in file.parts.values())

    def _directories(self, place: str, *, exports: bool) -> Iterator[EventDirectory]:
        parts = [(name, part) for file in self._files[place] for name, part in file.parts.items()]
        parts = [(name, part) for name, part in parts if exports or not part.exported]
        if place in self._by_series:
            if parts:
                yield EventDirectory(place, [part for _, part in parts])
            return
        usable = _one_a_training(parts)
        main = _beside_its_validation(usable)
        for name, part in usable:
            alone = part is main or (len(usable) == 1 and not name)
            yield EventDirectory(place if alone else str(PurePosixPath(place, _stem(part), name)), [part])


class _Taken:
    """The places in, above or below a directory with event files that hold scalars."""

    def __init__(self, events: Mapping[str, EventDirectory]) -> None:
        self._below = {name for name, directory in events.items() if any(file.scalars for file in directory.files)}
        self.any = bool(self._below)
        self._above = {str(above) for name in self._below for above in PurePosixPath(name).parents} | self._below

    def __contains__(self, place: str) -> bool:
        return place in self._above or not self._below.isdisjoint(map(str, PurePosixPath(place).parents))


def _one_a_training(parts: list[tuple[str, HistoryPart]]) -> list[tuple[str, HistoryPart]]:
    """Those that measure a fit, if any does; of several states of one training the last, of copies the fullest."""
    fitting = [(name, part) for name, part in parts if measures_a_fit(list(part.scalars))] or parts
    states = [part for _, part in fitting if part.path.name == TRAINER_STATE]
    last = max(states, key=lambda part: max(int(rows.steps[-1]) for rows in part.scalars.values()), default=None)
    kept = [(name, part) for name, part in fitting if part.path.name != TRAINER_STATE or part is last]
    originals = without_copies([part for _, part in kept])
    return [(name, part) for name, part in kept if part in originals]


def _beside_its_validation(parts: list[tuple[str, HistoryPart]]) -> HistoryPart | None:
    """The one history that names no side, where each other is a side: ``history.csv`` beside ``evaluation.csv``."""
    sides = [split_of(words(_stem(part))) for _, part in parts]
    others = {side for side in sides if side is not None}
    if len(parts) < 2 or sides.count(None) != 1 or not others <= {"val", "test"}:
        return None
    return parts[sides.index(None)][1]


def _stem(part: HistoryPart) -> str:
    """What a file is called where its directory has several; CatBoost's are the errors of one side each."""
    stem = part.path.stem
    return stem.removesuffix("_error") if part.path.parent.name == CATBOOST_FOLDER else stem
