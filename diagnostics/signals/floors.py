"""Floors: the training loss that a perfect model keeps, because its targets were softened."""

from __future__ import annotations

import math


def label_smoothing_floor(smoothing: float, classes: int) -> float:
    """Entropy, in nats, of the smoothed target ``(1 - eps) one-hot + eps / K``; 0.500 for eps 0.1 and 10 classes.

    Cross-entropy cannot go below its target's entropy (Szegedy et al. 2016, https://arxiv.org/abs/1512.00567).
    """
    if not 0 <= smoothing <= 1 or classes < 2:
        raise ValueError(f"smoothing must lie in 0..1 and classes be 2 or more, got {smoothing} and {classes}")
    other = smoothing / classes
    return _entropy(1 - smoothing + other) + (classes - 1) * _entropy(other)


def mixup_floor(alpha: float, classes: int) -> float:
    """Mean entropy, in nats, of a target mixed from two random labels with ``lam ~ Beta(alpha, alpha)``.

    ``(1 - 1/K) (psi(2 alpha + 1) - psi(alpha + 1))`` for K equally frequent classes, psi the digamma function: two
    labels differ with probability ``1 - 1/K``, and the rest is the mean of ``-lam ln lam - (1 - lam) ln(1 - lam)``.
    A floor only if the model could tell the two inputs apart. Source: Zhang et al. 2018,
    https://arxiv.org/abs/1710.09412.
    """
    if alpha <= 0 or classes < 2:
        raise ValueError(f"alpha must be positive and classes be 2 or more, got {alpha} and {classes}")
    from scipy.special import digamma  # takes a noticeable part of the start, and few logs need it

    return float((1 - 1 / classes) * (digamma(2 * alpha + 1) - digamma(alpha + 1)))


def _entropy(share: float) -> float:
    return -share * math.log(share) if share > 0 else 0.0
