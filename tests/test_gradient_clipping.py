import pytest
import torch
from torch import nn
from torch.optim import SGD

from trainer.regularizers import make

torch.set_num_threads(1)


@pytest.mark.parametrize(("length", "clipped"), [(10.0, 1.5), (1.5, 1.5), (0.2, 0.2)])
def test_the_norm_of_the_whole_gradient_is_at_most_the_one_asked_for(length, clipped):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    gradient = torch.randn(sum(p.numel() for p in model.parameters()))
    gradient *= length / gradient.norm()
    pieces = gradient.split([p.numel() for p in model.parameters()])
    for parameter, piece in zip(model.parameters(), pieces, strict=True):
        parameter.grad = piece.reshape(parameter.shape).clone()
    make({"gradient_clipping": {"max_norm": 1.5}}).after_backward(SGD(model.parameters()))
    after = torch.cat([p.grad.flatten() for p in model.parameters()])
    assert after.norm().item() == pytest.approx(clipped, rel=1e-4)
    torch.testing.assert_close(after, gradient * clipped / length)
