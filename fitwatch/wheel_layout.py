"""Wheel layout: lays app, diagnostics and trainer under ``fitwatch`` when the wheel is built.

In the source tree they stand beside each other and import each other by their plain names. Installed under those names
they would hide, or be hidden by, a ``trainer.py`` or ``app.py`` of the person who uses them.
"""

from __future__ import annotations

import ast
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGES = ("app", "diagnostics", "trainer")
REFERENCE = ("method.md", "regularizers.md")  # of docs/, which the app shows


class WheelLayout(BuildHookInterface[Any]):
    """Fills the wheel with a copy of the tree in which every import of a package starts with ``fitwatch.``."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """An editable install imports the tree as it is."""
        if version == "editable":
            return
        self._copy = TemporaryDirectory()
        lay_out(Path(self.root), Path(self._copy.name))
        build_data["force_include"][self._copy.name] = "fitwatch"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """The wheel is written; the copy can go."""
        if version != "editable":
            self._copy.cleanup()


def lay_out(root: Path, target: Path) -> None:
    """Write what ``fitwatch`` is once installed into ``target``."""
    ignored = shutil.ignore_patterns("__pycache__", Path(__file__).name)
    for source, name in [(root / "fitwatch", ""), *((root / package, package) for package in PACKAGES)]:
        shutil.copytree(source, target / name, ignore=ignored, dirs_exist_ok=True)
    for module in target.rglob("*.py"):
        module.write_text(renamed(module.read_text(encoding="utf-8")), encoding="utf-8")
    (target / "docs").mkdir()
    for page in REFERENCE:
        shutil.copy(root / "docs" / page, target / "docs")


def renamed(code: str) -> str:
    """``from trainer.job import start`` becomes ``from fitwatch.trainer.job import start``; line numbers stay."""
    lines = code.splitlines(keepends=True)
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and not node.level and _ours(node.module or ""):
            old, new = "from ", "from fitwatch."
        elif isinstance(node, ast.Import) and any(_ours(alias.name) for alias in node.names):
            if len(node.names) > 1 or "." in node.names[0].name:
                raise ValueError(f"found {ast.unparse(node)!r}; write it as 'from package import module'")
            old, new = "import ", "from fitwatch import "
        else:
            continue
        line, start = lines[node.lineno - 1], node.col_offset
        lines[node.lineno - 1] = line[:start] + line[start:].replace(old, new, 1)
    return "".join(lines)


def _ours(module: str) -> bool:
    return module.split(".")[0] in PACKAGES
