"""Datasets: which there are, by name, and how a person names data of their own; none is loaded here."""

from __future__ import annotations

import re
from pathlib import Path

# names and the modules of trainer.data that read them
DATASETS = {
    "digits": ".digits",
    "breast_cancer": ".breast_cancer",
    "text": ".text",
}
SOURCES = {"csv": ".table", "images": ".images"}  # what a person's own files are read by
OWN = ("csv:FILE", "images:DIR", "MODULE:FUNCTION")
FUNCTION = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


def is_own(dataset: str) -> bool:
    """Whether it names a person's own data, in one of the forms of ``OWN``."""
    source, _, path = dataset.partition(":")
    return bool(path) if source in SOURCES else is_function(dataset)


def is_function(dataset: str) -> bool:
    """Whether it names a factory, ``MODULE:FUNCTION``."""
    return dataset.partition(":")[0] not in SOURCES and FUNCTION.fullmatch(dataset) is not None


def located(dataset: str) -> str:
    """The same, with the path to a file or a folder made absolute, so that it is found from any folder."""
    source, _, path = dataset.partition(":")
    return f"{source}:{Path(path).expanduser().absolute()}" if source in SOURCES and path else dataset


def nickname(dataset: str) -> str:
    """What a folder for it may be called: ``people`` for ``csv:there/people.csv``."""
    source, _, path = dataset.partition(":")
    return Path(path).stem if source in SOURCES and path else dataset.replace(":", "-")
