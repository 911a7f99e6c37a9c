"""Extras: the packages that only a training or a search needs, and how to get one that is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from trainer.errors import TrainerError

TRAIN = {"torch": "torch", "kornia": "kornia", "optuna": "optuna", "sqlalchemy": "sqlalchemy", "PIL": "pillow"}
INSTALL = "pip install 'fitwatch[train]'" if __name__.startswith("fitwatch.") else "pip install -r requirements.txt"


class MissingPackageError(TrainerError):
    """A package is not installed; the message says how to install it."""

    def __init__(self, package: str) -> None:
        super().__init__(f"this needs the package {TRAIN[package]}, which is not installed; run: {INSTALL}")


def need(*packages: str) -> None:
    """Raises ``MissingPackageError`` for one that is not there, without importing any."""
    for package in packages:
        if find_spec(package) is None:
            raise MissingPackageError(package)


@contextmanager
def explained() -> Iterator[None]:
    """An import that fails because a package is missing becomes a ``MissingPackageError``."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in TRAIN:
            raise
        raise MissingPackageError(error.name) from error
