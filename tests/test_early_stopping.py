import math

import pytest
import torch
from torch import nn

from trainer.regularizers import make

torch.set_num_threads(1)


def stop_epoch(losses, **settings):
    """The epoch at which training stops, with the network whose weight is the epoch."""
    model = nn.Linear(1, 1)
    regularizers = make({"early_stopping": settings})
    for epoch, loss in enumerate(losses, start=1):
        nn.init.constant_(model.weight, float(epoch))
        if regularizers.end_of_epoch(model, epoch, loss):
            break
    else:
        epoch = None
    regularizers.finish(model)
    return epoch, model.weight.item()


@pytest.mark.parametrize(
    ("losses", "settings", "stop", "best"),
    [
        ([3, 2, 1, 2, 3, 4, 5], {"patience": 2}, 5, 3),
        ([3, 2, 1, 2, 3, 4, 5], {"patience": 3}, 6, 3),
        ([3, 2, 1, 2, 0.5, 4, 5, 6], {"patience": 2}, 7, 5),
        ([5, 4, 3, 2, 1], {"patience": 1}, None, 5),
        ([5, 4, 3, 9, 9], {"patience": 10}, None, 3),
        ([1, 1, 1, 1], {"patience": 2}, 3, 1),
        ([1, 0.95, 0.9, 0.85], {"patience": 2, "min_delta": 0.2}, 3, 1),
        ([1, 0.7, 0.65, 0.6], {"patience": 2, "min_delta": 0.2}, 4, 2),
        ([2, math.nan, 1, math.nan, math.nan], {"patience": 2}, 5, 3),
        ([math.inf, math.nan], {"patience": 2}, 2, 2),
        ([3, 1, 2, 2], {"patience": 2, "restore_best": False}, 4, 4),
    ],
)
def test_it_stops_and_restores_the_best(losses, settings, stop, best):
    assert stop_epoch(losses, **settings) == (stop, best)


def test_the_reason_has_its_numbers():
    model = nn.Linear(1, 1)
    regularizers = make({"early_stopping": {"patience": 1, "min_delta": 0.01}})
    assert regularizers.end_of_epoch(model, 1, 0.5) is None
    reason = regularizers.end_of_epoch(model, 2, 0.75)
    assert all(part in reason for part in ("0.75", "epoch 2", "0.01", "0.5 of epoch 1", "patience 1"))
