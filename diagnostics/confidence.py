"""Confidence: how sure a verdict is, as a number that means something and as a word."""

from __future__ import annotations

from typing import Literal

Word = Literal["clear", "likely", "borderline"]

CLEAR, LIKELY = 0.9, 0.7


def in_words(confidence: float) -> Word:
    """``clear`` from 0.9 on, ``likely`` from 0.7, else ``borderline``."""
    return "clear" if confidence >= CLEAR else "likely" if confidence >= LIKELY else "borderline"
