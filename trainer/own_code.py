"""Own code: the functions that somebody named on this machine's command line, which alone are ever imported.

A run folder says by which function it was trained, and may come from anywhere. What it says is not enough to run it.
"""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path

from filelock import FileLock
from platformdirs import user_state_path

from trainer import PROGRAM, files
from trainer.datasets import is_function
from trainer.errors import ConfigError

PATIENCE = 10.0  # seconds to wait for another process that names one


def file() -> Path:
    """Where the functions are kept that this user named, each with the folder it is imported from."""
    return user_state_path("fitwatch", appauthor=False) / "functions.json"


def trust(dataset: str, folder: Path | None = None) -> None:
    """Let ``MODULE:FUNCTION`` be imported from ``folder``, the current one by default, from now on.

    To be called for what a person typed, never for what a file says. Raises ``ConfigError``, also for a function of
    Python's own library: none of them makes a network and samples, so that only a hostile run asks for one.
    """
    if not is_function(dataset):
        raise ConfigError(f"found {dataset!r}; name a function as MODULE:FUNCTION, for example my_data:make")
    folder = (folder or Path.cwd()).absolute()
    if _top(dataset) in sys.stdlib_module_names and _below(folder, dataset) is None:
        raise ConfigError(
            f"{dataset} is of Python's own library, in which nothing makes a network and samples; name a function of "
            "your own, for example my_data:make"
        )
    try:
        file().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(file().with_suffix(".lock"), timeout=PATIENCE):
            functions = {**_functions(), dataset: str(folder)}
            files.write(file(), json.dumps(functions, indent=1).encode())
    except OSError as error:
        raise ConfigError(f"cannot remember {dataset} in {file()}: {error}") from error


def origin(dataset: str, folder: Path) -> Path:
    """The file or folder that the module lies in; nothing is imported. Raises ``ConfigError`` where there is none."""
    if (place := _below(folder, dataset)) is not None:
        return place
    top = _top(dataset)
    try:
        spec = find_spec(top)
    except ValueError:  # a module that is running and says nothing of where it came from
        spec = None
    places = [] if spec is None else [spec.origin, *(spec.submodule_search_locations or ())]
    if not (known := [place for place in places if place]):
        raise ConfigError(
            f"there is no module {top} in {folder}; go to the folder that holds it and type: {PROGRAM} trust {dataset}"
        )
    return Path(known[0])


def _top(dataset: str) -> str:
    return dataset.partition(":")[0].partition(".")[0]


def _below(folder: Path, dataset: str) -> Path | None:
    top = _top(dataset)
    return next((path for path in (folder / f"{top}.py", folder / top) if path.exists()), None)


def need_trusted(dataset: str) -> Path:
    """The folder that the function is imported from. Raises ``ConfigError`` for one that nobody named here."""
    folder = _functions().get(dataset)
    if folder is None:
        raise ConfigError(
            f"this training runs code, {dataset}, that you have not named on this machine; if you trust that code, go "
            f"to the folder that holds it and type: {PROGRAM} trust {dataset}"
        )
    return Path(folder)


def _functions() -> dict[str, str]:
    try:
        functions = json.loads(files.read(file()))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(functions, dict):
        return {}
    return {name: folder for name, folder in functions.items() if isinstance(folder, str)}
