"""Sphinx: the pages of this folder and the README as a small site; ``make site`` builds it without a network."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from fitwatch import __version__  # noqa: E402

project = "Fitwatch"
author = copyright = "the Fitwatch authors"
version = release = __version__
extensions = ["myst_parser"]
exclude_patterns = ["_build"]
myst_heading_anchors = 4
suppress_warnings = ["myst.xref_missing"]  # links to files beside docs/; tests/test_docs.py follows every link
html_theme = "furo"
html_title = "Fitwatch"
html_show_sourcelink = False


def setup(app):
    """The README is the site's first page."""
    app.connect(
        "source-read", lambda _app, _name, source: source.insert(0, source.pop().replace("../README.md#", "index.md#"))
    )
