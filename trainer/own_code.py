"""Own code: the functions that somebody named on this machine's command line, which alone are ever imported.

A run folder says by which function it was trained, and may come from anywhere. What it says is not enough to run it.
"""

from __future__ import annotations

import json
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

    To be called for what a person typed, never for what a file says. Raises ``ConfigError``.
    """
    if not is_function(dataset):
        raise ConfigError(f"found {dataset!r}; name a function as MODULE:FUNCTION, for example my_data:make")
    try:
        file().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(file().with_suffix(".lock"), timeout=PATIENCE):
            functions = {**_functions(), dataset: str((folder or Path.cwd()).absolute())}
            files.write(file(), json.dumps(functions, indent=1).encode())
    except OSError as error:
        raise ConfigError(f"cannot remember {dataset} in {file()}: {error}") from error


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
