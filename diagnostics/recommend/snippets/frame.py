"""Frame: a short training with places that levers put their lines into."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from string import Template
from textwrap import indent

Parts = Mapping[str, tuple[str, ...]]
"""Lines by the place they go to; ``$strength`` is the number and ``$whole`` the same as a whole one."""

_PLACE = re.compile(r"^(?P<indent> *)\$(?P<name>\w+)$", re.MULTILINE)


@dataclass(frozen=True)
class Framework:
    """``frame`` is in sections between blank lines; one that has places, all empty, is left out.

    A place stands on a line of its own, as ``$name``. What ``usual`` has goes there when no lever has anything, so that
    its section always stays. ``use`` is the frame of what changes no training, only how the trained network is used.
    """

    frame: str
    parts: Mapping[str, Parts]
    usual: Mapping[str, str] = field(default_factory=dict)
    use: str = ""

    def compose(self, strengths: Mapping[str, float]) -> str:
        """The code for all ``strengths``, which are above 0."""
        filled: dict[str, list[str]] = {}
        for lever, strength in strengths.items():
            numbers = {"strength": f"{strength:.3g}", "whole": f"{strength:.0f}"}
            for place, texts in self.parts[lever].items():
                lines = filled.setdefault(place, [])
                lines += [line for raw in texts if (line := Template(raw).substitute(numbers)) not in lines]
        frames = [self.frame] if filled.keys() - {"use"} else []
        frames += [self.use] if "use" in filled else []
        return "\n".join(self._composed(frame, filled) for frame in frames)

    def _composed(self, frame: str, filled: Mapping[str, list[str]]) -> str:
        sections = [section for section in frame.strip("\n").split("\n\n") if self._wanted(section, filled)]
        return "\n\n".join(filter(None, (self._fill(section, filled) for section in sections))) + "\n"

    def _wanted(self, section: str, filled: Mapping[str, list[str]]) -> bool:
        places = [place["name"] for place in _PLACE.finditer(section) if place["name"] not in self.usual]
        return not places or any(filled.get(name) for name in places)

    def _fill(self, section: str, filled: Mapping[str, list[str]]) -> str:
        def lines(place: re.Match[str]) -> str:
            texts = filled.get(place["name"]) or [self.usual.get(place["name"], "")]
            return indent("\n".join(texts), place["indent"]) or "\0"

        return re.sub(r"\0\n|\n?\0", "", _PLACE.sub(lines, section))
