"""Names: what a tag says about itself, whatever framework wrote it."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from diagnostics.logs.vocabulary import (
    COMPONENT,
    CONTEST,
    COUNTERS,
    ERRORS,
    FILLERS,
    KNOWN,
    LOSSES,
    METRICS,
    NEVER,
    OPTIMISED,
    PER_BATCH,
    REINFORCED,
    SPLITS,
    Split,
)

Kind = Literal["loss", "metric", "error", "component", "contest", "counter", "none"]

_NAMES = re.compile(r"mIoU|MIoU|IoU|mAP|mAcc|aAcc|ROUGE|BLEU|PSNR|SSIM|mAUC|CIDEr")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[a-z0-9]+")
_JOINED = {
    ("cross", "entropy"): "crossentropy",
    ("x", "ent"): "xent",
    ("log", "loss"): "logloss",
    ("bits", "per"): "bpc",
}
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
_CHINESE = {"训练": "train", "验证": "val", "测试": "test", "损失": "loss", "准确率": "accuracy", "精度": "accuracy"}
_PHRASES = {("learning", "rate"), ("weight", "decay"), ("early", "stopping"), ("global", "step"), ("l2", "norm")}


@dataclass(frozen=True)
class Name:
    """One tag, read: its side of the split, what kind of quantity it is, and what is left of its name (``base``)."""

    split: Split | None
    kind: Kind
    base: tuple[str, ...]
    extra: tuple[str, ...] = ()
    per_batch: bool = False
    per_epoch: bool = False
    total: bool = False
    clean: bool = False
    loader: int = 0
    reinforced: bool = False

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


@lru_cache(maxsize=65536)
def words(text: str) -> tuple[str, ...]:
    """Lower-case words of a tag or a directory: cut at anything not alphanumeric, at CamelCase, and at known compounds.

    >>> words("Loss/validAcc"), words("BinaryCrossEntropy")
    (('loss', 'valid', 'acc'), ('binary', 'crossentropy'))
    """
    for chinese, english in _CHINESE.items() if not text.isascii() else ():
        text = text.replace(chinese, f" {english} ")
    text = _NAMES.sub(lambda found: f" {found[0].lower()}", text)
    parts = [part for word in _WORD.findall(_CAMEL.sub(" ", text).lower()) for part in _compound(word)]
    joined: list[str] = []
    for part in parts:
        pair = _JOINED.get((joined[-1], part)) if joined else None
        if pair:
            joined[-1] = pair
        else:
            joined.append(part)
    return tuple(joined)


def _compound(word: str) -> list[str]:
    """``trainloss`` -> train, loss; ``accval`` -> acc, val; ``batchloss`` -> batch, loss; anything else as it is."""
    if word in SPLITS or word in KNOWN or word in FILLERS or len(word) < 5:
        return [word]
    for split in sorted(SPLITS, key=len, reverse=True):
        for head, tail in ((word[: len(split)], word[len(split) :]), (word[-len(split) :], word[: -len(split)])):
            if head == split and (tail in KNOWN or (tail.isdigit() and len(split) > 2)):
                return [head, tail] if word.startswith(head) else [tail, head]
    for ending in ("loss", "accuracy", "error"):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return [word.removesuffix(ending), ending]
    return [word]


def split_of(found: tuple[str, ...]) -> Split | None:
    """The right-most word that names a split."""
    return next((SPLITS[word] for word in reversed(found) if word in SPLITS), None)


@lru_cache(maxsize=65536)
def read_name(text: str, own: tuple[str, ...] = ()) -> Name:
    """What ``text`` (a tag, with its directory before or after it where that names the split) says about itself.

    ``own`` are names of the run itself: a path component equal to one says nothing and is dropped.
    """
    silent = {words(name) for name in own if not _speaks(words(name))}
    parts = [part for part in text.split("/") if words(part) not in silent]
    found = tuple(word for part in parts for word in words(part))
    rest = [word for word in found if word not in SPLITS]
    loader = 0
    if "idx" in rest[:-1] and rest[-1].isdigit():
        loader = int(rest.pop())
    base = tuple(_SAME.get(word, word) for word in rest if word not in FILLERS)
    split = split_of(found)
    kind = _kind(rest, base, split)
    return Name(
        split=split,
        kind=kind,
        base=base,
        extra=tuple(word for word in base if word not in LOSSES),
        per_batch=bool(PER_BATCH & set(rest)),
        per_epoch=bool({"epoch", "epochs"} & set(rest)),
        total="total" in rest,
        clean="clean" in rest,
        loader=loader,
        reinforced=bool(REINFORCED & set(found)),
    )


def _speaks(found: tuple[str, ...]) -> bool:
    return bool(set(found) & (SPLITS.keys() | KNOWN))


def _kind(rest: list[str], base: tuple[str, ...], split: Split | None) -> Kind:
    stems = [word if word in KNOWN else word.rstrip("0123456789") or word for word in rest]
    said = {*rest, *stems}
    if rest and said <= COUNTERS:
        return "counter"
    pairs = set(itertools.pairwise(stems))
    penalty = "kl" in said and "loss" in said
    if said & (NEVER - {"kl"} if penalty else NEVER) or pairs & _PHRASES or _is_twin(rest):
        return "none"
    if said & CONTEST or pairs & {("value", "loss"), ("vf", "loss")}:
        return "contest"
    if any(word in METRICS and not _optimised(word, pairs) for word in stems):
        return "metric"
    if said & LOSSES:
        return "component" if said & COMPONENT else "loss"
    if said & ERRORS:
        return "error"
    return "none" if base or not split else "loss"


def _is_twin(rest: list[str]) -> bool:
    """Whether it repeats another tag on another axis, like ``evaluation_loss_vs_iterations``."""
    return "vs" in rest[:-1] and rest[-1] in ("iterations", "samples", "steps", "tokens", "time")


def _optimised(word: str, beside: set[tuple[str, str]]) -> bool:
    """``dice_loss`` and ``loss_iou`` are losses; in ``loss/valid_acc`` the metric word decides."""
    return word in OPTIMISED and ((word, "loss") in beside or ("loss", word) in beside)
