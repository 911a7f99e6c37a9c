"""Recipes: regularizers at the strength that published recipes use, to be tried after the doses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from diagnostics.recommend.facts import Facts
from diagnostics.recommend.recommendation import Recommendation

# alpha by architecture; blends of token ids or of a pretrained network's inputs mean nothing
MIXUP_ALPHA: Mapping[str, float] = {"mlp": 0.2, "cnn": 0.2, "vit": 0.8}
HIGHEST_ALPHA = 1.0
SMOOTHING = 0.1

DEIT = "literature: Touvron et al. 2021, https://arxiv.org/abs/2012.12877, table 9"
RESNET = (
    "literature: torchvision's ResNet-50 recipe, "
    "https://pytorch.org/blog/how-to-train-state-of-the-art-models-using-torchvision-latest-primitives/"
)
MIXUP = "literature: Zhang et al. 2018, https://arxiv.org/abs/1710.09412"
AUGMENTATION = "literature: Shorten and Khoshgoftaar 2019, https://doi.org/10.1186/s40537-019-0197-0"
CALIBRATION = (
    "literature: Guo et al. 2017, https://arxiv.org/abs/1706.04599 (temperature), Szegedy et al. 2016, "
    "https://arxiv.org/abs/1512.00567 (smoothing)"
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


def mixup(facts: Facts) -> Recommendation | None:
    """The usual alpha of the architecture; None where it is in use, or samples cannot be blended."""
    alpha, current = MIXUP_ALPHA.get(facts.setup.architecture or ""), facts.in_use("mixup")
    if alpha is None or (current or 0.0) >= alpha:
        return None
    why = (
        f"Next, after weight decay and dropout, where the network classifies: mixup with alpha {alpha:g}; not measured "
        "here."
    )
    source = DEIT if facts.setup.architecture == "vit" else MIXUP
    return Recommendation("mixup", why, source, current, alpha, (current or 0.0, HIGHEST_ALPHA), facts.evidence())


def augmentation(facts: Facts) -> Recommendation | None:
    """For networks of images: switched on or off, at the trainer's default. None where it, or another kind, is on."""
    current = facts.in_use("augmentation")
    if facts.setup.architecture not in ("cnn", "vit") or current or facts.in_use("randaugment"):
        return None
    why = "On images, after the doses: augmentation, where what it changes leaves the labels as they are."
    return Recommendation("augmentation", why, AUGMENTATION, current, 1.0, (current or 0.0, 1.0), facts.evidence())


def drop_path(facts: Facts) -> Recommendation | None:
    """Skipping whole residual branches."""
    return _usual(facts, "drop_path")


def cutmix(facts: Facts) -> Recommendation | None:
    """Pasting a piece of one image into another."""
    return _usual(facts, "cutmix")


def randaugment(facts: Facts) -> Recommendation | None:
    """A random choice of distortions."""
    return _usual(facts, "randaugment")


def label_smoothing(facts: Facts) -> Recommendation | None:
    """A temperature after training, or smoothing in training; None where the model is not overconfident."""
    current = facts.in_use("label_smoothing")
    if "overconfident" not in facts.diagnosis.notes or (current or 0.0) >= SMOOTHING:
        return None
    how = (
        "after one fitted temperature its loss does not rise"
        if facts.setup.val_scaled is not None
        else "its accuracy has not fallen"
    )
    why = (
        f"The model is too sure rather than more often wrong: {how}. Fit one temperature on validation after training, "
        f"or smooth the labels by {SMOOTHING:g}, which calibrates but does not lower the loss."
    )
    return Recommendation(
        "label_smoothing", why, CALIBRATION, current, SMOOTHING, (current or 0.0, SMOOTHING), facts.evidence()
    )


def _usual(facts: Facts, lever: str) -> Recommendation | None:
    usual, current = RECIPES.get(facts.setup.architecture or "", {}).get(lever), facts.in_use(lever)
    if usual is None or (current or 0.0) >= usual.suggested:
        return None
    why = f"After the doses: published recipes for such networks use {lever} {usual.suggested:g}; not measured here."
    lo = max(usual.range[0], current or 0.0)
    return Recommendation(
        lever, why, usual.source, current, usual.suggested, (min(lo, usual.suggested), usual.range[1]), facts.evidence()
    )
