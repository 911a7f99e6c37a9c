"""Form: inputs for the settings of a training, each made from what the configuration says of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field
from typing import Any

import streamlit as st

from app import draft as drafts
from app import state, wording
from app.draft import Draft
from app.views.train import checks, suggestion, words
from app.wording import plain
from app.wording.levers import REGULARIZERS, setting_label
from trainer.config import DEVICES, OPTIMIZERS, SCHEDULES, scalars
from trainer.datasets import DATASETS
from trainer.models import MODELS
from trainer.presets import PRESETS
from trainer.strengths import STRENGTHS, Choice, Number, Setting, Switch

CHOICES = {
    "dataset": tuple(DATASETS),
    "model": tuple(MODELS),
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "device": DEVICES,
}
OPEN = {"dataset"}  # a person may type something else
STEPS = {"lr": 1e-4, "pace": 0.1, "warmup": 1.0}
SHARE_STEP = 0.05


def groups(draft: Draft) -> None:
    """The settings that most trainings ask for."""
    for title, names in words.GROUPS.items():
        with st.container(border=True):
            st.subheader(state.t(title), anchor=False)
            settings(draft, names)
    with st.expander(state.t(words.MORE_SETTINGS), icon=":material/tune:"):
        settings(draft, words.other_settings())


def settings(draft: Draft, names: tuple[str, ...]) -> None:
    """Inputs for some settings, side by side where there is room."""
    by_name = {setting.name: setting for setting in scalars()}
    shown = [name for name in names if words.applies(name, draft)]
    columns: int = min((3, 4), key=lambda many: -len(shown) % many)  # the fewest holes
    with st.grid(columns, min_column_width=140):
        for name in shown:
            with st.container(gap="xsmall"):
                setting(draft, by_name[name])


def setting(draft: Draft, about: Field[Any]) -> None:
    """The input that fits what the setting takes."""
    name, kind = about.name, str(about.type).removesuffix(" | None")
    look: dict[str, Any] = {"help": plain(state.t(wording.sentence(about.metadata["about"])))}
    label, value = setting_label(name), drafts.value_of(draft, name)
    keep = _keeps(f"set-{name}", value, lambda old, typed: drafts.with_setting(old, name, typed))
    wrong = checks.problem(draft, name)
    if name in CHOICES:
        options = list(dict.fromkeys([*CHOICES[name], value]))
        st.selectbox(state.t(label), options, accept_new_options=name in OPEN, **look, **keep)
    elif kind == "bool":
        st.toggle(state.t(label), **look, **keep)
    elif kind == "str":
        st.text_input(state.t(label), **look, **keep)
    else:
        empty = words.WHEN_EMPTY.get(name, "")
        step = 1 if kind == "int" else STEPS.get(name, SHARE_STEP)
        st.number_input(
            state.t(label),
            value=None,
            step=step,
            format=None if kind == "int" else "%g",
            placeholder=state.t(empty),
            **look,
            **keep,
        )
    if wrong:
        problem(wrong)


def problem(sentence: str) -> None:
    """Why the value above cannot be used."""
    st.markdown(f":red[:material/error: {plain(state.t(sentence))}]")


def levers(draft: Draft) -> None:
    """The regularizers: presets, and each of them by itself."""
    with st.container(border=True):
        st.subheader(state.t(words.LEVERS), anchor=False)
        presets(draft)
        start(draft)
        regularizers(draft)


def start(draft: Draft) -> None:
    """The strengths to start with, before any run, and the button that sets them."""
    starts = suggestion.suggested(draft)
    if not starts:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(state.t(words.start_line(starts)), help=plain(state.t(words.start_help(starts))))
        if any(each.suggested for each in starts):
            st.button(
                state.t(words.USE_START),
                icon=":material/input:",
                key="use-start",
                disabled=suggestion.is_used(draft),
                on_click=lambda: state.keep_draft(suggestion.with_start(state.draft())),
            )


def presets(draft: Draft) -> None:
    """A menu of regularizers that go together, each with its values."""
    state.menu(
        "preset",
        words.PRESET,
        list(PRESETS),
        now=drafts.preset_of(draft),
        words=lambda name: state.t(words.preset_line(name)),
        choose=lambda name: state.keep_draft(drafts.with_preset(state.draft(), name)),
        empty=words.OWN_PRESET,
        help=words.PRESET_HELP,
    )


def regularizers(draft: Draft) -> None:
    """Every regularizer: what it does, a switch, and its settings while it is on."""
    on = drafts.regularizers(draft)
    with st.grid(2, min_column_width=240):
        for name in STRENGTHS:
            with st.container(border=True, gap="small", height="stretch"):
                regularizer(draft, name, on=name in on)


def regularizer(draft: Draft, name: str, *, on: bool) -> None:
    """One regularizer."""
    look = REGULARIZERS[name]
    st.toggle(
        f"**{state.t(look.title)}**",
        **_keeps(f"on-{name}", on, lambda old, typed: drafts.with_regularizer(old, name, on=bool(typed))),
    )
    st.caption(state.t(look.about))
    if not on:
        return
    numbers = [key for key, about in STRENGTHS[name].items() if not isinstance(about, Switch)]
    switches = [key for key in STRENGTHS[name] if key not in numbers]
    with st.grid(2, min_column_width=120):
        for key in numbers:
            with st.container(gap="xsmall"):
                strength(draft, name, key)
    with st.container(horizontal=True):
        for key in switches:
            strength(draft, name, key)
    first = next((each for each in suggestion.suggested(draft) if each.lever == name), None)
    st.caption(state.t(words.typical(name, first)))


def strength(draft: Draft, name: str, key: str) -> None:
    """One setting of a regularizer that is on."""
    about: Setting = STRENGTHS[name][key]
    value = drafts.regularizers(draft)[name][key]
    look: dict[str, Any] = {"help": plain(state.t(words.meaning(about)))}
    label, wrong = setting_label(key), checks.strength_problem(name, key, value)
    keep = _keeps(f"set-{name}-{key}", value, lambda old, typed: drafts.with_strength(old, name, key, typed))
    if isinstance(about, Choice):
        st.selectbox(state.t(label), about.options, **look, **keep)
    elif isinstance(about, Switch):
        st.toggle(state.t(label), **look, **keep)
    else:
        st.number_input(
            state.t(label), value=None, placeholder=state.t(words.AUTOMATIC), **_number(about), **look, **keep
        )
    if wrong:
        problem(wrong)


def _number(about: Number) -> dict[str, Any]:
    """How a number is typed: whole ones by ones, others by a tenth of the default."""
    if about.whole:
        return {"step": 1}
    return {"step": 0.1 if not about.default else about.default / 10, "format": "%g"}


def _keeps(key: str, value: Any, change: Callable[[Draft, Any], Draft]) -> dict[str, Any]:
    """For an input that shows ``value`` and, when it is changed, makes another recipe of this tab's one."""
    key = state.bound(key, value)
    return {
        "key": key,
        "on_change": state.by_hand(lambda: state.keep_draft(change(state.draft(), state.typed(key)))),
    }
