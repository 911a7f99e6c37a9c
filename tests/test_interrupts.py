"""Interrupts: what a signal does to a program that stops in order, and to one that ignores it."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from trainer.processes.interrupts import interrupts_held, stopping_on_interrupt

RECEIVED = signal.SIGTERM


@pytest.fixture
def handler() -> Iterator[list[int]]:
    """The signals that the program's own handler got."""
    received: list[int] = []
    before = signal.signal(RECEIVED, lambda number, _: received.append(number))
    yield received
    signal.signal(RECEIVED, before)


def test_the_first_signal_stops_and_the_handler_before_comes_back(handler: list[int]) -> None:
    stops: list[str] = []
    with stopping_on_interrupt(lambda: stops.append("stop")):
        signal.raise_signal(RECEIVED)
        assert signal.getsignal(RECEIVED) == signal.SIG_DFL  # a second one ends the program
    signal.raise_signal(RECEIVED)
    assert stops == ["stop"]
    assert handler == [RECEIVED]


def test_a_signal_that_is_held_takes_effect_at_the_end_and_is_not_lost(handler: list[int]) -> None:
    with interrupts_held():
        signal.raise_signal(RECEIVED)
        signal.raise_signal(RECEIVED)
        assert handler == []
    assert handler == [RECEIVED, RECEIVED]


def test_a_signal_that_is_ignored_stays_so_as_nohup_asks_for(handler: list[int]) -> None:
    signal.signal(RECEIVED, signal.SIG_IGN)
    stops: list[str] = []
    with stopping_on_interrupt(lambda: stops.append("stop")), interrupts_held():
        signal.raise_signal(RECEIVED)
    assert stops == []
    assert signal.getsignal(RECEIVED) == signal.SIG_IGN
