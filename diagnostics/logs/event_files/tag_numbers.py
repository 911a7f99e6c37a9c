"""TagNumbers: the tags of a folder by number, looked up for many records at once."""

from __future__ import annotations

from functools import reduce
from operator import and_

import numpy as np
from numpy.typing import NDArray

from diagnostics.logs.event_files.cycle import Bytes

UNKNOWN = -1
_MIXERS = np.random.default_rng(0).integers(1 << 63, size=128, dtype=np.uint64) | np.uint64(1)
_LEAST_BITS = 10
_SPARSE = 8  # places for each tag, so that few tags share one

Numbers = NDArray[np.int64]
Words = NDArray[np.uint64]


class TagNumbers:
    """Tags in the order in which they came up; the number of a tag is its place in ``tags``."""

    def __init__(self) -> None:
        self.tags: list[str] = []
        self._numbers: dict[bytes, int] = {}
        self._tables: dict[int, _TagsOfALength] = {}

    def __len__(self) -> int:
        return len(self.tags)

    def number(self, tag: bytes) -> int:
        """The number of a tag; ``UNKNOWN`` where it is no text."""
        number = self._numbers.get(tag)
        if number is None:
            try:
                name = tag.decode()
            except UnicodeDecodeError:
                return UNKNOWN
            number = self._numbers[tag] = len(self.tags)
            self.tags.append(name)
        return number

    def look_up(self, rows: Bytes, start: int, stop: int) -> Numbers:
        """The numbers of the tags ``rows[:, start:stop]``, which are ``UNKNOWN`` where one is no text."""
        table = self._tables.setdefault(stop - start, _TagsOfALength(stop - start))
        words = _words(rows, start, stop)
        numbers = table.look_up(words)
        unknown = np.flatnonzero(numbers == UNKNOWN)
        if len(unknown):
            news = words[:, unknown]
            places = unknown[np.unique(_hashes(news), return_index=True)[1]]
            table.add(words[:, places], np.array([self.number(tag) for tag in _texts(rows[places, start:stop])]))
            numbers[unknown] = table.look_up(news)
            unknown = unknown[numbers[unknown] == UNKNOWN]  # no texts, and tags whose place another has taken
            numbers[unknown] = [self.number(tag) for tag in _texts(rows[unknown, start:stop])]
        return numbers


class _TagsOfALength:
    """Tags of one length by a hash of their words; each is compared with what stands at its place."""

    def __init__(self, length: int) -> None:
        self._words = np.zeros((-(-length // 8), 1), np.uint64)
        self._numbers = np.array([UNKNOWN])  # the first stands for every place without a tag
        self._size(_LEAST_BITS)

    def look_up(self, words: Words) -> Numbers:
        """The numbers of tags with these words, shape ``(words, n)``; ``UNKNOWN`` where they do not stand here."""
        entries = self._entries[self._places(words)]
        numbers = self._numbers[entries]
        same = reduce(and_, (known[entries] == word for known, word in zip(self._words, words, strict=True)))
        return numbers if same.all() else np.where(same, numbers, UNKNOWN)

    def add(self, words: Words, numbers: Numbers) -> None:
        """Take in tags with these words and numbers."""
        texts = numbers != UNKNOWN
        self._words = np.concatenate([self._words, words[:, texts]], axis=1)
        self._numbers = np.concatenate([self._numbers, numbers[texts]])
        self._size(max(_LEAST_BITS, (_SPARSE * len(self._numbers)).bit_length()))

    def _size(self, bits: int) -> None:
        self._shift = np.uint64(64 - bits)
        self._entries = np.zeros(1 << bits, np.intp)
        self._entries[self._places(self._words[:, 1:])] = np.arange(1, len(self._numbers))

    def _places(self, words: Words) -> NDArray[np.int64]:
        return (_hashes(words) >> self._shift).view(np.int64)


def _words(rows: Bytes, start: int, stop: int) -> Words:
    """The tags as words of 8 bytes, shape ``(words, n)``; before the tag there are at least 8 bytes of the record."""
    ends = range(stop, start, -8)
    words = np.empty((len(ends), len(rows)), np.uint64)
    for word, end in zip(words, ends, strict=True):
        word[:] = np.ndarray((len(rows),), "<u8", rows, end - 8, (rows.strides[0],))
    words[-1] >>= np.uint64(8 * max(0, start - ends[-1] + 8))
    return words


def _hashes(words: Words) -> Words:
    hashes: Words = words[0] * _MIXERS[0]
    for word, mixer in zip(words[1:], _MIXERS[1:], strict=False):
        hashes += word * mixer
    return hashes


def _texts(rows: Bytes) -> list[bytes]:
    """Each row as bytes."""
    data, length = rows.tobytes(), rows.shape[1]
    return [data[at : at + length] for at in range(0, len(data), length)]
