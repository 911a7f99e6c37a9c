"""Setup form: what the log does not say of how a run was trained, asked of the person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from app import actions, state
from app.views.run import advice_words as words
from app.views.run.context import RunContext
from app.wording.levers import REGULARIZERS
from diagnostics import GivenSetup, Setup


def setup_form(context: RunContext, *, needed: bool) -> None:
    """A form for what the log does not say; what is given is remembered for this run."""
    run, given = context.entry.name, context.given
    if context.setup is None:
        return
    with st.form(f"tell-{run}", border=False):
        if needed:
            st.markdown(f"**{state.t(words.ASK)}**")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            fields = setup_inputs(run, given, context.setup)
            strengths = strength_inputs(run, dict(given.strengths), strengths_to_ask(context))
            st.form_submit_button(
                state.t(words.TELL), on_click=lambda: actions.give_setup(run, typed_setup(given, fields, strengths))
            )


def typed_setup(given: GivenSetup, fields: Mapping[str, str], strengths: Mapping[str, str]) -> GivenSetup:
    """The setup with what these inputs were set to; their keys by field, and by regularizer."""
    typed = {name: state.typed(key) for name, key in strengths.items()}
    others = {name: strength for name, strength in given.strengths if name not in typed}
    in_use = others | {name: strength for name, strength in typed.items() if strength is not None}
    return replace(given, **{field: state.typed(key) for field, key in fields.items()}, strengths=tuple(in_use.items()))


def strengths_to_ask(context: RunContext) -> list[str]:
    """The regularizers of which a person gave the strength in use, or of which the advice does not know it."""
    given = [name for name, _ in context.given.strengths if name in REGULARIZERS]
    unknown = [each.lever for each in context.advice if each.lever in REGULARIZERS and each.current is None]
    return list(dict.fromkeys((*given, *unknown)))


def strength_inputs(run: str, given: Mapping[str, float], names: list[str]) -> dict[str, str]:
    """An input for the strength in use of each of these regularizers; their keys."""
    return {
        name: number_box(run, f"now-{name}", words.now(name), given.get(name), step=0.01, help=words.NOW_HELP)
        for name in names
    }


def setup_inputs(run: str, given: GivenSetup, setup: Setup) -> dict[str, str]:
    """An input for each part of a setup that the log does not say or a person gave; their keys."""
    keys = {}
    if given.lr is not None or (setup.lr is None and setup.lr_sum is None):
        keys["lr"] = number_box(run, "lr", words.LR, given.lr, step=1e-4)
    if given.steps_per_epoch is not None or setup.steps is None:
        keys["steps_per_epoch"] = number_box(
            run, "steps_per_epoch", words.STEPS_PER_EPOCH, given.steps_per_epoch, step=1.0,
            help=words.STEPS_PER_EPOCH_HELP,
        )  # fmt: skip
    if given.architecture is not None or setup.architecture is None:
        keys["architecture"] = menu(run, "architecture", words.ARCHITECTURE, words.KINDS, given.architecture)
    if given.optimizer is not None or setup.optimizer is None:
        keys["optimizer"] = menu(run, "optimizer", words.OPTIMIZER, words.OPTIMIZERS, given.optimizer)
    if given.momentum is not None or (setup.optimizer == "sgd" and setup.momentum is None):
        keys["momentum"] = number_box(run, "momentum", words.MOMENTUM, given.momentum, step=0.1)
    keys["val_samples"] = number_box(
        run, "val_samples", words.VAL_SAMPLES, given.val_samples, step=1, help=words.VAL_SAMPLES_HELP
    )
    return keys


def number_box(run: str, field: str, label: str, value: float | None, *, step: float, help: str = "") -> str:
    """An input for one number that may be left empty; its key."""
    key = state.bound(f"tell-{field}-{run}", value)
    whole = isinstance(step, int)
    st.number_input(
        state.t(label), 1 if whole else 0.0, value=None, step=step, format="%d" if whole else "%g", key=key, width=150,
        help=state.t(help or None),
    )  # fmt: skip
    return key


def menu(run: str, field: str, label: str, options: Mapping[Any, str], value: str | None) -> str:
    """A menu of names that may be left open; its key."""
    key = state.bound(f"tell-{field}-{run}", value)
    st.selectbox(
        state.t(label),
        [None, *options],
        format_func=lambda option: state.t(words.UNSURE if option is None else options[option]),
        key=key,
        width=220,
    )
    return key
