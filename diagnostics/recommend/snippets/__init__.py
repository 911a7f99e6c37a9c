"""Snippets: the code that applies a dose in somebody's own training, for four frameworks.

Each framework has a frame, a short training with named places, and for each lever the lines that go there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite

from diagnostics.recommend.recommendation import Recommendation
from diagnostics.recommend.snippets import keras, lightning, pytorch, transformers
from diagnostics.recommend.snippets.frame import Framework, Parts

__all__ = ["FRAMEWORKS", "SNIPPETS", "SnippetError", "snippet", "snippets_of"]

FRAMEWORKS: Mapping[str, Framework] = {
    "pytorch": pytorch.FRAMEWORK,
    "lightning": lightning.FRAMEWORK,
    "transformers": transformers.FRAMEWORK,
    "keras": keras.FRAMEWORK,
}
SNIPPETS: Mapping[str, Mapping[str, Parts]] = {
    lever: {name: framework.parts[lever] for name, framework in FRAMEWORKS.items()} for lever in pytorch.FRAMEWORK.parts
}
# what stands for the strength of advice that has none: points of patience, times as long
USUAL: Mapping[str, float] = {"stop_at_best": 10.0, "early_stopping": 10.0, "train_longer": 2.0}


class SnippetError(ValueError):
    """A framework, lever or strength for which there is no code; the message says which there are."""


def snippet(framework: str, strengths: Mapping[str, float]) -> str:
    """Code that applies all of ``strengths`` (by registry name, 0 left out) in ``framework``, a key of FRAMEWORKS.

    Its first lines say which names are a person's own. Strengths are rounded to three digits. Raises ``SnippetError``.
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


def snippets_of(advice: Iterable[Recommendation]) -> list[tuple[Recommendation, dict[str, str]]]:
    """Each recommendation with its code by framework: of a whole dose at its first one, of nothing to apply none."""
    advice = list(advice)
    found, seen = [], set()
    for one in advice:
        dose = one.evidence.get("dose")
        together = [one] if dose is None else [other for other in advice if other.evidence.get("dose") == dose]
        strengths = {} if dose in seen else _strengths(together)
        seen |= {dose} - {None}
        found.append((one, {name: snippet(name, strengths) for name in FRAMEWORKS} if strengths else {}))
    return found


def _strengths(advice: Iterable[Recommendation]) -> dict[str, float]:
    suggested = {one.lever: USUAL.get(one.lever, 0.0) if one.suggested is None else one.suggested for one in advice}
    return {lever: strength for lever, strength in suggested.items() if strength and lever in SNIPPETS}
