"""Tasks: what the lab trains, and the table of strengths it tries on each."""

from __future__ import annotations

from functools import partial
from itertools import product

from tests.benchmarks.lab.data import breast_cancer, digits, mnist1d, text
from tests.benchmarks.lab.networks import cnn, linear, mlp, normed_mlp, transformer
from tests.benchmarks.lab.training import Member, Task

# 60 of them; a weight decay is 4 times the one before, so that a quarter of the strongest is in the table, too.
TABLE = tuple(
    Member(dropout, decay, augmentation)
    for dropout, decay, augmentation in product(
        (0.0, 0.1, 0.2, 0.3, 0.4), (0.0, 0.01, 0.1, 0.4, 1.6, 6.4), (False, True)
    )
)
# What a run with enough data is tried with: nearly all of it too much.
STRONG = tuple(Member(dropout, decay) for dropout, decay in product((0.0, 0.1, 0.2, 0.4), (0.0, 0.4, 1.6, 6.4)))

_fast = (
    Task("mnist1d MLP", "overfitting", "mlp", partial(mnist1d, train=1000, val=300), mlp, epochs=40),
    Task("mnist1d CNN", "overfitting", "cnn", partial(mnist1d, train=300, val=300), cnn, epochs=50, lr=2e-3),
    Task(
        "digits MLP",
        "overfitting",
        "mlp",
        partial(digits, train=100, val=300),
        partial(mlp, depth=3),
        epochs=160,
        batch_size=20,
    ),
    Task(
        "mnist1d MLP, 20 % wrong labels",
        "overfitting",
        "mlp",
        partial(mnist1d, train=1000, val=300, noise=0.2),
        mlp,
        epochs=40,
    ),
    Task(
        "digits MLP, 20 % wrong labels",
        "overfitting",
        "mlp",
        partial(digits, train=300, val=300, noise=0.2),
        mlp,
        epochs=100,
    ),
    Task("digits, linear", "healthy", "mlp", partial(digits, train=400, val=300), linear, epochs=60),
    Task("digits, short", "healthy", "mlp", partial(digits, train=400, val=300), mlp, epochs=30),
    Task(
        "breast cancer, linear",
        "healthy",
        "mlp",
        partial(breast_cancer, train=250, val=150, test=169),
        linear,
        epochs=60,
    ),
    Task("mnist1d, slow", "underfit", "mlp", partial(mnist1d, train=1000, val=300), mlp, epochs=15, lr=3e-4),
    Task("mnist1d, linear", "underfit", "mlp", partial(mnist1d, train=1000, val=300), linear, epochs=30),
    Task("digits, held back", "held back", "mlp", partial(digits, train=400, val=300), mlp, epochs=30, lr=2e-3),
)
FAST = {task.name: task for task in _fast}
_signals = partial(mnist1d, train=1000, val=300)
_slow = (
    Task(
        "characters, Transformer",
        "overfitting",
        "transformer",
        partial(text, train=150, val=100, test=150),
        transformer,
        epochs=60,
        batch_size=15,
        lr=3e-3,
    ),
    Task(
        "breast cancer MLP",
        "overfitting",
        "mlp",
        partial(breast_cancer, train=100, val=150, test=319),
        mlp,
        epochs=120,
        batch_size=20,
    ),
    Task(
        "digits MLP, 40 % wrong labels",
        "overfitting",
        "mlp",
        partial(digits, train=300, val=300, noise=0.4),
        mlp,
        epochs=100,
    ),
    Task(
        "mnist1d MLP, 40 % wrong labels",
        "overfitting",
        "mlp",
        partial(mnist1d, train=1000, val=300, noise=0.4),
        mlp,
        epochs=40,
    ),
    Task("mnist1d MLP, BatchNorm", "overfitting", "mlp", _signals, normed_mlp, epochs=40),
    Task("mnist1d MLP, SGD with momentum", "overfitting", "mlp", _signals, mlp, epochs=80, lr=0.05, momentum=0.9),
    Task("mnist1d MLP, cosine schedule", "overfitting", "mlp", _signals, mlp, epochs=40, lr=2e-3, cosine=True),
)
SLOW = {task.name: task for task in _slow}
TASKS = FAST | SLOW
