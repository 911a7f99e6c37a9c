"""Particles: the Korean endings whose form depends on the last sound of the word before them."""

from __future__ import annotations

import re

HANGUL = range(ord("가"), ord("힣") + 1)
FINALS = 28  # forms of a syllable by its final consonant, of which the first is none
RIEUL = 8  # the final ㄹ, after which "(으)로" loses its vowel as after none
DIGITS = {"0": 1, "1": RIEUL, "2": 0, "3": 1, "4": 0, "5": 0, "6": 1, "7": RIEUL, "8": RIEUL, "9": 0}  # 영, 일, 이, ...
LATIN = {"l": RIEUL, "m": 1, "n": 1}  # as words end (dropout names, file names); other letters are read open
# as a translation writes them -> after a final consonant, after none
PAIRS = {
    "은(는)": ("은", "는"),
    "이(가)": ("이", "가"),
    "을(를)": ("을", "를"),
    "과(와)": ("과", "와"),
    "이(라)": ("이라", "라"),
    "(으)로": ("으로", "로"),
}
PARTICLE = re.compile("|".join(map(re.escape, PAIRS)))
SILENT = " \"'\u201d\u2019)]}`*\u2060"  # what stands between a word and its particle unspoken


def with_particles(text: str) -> str:
    """``text`` with each pair such as ``을(를)`` as the word before it asks."""
    return PARTICLE.sub(lambda match: _form(match[0], text[: match.start()].rstrip(SILENT)), text)


def _form(pair: str, before: str) -> str:
    final = _final(before[-1:])
    open_sound = not final or (pair == "(으)로" and final == RIEUL)
    return PAIRS[pair][open_sound]


def _final(letter: str) -> int:
    """The final consonant with which a letter is read, by its place among them; 0 for none."""
    if letter and ord(letter) in HANGUL:
        return (ord(letter) - HANGUL.start) % FINALS
    return DIGITS.get(letter, LATIN.get(letter.lower(), 0))
