"""The architecture: who may import whom, no circles, who touches files, and one name for one thing."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PARTS = ("app", "diagnostics", "fitwatch", "trainer")
STANDARD = frozenset(sys.stdlib_module_names)

# part -> the packages it may import beyond the standard library and itself
ALLOWED = {
    "diagnostics": {"numpy", "pandas", "scipy", "rich"},
    "diagnostics/logs": {"numpy", "pandas", "tensorboard", "google", "diagnostics"},
    "diagnostics/logs/histories/number_table.py": {"pyarrow", "numpy", "diagnostics"},
    "diagnostics/logs/histories/parquet_table.py": {"pyarrow", "diagnostics"},
    "diagnostics/logs/setting_text.py": {"yaml"},
    "diagnostics/logs/folders/remote.py": {"numpy", "pandas", "fsspec", "tensorboard", "diagnostics"},
    "trainer": {"torch", "numpy", "PIL", "kornia", "tensorboard", "psutil", "filelock", "rich"},
    "trainer/__init__.py": set(),
    "trainer/config.py": {"trainer"},
    "trainer/job.py": {"psutil", "filelock", "trainer"},
    "trainer/processes/liveness.py": {"psutil", "trainer"},
    "trainer/own_code.py": {"filelock", "platformdirs", "trainer"},
    "trainer/trials": {"numpy", "psutil", "filelock", "diagnostics", "rich", "trainer"},
    "trainer/processes/command.py": {"psutil", "filelock", "diagnostics", "trainer"},
    "trainer/fit/best_weights/answers.py": {"torch", "diagnostics", "trainer"},
    "trainer/repair.py": {"torch", "diagnostics", "trainer"},
    "trainer/repair_plan.py": {"numpy", "diagnostics"},
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
    "app": {"diagnostics", "trainer", "streamlit", "altair", "pandas", "numpy", "pyarrow"},
    "app/charts": {"diagnostics", "altair", "pandas", "numpy"},
    "app/wording": {"diagnostics", "trainer", "numpy"},
    "app/draft.py": {"trainer"},
    "app/folder/remembered.py": {"diagnostics", "trainer", "filelock", "platformdirs"},
    "app/folder/notifier.py": {"diagnostics", "filelock"},
    "fitwatch": {"app", "diagnostics", "trainer", "streamlit", "pandas"},
    "fitwatch/notebook.py": {"app", "diagnostics", "altair"},
    "fitwatch/mcp_server.py": {"diagnostics", "mcp"},
    "fitwatch/wheel_layout.py": {"hatchling"},
    "fitwatch/keras.py": {"keras", "numpy", "diagnostics", "fitwatch", "trainer"},
    "fitwatch/keras_repair.py": {"keras", "numpy", "trainer"},
    "fitwatch/lightning.py": {"lightning", "pytorch_lightning", "diagnostics", "fitwatch", "trainer"},
    "fitwatch/repairing.py": {"diagnostics", "fitwatch", "trainer"},
    "fitwatch/transformers.py": {"transformers", "torch", "fitwatch", "trainer"},
}
# what of the trainer the app may know: jobs, the names and ranges that its form is made from, trials; none needs torch
OPEN_TO_THE_APP = (
    "trainer.files",
    "trainer.job",
    "trainer.config",
    "trainer.datasets",
    "trainer.models",
    "trainer.presets",
    "trainer.strengths",
    "trainer.status",
    "trainer.errors",
    "trainer.trials.parent",
    "trainer.trials.proposal",
    "trainer.trials.settle",
    "trainer.trials.start",
    "trainer.tuning.start",
    "trainer.tuning.spaces",
    "trainer.tuning.study",
    "trainer.tuning.study_file",
)
PLAIN = [name for name in OPEN_TO_THE_APP if "tuning" not in name and "trials" not in name]
# the app's own modules, which stand at the top of its path
APP_MODULES = {path.stem for path in (ROOT / "app").glob("*.py")} | {"views"}


def sources() -> list[Path]:
    return sorted(path for part in PARTS for path in (ROOT / part).rglob("*.py"))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module_of(path: Path) -> str:
    return relative(path).removesuffix(".py").replace("/", ".").removesuffix(".__init__")


MODULES = {module_of(path): path for path in sources()}


def imports(path: Path) -> Iterator[ast.Import | ast.ImportFrom]:
    """Every import of a file, wherever it stands, but those for type checkers alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for statement in block.body
        for node in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom) and id(node) not in for_types:
            yield node


def imported(path: Path) -> Iterator[str]:
    """What a file imports by full names: of ``from package import module``, the module."""
    for node in imports(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif node.module and not node.level:
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                yield module if module in MODULES else node.module


def rule_for(path: Path) -> tuple[str, set[str]]:
    part = max((p for p in ALLOWED if f"{relative(path)}/".startswith(f"{p}/")), key=len)
    return part, ALLOWED[part]


@pytest.mark.parametrize("path", sources(), ids=relative)
def test_a_module_imports_only_what_its_part_may(path: Path) -> None:
    part, allowed = rule_for(path)
    own = path.relative_to(ROOT).parts[0]
    known = STANDARD | allowed | {own} | (APP_MODULES if own == "app" else set())
    found = {name for name in imported(path) if name.split(".")[0] not in known}
    assert not found, f"{part} may import {sorted(allowed)}"


def test_the_app_reaches_only_what_of_the_trainer_needs_no_torch() -> None:
    reached = {name for path in sources() if relative(path).startswith("app/") for name in imported(path)}
    assert {name for name in reached if name.split(".")[0] == "trainer"} <= {"trainer", *OPEN_TO_THE_APP}


def test_no_import_goes_round_in_a_circle() -> None:
    graph = {
        module: {name for name in imported(path) if name in MODULES} - {module} for module, path in MODULES.items()
    }
    assert set(TopologicalSorter(graph).static_order()) == set(MODULES)  # raises CycleError with the circle


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import diagnostics, diagnostics.report", {"torch", "streamlit", "altair", "trainer"}),
        ("import trainer", {"torch", "numpy", "diagnostics"}),
        (f"import {', '.join(PLAIN)}", {"torch", "numpy", "diagnostics"}),
        (f"import {', '.join(OPEN_TO_THE_APP)}", {"torch", "optuna", "rich"}),
        ("import trainer.session, trainer.__main__", {"torch", "optuna", "rich", "diagnostics"}),
        ("import trainer.trials.cli_try, trainer.trials.cli_improve", {"torch", "optuna", "sqlalchemy"}),
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


FILE_ROOMS = ("logs/", "trials/", "report/", "files.py")
FILE_CALLS = {
    *("open", "read_text", "read_bytes", "write_text", "write_bytes", "stat", "exists", "is_file", "is_dir", "iterdir"),
    *(
        "glob",
        "rglob",
        "mkdir",
        "makedirs",
        "touch",
        "unlink",
        "remove",
        "rename",
        "scandir",
        "listdir",
        "load",
        "save",
    ),
}


@pytest.mark.parametrize("path", sorted((ROOT / "diagnostics").rglob("*.py")), ids=relative)
def test_only_some_rooms_of_the_diagnostics_touch_files(path: Path) -> None:
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    touching = {ast.unparse(call) for call in calls if ast.unparse(call.func).split(".")[-1] in FILE_CALLS}
    touching -= {"os.open(os.devnull, os.O_WRONLY)"}
    assert not touching or relative(path).removeprefix("diagnostics/").startswith(FILE_ROOMS)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_flat(page: str) -> None:
    tree = ast.parse((ROOT / "app" / "views" / page / "page.py").read_text(encoding="utf-8"))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Try | ast.BinOp | ast.While)]
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "session_state"]


def test_only_the_state_touches_the_session_and_the_address() -> None:
    held = ("session_state", "query_params")
    for path in sources():
        if path.is_relative_to(ROOT / "app") and not path.is_relative_to(ROOT / "app" / "state"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            touched = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in held}
            assert not touched, path


def test_a_class_name_stands_for_one_thing() -> None:
    places = defaultdict(list)
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(relative(path))
    assert not {name: paths for name, paths in places.items() if len(paths) > 1}
