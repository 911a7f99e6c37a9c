"""bfloat16: what is computed in it and what is not."""

from dataclasses import replace

import pytest
import torch

from trainer.config import Config
from trainer.fit.assemble import make_loop
from trainer.fit.problems.pose import pose

torch.set_num_threads(1)
CPU = torch.device("cpu")
FULL = Config(train_size=60, width=16, depth=1, epochs=3)


def trained(config):
    problem = pose(config, CPU)
    seen = []
    for layer in problem.model.modules():
        layer.register_forward_hook(lambda layer, _, outputs: seen.append((layer is problem.model, outputs.dtype)))
    loop = make_loop(config, problem)
    loop.fit()
    return loop, seen


@pytest.mark.parametrize("model", ["mlp", "cnn", "vit"])
def test_layers_compute_in_bfloat16_and_answers_and_weights_are_in_full(model):
    loop, seen = trained(replace(FULL, model=model, bf16=True, epochs=1))
    assert (False, torch.bfloat16) in seen
    assert {dtype for whole, dtype in seen if whole} == {torch.float32}
    assert loop.loss.dtype == torch.float32
    for parameter in loop.model.parameters():
        assert parameter.dtype == parameter.grad.dtype == torch.float32


def test_the_loss_is_that_of_full_precision_nearly():
    (half, _), (full, seen) = trained(replace(FULL, bf16=True)), trained(FULL)
    assert {dtype for _, dtype in seen} == {torch.float32}
    assert half.loss.item() == pytest.approx(full.loss.item(), rel=0.05)
    assert half.loss.item() != full.loss.item()


def test_the_same_seed_gives_the_same_numbers():
    first, again = (trained(replace(FULL, bf16=True))[0] for _ in range(2))
    assert first.loss.item() == again.loss.item()
