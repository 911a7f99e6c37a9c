"""Charts: specifications that never change between two ticks; ``frames`` makes the data that does.

Whatever draws imports its own chart, so that a page without one does not wait for Altair.
"""

from app.charts.look import INK, PALETTE, PAPER, SIDES, TRIAL_SIDES, Spec, Theme

__all__ = ["INK", "PALETTE", "PAPER", "SIDES", "TRIAL_SIDES", "Spec", "Theme"]
