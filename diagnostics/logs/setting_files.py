"""Setting files: where programs leave their settings beside a log, whatever they call the file."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from diagnostics.files import read_regular
from diagnostics.logs.folders.names import name_of, path_of
from diagnostics.logs.setting_text import Setting, scalar, settings_in

_LARGEST = 1 << 20  # bytes; a larger file is no list of settings
_FILES = (  # the most believable first; others of the pattern come after them
    *("config.json", "hparams.yaml", "args.yaml", "config.yaml", "config.yml", "config.toml", "args.json", "opt.yaml"),
    *("hyp.yaml", "hparams.json", "params.json", "params.yaml", "training_args.json", "args.txt"),
)
_OF_SETTINGS = re.compile(
    r"(?:.*[_.-])?(?:config|cfg|conf|args|arguments|opts?|options|hyp|h?params|parameters|hyper_?params|"
    r"hyper_?parameters|settings|flags|setup|cmd|command)(?:[_.-].*)?\.(?:json|ya?ml|toml|txt)",
    re.IGNORECASE,
)
_NO_SETTINGS = re.compile(
    r"(?:tokenizer|generation|preprocessor|processor|package|tsconfig|dataset_info).*", re.IGNORECASE
)
_PARAMS = "params"  # MLflow's folder, with a file for each
_MOST_PARAMS = 500  # files


def setting_files(directories: list[str], logdir: Path) -> Iterator[tuple[str, list[Setting]]]:
    """Name and settings of each file in the directories of a run; where they have none, of those in the one above.

    Names are relative to ``logdir``; a directory with event files of its own is another run's.
    """
    read = list(_with_settings([path for directory in directories for path in _paths(path_of(logdir, directory))]))
    if not read:
        above = sorted({str(PurePosixPath(directory).parent) for directory in directories} - {*directories})
        inside = [path_of(logdir, parent) for parent in above if "." not in directories]
        read = list(_with_settings([path for parent in inside if not _is_a_run(parent) for path in _paths(parent)]))
    for path, settings in read:
        yield name_of(os.path.relpath(path, logdir).replace(os.sep, "/")), settings


def _with_settings(paths: list[str]) -> Iterator[tuple[str, list[Setting]]]:
    for path in dict.fromkeys(paths):
        try:
            status = os.stat(path)
            settings = _settings_of(_Version(path, status.st_mtime_ns, status.st_size, stat.S_ISDIR(status.st_mode)))
        except (OSError, UnicodeDecodeError):
            continue
        if settings:
            yield path, list(settings)


def _paths(directory: Path) -> list[str]:
    """Files of settings in a directory, and in the folders that Hydra, wandb and MLflow keep for them."""
    names = _names(directory)
    files = [
        name for name in names if name in _FILES or (_OF_SETTINGS.fullmatch(name) and not _NO_SETTINGS.match(name))
    ]
    files.sort(key=lambda name: (_FILES.index(name) if name in _FILES else len(_FILES), name))
    paths = [str(directory / name) for name in files]
    if ".hydra" in names:
        paths.append(str(directory / ".hydra" / "config.yaml"))
    if "wandb" in names:
        runs = [name for name in _names(directory / "wandb") if "run-" in name]
        paths += [str(directory / "wandb" / name / "files" / "config.yaml") for name in runs[-1:]]
    if "files" in names and directory.name.startswith(("run-", "offline-run-")):
        paths.append(str(directory / "files" / "config.yaml"))
    if {_PARAMS, "meta.yaml"} <= set(names):
        paths.append(str(directory / _PARAMS))
    return paths


def _names(directory: Path) -> list[str]:
    try:
        return sorted(os.listdir(directory))
    except OSError:
        return []


def _is_a_run(directory: Path) -> bool:
    return any("tfevents" in name for name in _names(directory))


class _Version(NamedTuple):
    """A file, or MLflow's folder, as it was written at one time."""

    path: str
    changed: int
    size: int
    is_folder: bool


@lru_cache(maxsize=2048)
def _settings_of(version: _Version) -> tuple[Setting, ...]:
    path = Path(version.path)
    if version.is_folder:
        return tuple(_params(path)) if path.name == _PARAMS else ()
    text = read_regular(path, at_most=_LARGEST).decode("utf-8-sig")
    return tuple(settings_in(text, suffix=path.suffix.lower()))


def _params(directory: Path) -> Iterator[Setting]:
    for name in _names(directory)[:_MOST_PARAMS]:
        try:
            yield (name,), scalar(read_regular(directory / name, at_most=_LARGEST).decode("utf-8", errors="replace"))
        except OSError:
            continue
