"""Proof: the trials of a run as they go on, and what each of them did."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import actions, controls, state, widgets, wording
from app.folder import trials_of_run
from app.folder.entries import Entry, Snapshot
from app.views.run import advice_words as words
from app.wording import plain
from diagnostics.trials.ledger import Ledger
from diagnostics.trials.outcome import Outcome

SHOWN = 3


def overlaid(tried: Sequence[Entry]) -> Entry | None:
    """The trial that is drawn over its parent: the one asked for, else the one at work or the newest."""
    asked = state.shared("trial")
    if asked == "none" or not tried:
        return None
    return next((one for one in tried if one.name == asked), tried[0])


def overlay_choice(tried: Sequence[Entry]) -> None:
    """Which trial is drawn into the chart."""
    shown = overlaid(tried)
    names = {"none": words.NO_OVERLAY} | {
        one.name: wording.short(one.name.rpartition("/")[2], 18) for one in tried[:SHOWN]
    }
    now = shown.name if shown is not None and shown.name in names else "none"
    controls.choice("trial", words.OVERLAY, names, list(names), now=now, default=tried[0].name)


def tried_out(tried: Sequence[Entry], seen: Snapshot, ledger: Ledger) -> None:
    """Every trial of a run, with how far it is or what came of it."""
    if not tried:
        return
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(words.TRIALS, anchor=False, width="content")
            st.space("stretch")
            overlay_choice(tried)
        for one in tried[:SHOWN]:
            trial(one, seen, ledger)
        if rest := tried[SHOWN:]:
            with st.expander(words.OLDER.format(len(rest)), on_change="rerun", key="older-trials") as fold:
                if fold.open:
                    for one in rest:
                        trial(one, seen, ledger)


def trial(one: Entry, seen: Snapshot, ledger: Ledger) -> None:
    """A trial in a few lines: its change, where it stands, and what came of it."""
    assert one.trial is not None
    with st.container(gap="xsmall", key=f"trial-{one.name}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{plain(words.changes(one.trial.change))}**", width="content")
            if one.trial.kind == "branch":
                st.badge(words.BRANCH, icon=":material/bolt:", color="gray")
            outcome = ledger.of(one.folder.name) if one.folder is not None else None
            if outcome is not None:
                widgets.badge(words.OUTCOMES[outcome.outcome])
            else:
                widgets.badge(wording.STATES[one.state], wording.progress(one.job))
            st.space("stretch")
            actions.job_buttons(one, f"-{one.name}")
            if st.button(words.OPEN, icon=":material/monitoring:", key=f"open-{one.name}", type="tertiary"):
                actions.open_run(one.name)
        progress(one)
        st.text(said(one, seen, ledger))


def progress(one: Entry) -> None:
    """How far a training at work is."""
    if one.live and one.job is not None and one.job.epochs:
        left = words.LEFT.format(wording.duration(one.left)) if one.left else None
        st.progress(min(one.job.epoch / one.job.epochs, 1.0), left)


def said(one: Entry, seen: Snapshot, ledger: Ledger) -> str:
    """What there is to say of a trial now, in a sentence or two."""
    if one.live:
        return words.TRIAL_RUNS
    if one.state == "stopped":
        return words.TRIAL_STOPPED
    if one.state == "failed":
        return words.TRIAL_FAILED.format(wording.sentence(one.job.message if one.job else ""))
    settled = ledger.of(one.folder.name) if one.folder is not None else None
    if settled is not None and settled.difference is not None:
        return words.settled(settled)
    parent = trials_of_run.parent_of(one, seen)
    if parent is None:
        return words.TRIAL_LOST.format(lost(one))
    return words.TRIAL_WAITS.format(parent.name) if parent.live else words.TRIAL_SILENT


def lost(one: Entry) -> str:
    """What the run was called that a trial is of, or the study that it belongs to."""
    return one.study if one.trial is None or one.trial.parent is None else one.trial.parent.removeprefix("../")


def of_its_own(entry: Entry, seen: Snapshot, ledger: Ledger) -> None:
    """On the page of a trial: what it tries, of which run, and what came of it."""
    if entry.trial is None:
        return
    parent = trials_of_run.parent_of(entry, seen)
    name = parent.name if parent is not None else lost(entry)
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{plain(words.trial_title(entry.trial, name))}**", width="content")
            settled = ledger.of(entry.folder.name) if entry.folder is not None else None
            if settled is not None:
                widgets.badge(words.OUTCOMES[settled.outcome])
            st.space("stretch")
            if parent is not None:
                if st.button(
                    words.PARENT.format(plain(wording.short(name, 24))), icon=":material/arrow_upward:", key="parent"
                ):
                    actions.open_run(parent.name)
                if st.button(words.COMPARE, icon=":material/stacked_line_chart:", key="compare-trial"):
                    actions.compare([parent.name, entry.name])
        if entry.trial.kind in ("full", "branch"):
            outcome = (
                trials_of_run.compared(entry, trials_of_run.against(entry, seen)) if entry.state == "finished" else ""
            )
            st.text(outcome.sentence if isinstance(outcome, Outcome) else outcome or said(entry, seen, ledger))
            if entry.trial.expected is not None:
                st.caption(words.PREDICTED.format(words.effect(entry.trial.expected)))
        elif parent is None and entry.trial.parent is not None:
            st.text(words.TRIAL_LOST.format(name))
