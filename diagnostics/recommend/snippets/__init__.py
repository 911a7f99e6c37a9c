"""Snippets: the code that applies a dose in somebody's own training, for four frameworks.

Each framework has a frame, a short training with named places, and for each lever the lines that go there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite

from diagnostics.recommend.recommendation import Recommendation
from diagnostics.recommend.snippets import keras, lightning, pytorch, transformers
from diagnostics.recommend.snippets.frame import Framework, Parts

__all__ = ["FRAMEWORKS", "SNIPPETS", "SnippetError", "has_code", "in_next_run", "own_first", "snippet", "snippets_of"]

FRAMEWORKS: Mapping[str, Framework] = {
    "pytorch": pytorch.FRAMEWORK,
    "lightning": lightning.FRAMEWORK,
    "transformers": transformers.FRAMEWORK,
    "keras": keras.FRAMEWORK,
}
SNIPPETS: Mapping[str, Mapping[str, Parts]] = {
    lever: {name: framework.parts[lever] for name, framework in FRAMEWORKS.items()} for lever in pytorch.FRAMEWORK.parts
}
TOGETHER = ("weight_decay", "dropout", "spatial_dropout")  # the levers of a dose


class SnippetError(ValueError):
    """A framework, lever or strength for which there is no code; the message says which there are."""


def snippet(framework: str, strengths: Mapping[str, float]) -> str:
    """Code that applies all of ``strengths`` (by registry name, 0 left out) in ``framework``, a key of FRAMEWORKS.

    Its first line says which names are a person's own. Strengths are rounded to three digits; that of ``stop_at_best``
    and ``early_stopping`` is the patience, that of ``train_longer`` how many times as long; that of ``temperature`` is
    said, and the code reads it from the file that ``calibrate`` writes. Raises ``SnippetError``.
    """
    if framework not in FRAMEWORKS:
        raise SnippetError(f"there is no framework {framework!r}; choose from {', '.join(FRAMEWORKS)}")
    for lever, strength in strengths.items():
        if lever not in SNIPPETS:
            raise SnippetError(f"there is no code for {lever!r}; there is for {', '.join(SNIPPETS)}")
        if not (isfinite(strength) and strength >= 0):
            raise SnippetError(f"{lever} is {strength}; it must be a number that is 0 or more")
    chosen = {lever: strengths[lever] for lever in SNIPPETS if strengths.get(lever)}
    if not chosen:
        raise SnippetError(f"no strength is above 0; give one for {', '.join(SNIPPETS)}")
    return FRAMEWORKS[framework].compose(chosen)


def snippets_of(advice: Iterable[Recommendation]) -> dict[str, str]:
    """The code of the next run by framework: all of the first dose, or all that is made weaker; then the temperature.

    A strength that could not be computed is left out. Empty where there is none of all that.
    """
    strengths = {change.lever: strength for change in advice if (strength := _strength(change))}
    return {name: snippet(name, strengths) for name in FRAMEWORKS} if strengths else {}


def own_first(code: Mapping[str, str], framework: str | None) -> dict[str, str]:
    """The same code, that of a run's own ``framework`` first."""
    return dict(sorted(code.items(), key=lambda item: item[0] != framework))


def has_code(recommendation: Recommendation) -> bool:
    """Is it part of what ``snippets_of`` writes the code of?"""
    return bool(_strength(recommendation))


def in_next_run(recommendation: Recommendation) -> bool:
    """Does it belong to what is changed together in the next run? What may be tried after it does not."""
    return recommendation.lever in TOGETHER and recommendation.evidence.get("dose", 1.0) == 1.0


def _strength(recommendation: Recommendation) -> float | None:
    if recommendation.lever == "temperature":
        return recommendation.evidence.get("temperature")
    return recommendation.suggested if in_next_run(recommendation) else None
