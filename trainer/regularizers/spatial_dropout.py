"""Spatial dropout: whole feature maps are zero with probability p in training, the rest scaled by 1 / (1 - p).

Tompson et al. 2015, https://arxiv.org/abs/1411.4280: neighboring pixels of a map are alike, so dropping single ones
drops no information. The math is torch's ``nn.Dropout2d``, one Bernoulli draw for each (sample, channel).
"""

from dataclasses import dataclass

from torch import nn

from trainer.regularizers.base import Regularizer
from trainer.strengths import RegularizerError

PLACES = (nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)


@dataclass(eq=False)
class SpatialDropout(Regularizer):
    """Sets p at every ``nn.Dropout2d`` of the model (1d and 3d too)."""

    name = "spatial_dropout"
    p: float = 0.1

    def build(self, model: nn.Module) -> nn.Module:
        places = [module for module in model.modules() if isinstance(module, PLACES)]
        if not places:
            raise RegularizerError(
                "spatial_dropout needs a network with feature maps and found no nn.Dropout2d in this model; "
                "use the cnn, put nn.Dropout2d(0.0) where it should act, or leave spatial_dropout out"
            )
        for place in places:
            place.p = self.p
        return model
