"""The Korean README keeps up with the English one: same sections, commands, programs, links and numbers."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ENGLISH = (ROOT / "README.md").read_text(encoding="utf-8")
KOREAN = (ROOT / "README.ko.md").read_text(encoding="utf-8")


def blocks(text: str) -> list[str]:
    return re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def prose(text: str) -> str:
    return re.sub(r"^```\w*\n.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


def links(text: str) -> list[str]:
    """To other pages and to pictures; sections of a page have names in its own language."""
    return sorted(link for link in re.findall(r"\]\(([^)#]+(?:#[^)]*)?)\)", text) if not link.startswith("README"))


def numbers(text: str) -> Counter[str]:
    """All but those that a language writes as words, such as "a" or "two"."""
    return Counter(re.findall(r"\d[\d,.]*\d|\d", re.sub(r"\]\([^)]*\)|`[^`]*`", "", prose(text))))


@pytest.mark.parametrize("part", [blocks, links], ids=["commands and programs", "links"])
def test_both_have_the_same(part: type) -> None:
    assert part(KOREAN) == part(ENGLISH)


def test_both_have_the_same_sections() -> None:
    levels = [re.findall(r"^(#+) ", prose(text), re.MULTILINE) for text in (KOREAN, ENGLISH)]
    assert levels[0] == levels[1]


def test_both_have_the_same_rows_in_their_tables() -> None:
    rows = [len(re.findall(r"^\|", text, re.MULTILINE)) for text in (KOREAN, ENGLISH)]
    assert rows[0] == rows[1]


def test_every_inline_command_of_one_stands_in_the_other() -> None:
    code = [Counter(re.findall(r"`([^`\n]+)`", prose(text))) for text in (KOREAN, ENGLISH)]
    assert code[0] == code[1]


def test_every_measured_number_of_one_stands_in_the_other() -> None:
    assert numbers(ENGLISH) - numbers(KOREAN) == Counter()
