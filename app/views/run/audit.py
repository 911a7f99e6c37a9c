"""Audit: whether the regularizers that a run asked for are really on."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app import state, widgets, wording
from app.views.run import words
from app.views.run.context import RunContext
from diagnostics import Run
from diagnostics.logs.settings import contradictions_in_words

TARGETS = ("label_smoothing", "mixup", "cutmix")  # what the audit tells by the training loss alone


def panel(context: RunContext, run: Run) -> None:
    """Each regularizer of the run: how strong it is, and whether it really is on."""
    strengths = context.setup.strengths if context.setup is not None else {}
    if not strengths:
        return
    st.markdown(f"**{state.t(words.AUDIT)}**")
    table(run, strengths)
    widgets.texts(contradictions_in_words(run, context.snapshot.place))


def table(run: Run, strengths: Mapping[str, float]) -> None:
    """A line for each regularizer that is on, the findings about none of them, and which are off."""
    about, others = by_regularizer(run, strengths)
    for name, strength in strengths.items():
        if strength or name in about:
            look, why = words.audited(about.get(name, ""), ours=is_ours(run))
            with st.container(gap=None):
                with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                    st.markdown(f"**{state.t(words.regularizer(name))}** {wording.number(strength)}", width="content")
                    widgets.badge(look)
                st.text(state.t(why))
    widgets.texts(others)
    off = [words.regularizer(name) for name, strength in strengths.items() if not strength and name not in about]
    if off:
        st.caption(state.t(words.OFF.format(", ".join(off))))


def is_ours(run: Run) -> bool:
    """Whether our own trainer wrote it, which looks into what it trains."""
    return '"regularizers"' in run.texts.get("config", "")


def findings(run: Run) -> list[str]:
    """What the trainer found that is not as asked, a sentence each."""
    return [wording.sentence(line.strip()) for line in run.texts.get("audit", "").split("\n") if line.strip()]


def by_regularizer(run: Run, strengths: Mapping[str, float]) -> tuple[dict[str, str], list[str]]:
    """The findings by the regularizer that each is about, and those that are about none of them."""
    about: dict[str, str] = {}
    for finding in findings(run):
        begins = finding.lower().replace(" ", "_")
        named = [name for name in strengths if begins.startswith(name)]
        targets = [name for name in strengths if name in TARGETS] if "label smoothing and mixing" in finding else []
        about |= dict.fromkeys((*named, *targets), finding)
    return about, [finding for finding in findings(run) if finding not in about.values()]
