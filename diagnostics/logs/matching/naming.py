"""Names: what a tag says about itself, whatever framework wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from diagnostics.logs.matching.tokens import split_of, words
from diagnostics.logs.matching.vocabulary import (
    ABBREVIATIONS,
    ADVERSARIAL,
    COMPONENT,
    CONTEST,
    CONTEST_LOSSES,
    COUNTERS,
    ERRORS,
    FILLERS,
    KNOWN,
    LOSSES,
    METRICS,
    NAMED_LOSSES,
    NEVER,
    OPTIMIZED,
    PENALIZED,
    PER_BATCH,
    REINFORCED,
    SPELLED,
    SPLITS,
    Split,
)

Kind = Literal["loss", "metric", "error", "component", "contest", "counter", "none"]

_SAME = {
    "losses": "loss",
    "acc": "accuracy",
    "accu": "accuracy",
    "err": "error",
    "prec": "precision",
    "ce": "crossentropy",
    "xent": "crossentropy",
    "xe": "crossentropy",
}
_VERSUS = {("loss", "g"), ("loss", "d"), ("g", "loss"), ("d", "loss")}
_PHRASES = {("learning", "rate"), ("weight", "decay"), ("early", "stopping"), ("global", "step"), ("l2", "norm")}


@dataclass(frozen=True)
class Name:
    """One tag, read: its side of the split, what kind of quantity it is, and what is left of its name (``base``)."""

    split: Split | None
    kind: Kind
    base: tuple[str, ...]
    extra: tuple[str, ...] = ()
    whole: bool = True
    """Whether what is special about it names a part of a loss: ``box_loss`` and ``loss/box``, not ``a/loss``."""
    per_batch: bool = False
    per_epoch: bool = False
    total: bool = False
    clean: bool = False
    loader: int = 0
    reinforced: bool = False
    adversarial: bool = False

    @property
    def generic(self) -> bool:
        """Whether it names the loss as a whole and no part of it."""
        return not self.extra

    @property
    def fits(self) -> bool:
        """Whether it measures how well the model fits."""
        return self.kind in ("loss", "metric", "error", "component")

    @property
    def higher_is_better(self) -> bool:
        """The direction of a metric."""
        return self.kind == "metric"


@lru_cache(maxsize=2**18)
def read_name(text: str, own: tuple[str, ...] = ()) -> Name:
    """What ``text`` (a tag, with its directory before or after it where that names the split) says about itself.

    ``own`` are names of the run itself: a path component equal to one says nothing and is dropped.
    """
    silent = {words(name) for name in own if not _speaks(words(name))}
    components = [words(part) for part in text.split("/") if words(part) not in silent]
    split = split_of(tuple(word for component in components for word in component))
    loader = max((int(number) for component in components for number in _loaders(component)), default=0)
    parts = [_without_split(component) for component in components]
    rest = [word for part in parts for word in part]
    base = tuple(_SAME.get(word, word) for word in rest if word not in FILLERS)
    extra = tuple(word for word in base if word not in LOSSES)
    return Name(
        split=split,
        kind=_kind(rest, parts, nameless=split is not None and set(base) <= NAMED_LOSSES),
        base=base,
        extra=extra,
        whole=_is_part_of_a_loss(set(extra), parts),
        per_batch=bool(PER_BATCH & set(rest)),
        per_epoch=bool({"epoch", "epochs"} & set(rest)),
        total="total" in rest,
        clean="clean" in rest,
        loader=loader,
        reinforced=bool(REINFORCED & set(rest)),
        adversarial=bool(ADVERSARIAL & set(rest)) or _names_a_rival(parts),
    )


def _loaders(part: tuple[str, ...]) -> list[str]:
    """The number of a data set: behind a split word, or as Lightning writes it, ``dataloader_idx_1``."""
    return [word for before, word in pairwise(part) if word.isdecimal() and (before in SPLITS or before == "idx")]


def _without_split(part: tuple[str, ...]) -> tuple[str, ...]:
    """A path component without its split words and the number of the data set."""
    numbers = _loaders(part)
    return tuple(word for word in part if word not in SPLITS and word not in numbers)


def _is_part_of_a_loss(extra: set[str], parts: list[tuple[str, ...]]) -> bool:
    losses = [index for index, part in enumerate(parts) if LOSSES & set(part)]
    return any(extra <= set(part) and losses and losses[0] <= index for index, part in enumerate(parts))


def _speaks(name: tuple[str, ...]) -> bool:
    return bool(set(name) & (SPLITS.keys() | KNOWN))


def _kind(rest: list[str], parts: list[tuple[str, ...]], *, nameless: bool) -> Kind:
    """The kind of quantity. Which words stand side by side counts within one path component only."""
    mentioned = set(rest) | {_stem(word) for word in rest}
    if rest and mentioned <= COUNTERS:
        return "counter"
    beside = {pair for part in parts for pair in pairwise(map(_stem, part))}
    lost = {word for word, after in beside if after == "loss"}
    if (mentioned & NEVER) - (lost & PENALIZED) or beside & _PHRASES or _is_twin(rest):
        return "none"
    if mentioned & CONTEST or lost & CONTEST_LOSSES or _names_a_rival(parts):
        return "contest"
    optimized = OPTIMIZED & (lost | {word for before, word in beside if before == "loss"})
    if mentioned & METRICS - optimized:
        return "metric"
    if mentioned & LOSSES:
        return "component" if mentioned & COMPONENT else "loss"
    if mentioned & ERRORS:
        return "error"
    return "loss" if nameless else "none"


def _names_a_rival(parts: list[tuple[str, ...]]) -> bool:
    """``g_loss``, ``loss_d`` or ``d/loss``: one of two networks that train against each other."""
    beside = {pair for part in parts for pair in pairwise(part)}
    return bool(beside & _VERSUS) or any(part in (("g",), ("d",)) for part in parts)


def _stem(word: str) -> str:
    """``acc1`` and ``accuracy01`` are accuracies; ``f1`` is no f."""
    return word if word in KNOWN else word.rstrip("0123456789") or word


def _is_twin(rest: list[str]) -> bool:
    """Whether it repeats another tag on another axis, like ``evaluation_loss_vs_iterations``."""
    return "vs" in rest[:-1] and rest[-1] in ("iterations", "samples", "steps", "tokens", "time")


OF_SHAPES = ("mAP", "mAP50", "precision", "recall")  # what Ultralytics logs of each


def spelled(label: str) -> str:
    """The name of a metric with its abbreviations as people write them: "bleu" -> "BLEU", "map b" -> "mAP (B)"."""
    words = [SPELLED.get(word, word.upper() if word in ABBREVIATIONS else word) for word in label.split()]
    if words and words[0] in OF_SHAPES and words[-1] in ("b", "m", "p"):  # boxes, masks, poses
        words[-1] = f"({words[-1].upper()})"
    return " ".join(words)
