"""Boosting: whether a log is one of trees that were added one by one, and whose."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

CATBOOST_FOLDER = "catboost_info"


def boosting_in(directories: Iterable[str]) -> str | None:
    """The library whose own folder one of the directories is or lies in; None for none."""
    folders = {part for directory in directories for part in PurePosixPath(directory).parts}
    return "catboost" if CATBOOST_FOLDER in folders else None
