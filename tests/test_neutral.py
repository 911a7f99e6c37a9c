"""Text of a log that is harmless in a terminal and in a spreadsheet."""

import pytest

from diagnostics.report.neutral import cell, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("exp/lr=0.1", "exp/lr=0.1"),
        ("실험-1 überfit", "실험-1 überfit"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("two\nlines\r", r"two\nlines\r"),
        ("\x9b2J", r"\x9b2J"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("bytes\udcff", r"bytes\udcff"),
    ],
)
def test_what_a_terminal_would_obey_is_shown_instead(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", r"'\t=1"),
        ("-0.5", "-0.5"),
        ("+1e-3", "+1e-3"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_what_a_spreadsheet_would_compute_is_text_and_numbers_stay(text: str, written: str) -> None:
    assert cell(text) == written
