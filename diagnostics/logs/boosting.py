"""Boosting: whether a log is one of trees that were added one by one, and whose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import TypeVar

CATBOOST_FOLDER = "catboost_info"
_FILES = {"xgb": "xgboost", "xgboost": "xgboost", "lgb": "lightgbm", "lgbm": "lightgbm", "lightgbm": "lightgbm"}
_SETS = re.compile(r"validation_(\d+)")  # XGBoost's names for the data sets of eval_set, in their order
_LIGHTGBM_SETS = re.compile(r"valid_\d+")
_XGBOOST_METRICS = frozenset(("logloss", "mlogloss", "merror", "aucpr", "rmsle", "mphe"))
_LIGHTGBM_METRICS = frozenset(("binary_logloss", "multi_logloss", "binary_error", "multi_error", "l1", "l2", "auc_mu"))

Series = TypeVar("Series")


def boosting_in(directories: Iterable[str]) -> str | None:
    """The library whose own folder one of the directories is or lies in; None for none."""
    folders = {part for directory in directories for part in PurePosixPath(directory).parts}
    return "catboost" if CATBOOST_FOLDER in folders else None


def boosting_of(file: str, names: Iterable[str]) -> str | None:
    """The library whose name a file has, or whose names its series ``<data set>/<metric>``; None for neither."""
    words = set(re.split(r"[^a-z]+", file.lower()))
    for word, library in _FILES.items():
        if word in words:
            return library
    pairs = [name.rpartition("/")[::2] for name in names]
    sets, metrics = {of for of, _ in pairs if of}, {metric.partition("@")[0] for _, metric in pairs}
    if not sets:
        return None
    if "training" in sets or any(map(_LIGHTGBM_SETS.fullmatch, sets)):
        return (
            "lightgbm"
            if metrics <= _LIGHTGBM_METRICS | {"auc", "rmse", "mape", "ndcg", "map", "cross_entropy"}
            else None
        )
    if metrics <= _LIGHTGBM_METRICS:
        return "lightgbm"
    return "xgboost" if any(map(_SETS.fullmatch, sets)) or metrics & _XGBOOST_METRICS else None


def with_sides(series: Mapping[str, Series]) -> dict[str, Series]:
    """XGBoost's ``validation_0`` as training where there are more: in its manual, the training set comes first."""
    numbers = {int(match[1]) for name in series if (match := _SETS.match(name))}
    if len(numbers) < 2 or 0 not in numbers:
        return dict(series)
    return {re.sub(r"^validation_0(?=\W)", "train", name): values for name, values in series.items()}
