"""Together: one network trained by several processes, each on its share of every batch.

A batch is the same as it would be in one process, and its loss and gradient are the mean over all its samples, however
they are shared out; so are the numbers, but for rounding and for what each process draws for itself (dropout).
"""
# no annotations from the future here: DistributedDataParallel looks at those of its hook

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel

from trainer.errors import ConfigError, TrainerError
from trainer.fit.loop import Callback, Loop
from trainer.fit.step import Batches
from trainer.processes.ranks import Ranks

PATIENCE = timedelta(days=7)  # a paused training is waited for; torchrun ends those whose partner is gone


class TogetherError(TrainerError):
    """The processes have lost one another; the message says what is safe."""


@contextmanager
def joined(ranks: Ranks, device: torch.device) -> Iterator[None]:
    """While it is open, the processes are in touch: by NCCL on CUDA, else by gloo. Raises ``TogetherError``."""
    if ranks.alone:
        yield
        return
    if device.type == "mps":
        raise ConfigError("several processes cannot share device mps; use cpu, or one process")
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, distributed.DistBackendError) or "gloo" in str(error):
            raise TogetherError(
                "another process of this training has ended, and says why; what the last checkpoint holds is safe"
            ) from error
        raise
    finally:
        distributed.destroy_process_group()


def share_out(loop: Loop, ranks: Ranks, *, seed: int, unused: bool = False) -> None:
    """Make the loop train its share of every batch, in step with the others. Raises ``ConfigError``.

    ``unused`` says that some parameters may take no part in the loss, as in a network that somebody else has made.
    """
    if ranks.alone:
        return
    batches = loop.batches
    if batches.smallest < ranks.size:
        raise ConfigError(
            f"a batch has {batches.smallest} samples for {ranks.size} processes; use fewer, or a larger batch_size"
        )
    batches.rank, batches.ranks = ranks.rank, ranks.size
    device = next(loop.model.parameters()).device
    network = DistributedDataParallel(
        loop.model,
        device_ids=[device.index] if device.type == "cuda" else None,
        find_unused_parameters=unused,
    )
    network.register_comm_hook(batches, weighted_mean)
    loop.network = network
    loop.callbacks = [MeanLoss(), *loop.callbacks, InStep(ranks, seed)]


def weighted_mean(
    batches: Batches,
    bucket: distributed.GradBucket,  # type: ignore[name-defined]
) -> torch.futures.Future[torch.Tensor]:
    """The gradient of the whole batch: each share counts by how many samples it has."""
    total = distributed.all_reduce(bucket.buffer().mul_(batches.weight), async_op=True)
    mean: torch.futures.Future[torch.Tensor] = total.get_future().then(lambda done: done.value()[0])
    return mean


class MeanLoss(Callback):
    """Makes the loop's loss that of the whole batch; comes before whoever logs it."""

    def after_backward(self, loop: Loop) -> None:
        if loop.loss is not None:
            mean = loop.loss * loop.batches.weight
            distributed.all_reduce(mean)
            loop.loss, loop.samples = mean, loop.batches.whole


class InStep(Callback):
    """Gives all processes the values that the first has measured, and ends them in the same epoch; comes last."""

    def __init__(self, ranks: Ranks, seed: int) -> None:
        self.ranks, self.seed = ranks, seed

    def fit_start(self, loop: Loop) -> None:
        starts = self.gather((loop.epoch, loop.epochs))
        if any(start != starts[0] for start in starts):
            raise ConfigError(
                f"the processes stand at epochs {', '.join(f'{done} of {planned}' for done, planned in starts)}; "
                "the run's folder must be the same for all of them"
            )
        self.epoch_end(loop)

    def epoch_start(self, loop: Loop) -> None:
        if not self.ranks.first:  # the first draws what it would alone; the others something else, also when continued
            torch.manual_seed(hash((self.seed, loop.epoch, self.ranks.rank)))

    def evaluate(self, loop: Loop) -> None:
        loop.values = self.gather(loop.values)[0]

    def epoch_end(self, loop: Loop) -> None:
        loop.stopping = any(self.gather(loop.stopping))

    def gather(self, mine: Any) -> list[Any]:
        """Everybody's, in the order of their ranks."""
        theirs = [None] * self.ranks.size
        distributed.all_gather_object(theirs, mine)
        return theirs


class Follower(Callback):
    """A process that is not the first: nobody asks it anything, but a signal to stop is passed on."""

    def __init__(self) -> None:
        self.wish = ""

    def stop(self) -> None:
        self.wish = "stop"

    def epoch_end(self, loop: Loop) -> None:
        loop.stopping = loop.stopping or bool(self.wish)
