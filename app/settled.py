"""Settled: what is loaded once and stays is left out of the search for garbage.

Streamlit searches all objects for garbage after every run of a page, at every tick. With its libraries loaded that
takes longer than drawing the page.
"""

from __future__ import annotations

import gc
from functools import cache


@cache
def settle() -> None:
    """Leave all that is there now out of every later search; once a process."""
    gc.collect()
    gc.freeze()
