"""Fitwatch as ``pip install`` leaves it: the wheel in an environment that holds what it declares and nothing else.

The packages it depends on are linked from the environment of the tests, so that no index is needed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 120.0  # seconds, on a busy machine
HOSTILE = ("app", "diagnostics", "trainer")  # names that other people's folders have, too


@dataclass(frozen=True)
class Installed:
    """An environment with Fitwatch in it. Its programs run in ``folder``, whose modules raise when imported."""

    scripts: Path
    folder: Path

    def run(self, *words: str, code: int = 0, first_on_path: Path | None = None) -> subprocess.CompletedProcess[str]:
        """The end of a program of this environment, which must end with this exit code."""
        done = subprocess.run(
            [self.scripts / words[0], *words[1:]],
            cwd=self.folder,
            env=self.environment(first_on_path or self.scripts),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, f"{words} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return done

    @contextmanager
    def started(self, *words: str) -> Iterator[subprocess.Popen[bytes]]:
        """A program of this environment at work; it ends with the context."""
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(
            [self.scripts / words[0], *words[1:]], cwd=self.folder, env=self.environment(self.scripts), **quiet
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE)

    def environment(self, first_on_path: Path) -> dict[str, str]:
        """That of a person who has activated the environment of these scripts."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        return {**kept, "PATH": os.pathsep.join([str(first_on_path), os.environ["PATH"]]), "COLUMNS": "200"}


def build(folder: Path, root: Path = ROOT) -> Path:
    """The wheel of the tree at ``root``, built without an index."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, folder: Path, *, extra: str = "") -> Installed:
    """A new environment in ``folder`` with the wheel, what it requires and what ``extra`` does."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    python = folder / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)
    (packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
    for path in _files(_required(Distribution.at(next(packages.glob("fitwatch-*.dist-info"))), extra)):
        if not (packages / path.name).exists():
            (packages / path.name).symlink_to(path)
    work = folder / "work"
    work.mkdir()
    for name in HOSTILE:
        (work / f"{name}.py").write_text("raise RuntimeError('imported from the folder of the person who called')\n")
    return Installed(python.parent, work)


def _required(of: Distribution, extra: str = "") -> dict[str, Distribution]:
    """Everything that it requires, and what that requires, by name."""
    found: dict[str, Distribution] = {}
    waiting = [(of, extra)]
    while waiting:
        current, extra = waiting.pop()
        for requirement in map(Requirement, current.requires or ()):
            if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
                continue
            for inner in requirement.extras or {""}:
                if f"{requirement.name}[{inner}]" not in found:
                    dependency = distribution(requirement.name)
                    found[f"{requirement.name}[{inner}]"] = dependency
                    waiting.append((dependency, inner))
    return found


def _files(distributions: dict[str, Distribution]) -> set[Path]:
    """What they put into a folder of packages."""
    files = set()
    for found in distributions.values():
        for path in found.files or ():
            if path.parts[0] not in ("..", "__pycache__") and path.suffix != ".pth":
                files.add(Path(str(found.locate_file(path.parts[0]))))
    return files
