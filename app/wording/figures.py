"""Figures: how the numbers of a run stand in the cells of a table, which sorts them as text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from app.wording import short, title
from diagnostics.report.courses import Course

LONGEST_NAME = 12  # letters of the name of a quantity
BLANK = "\u2007"  # as wide as a digit
FIRST_NUMBER = re.compile(r"(\D*)(\d[\d,]*)")


def course(course: Course | None, column: str = "") -> str | None:
    """What a quantity came to since its best, for a table cell; one number where the last is the best.

    It is named where its name does not have the word of the ``column``.
    """
    if course is None:
        return None
    best, last = (f"{value:.1%}" if course.is_share else brief(value) for value in (course.best, course.last))
    name = "" if column in course.name.lower() else f"{short(title(course.name), LONGEST_NAME)} "
    return name + (best if best == last else f"{best} \u2192 {last}")


def brief(value: float) -> str:
    """Three significant digits: ``0.0468``, ``12.3``, ``1,240``, ``2.5e-7``."""
    rounded = float(f"{value:.3g}")
    if rounded == 0 or 1e-4 <= abs(rounded) < 1e6:
        return f"{rounded:,.7g}"
    return re.sub(r"e([+-])0*", lambda sign: "e" + sign[1].strip("+"), f"{rounded:g}")


def place(step: float | None, unit: str) -> str | None:
    """An epoch or step for a table cell."""
    return None if step is None else f"{unit} {step:,.0f}"


def aligned(texts: Iterable[object]) -> list[str | None]:
    """Texts that begin alike up to a number, with these numbers right-aligned, so that as text they sort by value.

    What is no text, as an empty cell, becomes ``None``.
    """
    cells = [text if isinstance(text, str) else None for text in texts]
    parts = [FIRST_NUMBER.match(text or "") for text in cells]
    widths: Counter[str] = Counter()
    for part in filter(None, parts):
        widths[part[1]] = max(widths[part[1]], len(part[2]))
    return [
        text if part is None or text is None else part[1] + part[2].rjust(widths[part[1]], BLANK) + text[part.end() :]
        for text, part in zip(cells, parts, strict=True)
    ]
