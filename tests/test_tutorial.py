"""The tutorial: its program, its commands and what they print, in the order in which a reader meets them."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")


def typed(line: str) -> list[str]:
    """A line of the tutorial as it runs without an installation; a trial's command is started by the same Python."""
    first, *rest = shlex.split(line)
    program = {"python": [sys.executable], "fitwatch": [sys.executable, "-m", "fitwatch"]}[first]
    return [*program, *(re.sub(r"^python ", f"{shlex.quote(sys.executable)} ", word) for word in rest)]


def words_of(text: str) -> list[str]:
    """Without its numbers, which differ between machines."""
    return re.findall(r"[A-Za-z_]+", text)


def contains(words: list[str], part: list[str]) -> bool:
    return any(words[start : start + len(part)] == part for start in range(len(words)))


def test_the_tutorial_ends_with_a_confirmed_fix(tmp_path: Path) -> None:
    program = re.search(r"<!-- file: train.py -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    assert program is not None
    (tmp_path / "train.py").write_text(program[1], encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80", "OMP_NUM_THREADS": "1"}
    printed = ""
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE):
        if language == "sh":
            lines = [typed(line) for line in block.splitlines()]
            done = [
                subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True) for line in lines
            ]
            assert not [process.stderr for process in done if process.returncode]
            printed = "".join(process.stdout for process in done).replace("python -m fitwatch", "fitwatch")
        elif language == "":
            assert contains(words_of(printed), words_of(block)), f"this was printed:\n{printed}"
    assert (tmp_path / "runs.html").is_file()
