"""Repairs: a random task trained as it is, and repaired in the same run and the same number of steps by many policies.

All policies are members of one batched program: they are one run until its overfitting is clear.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from diagnostics import Curve, Diagnosis, Setup, Verdict, diagnose
from diagnostics.confidence import CLEAR
from diagnostics.recommend.facts import Facts
from diagnostics.recommend.ladders import Dose
from diagnostics.recommend.repair import PATIENCE, strengths
from tests.benchmarks.lab.random_tasks import RandomTask, random_task
from tests.benchmarks.lab.surfaces import PLAIN_LOOKS, _logits, _loss
from tests.benchmarks.lab.training import CLEAN, losses, shrink

FIRST_POINTS = 3  # before which no verdict is asked for
BETAS, EPSILON = (0.9, 0.999), 1e-8  # torch's own


class Policy(NamedTuple):
    """What to do when overfitting is clear: ``doses`` in turn, from the best weights, each once.

    ``clear`` is the certainty asked for. The next dose comes when overfitting is clear again, or after ``patience`` of
    the planned steps without a better validation. ``anew`` starts from the first weights instead, ``fresh`` with an
    optimizer that knows nothing.
    """

    doses: tuple[Dose, ...] = ()
    clear: float = CLEAR
    patience: float = PATIENCE
    anew: bool = False
    fresh: bool = False


class Repaired(NamedTuple):
    """Of every policy: the losses at its best checkpoint and its logits ``(policies, samples, classes)``; ``last``
    is the test loss at the end, ``rewinds`` the steps at which it went back."""

    val: NDArray[np.float64]
    test: NDArray[np.float64]
    last: NDArray[np.float64]
    val_logits: NDArray[np.float16]
    test_logits: NDArray[np.float16]
    rewinds: list[list[int]]


@dataclass
class _Member:
    """One policy's own view of its run: the epochs that were not given up, and what is left to try."""

    policy: Policy
    rows: list[tuple[float, ...]] = field(default_factory=list)  # step, logged, clean, val, lr_sum
    doses: list[dict[str, float]] | None = None
    rewinds: list[int] = field(default_factory=list)
    lowest: float = float("inf")
    best_step: int = 0


def repaired(number: int, policies: Sequence[Policy], *, he: bool = False) -> Repaired:
    """Train a random task under every policy."""
    return _Training(random_task(number, he=he), policies).run()


class _Training:
    def __init__(self, task: RandomTask, policies: Sequence[Policy]) -> None:
        self.task, self.members = task, [_Member(policy) for policy in policies]
        count = len(policies)
        self.p, self.decay = torch.zeros(count), torch.zeros(count)
        self.network = task.build(self.p)
        self.optimizer = MemberOptimizer(list(self.network.parameters()), count, momentum=task.momentum)
        self.first = self._state()
        self.best = self._state()
        self.judged: dict[tuple[float, ...], tuple[Diagnosis, Facts]] = {}
        self.logits: list[Tensor] = []

    def run(self) -> Repaired:
        """Train to the end, and look as often as the plain run of a surface is looked at."""
        task, data, count = self.task, self.task.data, len(self.members)
        decayed = [weights for name, weights in self.network.named_parameters() if name.endswith("weight")]
        looks = {max(1, round(task.steps * look / PLAIN_LOOKS)) for look in range(1, PLAIN_LOOKS + 1)}
        order, queue = torch.Generator().manual_seed(task.number), torch.empty(0, dtype=torch.long)
        logged, rate_sum, since = torch.zeros(count), 0.0, 0
        for step in range(1, task.steps + 1):
            if len(queue) < task.batch_size:
                queue = torch.randperm(len(data.train.y), generator=order)
            chosen, queue = queue[: task.batch_size], queue[task.batch_size :]
            rate = task.rate(step - 1)
            self.network.train()
            loss = losses(self.network(data.train.x[chosen].expand(count, -1, -1)), data.train.y[chosen])
            self.network.zero_grad()
            loss.sum().backward()  # type: ignore[no-untyped-call]
            shrink(decayed, (1 - rate * self.decay).clamp(min=0))
            self.optimizer.step(rate)
            logged, rate_sum, since = logged + loss.detach(), rate_sum + rate, since + 1
            if step not in looks:
                continue
            self._look(step, logged / since, rate_sum)
            logged, rate_sum, since = torch.zeros(count), 0.0, 0
        val, test = (part.clamp(-6e4, 6e4).half().numpy() for part in self.logits)
        return Repaired(
            np.array([member.lowest for member in self.members]),
            _loss(self.logits[1], data.test.y).double().numpy(),
            self.last.double().numpy(),
            val,
            test,
            [member.rewinds for member in self.members],
        )

    def _look(self, step: int, logged: Tensor, rate_sum: float) -> None:
        """Evaluate every member, keep what is best, and go back where it is time to."""
        data, count = self.task.data, len(self.members)
        now = [_logits(self.network, part.x, count) for part in (data.val, data.test)]
        clean = _loss(_logits(self.network, data.train.x[:CLEAN], count), data.train.y[:CLEAN])
        val, self.last = _loss(now[0], data.val.y), _loss(now[1], data.test.y)
        better = val < torch.tensor([member.lowest for member in self.members])
        self.logits = self.logits or [part.clone() for part in now]
        for kept, part in zip(self.logits, now, strict=True):
            kept[better] = part[better]
        self._keep(better)
        for place, member in enumerate(self.members):
            if bool(better[place]):
                member.lowest, member.best_step = float(val[place]), step
            member.rows.append((step, float(logged[place]), float(clean[place]), float(val[place]), rate_sum))
            self._judge(place, member, step)

    def _judge(self, place: int, member: _Member, step: int) -> None:
        """Go back where it is time to."""
        policy = member.policy
        if not policy.doses or len(member.rows) < FIRST_POINTS or member.doses == []:
            return
        since = max([member.best_step, *member.rewinds])
        if not (member.rewinds and step - since >= policy.patience * self.task.steps):
            diagnosis, facts = self._diagnosed(member)
            if diagnosis.verdict is not Verdict.OVERFITTING or diagnosis.confidence < policy.clear:
                return
            if member.doses is None:
                if not facts.needs_dose or facts.lr_time is None:
                    return
                member.doses = [strengths(facts, dose) for dose in policy.doses]
        assert member.doses is not None
        dose = member.doses.pop(0)
        self.p[place] = dose.get("dropout", dose.get("spatial_dropout", 0.0))
        self.decay[place] = dose["weight_decay"]
        self._restore(place, self.first if policy.anew else self.best, fresh=policy.anew or policy.fresh)
        if policy.anew:
            member.rows.clear()
        else:
            member.rows = [row for row in member.rows if row[0] <= member.best_step]
        member.rewinds.append(step)

    def _diagnosed(self, member: _Member) -> tuple[Diagnosis, Facts]:
        """As the product judges it; members that are still the same run share the answer."""
        key = tuple(row[3] for row in member.rows)
        if key not in self.judged:
            steps, logged, clean, val, rates = np.array(member.rows).T
            data, curve = self.task.data, Curve(steps.astype(np.int64), val)
            diagnosis = diagnose(
                Curve(curve.steps, logged),
                curve,
                clean_train=Curve(curve.steps, clean),
                val_samples=len(data.val.y),
                classes=data.classes,
            )
            setup = Setup(
                architecture=self.task.architecture,
                val=curve,
                steps=steps,
                lr=self.task.lr,
                lr_sum=rates,
                optimizer="adamw" if self.task.momentum is None else "sgdw",
                momentum=0.0,
                train=clean,
                train_is_clean=True,
                strengths={"dropout": 0.0, "spatial_dropout": 0.0, "weight_decay": 0.0},
                val_samples=max(100, len(data.val.y)),
                batch_size=self.task.batch_size,
                depth=self.task.depth if self.task.architecture == "mlp" else None,
            )
            self.judged[key] = diagnosis, Facts(diagnosis, setup)
        return self.judged[key]

    def _state(self) -> list[Tensor]:
        """Copies of all that the network and its optimizer hold of each member."""
        return [values.detach().clone() for values in self._values()]

    def _values(self) -> list[Tensor]:
        return [*(values for values in self.network.state_dict().values() if values.dim()), *self.optimizer.values()]

    @torch.no_grad()
    def _keep(self, better: Tensor) -> None:
        """Take the members that got better into the best state."""
        for kept, now in zip(self.best, self._values(), strict=True):
            kept[better] = now[better]

    @torch.no_grad()
    def _restore(self, place: int, state: list[Tensor], *, fresh: bool) -> None:
        for now, kept in zip(self._values(), state, strict=True):
            now[place] = kept[place]
        for value in self.optimizer.values() if fresh else ():
            value[place] = 0.0


class MemberOptimizer:
    """Adam or SGD as torch has them, with a count of steps for each member, as they go back each at its own time."""

    def __init__(self, parameters: list[nn.Parameter], members: int, *, momentum: float | None) -> None:
        self.parameters, self.momentum = parameters, momentum
        self.first = [torch.zeros_like(weights) for weights in parameters]
        self.second = [torch.zeros_like(weights) for weights in parameters] if momentum is None else []
        self.steps = torch.zeros(members)

    def values(self) -> list[Tensor]:
        """What it knows, the members first."""
        return [*self.first, *self.second, self.steps]

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """One step of all members."""
        self.steps += 1
        gradients = [weights.grad for weights in self.parameters if weights.grad is not None]
        if self.momentum is not None:
            for weights, buffer, gradient in zip(self.parameters, self.first, gradients, strict=True):
                buffer.mul_(self.momentum).add_(gradient)
                weights.sub_(rate * buffer)
            return
        scale, root = rate / (1 - BETAS[0] ** self.steps), (1 - BETAS[1] ** self.steps).sqrt()
        for weights, mean, square, gradient in zip(self.parameters, self.first, self.second, gradients, strict=True):
            mean.lerp_(gradient, 1 - BETAS[0])
            square.mul_(BETAS[1]).addcmul_(gradient, gradient, value=1 - BETAS[1])
            weights.sub_(by_member(scale, weights) * mean / (square.sqrt() / by_member(root, weights) + EPSILON))


def by_member(values: Tensor, weights: Tensor) -> Tensor:
    """One value for each member, to multiply its weights by."""
    return values.view(-1, *([1] * (weights.dim() - 1)))
