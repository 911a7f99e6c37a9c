"""Labels: the words by which a person names a run, gives it a color and notes something of it."""

from app.charts.look import PALETTE

LABEL = "Rename, note"
NAME = "Name"
COLOR = "Color"
NOTE = "Note on this run"
ABOUT = "Saved on this machine only; the folder of the run keeps its name."
COLORS = {name: name.capitalize() for name in PALETTE}
