"""Over seeds: when the mean of a change over several seeds counts, and how often chance alone makes it count."""

from __future__ import annotations

import numpy as np
import pytest

from diagnostics import Verdict
from diagnostics.trials.outcome import Outcome
from diagnostics.trials.over_seeds import OverSeeds, over_seeds


def outcome(difference: float, error: float | None = 0.02, samples: int | None = 300) -> Outcome:
    return Outcome(difference, error, samples, (1.0, 1 + difference), 0.0, Verdict.OVERFITTING, Verdict.HEALTHY)


def together(*differences: float, error: float | None = 0.02, samples: int | None = 300) -> OverSeeds:
    return over_seeds(range(len(differences)), [outcome(one, error, samples) for one in differences])


@pytest.mark.parametrize(
    ("differences", "error", "word"),
    [
        ((-0.10, -0.12, -0.08), 0.02, "confirmed"),
        ((0.10, 0.12, 0.08), 0.02, "refuted"),
        ((-0.03, -0.03), 0.02, "confirmed"),
        ((-0.01, -0.01, -0.01), 0.02, "not distinguishable"),  # close together by chance: the samples say how sure
        ((-0.30, 0.02, 0.01), 0.02, "not distinguishable"),  # one seed alone
        ((-0.02, -0.02), 0.02, "not distinguishable"),
    ],
)
def test_a_mean_counts_from_two_standard_errors_on(differences: tuple[float, ...], error: float, word: str) -> None:
    assert together(*differences, error=error).word == word


def test_the_error_is_never_below_what_the_samples_or_the_seeds_say() -> None:
    assert together(-0.1, -0.1, error=0.03).error == pytest.approx(0.03 / 2**0.5)
    spread = together(-0.3, -0.1, error=0.03)
    assert spread.error == pytest.approx(np.std([-0.3, -0.1], ddof=1) / 2**0.5)
    assert spread.difference == pytest.approx(-0.2)


def test_without_paired_errors_two_seeds_must_agree_closely() -> None:
    """Two differences alone lie within a few percent of each other by chance; Student's t has one degree of freedom."""
    for without in ({"error": None, "samples": None}, {"error": 0.01, "samples": None}):
        assert together(-0.10, -0.08, **without).errors > 10
        assert together(-0.10, -0.08, **without).word == "not distinguishable"
        assert together(-0.10, -0.0999, **without).word == "confirmed"


@pytest.mark.parametrize("seeds", [2, 3])
@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("between", [0.0, 0.01])
def test_a_change_that_does_nothing_is_confirmed_in_few_of_a_thousand_trials(
    seeds: int, paired: bool, between: float
) -> None:
    """Chance of the samples, which is known, and half as much of the training, which only the seeds show."""
    rng = np.random.default_rng(seeds)
    samples = 300 if paired else None
    drawn = rng.normal(0, 0.02, (1000, seeds)) + rng.normal(0, between, (1000, seeds))
    confirmed = np.mean([together(*row, error=0.02, samples=samples).word == "confirmed" for row in drawn])
    assert confirmed <= 0.05


def test_the_sentence_has_the_mean_and_every_seed() -> None:
    assert together(-0.10, -0.12, -0.08).sentence == (
        "Over 3 seeds, confirmed: 10% ± 1.2% better on average. "
        "Each seed: 10% better (seed 0), 12% better (seed 1), 8% better (seed 2)."
    )


@pytest.mark.parametrize("outcomes", [[], [outcome(-0.1)], [outcome(-0.1)] * 3])
def test_fewer_than_two_outcomes_or_seeds_without_one_are_refused(outcomes: list[Outcome]) -> None:
    with pytest.raises(ValueError, match="give one each, of two seeds or more"):
        over_seeds(range(2 if len(outcomes) > 1 else 1), outcomes)
