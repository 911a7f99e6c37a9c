"""Device: the processor that a training runs on, and how torch is set up for it; torch is imported when asked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from trainer.config import Config
from trainer.errors import ConfigError
from trainer.processes.ranks import ranks

if TYPE_CHECKING:
    import torch

NO_MEMORY = ("not enough memory", "can't allocate memory", "out of memory", "Storage size calculation overflowed")
ENVIRONMENT = {  # before torch is imported
    "OMP_WAIT_POLICY": "PASSIVE",  # threads that wait by spinning make a step 100 times slower on a busy machine
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",  # or CUDA's matrix products differ from run to run
}


def prepare_environment() -> None:
    """What torch reads when it is imported."""
    os.environ.update({name: value for name, value in ENVIRONMENT.items() if name not in os.environ})


def prepare_torch(config: Config) -> torch.device:
    """Threads, repeatable kernels and the device that ``config`` asks for. Raises ``ConfigError`` without it."""
    import torch

    if config.threads is not None:
        torch.set_num_threads(config.threads)
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if config.device != "auto" and not available[config.device]:
        usable = ", ".join(name for name, usable_here in available.items() if usable_here)
        raise ConfigError(
            f"device {config.device} was requested, but torch finds only {usable} here; use auto, or {usable}"
        )
    device = next(name for name, usable_here in available.items() if usable_here and config.device in ("auto", name))
    if device != "cuda":
        return torch.device(device)
    torch.use_deterministic_algorithms(True, warn_only=True)
    if ranks().local >= torch.cuda.device_count():
        raise ConfigError(
            f"process {ranks().local + 1} of this machine finds only {torch.cuda.device_count()} GPUs; "
            "start as many processes as there are, or use device cpu"
        )
    torch.cuda.set_device(ranks().local)
    return torch.device(device, ranks().local)


@contextmanager
def enough_memory() -> Iterator[None]:
    """A network that does not fit becomes a ``ConfigError``: it is what was asked for, not a fault of the training."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, MemoryError) or any(words in str(error) for words in NO_MEMORY):
            raise ConfigError(
                "the network or its samples need more memory than there is; make width, depth or train_size smaller"
            ) from error
        raise
