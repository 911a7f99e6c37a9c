"""The Dockerfile: its form, and that what it copies is all that a wheel is built from."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.installed import ROOT, build

LINES = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_the_linter_of_dockerfiles_finds_nothing() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    found = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True)
    assert (found.returncode, found.stdout) == (0, "")


def test_a_container_does_not_run_as_root_and_is_published_on_this_machine_only() -> None:
    assert re.findall(r"^USER (.+)$", LINES, re.MULTILINE) == ["1000"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    published = re.findall(r"-p (\S+)", LINES + readme)
    assert published
    assert set(published) == {"127.0.0.1:8501:8501"}


def test_what_is_copied_builds_the_same_wheel(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    first_stage = LINES.partition("\nFROM")[2].partition("\nFROM")[0]
    for line in re.findall(r"^COPY (.+)$", first_stage, re.MULTILINE):
        *names, target = line.split()
        for name in names:
            copied = source / target / (Path(name).name if target.endswith("/") else "")
            copied.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, copied, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / name, copied)
        ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
        assert {f"!{name}" for name in names} <= set(ignored)
    contents = []
    for root in (source, ROOT):
        wheel = build(tmp_path / f"wheel-{root.name}", root)
        contents.append(sorted(zipfile.ZipFile(wheel).namelist()))
    assert contents[0] == contents[1]
