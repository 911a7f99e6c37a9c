"""Language: the one this tab is read in, from the address, else from the browser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, overload

import streamlit as st

from app.wording import Look
from app.wording.translation import LANGUAGES, translate

Key = TypeVar("Key")


def language() -> str:
    """The language of this tab: what the address asks for, else the browser's where there is one of ``LANGUAGES``."""
    view = st.session_state.get("shared")  # the address itself is asked for hundreds of words a page, and slowly
    asked = view.get("lang") if view else st.query_params.get("lang")
    if asked in LANGUAGES:
        return str(asked)
    of_browser = (st.context.locale or "").partition("-")[0].lower()
    return of_browser if of_browser in LANGUAGES else next(iter(LANGUAGES))


@overload
def t(text: str) -> str: ...
@overload
def t(text: None) -> None: ...
def t(text: str | None) -> str | None:
    """``text`` in this tab's language: call it on a finished English sentence, before ``plain`` or any Markdown."""
    return None if text is None else translate(text, language())


def look(shown: Look) -> Look:
    """How a state or a verdict is shown, with its word in this tab's language."""
    return shown._replace(word=t(shown.word))


def words_of(words: Mapping[Key, str]) -> dict[Key, str]:
    """Several words by name, in this tab's language."""
    return {name: t(word) for name, word in words.items()}
