"""Jobs: the trainings of ours below a folder, found once and then only looked at where something happens."""

from __future__ import annotations

import os
import time
from pathlib import Path

from diagnostics.logs.folders.names import name_of, path_of
from diagnostics.logs.folders.turns import Turns
from trainer import job
from trainer.job import STATUS, Status

SETTLED = 2.0  # seconds; a folder changed this recently may change again without its time stamp moving


class Jobs:
    """Where every training below ``place`` stands, by its folder relative to it (``"."`` for itself).

    A status is replaced by rename, which changes its folder: one that did not change is not read again, unless its
    training is at work. Of very many folders, those that did not change for long are looked at in turn.
    """

    def __init__(self, place: str) -> None:
        self.statuses: dict[str, Status] = {}
        self._place = place
        self._stamps: dict[str, int] = {}
        self._inner: set[str] = set()
        self._turns: Turns[str] = Turns()

    def poll(self, *, thorough: bool = True) -> set[str]:
        """Look again; the names of the folders in which something changed."""
        changed: set[str] = set()
        due = [self._place, *self._inner, *self._turns.due(all_of_them=thorough)]
        waiting = list(dict.fromkeys(due))
        while waiting:
            waiting += self._look(waiting.pop(), changed)
        for name in [name for name, status in self.statuses.items() if status.live and name not in changed]:
            self._read(str(path_of(self._place, name)), name, changed)
        return changed

    def _look(self, path: str, changed: set[str]) -> list[str]:
        """Look at one folder; the folders in it that are new."""
        try:
            stamp = os.stat(path).st_mtime_ns
            if self._stamps.get(path) == stamp:
                return []
            with os.scandir(path) as entries:
                listing = list(entries)
        except OSError:
            self._forget(path, changed)
            return []
        if path in self._stamps:
            self._turns.changed(path)
        else:
            self._turns.add(path)
        self._stamps[path] = stamp if abs(time.time() - stamp / 1e9) > SETTLED else -1
        name = name_of(Path(path).relative_to(self._place).as_posix())
        changed.add(name)
        if any(entry.name == STATUS for entry in listing):
            self._read(path, name, changed)
        else:
            self.statuses.pop(name, None)
        inside = [e.path for e in listing if e.path not in self._stamps and e.is_dir(follow_symlinks=False)]
        if inside:
            self._inner.add(path)
        return inside

    def _read(self, path: str, name: str, changed: set[str]) -> None:
        status = job.status(path)
        if status == self.statuses.get(name):
            return
        changed.add(name)
        if status is None:
            self.statuses.pop(name, None)
        else:
            self.statuses[name] = status

    def _forget(self, path: str, changed: set[str]) -> None:
        """The folder is gone, with all below it."""
        inside = path in self._inner
        below = [known for known in self._stamps if known.startswith(path + os.sep)] if inside else []
        for known in (path, *below):
            self._stamps.pop(known, None)
            self._turns.remove(known)
            self._inner.discard(known)
            name = name_of(Path(known).relative_to(self._place).as_posix())
            if self.statuses.pop(name, None) is not None:
                changed.add(name)
