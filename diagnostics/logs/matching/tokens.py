"""Tokens: a tag or a directory name as lower-case words."""

from __future__ import annotations

import re
from functools import lru_cache

from diagnostics.logs.matching.vocabulary import FILLERS, KNOWN, SPLITS, Split

_NAMES = re.compile(r"mIoU|MIoU|IoU|mAP|mAcc|aAcc|ROUGE|BLEU|PSNR|SSIM|mAUC|CIDEr")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[a-z0-9]+")
_JOINED = {
    ("cross", "entropy"): "crossentropy",
    ("x", "ent"): "xent",
    ("log", "loss"): "logloss",
    ("bits", "per"): "bpc",
    ("info", "nce"): "infonce",
    ("nt", "xent"): "ntxent",
    ("multi", "class"): "multiclass",
    ("log", "likelihood"): "loglikelihood",
    ("negative", "loglikelihood"): "nll",
    ("neg", "loglikelihood"): "nll",
}
# joined as German joins them: Trainingsverlust
_GERMAN = re.compile(
    r"(training|validierung|test)s?[-_ ]?(verlust|genauigkeit|fehler)|(?<![a-z])verlust", re.IGNORECASE
)
_ENGLISH = {"validierung": "val", "verlust": "loss", "genauigkeit": "accuracy", "fehler": "error"}
_LONGEST_FIRST = sorted(SPLITS, key=len, reverse=True)
_CHINESE = {"训练": "train", "验证": "val", "测试": "test", "损失": "loss", "准确率": "accuracy", "精度": "accuracy"}


@lru_cache(maxsize=2**18)  # one log may have 10^5 tags, and they are looked at again and again
def words(text: str) -> tuple[str, ...]:
    """Lower-case words of a tag or a directory: cut at anything not alphanumeric, at CamelCase, and at known compounds.

    >>> words("Loss/validAcc"), words("BinaryCrossEntropy")
    (('loss', 'valid', 'acc'), ('binary', 'crossentropy'))
    """
    for chinese, english in _CHINESE.items() if not text.isascii() else ():
        text = text.replace(chinese, f" {english} ")
    text = _GERMAN.sub(_in_english, text)
    text = _NAMES.sub(lambda name: f" {name[0].lower()}", text)
    parts = [part for word in _WORD.findall(_CAMEL.sub(" ", text).lower()) for part in _compound(word)]
    joined: list[str] = []
    for part in parts:
        word = part
        while joined and (joined[-1], word) in _JOINED:
            word = _JOINED[joined.pop(), word]
        joined.append(word)
    return tuple(joined)


def _in_english(german: re.Match[str]) -> str:
    parts = ((part or "").lower() for part in (german[1], german[2] or german[0]))
    return f" {' '.join(_ENGLISH.get(part, part) for part in parts)} "


@lru_cache(maxsize=65536)
def _compound(word: str) -> tuple[str, ...]:
    """``trainloss`` -> train, loss; ``accval`` -> acc, val; ``batchloss`` -> batch, loss; anything else as it is."""
    if word in SPLITS or word in KNOWN or word in FILLERS or len(word) < 5 or word.isdigit():
        return (word,)
    for split in _LONGEST_FIRST:
        for head, tail in ((word[: len(split)], word[len(split) :]), (word[-len(split) :], word[: -len(split)])):
            if head == split and (tail in KNOWN or (tail.isdigit() and len(split) > 2)):
                return (head, tail) if word.startswith(head) else (tail, head)
    for ending in ("loss", "accuracy", "error"):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word.removesuffix(ending), ending
    return (word,)


def split_of(name: tuple[str, ...]) -> Split | None:
    """The right-most word that names a split."""
    return next((SPLITS[word] for word in reversed(name) if word in SPLITS), None)
