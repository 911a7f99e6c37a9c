"""Data sets: what the small networks learn from; all are bundled with Python or scikit-learn, or generated."""

from __future__ import annotations

import sysconfig
from collections.abc import Callable
from functools import cache
from pathlib import Path
from pydoc_data import topics
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from sklearn import datasets

from tests.benchmarks.lab.data import mnist1d as signals

Values = NDArray[np.float64]
CONTEXT, STRETCH = 6, 16  # characters that an MLP reads, and those of a Transformer's sample
MODULES = ("argparse", "decimal", "typing", "tarfile", "turtle", "unittest/mock", "zipfile", "ast")
LETTERS = " etaoinsrhldcumfpgwybv.,'k\n-"  # the most frequent ones; all others are one more


class Samples(NamedTuple):
    """``x`` with a row a sample and its target ``y``: class numbers, or one number to regress (``classes`` is 0)."""

    x: NDArray[np.generic]
    y: NDArray[np.generic]
    classes: int


def breast_cancer(rng: Generator, count: int) -> Samples:
    """569 rows of 30 columns, 2 classes."""
    return _standard(*datasets.load_breast_cancer(return_X_y=True), 2)


def wine(rng: Generator, count: int) -> Samples:
    """178 rows of 13 columns, 3 classes."""
    return _standard(*datasets.load_wine(return_X_y=True), 3)


def diabetes(rng: Generator, count: int) -> Samples:
    """442 rows of 10 columns, a number between 25 and 346."""
    return _standard(*datasets.load_diabetes(return_X_y=True), 0)


def digits(rng: Generator, count: int) -> Samples:
    """1,797 images of 8x8 pixels, 10 classes."""
    x, y = datasets.load_digits(return_X_y=True)
    return Samples((x - x.mean()) / x.std(), y, 10)


def mnist1d(rng: Generator, count: int) -> Samples:
    """Signals of 40 points, 10 classes (https://arxiv.org/abs/2011.14439)."""
    part = signals(int(rng.integers(2**31)), train=count, val=0, test=0).train
    return Samples(part.x.double().numpy(), part.y.numpy(), 10)


def clusters(rng: Generator, count: int) -> Samples:
    """Gaussian clusters at the corners of a hypercube, with columns that say nothing (Guyon 2003)."""
    classes, columns = int(rng.integers(2, 6)), int(rng.integers(10, 41))
    x, y = datasets.make_classification(
        count,
        columns,
        n_informative=6,
        n_classes=classes,
        n_clusters_per_class=int(rng.integers(1, 4)),
        class_sep=rng.uniform(0.4, 1.5),
        flip_y=0,
        random_state=int(rng.integers(2**31)),
    )
    return _standard(x, y, classes)


def moons(rng: Generator, count: int) -> Samples:
    """Two half circles that overlap, 2 classes, and eight columns that say nothing."""
    x, y = datasets.make_moons(count, noise=rng.uniform(0.15, 0.45), random_state=int(rng.integers(2**31)))
    return _standard(np.hstack([x, rng.standard_normal((count, 8))]), y, 2)


def friedman(rng: Generator, count: int) -> Samples:
    """Friedman's first regression problem: five columns count, five do not."""
    x, y = datasets.make_friedman1(count, noise=rng.uniform(0.2, 2), random_state=int(rng.integers(2**31)))
    return _standard(x, y * rng.choice([1, 30]), 0)


def planes(rng: Generator, count: int) -> Samples:
    """A linear regression with noise; its target is in hundreds."""
    x, y = datasets.make_regression(
        count,
        int(rng.integers(10, 61)),
        n_informative=8,
        noise=rng.uniform(10, 150),
        bias=rng.uniform(-300, 300),
        random_state=int(rng.integers(2**31)),
    )
    return _standard(x, y, 0)


def teacher(rng: Generator, count: int) -> Samples:
    """What a random network of one hidden layer says: the largest of its outputs, or the one output it has."""
    columns, outputs = int(rng.integers(8, 33)), int(rng.choice([1, 1, 3, 5, 10]))
    x = rng.standard_normal((count, columns))
    hidden = np.tanh(x @ rng.standard_normal((columns, 12)) * 1.5 / np.sqrt(columns))
    heights = hidden @ rng.standard_normal((12, outputs)) + rng.uniform(0.1, 0.6) * rng.standard_normal(
        (count, outputs)
    )
    if outputs == 1:
        return Samples(x, heights[:, 0], 0)
    return Samples(x, heights.argmax(1), outputs)


def series(rng: Generator, count: int) -> Samples:
    """The next value of a noisy Mackey-Glass series, from the 24 before (https://doi.org/10.1126/science.267326)."""
    delay, length = 17, 24
    values = [1.2] * (delay + 1)
    for _ in range(6 * (count + 200)):
        values.append(values[-1] + 0.2 * values[-1 - delay] / (1 + values[-1 - delay] ** 10) - 0.1 * values[-1])
    logged = np.array(values[600::3])
    logged = (logged - logged.mean()) / logged.std() + rng.uniform(0.1, 0.6) * rng.standard_normal(len(logged))
    places = rng.permutation(len(logged) - length)[:count]
    windows = np.lib.stride_tricks.sliding_window_view(logged, length + 1)[places]
    return Samples(windows[:, :-1], windows[:, -1], 0)


def next_letter(rng: Generator, count: int) -> Samples:
    """The letter that follows six others in Python's own help texts, each given as one of 28 columns."""
    letters = _letters()
    places = rng.permutation(len(letters) - CONTEXT)[:count]
    kinds = len(LETTERS) + 1
    x = np.eye(kinds)[letters[places[:, None] + np.arange(CONTEXT)]].reshape(count, -1)
    return Samples(x, letters[places + CONTEXT], kinds)


def stretches(rng: Generator, count: int) -> Samples:
    """Stretches of Python's own help texts; the target is the stretch one letter on."""
    letters = _letters()
    places = rng.permutation(len(letters) // STRETCH - 1)[:count] * STRETCH
    x, y = (letters[places[:, None] + np.arange(start, start + STRETCH)] for start in (0, 1))
    return Samples(x, y, len(LETTERS) + 1)


def modules(rng: Generator, count: int) -> Samples:
    """Which module of the standard library a line stands in, from its counted trigrams in 128 columns."""
    lines, y = _lines()
    chosen = rng.permutation(len(lines))[:count]
    return _standard(np.stack([_trigrams(lines[place]) for place in chosen]), y[chosen], len(MODULES))


def unrelated(rng: Generator, count: int) -> Samples:
    """Columns and classes that know nothing of each other: there is nothing to learn."""
    classes = int(rng.integers(2, 11))
    return Samples(rng.standard_normal((count, 20)), rng.integers(0, classes, count), classes)


DATASETS: dict[str, Callable[[Generator, int], Samples]] = {
    make.__name__: make
    for make in (
        breast_cancer,
        wine,
        diabetes,
        digits,
        mnist1d,
        clusters,
        moons,
        friedman,
        planes,
        teacher,
        series,
        next_letter,
        stretches,
        modules,
        unrelated,
    )
}

# What a rule may be fitted on; all others are for reports.
DEVELOPMENT = frozenset(
    ("breast_cancer", "diabetes", "digits", "clusters", "planes", "teacher", "next_letter", "unrelated")
)


def _standard(x: Values, y: NDArray[np.generic], classes: int) -> Samples:
    return Samples((x - x.mean(0)) / (x.std(0) + 1e-9), y, classes)


@cache
def _letters() -> NDArray[np.int64]:
    places = {letter: place for place, letter in enumerate(LETTERS)}
    text = "\n".join(topics.topics[name] for name in sorted(topics.topics)).lower()
    return np.array([places.get(letter, len(LETTERS)) for letter in text])


@cache
def _lines() -> tuple[list[str], NDArray[np.int64]]:
    library = Path(sysconfig.get_path("stdlib"))
    lines, y = [], []
    for place, name in enumerate(MODULES):
        for line in (library / f"{name}.py").read_text(encoding="utf-8").splitlines():
            if len(line.strip()) >= 20:
                lines.append(line.strip())
                y.append(place)
    return lines, np.array(y)


def _trigrams(line: str) -> Values:
    """How often each trigram occurs, counted by a hash that is the same in every process."""
    codes = np.frombuffer(line.encode(), np.uint8).astype(np.int64)
    places = (codes[:-2] * 961 + codes[1:-1] * 31 + codes[2:]) % 128
    return np.bincount(places, minlength=128).astype(float)
