"""Surfaces: a random task trained plainly, then under every dose of a grid, and repaired from its best checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from tests.benchmarks.lab.random_tasks import RandomTask, random_task
from tests.benchmarks.lab.training import CLEAN, losses, shrink

Values = NDArray[np.float64]
DROPOUTS = (0.0, 0.1, 0.2, 0.3, 0.5)
LOG_U = (-np.inf, -2.0, -1.5, -1.0, -0.6, -0.15, 0.3, 0.7)  # of u = weight decay x learning rate x t*; the first is off
GRID = tuple((p, 10.0**u) for p in DROPOUTS for u in LOG_U)
REPAIRS = ((0.0, 0.7), (0.1, 0.25), (0.2, 0.25))  # what the run goes on with from its best weights, for half its length
NEAR_BEST = 0.02  # t* of this grid: when validation first comes so close to its lowest value
OTHER_BATCHES = 500_000  # beyond the number of any task
PLAIN_LOOKS, LOOKS = 48, 24  # how often a training is evaluated


class Trained(NamedTuple):
    """Of all members: losses ``(members, looks)``, the ``steps`` of the looks, the test loss at the best and the last.

    ``val_logits`` and ``test_logits`` ``(members, samples, classes)`` are those of each member's best weights by val.
    """

    steps: Values
    logged: Values
    clean: Values
    val: Values
    lr_sum: Values
    test_best: Values
    test_last: Values
    val_logits: NDArray[np.float16]
    test_logits: NDArray[np.float16]


@dataclass(frozen=True)
class Surface:
    """A task's plain run at many looks, and the grid, of which the first member is the plain run again."""

    number: int
    family: str
    architecture: str
    depth: int
    normed: bool
    he: bool
    lr: float
    sgd: bool
    noise: float
    noisy_everywhere: bool
    t_star: float
    rate_to_t_star: float
    plain: Trained
    grid: Trained | None
    repairs: Trained | None
    val_labels: NDArray[np.int64]
    test_labels: NDArray[np.int64]
    samples: int
    batch_size: int


def surface(number: int, *, he: bool = False, whole: bool = True) -> Surface:
    """Train a random task; without ``whole``, or where validation is best at the end, the plain run alone."""
    return surface_of(random_task(number, he=he), whole=whole)


def surface_of(task: RandomTask, *, whole: bool = True) -> Surface:
    """The same of any task."""
    members = torch.zeros(1)
    plain, state = _train(task, members, members, PLAIN_LOOKS, keep=True)
    at = _t_star(plain.val[0])
    time = float(plain.lr_sum[: at + 1].sum())
    grid = repairs = None
    if whole and at < 0.9 * PLAIN_LOOKS:
        grid, _ = _train(task, *_strengths(GRID, time), LOOKS)
        repairs, _ = _train(task, *_strengths(REPAIRS, time), LOOKS // 2, start=state, steps=task.steps // 2, shuffle=1)
    return Surface(
        number=task.number,
        family=task.family,
        architecture=task.architecture,
        depth=task.depth,
        normed=task.normed,
        he=task.he,
        lr=task.lr,
        sgd=task.momentum is not None,
        noise=task.noise,
        noisy_everywhere=task.noisy_everywhere,
        t_star=float(plain.steps[at]),
        rate_to_t_star=time,
        plain=plain,
        grid=grid,
        repairs=repairs,
        val_labels=task.data.val.y.flatten().numpy(),
        test_labels=task.data.test.y.flatten().numpy(),
        samples=len(task.data.train.y),
        batch_size=task.batch_size,
    )


def null_trial(number: int) -> NDArray[np.float16]:
    """The validation logits of the plain run's best weights after training on other batches, and nothing else changed.

    They are ``(samples, classes)``.
    """
    plain = torch.zeros(1)
    trained, _ = _train(random_task(number), plain, plain, LOOKS, shuffle=OTHER_BATCHES)
    return trained.val_logits[0]


def train_members(task: RandomTask, p: Tensor, decay: Tensor, looks: int) -> Trained:
    """Train one network for each dropout and decay, from the same weights on the same batches."""
    return _train(task, p, decay, looks)[0]


def save(surface: Surface, path: Path) -> None:
    """Everything of a surface in a file, by rename."""
    fields: dict[str, object] = {}
    for name, value in vars(surface).items():
        if isinstance(value, Trained):
            fields |= {f"{name}.{key}": part for key, part in value._asdict().items()}
        elif value is not None:
            fields[name] = value
    scratch = path.with_suffix(".part")
    with scratch.open("wb") as file:
        np.savez_compressed(file, **fields)  # type: ignore[arg-type]
    scratch.replace(path)


def load(path: Path) -> Surface:
    """What ``save`` wrote."""
    with np.load(path, allow_pickle=False) as file:
        found = {name: file[name] for name in file.files}
    parts = {
        name: Trained(*(found[f"{name}.{key}"] for key in Trained._fields)) if f"{name}.val" in found else None
        for name in ("plain", "grid", "repairs")
    }
    plain = {name: value if value.ndim else value.item() for name, value in found.items() if "." not in name}
    return Surface(**plain, **parts)  # type: ignore[arg-type]


def _t_star(val: Values) -> int:
    return max(1, int(np.argmax(val <= (1 + NEAR_BEST) * val.min())))


def _strengths(doses: Sequence[tuple[float, float]], time: float) -> tuple[Tensor, Tensor]:
    """Dropout and weight decay of each dose, for ``time`` the learning rate summed until t*."""
    return torch.tensor([p for p, _ in doses]), torch.tensor([u / time for _, u in doses])


class _State(NamedTuple):
    """The best weights of a run of one member, with what its optimizer knew then."""

    weights: list[Tensor]
    moments: list[dict[str, Tensor]]


def _train(
    task: RandomTask,
    p: Tensor,
    decay: Tensor,
    looks: int,
    *,
    keep: bool = False,
    start: _State | None = None,
    steps: int | None = None,
    shuffle: int = 0,
) -> tuple[Trained, _State | None]:
    """Train all members on the same batches, from the task's own weights or from ``start``."""
    steps, members, data = steps or task.steps, len(p), task.data
    network = task.build(p)
    optimizer = _optimizer(task, network)
    if start is not None:
        _restore(network, optimizer, start, members)
    decayed = [weights for name, weights in network.named_parameters() if name.endswith("weight")]
    looked = sorted({max(1, round(steps * look / looks)) for look in range(1, looks + 1)})
    order = torch.Generator().manual_seed(task.number + shuffle)
    lowest, best, state = torch.full((members,), torch.inf), list[Tensor](), None
    rows, rates, rate_sum, logged, since = [], [], 0.0, torch.zeros(members), 0
    queue = torch.empty(0, dtype=torch.long)
    for step in range(steps):
        if len(queue) < task.batch_size:
            queue = torch.randperm(len(data.train.y), generator=order)
        chosen, queue = queue[: task.batch_size], queue[task.batch_size :]
        rate = task.rate(step) if start is None else task.lr
        network.train()
        loss = losses(network(data.train.x[chosen].expand(members, -1, -1)), data.train.y[chosen])
        optimizer.zero_grad()
        loss.sum().backward()  # type: ignore[no-untyped-call]
        shrink(decayed, (1 - rate * decay).clamp(min=0))
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
        logged, rate_sum, since = logged + loss.detach(), rate_sum + rate, since + 1
        if step + 1 not in looked:
            continue
        val, test = (_logits(network, part.x, members) for part in (data.val, data.test))
        clean = _loss(_logits(network, data.train.x[:CLEAN], members), data.train.y[:CLEAN])
        measured = _loss(val, data.val.y)
        rows.append((logged / since, clean, measured, _loss(test, data.test.y)))
        rates.append(rate_sum)
        logged, rate_sum, since = torch.zeros(members), 0.0, 0
        better = measured < lowest
        if not best:
            best = [val.clone(), test.clone()]
        for kept, now in zip(best, (val, test), strict=True):
            kept[better] = now[better]
        if keep and bool(better[0]):
            state = _snapshot(network, optimizer)
        lowest = torch.minimum(lowest, measured)
    logged_, clean_, val_, test_ = (torch.stack(values, 1).double().numpy() for values in zip(*rows, strict=True))
    found = Trained(
        np.asarray(looked, float),
        logged_,
        clean_,
        val_,
        np.asarray(rates),
        test_[np.arange(members), val_.argmin(1)],
        test_[:, -1],
        *(logits.clamp(-6e4, 6e4).half().numpy() for logits in best),
    )
    return found, state


def _optimizer(task: RandomTask, network: nn.Module) -> torch.optim.Optimizer:
    if task.momentum is None:
        return torch.optim.Adam(network.parameters(), lr=task.lr, fused=True)
    return torch.optim.SGD(network.parameters(), lr=task.lr, momentum=task.momentum, fused=True)


def _snapshot(network: nn.Module, optimizer: torch.optim.Optimizer) -> _State:
    moments = [
        {key: value.clone() for key, value in optimizer.state[weights].items() if isinstance(value, Tensor)}
        for weights in network.parameters()
    ]
    return _State([values.clone() for values in network.state_dict().values()], moments)


@torch.no_grad()
def _restore(network: nn.Module, optimizer: torch.optim.Optimizer, state: _State, members: int) -> None:
    """Give every member the one member's weights and moments."""
    for values, kept in zip(network.state_dict().values(), state.weights, strict=True):
        values.copy_(kept.expand_as(values))
    for weights, moments in zip(network.parameters(), state.moments, strict=True):
        for key, value in moments.items():
            optimizer.state[weights][key] = value.clone() if value.dim() == 0 else value.expand_as(weights).clone()


@torch.no_grad()
def _logits(network: nn.Module, x: Tensor, members: int) -> Tensor:
    network.eval()
    found: Tensor = network(x.expand(members, *x.shape))
    return found.flatten(1, -2)


def _loss(logits: Tensor, y: Tensor) -> Tensor:
    """Mean loss of each member; a network that blew up has a very large one."""
    members, _, classes = logits.shape
    every = functional.cross_entropy(logits.reshape(-1, classes), y.flatten().repeat(members), reduction="none")
    return every.view(members, -1).mean(1).nan_to_num(1e6, 1e6, 1e6)
