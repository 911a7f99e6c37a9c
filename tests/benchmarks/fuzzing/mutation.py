"""Mutations: honest bytes with some places cut out, flipped, repeated or filled with what parsers stumble over."""

from __future__ import annotations

import random

PIECES = [
    *(b'"', b"'", b",", b";", b"\t", b"\n", b"\r", b"\0", b"{", b"}", b"[", b"]", b":", b"-", b"*a", b"&a ", b"!!a"),
    *(b"nan", b"inf", b"-inf", b"NaN", b"Infinity", b"1e400", b"9" * 400, b"-1", b"0", b"null", b"true", b'""', b"{}"),
    *(b"\xff\xfe", b"\xed\xa0\x80", b"\\ud800", b"\x1b[2J", b"\xe2\x80\xae", b"epoch 1 ", b"loss", b"\\", b"%s"),
]  # fmt: skip
LONG = [b"[" * 3000, b'{"a":' * 3000, b"1" * 50_000, b"a." * 3000, b" " * 50_000]  # seldom, as they take their time


def mutated(content: bytes, rng: random.Random) -> bytes:
    """The content after a few mutations."""
    for _ in range(rng.randint(1, 5)):
        start = rng.randint(0, len(content))
        end = min(len(content), start + rng.randint(0, 40))
        cut = content[start:end]
        piece = rng.choice(LONG if rng.random() < 0.002 else PIECES)
        middle = (b"", piece, rng.randbytes(end - start), cut * 3, piece + cut)[rng.randrange(5)]
        content = content[:start] + middle + content[end:]
        if rng.random() < 0.1:  # a number elsewhere, as a line of another time has it
            other = rng.randint(0, len(content))
            content = content[:other] + cut + content[other:]
    return content
