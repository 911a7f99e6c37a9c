"""Effect: what a change does to a validation loss."""

from __future__ import annotations

from typing import NamedTuple


class Effect(NamedTuple):
    """A relative change of a validation loss, negative when it falls: the median, and 10 % and 90 % of the cases."""

    median: float
    low: float
    high: float
