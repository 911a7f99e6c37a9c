"""Datasets: which there are, by name, and how a person names data of their own; none is loaded here."""

from __future__ import annotations

import os
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
SIZES = {"digits": 1797, "breast_cancer": 569, "text": 673}  # samples; of the text, stretches
COUNTED = 20e6  # bytes of a file up to which its lines are counted
FUNCTION = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


def is_own(dataset: str) -> bool:
    """Whether it names a person's own data, in one of the forms of ``OWN``."""
    source, _, path = dataset.partition(":")
    return bool(path) if source in SOURCES else is_function(dataset)


def is_function(dataset: str) -> bool:
    """Whether it names a factory, ``MODULE:FUNCTION``."""
    return dataset.partition(":")[0] not in SOURCES and FUNCTION.fullmatch(dataset) is not None


def samples_in(dataset: str) -> int | None:
    """How many samples there are, for the split into parts; None where that is not known without loading them."""
    source, _, path = unquoted(dataset).partition(":")
    if source != "csv" or not path:
        return SIZES.get(dataset)
    try:
        file = Path(os.path.expanduser(path))
        if not file.is_file() or file.stat().st_size > COUNTED:
            return None
        return max(0, sum(1 for line in file.read_bytes().splitlines() if line.strip()) - 1) or None
    except OSError:
        return None


def unquoted(text: str) -> str:
    """A path, with ``csv:`` before it or not, without the quotes that a shell or a file manager puts around it."""
    text = text.strip()
    source, colon, path = text.partition(":")
    before, path = (f"{source}:", path.strip()) if colon and source.lstrip("'\"") == source else ("", text)
    if len(path) > 1 and path[0] == path[-1] and path[0] in "'\"":
        path = path[1:-1].strip()
    return f"{before}{path}"


def located(dataset: str) -> str:
    """The same, with the path to a file or a folder made absolute, so that it is found from any folder."""
    source, _, path = dataset.partition(":")
    return f"{source}:{Path(os.path.expanduser(path)).absolute()}" if source in SOURCES and path else dataset


def nickname(dataset: str) -> str:
    """What a folder for it may be called: ``people`` for ``csv:there/people.csv``."""
    source, _, path = dataset.partition(":")
    return Path(path).stem if source in SOURCES and path else dataset.replace(":", "-")
