"""The short form of the fuzz benchmark, and every input that it ever found."""

from pathlib import Path

import pytest

from tests.benchmarks.fuzz import ADDRESSES, FINDS, check_of, failure, fuzz, made, shares
from tests.test_app import _as_if_just_started  # noqa: F401

EXECUTIONS = 12_000  # of all targets together
KEPT = sorted(path for path in FINDS.rglob("*") if path.is_file())


@pytest.mark.parametrize("target", shares())
def test_no_input_makes_it_fail(target: str) -> None:
    executions = EXECUTIONS * shares()[target] // sum(shares().values())
    assert fuzz(target, max(8, executions)).finds == ()


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_was_found_once_stays_mended(path: Path) -> None:
    (target,) = (name for name in shares() if name.replace(" ", "-") == path.parent.name)
    assert failure(check_of(target), path.read_bytes()) == ""


def test_a_seed_makes_the_same_input_again() -> None:
    assert made("CSV", 5) == made("CSV", 5) != made("CSV", 6)
    assert made(ADDRESSES, 1) == made(ADDRESSES, 1)


def test_a_failure_is_a_find_that_names_its_place() -> None:
    def check(content: bytes) -> None:
        raise ValueError(content.decode())

    assert failure(check, b"17").startswith("ValueError at test_fuzz.py:")
