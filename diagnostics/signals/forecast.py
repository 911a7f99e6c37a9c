"""Forecast: the chance that a curve reaches a new best within the next points, if the training goes on as it does."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
_MEMORY = 60  # points fitted at most: what happened long ago says little about what is next
_SPEEDS = (0.1, 0.3, 1.0, 3.0)  # time constants of the exponentials, in lengths of the fitted window
_POWERS = (0.5, 1.0)
# Chance that a new best came, at these log-odds of the share of bootstrap samples that reached one: the curves turn up
# sooner than trainings do. Fitted by tests/benchmarks/forecasts.py; straight lines between.
ODDS = (-7.6, -5.2, -4.4, -3.8, -3.2, -2.4, 0.0, 3.0)
CHANCES = (0.02, 0.39, 0.53, 0.74, 0.83, 0.92, 0.92, 0.99)


class Forecast(NamedTuple):
    """``chance`` of a value below the best so far within ``points`` more points; ``best`` is its median forecast.

    ``odds`` are the log-odds of the bootstrap samples before they are corrected to the chance.
    """

    chance: float
    points: int
    best: float
    odds: float


def forecast(values: Values, points: int, *, samples: int = 200, seed: int = 0) -> Forecast | None:
    """Forecast a curve whose lower values are better.

    Parameters
    ----------
    values
        One value a point, the latest last; the latest 60 are fitted.
    points
        How many points ahead, 1 or more.
    samples
        Bootstrap samples.
    seed
        Of the random numbers, so that the same curve has the same forecast.

    Returns
    -------
    Forecast | None
        ``chance``, 0 to 1, of a value below the best so far within ``points`` more points, and ``best``, its median
        forecast in the curve's units. ``None`` below 10 points, or when a value is not finite.

    Raises
    ------
    ValueError
        A value is no number.

    Notes
    -----
    A small family of curves (exponentials and powers that level off, a line, a parabola) is fitted to the latest values
    by least squares. Each bootstrap sample draws a member by its Akaike weight, refits it to itself plus resampled
    residuals, and goes on with residuals drawn again; the chance is the corrected share of samples that pass the best.
    Families of learning curves: Domhan et al. 2015, https://www.ijcai.org/Proceedings/15/Papers/487.pdf.

    Examples
    --------
    >>> import numpy as np
    >>> falling = np.array([1.0 + 0.9**epoch for epoch in range(30)])
    >>> forecast(falling, 5).chance > 0.9
    True
    >>> forecast(falling[:9], 5) is None
    True
    """
    values = np.asarray(values, dtype=np.float64)
    if len(values) < 10 or not np.isfinite(values).all() or points < 1:
        return None
    recent = values[-min(_MEMORY, max(10, len(values) // 2)) :]
    fits = [_Fit.of(member, recent) for member in _family(len(recent), points)]
    rng = np.random.default_rng(seed)
    drawn = rng.choice(len(fits), size=samples, p=_weights(fits, len(recent)))
    lowest = np.concatenate([fits[i].lowest(rng, int((drawn == i).sum())) for i in np.unique(drawn)])
    odds = log_odds(float((lowest < values.min()).mean()), samples)
    chance = float(np.interp(odds, ODDS, CHANCES))
    return Forecast(chance, points, float(np.median(np.minimum(lowest, values.min()))), odds)


def log_odds(share: float, samples: int) -> float:
    """Log-odds of a share of bootstrap samples, between -8 and 3: beyond, the samples say no more."""
    share = (share * samples + 0.1) / (samples + 0.2)
    return float(np.clip(np.log(share / (1 - share)), -8.0, 3.0))


class _Member(NamedTuple):
    """One curve of the family over a window and the future: its columns, and their pseudo-inverse on the window."""

    window: Values
    ahead: Values
    solve: Values


class _Fit(NamedTuple):
    """One member fitted: what comes next, what it missed, and how a change of the data changes what comes next."""

    ahead: Values
    residuals: Values
    project: Values
    parameters: int

    @classmethod
    def of(cls, member: _Member, recent: Values) -> _Fit:
        """Least squares."""
        weights = member.solve @ recent
        missed = recent - member.window @ weights
        return cls(member.ahead @ weights, missed, member.ahead @ member.solve, member.window.shape[1])

    def lowest(self, rng: np.random.Generator, count: int) -> Values:
        """The smallest future value in each of ``count`` bootstrap samples."""
        spare = np.sqrt(len(self.residuals) / max(1, len(self.residuals) - self.parameters))
        errors = spare * (self.residuals - self.residuals.mean())
        refitted = self.ahead + rng.choice(errors, (count, len(errors))) @ self.project.T
        lowest: Values = (refitted + rng.choice(errors, refitted.shape)).min(axis=1)
        return lowest


@lru_cache(maxsize=16)  # of a run that goes on, each epoch has its own, and they grow with it
def _family(window: int, ahead: int) -> tuple[_Member, ...]:
    time = np.arange(window + ahead) / window
    ones = np.ones_like(time)
    columns = [[np.exp(-time / speed)] for speed in _SPEEDS] + [[(time + 1 / window) ** -power] for power in _POWERS]
    shapes = [np.column_stack([ones, *column]) for column in [*columns, [time], [time, time**2]]]
    return tuple(_Member(shape[:window], shape[window:], np.linalg.pinv(shape[:window])) for shape in shapes)


def _weights(fits: list[_Fit], points: int) -> Values:
    """Akaike weights ``exp(-AICc / 2)``, normalized."""
    errors = np.array([float(fit.residuals @ fit.residuals) for fit in fits])
    count = np.array([fit.parameters + 1 for fit in fits])
    scale = max(float(errors.max()), 1e-300)
    akaike = points * np.log(np.maximum(errors / scale, 1e-24)) + 2 * count * points / (points - count - 1)
    weights = np.exp(-(akaike - akaike.min()) / 2)
    shares: Values = weights / weights.sum()
    return shares
