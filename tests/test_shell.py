"""What stays loaded is not searched for garbage at every tick."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from app import shell


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    shell.spare_garbage_search.cache_clear()
    gc.unfreeze()
    yield
    shell.spare_garbage_search.cache_clear()
    gc.unfreeze()


def test_what_is_there_is_left_out_of_later_searches_once() -> None:
    before = len(gc.get_objects())
    shell.spare_garbage_search()
    frozen = gc.get_freeze_count()
    assert frozen >= before / 2
    assert len(gc.get_objects()) < before / 2
    shell.spare_garbage_search()
    assert gc.get_freeze_count() <= frozen


def test_what_comes_later_is_still_collected() -> None:
    shell.spare_garbage_search()
    circle: list[object] = []
    circle.append(circle)
    del circle
    assert gc.collect() >= 1
