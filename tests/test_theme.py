"""Both themes can be read: by WCAG 2.1's contrast, 4.5 for text."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.test_charts import _contrast as contrast

CONFIG = Path(__file__).resolve().parent.parent / "app" / ".streamlit" / "config.toml"
THEMES = tomllib.loads(CONFIG.read_text(encoding="utf-8"))["theme"]
FADED = 0.6  # how Streamlit mixes a caption of text and background
BOTH = pytest.mark.parametrize("theme", ["light", "dark"])
GROUNDS = ("backgroundColor", "secondaryBackgroundColor")


def mixed(one: str, other: str, share: float) -> str:
    pairs = [(int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)


@BOTH
@pytest.mark.parametrize("ground", GROUNDS)
def test_a_caption_can_be_read(theme: str, ground: str) -> None:
    behind = THEMES[theme][ground]
    assert contrast(mixed(THEMES[theme]["textColor"], behind, FADED), behind) >= 4.5


@BOTH
def test_what_is_chosen_can_be_read(theme: str) -> None:
    assert contrast(THEMES[theme]["primaryColor"], THEMES[theme]["backgroundColor"]) >= 4.5
