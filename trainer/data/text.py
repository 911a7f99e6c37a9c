"""Text: the descriptions of scikit-learn's datasets, 43,000 characters of English about data.

A network reads the characters of a stretch and tells at each the next one. Train, validation and test follow one
another in the text, so that no stretch is known from another part.
"""

from __future__ import annotations

import numpy as np

from trainer.config import Config
from trainer.data import bundled
from trainer.data.labels import relabel
from trainer.data.samples import DataError, Labels, Samples
from trainer.data.splits import Splits, need_samples

LENGTH = 64  # characters a sample


def load(config: Config) -> Splits:
    """Stretches of ``LENGTH`` characters; ``y`` is ``x`` one character on. Those of train are shuffled by the seed.

    A character is its place among all that occur in the text. Raises ``DataError``.
    """
    text = corpus()
    letters, tokens = np.unique(np.array(list(text)), return_inverse=True)
    val, test = (round(len(tokens) * share) for share in (config.val_share, config.test_share))
    edges = [len(tokens) - val - test, len(tokens) - test]
    train, val_part, test_part = (windows(part) for part in np.split(tokens, edges))
    for part, samples, setting in (("training", train, "val_share"), ("validation", val_part, "val_share")):
        if not len(samples.y):
            way_out = "lower" if part == "training" else "raise"
            raise DataError(f"the {part} part of the text is shorter than {LENGTH + 1} characters; {way_out} {setting}")
    need_samples(len(train.y), (len(tokens) - 1) // LENGTH, config)
    order = np.random.default_rng([config.seed, 1]).permutation(len(train.y))
    train, canary = relabel(train.take(order[: config.train_size]), len(letters), config)
    return Splits(train, val_part, test_part, len(letters), canary)


def windows(tokens: Labels) -> Samples:
    """Stretches one after another, ``x`` and ``y`` of shape ``(n, LENGTH)``; what is left over is dropped."""
    count = max(0, (len(tokens) - 1) // LENGTH)
    x, y = (tokens[start : start + count * LENGTH].reshape(count, LENGTH) for start in (0, 1))
    return Samples(x.astype(np.int64), y.astype(np.int64))


def corpus() -> str:
    """All descriptions, in the order of their names."""
    return bundled.text("text.txt.gz")
