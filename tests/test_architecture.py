"""The import rules: trainer and diagnostics meet only in files on disk."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
STANDARD = frozenset(sys.stdlib_module_names)

# part -> the packages it may import beyond the standard library and itself
ALLOWED = {
    "diagnostics": {"numpy", "pandas", "scipy", "rich"},
    "diagnostics/logs": {"numpy", "pandas", "tensorboard", "google", "diagnostics"},
    "diagnostics/logs/folders/remote.py": {"numpy", "pandas", "fsspec", "tensorboard", "diagnostics"},
    "trainer": {"torch", "numpy", "PIL", "kornia", "tensorboard", "psutil", "filelock", "rich"},
    "trainer/__init__.py": set(),
    "trainer/config.py": {"trainer"},
    "trainer/job.py": {"psutil", "filelock", "trainer"},
    "trainer/trials": {"numpy", "psutil", "filelock", "diagnostics", "rich", "trainer"},
    "trainer/command.py": {"psutil", "filelock", "diagnostics", "trainer"},
    "trainer/tuning": {
        "torch",
        "numpy",
        "optuna",
        "sqlalchemy",
        "psutil",
        "filelock",
        "diagnostics",
        "rich",
        "trainer",
    },
    "app": {"diagnostics", "trainer", "streamlit", "altair", "pandas", "numpy"},
    "app/charts": {"diagnostics", "altair", "pandas", "numpy"},
    "app/wording": {"diagnostics", "trainer", "numpy"},
    "app/draft.py": {"trainer"},
    "app/folder/remembered.py": {"diagnostics", "platformdirs"},
}
# what of the trainer the app may know: jobs, the names and ranges that its form is made from, trials; none needs torch
OPEN_TO_THE_APP = (
    "trainer.job",
    "trainer.config",
    "trainer.data",
    "trainer.models",
    "trainer.presets",
    "trainer.strengths",
    "trainer.errors",
    "trainer.trials.parent",
    "trainer.trials.proposal",
    "trainer.trials.start",
    "trainer.tuning.study_file",
)
PLAIN = [name for name in OPEN_TO_THE_APP if "tuning" not in name and "trials" not in name]
# the app's own modules, which stand at the top of its path
APP_MODULES = {path.stem for path in (ROOT / "app").glob("*.py")} | {"views"}


def sources() -> list[Path]:
    return sorted(path for part in ("diagnostics", "trainer", "app") for path in (ROOT / part).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def rule_for(path: Path) -> tuple[str, set[str]]:
    relative = path.relative_to(ROOT).as_posix()
    part = max((p for p in ALLOWED if relative == p or relative.startswith(p + "/")), key=len)
    return part, ALLOWED[part]


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_module_imports_only_what_its_part_may(path: Path) -> None:
    part, allowed = rule_for(path)
    own = path.relative_to(ROOT).parts[0]
    known = STANDARD | allowed | {own} | (APP_MODULES if own == "app" else set())
    found = {name for name in imported(path) if name.split(".")[0] not in known}
    assert not found, f"{part} may import {sorted(allowed)}"


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_app_reaches_the_trainer_only_through_its_job_and_what_a_configuration_is_made_of(path: Path) -> None:
    if path.relative_to(ROOT).parts[0] != "app":
        return
    reached = {name for name in imported(path) if name.split(".")[0] == "trainer"}
    assert reached <= {"trainer", "trainer.tuning", *OPEN_TO_THE_APP}


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import diagnostics, diagnostics.report", {"torch", "streamlit", "altair", "trainer"}),
        ("import trainer", {"torch", "numpy", "diagnostics"}),
        (f"import {', '.join(PLAIN)}", {"torch", "numpy", "diagnostics"}),
        (f"import {', '.join(OPEN_TO_THE_APP)}", {"torch", "optuna", "rich"}),
    ],
)
def test_an_import_costs_only_what_it_needs(statement: str, absent: set[str]) -> None:
    program = f"{statement}\nprint(*(set({sorted(absent)!r}) & sys.modules.keys()))"
    result = subprocess.run(
        [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{program}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.split() == []


PAGES = sorted(path.name for path in (ROOT / "app" / "views").iterdir() if (path / "page.py").is_file())


@pytest.mark.parametrize("page", PAGES)
def test_a_page_imports_no_other_page(page: str) -> None:
    own = f"app.views.{page}"
    for path in (ROOT / "app" / "views" / page).glob("*.py"):
        others = {
            name for name in imported(path) if name.startswith("app.views.") and not f"{name}.".startswith(own + ".")
        }
        assert not others, f"{path.name} may share only what lies outside app/views"


def test_only_pages_import_pages() -> None:
    shared = [path for path in sources() if path.is_relative_to(ROOT / "app") and "views" not in path.parts]
    assert not [path for path in shared if any(name.startswith("app.views") for name in imported(path))]


def test_words_and_charts_draw_nothing() -> None:
    silent = [path for path in sources() if path.stem.endswith("words") or {"wording", "charts"} & {*path.parts}]
    assert not [path for path in silent if any(name.split(".")[0] == "streamlit" for name in imported(path))]


def test_no_file_of_the_app_hides_a_package() -> None:
    names = {path.stem for path in (ROOT / "app").iterdir() if path.suffix == ".py" or path.is_dir()}
    assert not names & (STANDARD | {"streamlit", "altair", "pandas", "numpy", "diagnostics", "trainer", "charset"})
