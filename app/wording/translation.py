"""Translation: an English text as a person reads it in another language, by tables of whole sentences.

A line of a table is a sentence with its values as ``{names}``: what a page shows is looked up with its values in it. A
sentence of a diagnosis may come out of a cache, a trial's file or another process, where only its text is left; the
sentence that it was made from is found by its words, and each value (a metric, a strength, a time) is translated too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from app.wording.particles import with_particles

TABLES = Path(__file__).parent
ENGLISH = "en"  # which all sentences are written in
LANGUAGES = {ENGLISH: "English", "ko": "한국어"}
FOLDERS = {"ko": "korean"}
PLACE = re.compile(r"\{(\w+)\}")
NUMBER = r"[-+±\d.,%e/\u221e\u2013]+"  # a value whose name has a single letter
KINDS = {  # name of a value -> what alone it may be
    "unit": r"(?:epoch|step|tree|validation)s?",
    "tag": r"\S*/\S*",
    "word": r"\S+(?: [^\s:]+){0,2}",
}
VALUE = r"(?:(?![.!?] [A-Z]|; ).)+?"  # any other, which ends no sentence
FREE = r".+?"
GLYPH = re.compile(r"\s*(?:(?::material/\w+:|[^\w\s\"'(\[{*`<>=.:/~+-])\s+)+")  # before a verdict's or a state's word
BETWEEN = ("; ", " and ", " + ", ", ")
ENDS = re.compile(r"(?<=[.!?]) +(?=\S)")  # between two sentences
LONGEST, MOST = 1000, 12  # characters and sentences of a text of which lines of several sentences are looked for


class Phrase(NamedTuple):
    """One sentence of a table: how it is told from others, and what it becomes."""

    anchor: str  # its longest part without a value
    within: re.Pattern[str]
    whole: re.Pattern[str]
    translated: str
    moved: bool  # its last value stands elsewhere in the translation, where a full stop behind it would be wrong


class Table(NamedTuple):
    """All sentences of a language: those without values, and the others, those with the most words first."""

    words: Mapping[str, str]
    lines: tuple[Phrase, ...]


def translate(text: str, language: str) -> str:
    """``text`` in a language; as it is where the tables do not have it, as a name from a log."""
    if language not in FOLDERS or not text:
        return text
    try:
        return _translated(text, language)
    except RecursionError:  # values within values, of which no sentence has that many
        return text


@lru_cache(maxsize=8192)
def _translated(text: str, language: str) -> str:
    table = table_of(language)
    if "\n" in text:
        return "\n".join(translate(line, language) for line in text.split("\n"))
    text = text.replace("\u00a0", " ")
    if len(text) > LONGEST or len(ENDS.split(text)) > MOST:
        return with_particles(_long(text, table, language))
    for attempt in (_sentence, _parts, _listed):
        if (translated := attempt(text, table, language)) is not None:
            return with_particles(translated)
    return with_particles(_sentence(text, table, language, free=True) or text)


def _sentence(text: str, table: Table, language: str, *, free: bool = False) -> str | None:
    """A text that is one line of the table, as a whole."""
    if (word := table.words.get(text) or table.words.get(text.casefold())) is not None:
        return word
    if glyph := GLYPH.match(text):
        return glyph[0] + translate(text[glyph.end() :], language)
    folded = text.casefold()
    for line in table.lines:
        if line.moved and text.endswith("."):
            continue
        if line.anchor in folded and (match := (line.whole if free else line.within).fullmatch(text)):
            return _with_values(line.translated, match, language)
    return _made_sentence(text, table, language, free=free)


def _made_sentence(text: str, table: Table, language: str, *, free: bool) -> str | None:
    """A message that was given a full stop, and perhaps a capital, to stand as a sentence."""
    if not text.endswith(".") or text.endswith(".."):
        return None
    for bare in dict.fromkeys((text[:-1], text[:1].lower() + text[1:-1])):
        if (translated := _sentence(bare, table, language, free=free)) is not None:
            return f"{translated}."
    return None


def _kind(name: str, value: str) -> str:
    """The pattern of a value of that name."""
    return NUMBER if len(name) == 1 else KINDS.get(name.rstrip("0123456789"), value)


def _with_values(translated: str, match: re.Match[str], language: str) -> str:
    """A translated sentence with the values that were in the English one, each translated where it is known."""
    return PLACE.sub(lambda place: translate(match[f"value_{place[1]}"], language), translated)


def _long(text: str, table: Table, language: str) -> str:
    """A text that is too long for trying all its parts: sentence by sentence, and a longer sentence as a list only."""
    parts = ENDS.split(text)
    if len(parts) == 1:
        return _listed(text, table, language) or text
    return " ".join(translate(part, language) for part in parts)


def _parts(text: str, table: Table, language: str) -> str | None:
    """A text of several sentences: at each place the longest part that is known."""
    parts, done = ENDS.split(text), []
    if len(parts) == 1:
        return None
    while parts:
        for many in range(len(parts), 0, -1):
            translated = _sentence(" ".join(parts[:many]), table, language)
            if translated is not None or many == 1:
                done.append(parts[0] if translated is None else translated)
                parts = parts[many:]
                break
    return " ".join(done)


def _listed(text: str, table: Table, language: str) -> str | None:
    """Several things in a row, each of which is known by itself."""
    for between in BETWEEN:
        if between in text:
            parts = text.split(between)
            translated = [translate(part, language) for part in parts]
            if all(new != old or old in table.words for new, old in zip(translated, parts, strict=True)):
                return ", ".join(translated)
    return None


@lru_cache
def table_of(language: str) -> Table:
    """The tables of a language, a file for each part of the app, as one."""
    lines: dict[str, str] = {}
    for path in sorted((TABLES / FOLDERS[language]).glob("*.json")):
        lines |= json.loads(path.read_text(encoding="utf-8"))
    words = {text: translated for text, translated in lines.items() if not PLACE.search(text)}
    with_values = sorted(lines.keys() - words.keys(), key=lambda text: (-len(PLACE.sub("", text)), text))
    by_words = [_phrase(text, lines[text]) for text in with_values]
    return Table({text.casefold(): translated for text, translated in words.items()} | lines, tuple(by_words))


def _phrase(text: str, translated: str) -> Phrase:
    parts = PLACE.split(text)
    anchor = max(parts[::2], key=len).casefold()
    flags = re.DOTALL | re.IGNORECASE
    within, whole = (re.compile(_pattern(parts, value), flags) for value in (VALUE, FREE))
    return Phrase(anchor, within, whole, translated, not parts[-1] and not translated.endswith("}"))


def _pattern(parts: list[str], value: str) -> str:
    """The pattern of a sentence cut at its values: text, name, text, name, ..., text."""
    seen: set[str] = set()
    pattern = ""
    for place, part in enumerate(parts):
        if place % 2 == 0:
            pattern += re.escape(part)
        elif part in seen:
            pattern += f"(?P=value_{part})"
        else:
            seen.add(part)
            pattern += f"(?P<value_{part}>{_kind(part, value)})"
    return pattern
