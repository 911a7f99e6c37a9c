"""What stays loaded is not searched for garbage at every tick."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from app import settled


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    settled.settle.cache_clear()
    gc.unfreeze()
    yield
    settled.settle.cache_clear()
    gc.unfreeze()


def test_what_is_there_is_left_out_of_later_searches_once() -> None:
    before = len(gc.get_objects())
    settled.settle()
    frozen = gc.get_freeze_count()
    assert frozen >= before / 2
    assert len(gc.get_objects()) < before / 2
    settled.settle()
    assert gc.get_freeze_count() <= frozen


def test_what_comes_later_is_still_collected() -> None:
    settled.settle()
    circle: list[object] = []
    circle.append(circle)
    del circle
    assert gc.collect() >= 1
