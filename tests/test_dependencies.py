"""What is imported is declared, in pyproject.toml for who installs and in requirements.txt for who runs the tree."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.installed import ROOT
from trainer.extras import TRAIN

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
NEVER_IMPORTED = {"psycopg"}  # SQLAlchemy imports it; a version of it is tested
FRAMEWORKS = {"keras", "lightning", "pytorch-lightning", "torch", "transformers"}  # whoever uses a callback has them
OURS = {"app", "diagnostics", "fitwatch", "trainer"}


def names(lines: Iterable[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in lines}


def pinned() -> list[str]:
    return [line for line in (ROOT / "requirements.txt").read_text().splitlines() if not line.startswith("#")]


def imported(package: str) -> dict[str, str]:
    """Top-level packages of others, each with a module that imports it."""
    found = {}
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
            found.update({module.split(".")[0]: str(path.relative_to(ROOT)) for module in modules})
    known = (
        OURS
        | sys.stdlib_module_names
        | ({path.stem for path in (ROOT / "app").iterdir()} if package == "app" else set())
    )
    return {name: path for name, path in found.items() if name not in known}


@pytest.mark.parametrize(
    ("package", "extras"), [("app", []), ("diagnostics", []), ("fitwatch", ["mcp"]), ("trainer", ["train"])]
)
def test_what_a_package_imports_is_declared_for_it(package: str, extras: list[str]) -> None:
    declared = names(PROJECT["dependencies"]).union(*(names(EXTRAS[extra]) for extra in extras))
    declared |= {"hatchling", *FRAMEWORKS} if package == "fitwatch" else set()  # the hook's is not installed
    for module, path in imported(package).items():
        distributions = {canonicalize_name(name) for name in packages_distributions().get(module, [module])}
        assert distributions & declared, f"{path} imports {module}, which is not declared for {package}"


def test_what_is_declared_is_imported() -> None:
    distributions = {
        canonicalize_name(name)
        for package in OURS
        for module in imported(package)
        for name in packages_distributions().get(module, [module])
    }
    assert names(PROJECT["dependencies"]) | names(EXTRAS["train"]) <= distributions


def test_the_pinned_requirements_are_what_is_declared_in_versions_that_are_allowed() -> None:
    lines = [*PROJECT["dependencies"], *EXTRAS["train"], *EXTRAS["postgres"]]
    declared = {canonicalize_name(requirement.name): requirement for requirement in map(Requirement, lines)}
    versions = {}
    for requirement in map(Requirement, pinned()):
        (pin,) = requirement.specifier
        versions[canonicalize_name(requirement.name)] = pin.version
    assert versions.keys() - NEVER_IMPORTED == declared.keys() - NEVER_IMPORTED
    assert [name for name in declared if not declared[name].specifier.contains(versions[name])] == []


def test_the_way_out_of_a_missing_package_is_known_for_every_package_of_a_training() -> None:
    assert set(TRAIN.values()) == names(EXTRAS["train"])


def test_all_is_every_other_extra() -> None:
    (everything,) = map(Requirement, EXTRAS["all"])
    assert everything.name == PROJECT["name"]
    assert everything.extras == EXTRAS.keys() - {"all"}
