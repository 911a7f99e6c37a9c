"""Look: names, colors and number formats that all charts have in common. Nothing here needs Altair."""

from __future__ import annotations

from typing import Any, Literal

Spec = dict[str, Any]
Theme = Literal["light", "dark"]
Ends = tuple[float, float] | None  # the part of an axis to show; None for all of it

SIDES = ("Train", "Validation")
TRIAL_SIDES = ("Trial, train", "Trial, validation")
DASHES = [[1, 0], [6, 3]]
NEUTRAL = "#7C8794"
# train, validation, and another run over them: as in the theme, where the first two are the first two colors
LINES = {"light": ("#0072B2", "#D55E00", "#5B4FC9"), "dark": ("#56B4E9", "#F0A04B", "#A79BFF")}
# what tells runs apart: five colors after Okabe and Ito and five between them, all at least 3.9:1 on the page
PALETTE: dict[str, dict[Theme, str]] = {
    "blue": {"light": "#0072B2", "dark": "#7CC6F4"},
    "orange": {"light": "#C95600", "dark": "#FFB566"},
    "green": {"light": "#00805E", "dark": "#4FDDB0"},
    "pink": {"light": "#A3387B", "dark": "#F4B3D8"},
    "gold": {"light": "#7F5F00", "dark": "#F0E442"},
    "violet": {"light": "#5B4FC9", "dark": "#BDB4FF"},
    "ink": {"light": "#222B36", "dark": "#E6EAF0"},
    "red": {"light": "#9B1C2E", "dark": "#FFAB9E"},
    "teal": {"light": "#0A7D8C", "dark": "#6FDDEB"},
    "olive": {"light": "#5C7A00", "dark": "#BBD873"},
}
# text and rules over a chart: at least 4.5:1 on the page's background
INK = {"light": "#9A4A00", "dark": "#F0A04B"}
PAPER = {"light": "#FFFFFF", "dark": "#11151B"}
# how an axis writes a number: Vega's own choice is 2.5e+2 for 250 and 0.000000% for nothing
NUMBER = (
    "datum.value !== 0 && (abs(datum.value) >= 1e6 || abs(datum.value) < 1e-3)"
    " ? format(datum.value, '.3~e') : format(datum.value, ',.6~r')"
)
# of a logarithmic axis 1, 2 and 5 of each power of ten are written and ruled; all of it where it has no whole one
_DIGIT = "round(datum.value / pow(10, floor(log(datum.value) / LN10 + 1e-9)))"
RULED = f"(indexof([1, 2, 5], {_DIGIT}) >= 0 || domain('{{scale}}')[1] < 10 * domain('{{scale}}')[0])"
SHARE = "format(datum.value, '.3~%')"
