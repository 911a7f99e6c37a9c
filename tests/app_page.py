"""A page of the app as Streamlit's AppTest runs it, without a server and a browser."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import Path

from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from app import ahead

APP = Path(__file__).resolve().parent.parent / "app" / "streamlit_app.py"

ahead.PAUSE = 1e6  # what is loaded ahead would come in the middle of another test
# AppTest asks all installed packages for components whenever an app is opened, which takes longer than its page
manifest_scanner.scan_component_manifests = functools.cache(manifest_scanner.scan_component_manifests)


def at(page: str, parameters: Iterable[tuple[str, str]]) -> AppTest:
    """The page as a link with these parameters opens it; the first one is ``overview``, or nothing."""
    app = AppTest.from_file(str(APP), default_timeout=240)
    for name, value in parameters:
        app.query_params[name] = value
    if page not in ("", "overview"):
        app._page_hash = calc_hash(page)  # switch_page() would need a run of another page before
    return app.run()
