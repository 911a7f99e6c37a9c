"""Turns: which of very many paths to look at now: those that changed lately at each look, the others in turn."""

from __future__ import annotations

import time
from collections.abc import Hashable
from typing import Generic, TypeVar

FEW = 2000  # paths, up to which all are looked at each time
ROUND = 120  # looks, after which every path had its turn
WARM = 120.0  # seconds after a change in which more is expected

Item = TypeVar("Item", bound=Hashable)


class Turns(Generic[Item]):
    """Things to look at again and again. What never changes costs a look in ``ROUND``."""

    def __init__(self) -> None:
        self._items: dict[Item, None] = {}
        self._warm: dict[Item, float] = {}
        self._waiting: list[Item] = []

    def __len__(self) -> int:
        return len(self._items)

    def add(self, item: Item) -> None:
        """Look at it from now on."""
        self._items[item] = None

    def changed(self, item: Item) -> None:
        """It has changed, so that it may do so again soon."""
        self._warm[item] = time.monotonic()

    def remove(self, item: Item) -> None:
        """It is gone."""
        self._items.pop(item, None)
        self._warm.pop(item, None)

    def due(self, *, all_of_them: bool = False) -> list[Item]:
        """What to look at now, each once."""
        if all_of_them or len(self._items) <= FEW:
            return list(self._items)
        now = time.monotonic()
        self._warm = {item: since for item, since in self._warm.items() if now - since < WARM}
        if not self._waiting:
            self._waiting = list(reversed(self._items))
        share = -(-len(self._items) // ROUND)
        turn, self._waiting = self._waiting[-share:], self._waiting[:-share]
        return [*self._warm, *(item for item in reversed(turn) if item in self._items and item not in self._warm)]
