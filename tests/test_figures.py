"""Figures in the cells of a table: named where the heading does not name them, and in order as text."""

from __future__ import annotations

import pytest

from app.folder.quantities import Course
from app.wording import figures


@pytest.mark.parametrize(
    ("course", "column", "cell"),
    [
        (Course("loss", 0.4684, 22, 0.998), "loss", "0.468 \u2192 0.998"),
        (Course("loss", 0.4684, 22, 0.4684), "loss", "0.468"),
        (Course("WER", 0.12, 3, 0.15), "loss", "WER 0.12 \u2192 0.15"),
        (Course("accuracy", 0.82, 22, 0.81, True), "acc", "82.0% \u2192 81.0%"),
        (Course("top-1 acc", 0.82, 22, 0.82, True), "acc", "82.0%"),
        (Course("mAP50", 0.3, 22, 0.25, True), "acc", "mAP50 30.0% \u2192 25.0%"),
        (Course("loss", 1240.0, 22, 2.5e-7), "loss", "1,240 \u2192 2.5e-7"),
    ],
)
def test_a_quantity_is_named_where_the_heading_does_not_name_it(course: Course, column: str, cell: str) -> None:
    assert figures.course(course, column) == cell


def test_as_text_figures_sort_by_value() -> None:
    cells = ["epoch 104", None, "step 4,400", "epoch 22", "step 120,000", "epoch 5"]
    aligned = figures.aligned(cells)
    assert [(cell or "").replace(figures.BLANK, "") or None for cell in aligned] == cells
    assert [
        cell.replace(figures.BLANK, "")
        for cell in sorted(filter(None, aligned), key=lambda cell: cell.replace(figures.BLANK, " "))
    ] == [
        "epoch 5",
        "epoch 22",
        "epoch 104",
        "step 4,400",
        "step 120,000",
    ]
