"""Images: what recipes for image networks add after the doses; from the literature, not measured here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from diagnostics.recommend.facts import Facts
from diagnostics.recommend.recommendation import Recommendation

DEIT = "literature: Touvron et al. 2021, https://arxiv.org/abs/2012.12877, table 9"
RESNET = (
    "literature: torchvision's ResNet-50 recipe, "
    "https://pytorch.org/blog/how-to-train-state-of-the-art-models-using-torchvision-latest-primitives/"
)


class Usual(NamedTuple):
    """A strength that a published recipe uses, and the range over network sizes or recipes."""

    suggested: float
    range: tuple[float, float]
    source: str


RECIPES: Mapping[str, Mapping[str, Usual]] = {
    "vit": {
        "drop_path": Usual(0.1, (0.1, 0.5), DEIT),
        "cutmix": Usual(1.0, (0.5, 1.0), DEIT),
        "randaugment": Usual(9.0, (5.0, 15.0), DEIT),
    },
    "cnn": {"cutmix": Usual(1.0, (0.5, 1.0), RESNET)},
}


def drop_path(facts: Facts) -> Recommendation | None:
    """Skipping whole residual branches."""
    return _usual(facts, "drop_path")


def cutmix(facts: Facts) -> Recommendation | None:
    """Pasting a piece of one image into another."""
    return _usual(facts, "cutmix")


def randaugment(facts: Facts) -> Recommendation | None:
    """A random choice of distortions."""
    return _usual(facts, "randaugment")


def _usual(facts: Facts, lever: str) -> Recommendation | None:
    found, current = RECIPES.get(facts.setup.architecture or "", {}).get(lever), facts.in_use(lever)
    if found is None or (current or 0.0) >= found.suggested:
        return None
    why = f"After the doses: published recipes for such networks use {lever} {found.suggested:g}; not measured here."
    lo = max(found.range[0], current or 0.0)
    return Recommendation(
        lever, why, found.source, current, found.suggested, (min(lo, found.suggested), found.range[1]), facts.known()
    )
