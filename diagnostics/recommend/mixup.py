"""Mixup: training on blends of two samples and their labels."""

from __future__ import annotations

from collections.abc import Mapping

from diagnostics.recommend.facts import Facts
from diagnostics.recommend.recommendation import Recommendation

GAIN = 0.09  # in log loss, measured at the best strength
# alpha by architecture; blends of token ids or of a pretrained network's inputs mean nothing
ALPHA: Mapping[str, float] = {"mlp": 0.2, "cnn": 0.2, "vit": 0.8}
HIGHEST = 1.0
SOURCE = "literature for the strength: Zhang et al. 2018, https://arxiv.org/abs/1710.09412; the gain was measured here"
VIT = "literature: Touvron et al. 2021, https://arxiv.org/abs/2012.12877, table 9"


def mixup(facts: Facts) -> Recommendation | None:
    """The usual alpha of the architecture; None where it is in use, or samples cannot be blended."""
    alpha, current = ALPHA.get(facts.setup.architecture or ""), facts.in_use("mixup")
    if alpha is None or (current or 0.0) >= alpha:
        return None
    vit = facts.setup.architecture == "vit"
    gain = "" if vit else f" It took {GAIN:g} off the log loss, about half of what weight decay took."
    why = f"Next, after weight decay and dropout: mixup with alpha {alpha:g}.{gain}"
    evidence = facts.known() | ({} if vit else {"gain": GAIN})
    return Recommendation("mixup", why, VIT if vit else SOURCE, current, alpha, (current or 0.0, HIGHEST), evidence)
