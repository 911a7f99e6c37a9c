"""The short form of the fuzz benchmark: damaged logs, histories and settings never make reading fail."""

import pytest

from tests.benchmarks.fuzz import KINDS, fuzz


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_never_makes_reading_fail(kind: str) -> None:
    fuzz(kind, 20)
