"""The pictures of the Guide page: ``make guide`` draws them with the code that trains, and runs its small trainings.

The app may not import torch, so that what the page shows is made here, where the tests can make it again and compare.
A picture is plain data: ``tiles`` of shades from 0 to 99 (None where something was left out, -1 where there is
nothing), ``lines`` over ``x``, or ``bars``; ``numbers`` stand in its captions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import SGD

from tests.guide_runs import all_trainings, config
from trainer.data.digits import samples
from trainer.fit.optim import make_optimizer
from trainer.regularizers import DropPath, Mixed, make
from trainer.regularizers.drop_path import drop_path
from trainer.regularizers.dropconnect import dropping
from trainer.regularizers.dropout import dropout

FILE = Path(__file__).resolve().parent.parent / "app" / "views" / "guide" / "guide.json"
Picture = dict[str, Any]
STARTS = (1.0, 0.5, 0.2, 0.1)  # weights that shrink


def digits(count: int) -> tuple[Tensor, Tensor]:
    """The first digits, 0 to 9 and again, ``(count, 1, 8, 8)``, and what they are."""
    found = samples()
    return torch.from_numpy(found.x[:count]), torch.from_numpy(found.y[:count])


def tile(values: Tensor, *, top: float = 1.0) -> list[list[int | None]]:
    """Rows of shades."""
    return (values / top * 99).round().clamp(0, 99).int().tolist()


def left_out(values: Tensor, *, top: float) -> list[list[int | None]]:
    """Rows of shades of values that were all positive: where one is zero now, it was left out."""
    return [
        [shade if value else None for shade, value in zip(*row, strict=True)]
        for row in zip(tile(values, top=top), values.tolist(), strict=True)
    ]


def dropped_activations() -> Picture:
    """A layer's activations for ten digits, whole and in two steps."""
    p = 0.3
    activations = torch.sigmoid(nn.Linear(64, 16)(digits(10)[0].flatten(1)))
    steps = [activations, *(dropout(activations, p, training=True) for _ in range(2))]
    return {"tiles": [left_out(step, top=1 / (1 - p)) for step in steps], "numbers": {"p": p}}


def dropped_maps() -> Picture:
    """Nine feature maps of one digit, whole and in two steps."""
    p = 0.3
    layer = nn.Sequential(nn.Conv2d(1, 9, 3), nn.Sigmoid())
    place = make({"spatial_dropout": {"p": p}}).build(nn.Sequential(nn.Dropout2d(0.0)))
    maps = layer(digits(4)[0][3:])
    steps = [maps, *(place(maps) for _ in range(2))]
    return {"tiles": [mosaic(step[0], top=1 / (1 - p)) for step in steps], "numbers": {"p": p}}


def mosaic(maps: Tensor, *, top: float) -> list[list[int | None]]:
    """Nine maps as three by three, with nothing between them."""
    shades = [left_out(one, top=top) for one in maps]
    rows: list[list[int | None]] = []
    for start in (0, 3, 6):
        rows += [[*a, -1, *b, -1, *c] for a, b, c in zip(*shades[start : start + 3], strict=True)]
        rows.append([-1] * len(rows[0]))
    return rows[:-1]


def dropped_weights() -> Picture:
    """The weights of a layer by their size, whole and in two steps."""
    p = 0.3
    layer = nn.Linear(16, 10, bias=False)
    twin = dropping(layer, p).train()
    steps = [layer.weight, *(twin(torch.eye(16)).T for _ in range(2))]
    sizes = [step.detach().abs() for step in steps]
    top = float(sizes[0].max()) / (1 - p)
    return {"tiles": [left_out(size, top=top) for size in sizes], "numbers": {"p": p}}


def skipped_branches() -> Picture:
    """How probable it is that each of twelve blocks is skipped, and which ones eight samples skipped in a step."""
    drop_prob = 0.3
    blocks = [nn.Sequential(nn.Linear(1, 1), DropPath()) for _ in range(12)]
    built = make({"drop_path": {"drop_prob": drop_prob}}).build(nn.Sequential(*blocks))
    ramp = [module.drop_prob for module in built.modules() if isinstance(module, DropPath)]
    step = torch.cat([drop_path(torch.ones(8, 1), p, training=True) for p in ramp], dim=1)
    return {
        "bars": {"skipped": [round(p, 4) for p in ramp]},
        "tiles": [left_out(step, top=2.0)],
        "numbers": {"drop_prob": drop_prob},
    }


def shrinking(name: str, strength: float) -> Picture:
    """Weights that no gradient pulls at, step by step, by the optimizer that trains."""
    model = nn.Linear(len(STARTS), 1, bias=False)
    model.weight.data[:] = torch.tensor(STARTS)
    asked = config(name, strength, lr=0.01)
    regularizers = make(asked.regularizers)
    optimizer = make_optimizer(regularizers.build(model), asked, regularizers)
    seen = [model.weight[0].tolist()]
    for _ in range(200):
        model.weight.grad = torch.zeros_like(model.weight)
        regularizers.after_backward(optimizer)
        optimizer.step()
        regularizers.after_step(optimizer)
        seen.append(model.weight[0].tolist())
    paths = zip(*seen[::5], strict=True)
    lines = {f"{start:g}": [round(weight, 4) for weight in path] for start, path in zip(STARTS, paths, strict=True)}
    return {"x": list(range(0, 201, 5)), "lines": lines}


def shrunk() -> Picture:
    """L2 beside L1, the same for both."""
    return {
        "both": {"weight_decay": shrinking("weight_decay", 1.0), "l1": shrinking("l1", 0.4)},
        "numbers": {"weight_decay": 1.0, "l1": 0.4, "lr": 0.01},
    }


def changed(name: str, settings: dict[str, float]) -> Picture:
    """A digit, and five times what the network sees of it."""
    images, labels = digits(4)
    images, labels = images[3:].repeat(6, 1, 1, 1), labels[3:].repeat(6)
    regularizers = make({name: settings})
    regularizers.check(images, labels)
    seen, _ = regularizers.batch(images, labels, np.random.default_rng(0))
    return {"tiles": [tile(image) for image in (images[0, 0], *seen[1:, 0])], "numbers": dict(settings)}


def mixed(name: str, alpha: float, seed: int) -> Picture:
    """Two digits and what becomes of them; the first whose partner is another digit."""
    images, labels = digits(10)
    seen, targets = make({name: {"alpha": alpha}}).batch(images, labels, np.random.default_rng(seed))
    assert isinstance(targets, Mixed)
    at = int((targets.first != targets.second).nonzero()[0, 0])
    first, second = int(targets.first[at]), int(targets.second[at])
    tiles = [tile(image[0]) for image in (images[first], images[second], seen[at])]
    return {"tiles": tiles, "numbers": {"lam": round(targets.lam, 3), "first": first, "second": second}}


def smoothed_target() -> Picture:
    """The target that the loss is the cross entropy with: at equal scores its gradient is softmax minus target."""
    smoothing, label = 0.3, torch.tensor([3])
    bars = {}
    for side, settings in (("before", {}), ("after", {"label_smoothing": {"smoothing": smoothing}})):
        scores = torch.zeros(1, 10, requires_grad=True)
        make(settings).criterion(cross_entropy)(scores, label).backward()
        bars[side] = [round(p, 4) for p in (0.1 - scores.grad[0]).tolist()]
    return {"bars": bars, "numbers": {"smoothing": smoothing}}


def steps_of_sgd(
    name: str, settings: dict[str, float], count: int
) -> Iterator[tuple[Any, nn.Module, Callable[[], None]]]:
    """Steps of a small network on few digits at a high rate, stopped between the gradient and the step."""
    images, labels = digits(200)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    regularizers = make({name: settings})
    regularizers.build(model)
    optimizer = SGD(model.parameters(), lr=0.5)
    rng = np.random.default_rng(0)
    for _ in range(count):
        batch = rng.integers(len(images), size=16)
        optimizer.zero_grad()
        cross_entropy(model(images[batch]), labels[batch]).backward()
        yield next(iter(regularizers)), model, lambda: regularizers.after_backward(optimizer)
        optimizer.step()
        regularizers.after_step(optimizer)


def clipped_gradients() -> Picture:
    """The length of the gradient at each step, before and after."""
    lines: dict[str, list[float]] = {"before": [], "after": []}
    for _, model, clip in steps_of_sgd("gradient_clipping", {"max_norm": 1.0}, 80):
        lines["before"].append(gradient_norm(model))
        clip()
        lines["after"].append(gradient_norm(model))
    return {"x": list(range(1, 81)), "lines": lines, "numbers": {"max_norm": 1.0}}


def gradient_norm(model: nn.Module) -> float:
    return round(float(torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None]).norm()), 4)


def averaged_weight() -> Picture:
    """One parameter at each step, and its running average."""
    lines: dict[str, list[float]] = {"weight": [], "average": []}
    for ema, model, _ in steps_of_sgd("ema", {"decay": 0.95}, 200):
        lines["weight"].append(round(float(model[3].bias[0].detach()), 4))
        lines["average"].append(round(float(ema.averages[3][0]), 4))
    return {"x": list(range(1, 201)), "lines": lines, "numbers": {"decay": 0.95}}


def stopped(val: list[float]) -> Picture:
    """Where early stopping ends the training with this validation loss, and which epoch it keeps."""
    patience = 10
    (stopping,) = make({"early_stopping": {"patience": patience}})
    model = nn.Linear(1, 1)
    stop = next(epoch for epoch, loss in enumerate(val, 1) if stopping.end_of_epoch(model, epoch, loss))
    marks = {"best": stopping.best_epoch, "stop": stop}
    return {"x": list(range(1, len(val) + 1)), "lines": {"val": val}, "numbers": {"patience": patience, **marks}}


def all_pictures(val: list[float]) -> dict[str, Picture]:
    """Regularizer -> its picture; ``val`` is the validation loss of a training that overfits."""
    makers: dict[str, Callable[[], Picture]] = {
        "dropout": dropped_activations,
        "spatial_dropout": dropped_maps,
        "dropconnect": dropped_weights,
        "drop_path": skipped_branches,
        "weight_decay": shrunk,
        "l1": shrunk,
        "augmentation": lambda: changed("augmentation", {"crop": 0.7, "rotation": 20.0}),
        "randaugment": lambda: changed("randaugment", {"magnitude": 9, "num_ops": 2}),
        "label_smoothing": smoothed_target,
        "mixup": lambda: mixed("mixup", 0.8, seed=5),
        "cutmix": lambda: mixed("cutmix", 1.0, seed=4),
        "gradient_clipping": clipped_gradients,
        "ema": averaged_weight,
        "early_stopping": lambda: stopped(val),
    }
    return {name: _seeded(maker) for name, maker in makers.items()}


def _seeded(maker: Callable[[], Picture]) -> Picture:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        return maker()


def main() -> None:
    torch.set_num_threads(1)
    trainings = all_trainings()
    made = {"pictures": all_pictures(trainings["early_stopping"]["runs"][0]["val"]), "trainings": trainings}
    FILE.write_text(json.dumps(made, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
