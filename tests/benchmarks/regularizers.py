"""What each regularizer costs a training step, per model: ``python -m tests.benchmarks.regularizers [--write]``.

Steps with and without it alternate, so that a busy machine slows both; times are of this process's CPU. A round is one
epoch, so that what happens once an epoch has its share. ``--write`` puts the table into docs/cost-of-regularizers.md.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from statistics import median, quantiles

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import AdamW

from tests.benchmarks.record import record
from trainer.models import cnn, mlp, transformer, vit
from trainer.regularizers import REGULARIZERS, RegularizerError, make

STEPS = 50  # an epoch
VOCABULARY, CLASSES = 96, 10
Batch = tuple[Tensor, Tensor]
MODELS: dict[str, tuple[Callable[[], nn.Module], Callable[[], Batch]]] = {
    "mlp": (
        lambda: mlp.build((3, 32, 32), CLASSES, width=512, depth=3),
        lambda: (torch.rand(128, 3, 32, 32), torch.randint(CLASSES, (128,))),
    ),
    "cnn": (
        lambda: cnn.build((3, 32, 32), CLASSES),
        lambda: (torch.rand(32, 3, 32, 32), torch.randint(CLASSES, (32,))),
    ),
    "vit": (
        lambda: vit.build((3, 32, 32), CLASSES),
        lambda: (torch.rand(32, 3, 32, 32), torch.randint(CLASSES, (32,))),
    ),
    "transformer": (
        lambda: transformer.build((128,), VOCABULARY),
        lambda: (torch.randint(VOCABULARY, (8, 128)), torch.randint(VOCABULARY, (8, 128))),
    ),
}
KINDS = {
    **{name: {name: {}} for name in REGULARIZERS},
    "weight_decay, coupled": {"weight_decay": {"kind": "coupled"}},
    "l1, penalty": {"l1": {"kind": "penalty"}},
    "dropout, attention 0": {"dropout": {"attention": 0.0}},
}


class Training:
    """A model that trains on one batch, with some regularizers."""

    def __init__(self, model: str, settings: dict[str, dict[str, object]]) -> None:
        build, batch = MODELS[model]
        torch.manual_seed(0)
        self.regularizers, (self.inputs, self.targets) = make(settings), batch()
        self.model = self.regularizers.build(build())
        self.regularizers.check(self.inputs, self.targets)
        self.criterion = self.regularizers.criterion(nn.CrossEntropyLoss())
        groups = self.regularizers.parameter_groups([{"params": list(self.model.parameters())}], AdamW)
        self.optimizer = AdamW(groups, lr=1e-4, weight_decay=0.0, fused=True)
        self.rng, self.epochs, self.forwards = np.random.default_rng(0), 0, 0
        self.model.register_forward_hook(self.count)

    def count(self, *_: object) -> None:
        self.forwards += 1

    def step(self) -> None:
        inputs, targets = self.regularizers.batch(self.inputs, self.targets, self.rng)
        loss = self.criterion(self.model(inputs), targets) + self.regularizers.penalty()
        self.optimizer.zero_grad()
        loss.backward()
        self.regularizers.after_backward(self.optimizer)
        self.optimizer.step()
        self.regularizers.after_step(self.optimizer)

    def end_epoch(self) -> None:
        """As at a better epoch, when early stopping has most to do."""
        self.epochs += 1
        with self.regularizers.evaluation():
            self.regularizers.end_of_epoch(self.model, self.epochs, 1 / self.epochs)


def seconds(act: Callable[[], None]) -> float:
    begun = time.process_time()
    act()
    return time.process_time() - begun


def cost(model: str, settings: dict[str, dict[str, object]], pairs: int) -> float:
    """A step's cost over that of the same training without, plus the epoch's end spread over its steps.

    Of all steps the lower quartile counts: what others do on the machine only ever makes one slower.
    """
    plain, regularized = Training(model, {}), Training(model, settings)
    for _ in range(3):
        plain.step()
        regularized.step()
    times = [(seconds(plain.step), seconds(regularized.step)) for _ in range(pairs)]
    without, with_it = (quantiles(column, n=4)[0] for column in zip(*times, strict=True))
    ends = [seconds(regularized.end_epoch) for _ in range(5)]
    assert regularized.forwards == plain.forwards, "a regularizer ran the model a second time"
    return (with_it + median(ends) / STEPS) / without - 1


def table(pairs: int) -> Iterator[str]:
    yield "| regularizer | " + " | ".join(MODELS) + " |"
    yield "|---" * (len(MODELS) + 1) + "|"
    for name, settings in KINDS.items():
        cells = []
        for model in MODELS:
            try:
                cells.append(f"{cost(model, settings, pairs):+.1%}")
            except RegularizerError:
                cells.append("-")
        yield f"| {name} | " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=40, help="steps measured with and without each")
    parser.add_argument("--write", action="store_true", help="put the table into docs/")
    options = parser.parse_args()
    torch.set_num_threads(1)
    record("cost-of-regularizers.md", "regularizers", "\n".join(table(options.pairs)), write=options.write)


if __name__ == "__main__":
    main()
