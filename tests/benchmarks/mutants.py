"""Mutants: whether the tests notice when verdict or recommendation decides otherwise.

``python -m tests.benchmarks.mutants --count 60`` changes one comparison, number, operation or condition of a module at
a time, as a seed draws them, runs the tests of that module in a process that gets the changed code instead, and prints
the share of mutants that a test failed on, with each that survived. Nothing is written into the tree.
"""

from __future__ import annotations

import argparse
import ast
import importlib.machinery
import importlib.util
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np  # noqa: F401 - loaded once, and not in each process; so is SciPy
import pytest
import scipy.stats  # noqa: F401

ROOT = Path(__file__).parents[2]
PATIENCE = 240  # seconds; a mutant that takes longer is in an endless loop, which somebody would notice
VERDICT = (
    *("test_rules", "test_causes", "test_learning", "test_evidence"),  # the quickest to notice come first
    *("test_verdict_context", "test_run_cases", "test_sentences", "test_verdict_cases", "test_verdict"),
)
ADVICE = (
    *("test_doses", "test_recommend_reading", "test_architecture_of"),
    *("test_recommend", "test_recommend_properties"),
)
JUDGING = ("verdict", "evidence", "confidence", "judging.causes", "judging.learning", "judging.rules")
RECOMMENDING = (
    *("actions", "architecture", "dose", "dropout", "facts", "ladders", "reading", "weaken"),
    "weight_decay",
)
MODULES: dict[str, tuple[str, ...]] = {
    **{f"diagnostics.{name}": VERDICT for name in JUDGING},
    **{f"diagnostics.recommend.{name}": ADVICE for name in RECOMMENDING},
}
COMPARISONS = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}
OPPOSITES = {ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt}
OPERATIONS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}


class Mutant(NamedTuple):
    """A module with one change: the line, what stood there, and what stands there now."""

    module: str
    line: int
    before: str
    after: str
    code: str

    @property
    def sentence(self) -> str:
        return f"{self.module}:{self.line}: {self.before}  ->  {self.after}"


def mutants(module: str, source: str) -> Iterator[Mutant]:
    """Every mutant of a module, without those of annotations and of texts."""
    places = len(list(_places(ast.parse(source))))
    for at in range(places):
        for kind in range(2):
            tree = ast.parse(source)
            place = list(_places(tree))[at]
            before = ast.unparse(place)
            if _change(place, kind):
                ast.fix_missing_locations(tree)
                yield Mutant(module, place.lineno, before, ast.unparse(place), ast.unparse(tree))


def _places(node: ast.AST) -> Iterator[ast.expr]:
    """Where something may be changed, in the order of the source."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns"):
            continue
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, ast.Compare | ast.BinOp | ast.BoolOp | ast.IfExp) or _is_number(inner):
                yield inner
            if isinstance(inner, ast.AST):
                yield from _places(inner)


def _is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def _change(node: ast.expr, kind: int) -> bool:
    """Change the node in place, in the first or the second way; whether there is such a way."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        other = (COMPARISONS, OPPOSITES)[kind].get(type(node.ops[0]))
        node.ops = [other()] if other else node.ops
        return other is not None
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATIONS and kind == 0:
        node.op = OPERATIONS[type(node.op)]()
        return not isinstance(node.left, ast.Constant) or not isinstance(node.left.value, str)
    if isinstance(node, ast.BoolOp) and kind == 0:
        node.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        return True
    if isinstance(node, ast.IfExp) and kind == 0:
        node.body, node.orelse = node.orelse, node.body
        return True
    if isinstance(node, ast.Constant):
        node.value = node.value + 1 if kind == 0 else node.value * 2
        return kind == 0 or node.value != 0
    return False


class Changed(importlib.machinery.SourceFileLoader):
    """Loads a module from the mutant's code."""

    def __init__(self, mutant: Mutant, path: str) -> None:
        super().__init__(mutant.module, path)
        self._code = mutant.code

    def get_code(self, fullname: str) -> object:  # type: ignore[override]
        return compile(self._code, self.path, "exec")


class Finder:
    """Gives the mutant in place of its module."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(self, name: str, path: object = None, target: object = None) -> object:
        if name != self._mutant.module:
            return None
        file = str(path_of(name))
        return importlib.util.spec_from_file_location(name, file, loader=Changed(self._mutant, file))


def path_of(module: str) -> Path:
    """The file of a module."""
    return ROOT.joinpath(*module.split(".")).with_suffix(".py")


def survives(mutant: Mutant) -> bool:
    """Whether all tests of its module pass, in a process of their own."""
    child = os.fork()
    if child == 0:
        signal.alarm(PATIENCE)
        output = os.open(os.devnull, os.O_WRONLY)
        os.dup2(output, 1)
        os.dup2(output, 2)
        sys.meta_path.insert(0, Finder(mutant))  # type: ignore[arg-type]
        tests = [str(ROOT / "tests" / f"{name}.py") for name in MODULES[mutant.module]]
        options = ["-x", "-q", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml")]
        os._exit(int(pytest.main([*options, *tests])))
    return os.waitpid(child, 0)[1] == 0


def drawn(count: int, seed: int, chosen: list[str]) -> list[Mutant]:
    """So many mutants of all that there are of the modules."""
    every = [mutant for module in chosen for mutant in mutants(module, path_of(module).read_text(encoding="utf-8"))]
    return random.Random(seed).sample(every, min(count, len(every)))


def unchanged(chosen: list[str]) -> list[Mutant]:
    """One module for each set of tests, as it is; its tests must pass, or every mutant would seem to die of them."""
    one_of = {MODULES[module]: module for module in chosen}
    return [Mutant(module, 1, "", "", path_of(module).read_text(encoding="utf-8")) for module in one_of.values()]


def main() -> int:
    """Print each survivor, and the share of mutants that were killed."""
    parser = argparse.ArgumentParser(description="Change the code of verdict and recommendation, and run their tests.")
    parser.add_argument("--count", type=int, default=60, help="of mutants (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="which mutants are drawn (%(default)s)")
    parser.add_argument("--only", choices=MODULES, action="append", help="of this module; may be repeated")
    parser.add_argument("--minutes", type=float, default=60.0, help="draw no more after this time (%(default)g)")
    options = parser.parse_args()
    chosen = options.only or list(MODULES)
    if not all(map(survives, unchanged(chosen))):
        print("the tests fail on the code as it is; there is nothing to measure before that is mended")
        return 1
    deadline, survivors, tried = time.monotonic() + 60 * options.minutes, 0, 0
    for mutant in drawn(options.count, options.seed, chosen):
        if time.monotonic() > deadline:
            break
        tried += 1
        if survives(mutant):
            survivors += 1
            print(f"survived: {mutant.sentence}", flush=True)
    killed = tried - survivors
    print(f"{killed} of {tried} mutants killed ({killed / max(1, tried):.0%}), seed {options.seed}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
