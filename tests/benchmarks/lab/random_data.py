"""Random data: eleven families of small data sets, each drawn, scaled and split by one seed; nothing is downloaded."""

from __future__ import annotations

import ast
import difflib
import doctest
import functools
import inspect
import pathlib
import pydoc
import tarfile
import typing
import zlib
from collections.abc import Callable, Mapping
from itertools import pairwise
from types import ModuleType
from typing import NamedTuple

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from sklearn import datasets

from tests.benchmarks.lab.data import Data, Split, mnist1d

Values = NDArray[np.float64]
Labels = NDArray[np.int64]
LINES_OF: tuple[ModuleType, ...] = (ast, difflib, doctest, inspect, pathlib, pydoc, tarfile, typing)
TRIGRAMS = 160  # into how many columns the trigrams of a line are hashed
PATCH = 16  # pixels a side, of which every second one is used


class Family(NamedTuple):
    """How to draw ``(x, y)``, and how many samples there may be: least and most to train, to validate and to test."""

    draw: Callable[[Generator], tuple[Values, Labels]]
    train: tuple[int, int] = (80, 1200)
    val: int = 300
    test: int = 600


def draw(family: str, rng: Generator, *, noise: float = 0.0, noisy_everywhere: bool = False) -> Data:
    """A data set of a family: between ``train`` samples, each column with mean 0 and standard deviation 1 in train.

    A share ``noise`` of the labels becomes another class, in the training samples only or in all three parts.
    """
    found = FAMILIES[family]
    x, y = found.draw(rng)
    y = np.unique(y, return_inverse=True)[1]
    least, most = np.log(found.train)
    train = int(np.exp(rng.uniform(least, most)))
    order = rng.permutation(len(y))[: train + found.val + found.test]
    x, y, classes = x[order], y[order], int(y.max()) + 1
    noisy = len(y) if noisy_everywhere else train
    wrong = np.flatnonzero(rng.random(noisy) < noise)
    y[wrong] = (y[wrong] + rng.integers(1, classes, len(wrong))) % classes
    spread = x[:train].std(0)
    x = (x - x[:train].mean(0)) / np.maximum(spread, 0.3 * spread.mean())
    inputs, labels = torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.int64)
    edges = [0, train, train + found.val, len(y)]
    return Data(*(Split(inputs[a:b], labels[a:b]) for a, b in pairwise(edges)), classes)


def _signals(rng: Generator) -> tuple[Values, Labels]:
    whole = mnist1d(int(rng.integers(1 << 30)), train=2200, val=0, test=0).train
    return whole.x.double().numpy(), whole.y.numpy()


def _lines(_: Generator) -> tuple[Values, Labels]:
    return _all_lines()


@functools.cache
def _all_lines() -> tuple[Values, Labels]:
    """Lines of modules of the standard library; which module is to be told from the trigrams."""
    rows, labels = [], []
    for label, module in enumerate(LINES_OF):
        text = pathlib.Path(str(module.__file__)).read_text(encoding="utf-8")
        for line in [line.strip() for line in text.splitlines() if len(line.strip()) > 25][:420]:
            row = np.zeros(TRIGRAMS)
            for start in range(len(line) - 2):
                row[zlib.crc32(line[start : start + 3].encode()) % TRIGRAMS] += 1
            rows.append(np.log1p(row))
            labels.append(label)
    return np.array(rows), np.array(labels)


def _patches(rng: Generator) -> tuple[Values, Labels]:
    """Pieces of scikit-learn's two photographs; which quarter of which one is to be told."""
    rows, labels = [], []
    for number, image in enumerate(_photographs()):
        height, width = image.shape
        for _ in range(1100):
            top, left = rng.integers(0, height - PATCH), rng.integers(0, width - PATCH)
            piece = image[top : top + PATCH : 2, left : left + PATCH : 2]
            rows.append((piece - piece.mean()).ravel())
            labels.append(4 * number + 2 * int(top > height / 2) + int(left > width / 2))
    return np.array(rows), np.array(labels)


@functools.cache
def _photographs() -> tuple[Values, ...]:
    return tuple(np.asarray(image, float).mean(2) for image in datasets.load_sample_images().images)


def _diabetes(_: Generator) -> tuple[Values, Labels]:
    return _in_classes(*datasets.load_diabetes(return_X_y=True), 3)


def _clusters(rng: Generator) -> tuple[Values, Labels]:
    columns = int(rng.integers(15, 60))
    x, y = datasets.make_classification(
        2200,
        n_features=columns,
        n_informative=int(rng.integers(5, min(14, columns))),
        n_redundant=0,
        n_classes=int(rng.integers(2, 7)),
        n_clusters_per_class=int(rng.integers(1, 4)),
        class_sep=float(rng.uniform(0.6, 1.6)),
        flip_y=float(rng.choice([0, 0, 0.05, 0.1])),
        random_state=int(rng.integers(1 << 30)),
    )
    return x, y


def _teacher(rng: Generator) -> tuple[Values, Labels]:
    """Classes drawn from the answers of a random network."""
    columns, hidden, classes = int(rng.integers(8, 40)), int(rng.integers(6, 24)), int(rng.integers(2, 8))
    x = rng.standard_normal((2200, columns))
    inner = np.tanh(1.5 * x @ rng.standard_normal((columns, hidden)) / columns**0.5)
    outputs = inner @ rng.standard_normal((hidden, classes))
    logits = (outputs - outputs.mean(0)) / outputs.std(0) / rng.choice([0.15, 0.3, 0.6])
    return x, (logits + rng.gumbel(size=logits.shape)).argmax(1)


def _friedman(rng: Generator) -> tuple[Values, Labels]:
    seed = int(rng.integers(1 << 30))
    x, y = datasets.make_friedman1(2200, n_features=int(rng.integers(8, 25)), noise=1.5, random_state=seed)
    return _in_classes(x, y, int(rng.integers(3, 7)))


def _shapes(rng: Generator) -> tuple[Values, Labels]:
    """Moons or shells, with columns that say nothing."""
    seed = int(rng.integers(1 << 30))
    if rng.random() < 0.5:
        x, y = datasets.make_moons(2200, noise=0.3, random_state=seed)
    else:
        x, y = datasets.make_gaussian_quantiles(n_samples=2200, n_features=6, n_classes=4, random_state=seed)
    return np.hstack([x, rng.standard_normal((len(x), int(rng.integers(5, 25))))]), y


def _in_classes(x: Values, y: Values, classes: int) -> tuple[Values, Labels]:
    """Numbers to predict as that many classes of the same size."""
    return x, np.digitize(y, np.quantile(y, np.arange(1, classes) / classes))


FAMILIES: Mapping[str, Family] = {
    "digits": Family(lambda _: datasets.load_digits(return_X_y=True), (80, 700)),
    "mnist1d": Family(_signals),
    "cancer": Family(lambda _: datasets.load_breast_cancer(return_X_y=True), (60, 200), 150, 219),
    "wine": Family(lambda _: datasets.load_wine(return_X_y=True), (50, 60), 60, 58),
    "diabetes": Family(_diabetes, (80, 160), 140, 142),
    "lines": Family(_lines),
    "patches": Family(_patches),
    "clusters": Family(_clusters),
    "teacher": Family(_teacher),
    "friedman": Family(_friedman),
    "shapes": Family(_shapes),
}
