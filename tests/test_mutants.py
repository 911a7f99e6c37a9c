"""The mutation benchmark: a mutant is code that decides otherwise, and tests that notice kill it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.benchmarks import mutants

SOURCE = "def f(x: int = 3) -> bool:\n    '''A text.'''\n    return x < 2 and 4 - x > 0\n"


def test_each_mutant_differs_from_the_source_in_one_place() -> None:
    made = {(mutant.before, mutant.after) for mutant in mutants.mutants("m", SOURCE)}
    assert made >= {("x < 2", "x <= 2"), ("x < 2", "x >= 2"), ("4 - x", "4 + x"), ("2", "3"), ("2", "4"), ("3", "4")}
    assert ("x < 2 and 4 - x > 0", "x < 2 or 4 - x > 0") in made
    assert all(ast.unparse(ast.parse(SOURCE)) != mutant.code for mutant in mutants.mutants("m", SOURCE))


def test_the_same_seed_draws_the_same_mutants() -> None:
    chosen = ["diagnostics.confidence"]
    assert mutants.drawn(5, 1, chosen) == mutants.drawn(5, 1, chosen) != mutants.drawn(5, 2, chosen)


def test_every_module_has_mutants_and_its_tests_are_there() -> None:
    for module, tests in mutants.MODULES.items():
        assert next(mutants.mutants(module, mutants.path_of(module).read_text()))
        assert all((mutants.ROOT / "tests" / f"{name}.py").is_file() for name in tests)


@pytest.mark.parametrize(("limit", "survives"), [(2, True), (3, False)])
def test_a_mutant_dies_of_a_test_that_notices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, survives: bool
) -> None:
    """In a process of its own, in which the module is the mutant."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "limit_of.py").write_text("def over(x):\n    return x > 2\n")
    (tmp_path / "pyproject.toml").write_text(
        "[tool.pytest.ini_options]\npythonpath = ['.']\nfilterwarnings = ['error']\n"
    )
    (tmp_path / "tests" / "test_limit.py").write_text(
        "from limit_of import over\n\n\ndef test_it():\n    assert over(3)\n    assert not over(2)\n"
    )
    monkeypatch.setattr(mutants, "ROOT", tmp_path)
    monkeypatch.setattr(mutants, "MODULES", {"limit_of": ("test_limit",)})
    mutant = mutants.Mutant("limit_of", 2, "2", str(limit), f"def over(x):\n    return x > {limit}\n")
    assert mutants.survives(mutant) == survives
