"""Trials: those of a run as they go on, and what each of them did."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import actions, controls, state, widgets, wording
from app.charts.axes import Kind
from app.charts.overlay import Overlay
from app.folder import trials_of_run
from app.folder.entries import Entry
from app.reveal import reveal
from app.views.run import advice_words
from app.views.run import trial_words as words
from app.views.run.context import RunContext
from app.wording import plain
from diagnostics.diagnosis import Best
from diagnostics.report.changes import change, new_strengths
from diagnostics.trials.ledger import Ledger
from diagnostics.trials.ledger_entry import LedgerEntry
from diagnostics.trials.outcome import Outcome

SHOWN = 3


def overlaid(trials: Sequence[Entry]) -> Entry | None:
    """The trial that is drawn over its parent: the one asked for, else the one at work or the newest."""
    shared = state.shared("trial")
    if shared == "none" or not trials:
        return None
    return next((trial for trial in trials if trial.name == shared), trials[0])


def overlay(context: RunContext, metric: str, kind: Kind) -> Overlay | None:
    """The trial to draw over the run's chart of a metric, along an axis of that kind."""
    trial = overlaid(context.trials)
    if trial is None or trial.trial is None:
        return None
    return trials_of_run.overlay(trial, context.entry, metric, new_strengths(trial.trial.change), kind)


def chip(context: RunContext) -> bool:
    """In a few words what the trial in the chart has come to so far, or in the end; whether there is one."""
    trial = overlaid(context.trials)
    if trial is None or trial.trial is None:
        return False
    if trial.live and trial.job is not None:
        difference = trials_of_run.so_far(trial, context.entry)
        st.badge(
            state.t(words.so_far(trial.job.epoch, trial.job.epochs, difference)),
            icon=":material/science:",
            color="violet",
        )
        reveal("chart", trial.name)
        return True
    unit = context.entry.run.unit if context.entry.run is not None else "step"
    if trial.state == "failed" and trial.job is not None:
        line = words.TRIAL_FAILED_AT.format(trial.job.epoch, trial.job.epochs)
    elif trial.state == "stopped":
        line = words.TRIAL_STOPPED
    else:
        line = words.before_after(*before_after(context.entry, trial), unit)
    st.caption(plain(state.t(line)))
    return True


def before_after(run: Entry, trial: Entry) -> tuple[Best | None, Best | None]:
    """The best point of a run and that of its trial."""
    return tuple(None if each.diagnosis is None else each.diagnosis.best for each in (run, trial))  # type: ignore[return-value]


def overlay_choice(trials: Sequence[Entry]) -> None:
    """Which trial is drawn into the chart."""
    shown = overlaid(trials)
    names = {"none": words.NO_OVERLAY} | {
        trial.name: wording.short(trial.name.rpartition("/")[2], 18) for trial in trials[:SHOWN]
    }
    now = shown.name if shown is not None and shown.name in names else "none"
    controls.choice("trial", words.OVERLAY, names, list(names), now=now, default=trials[0].name, labeled=True)


def panel(context: RunContext) -> None:
    """Every trial of the run, with how far it is or what came of it."""
    trials = context.trials
    if not trials:
        st.caption(state.t(words.NONE_YET))
    for trial in trials[:SHOWN]:
        row(trial, context)
    if older := trials[SHOWN:]:
        with st.expander(state.t(words.OLDER.format(len(older))), on_change="rerun", key="older-trials") as fold:
            if fold.open:
                for trial in older:
                    row(trial, context)
    if trials:
        overlay_choice(trials)
    quick_look(context)


def quick_look(context: RunContext) -> None:
    """A shorter trial of the next proposal."""
    proposal = context.next_proposal
    if (
        proposal is None
        or not state.may_act()
        or context.entry.live
        or not context.plan.own
        or proposal.strengths.keys() == {"epochs"}
    ):
        return
    st.button(
        state.t(advice_words.BRANCH),
        icon=":material/bolt:",
        key="try-branch",
        help=state.t(advice_words.BRANCH_HELP),
        on_click=actions.try_out,
        args=[context.entry, proposal.strengths],
        kwargs={"branch": True},
    )


def row(trial: Entry, context: RunContext) -> None:
    """A trial in a few lines: its change, where it stands, and what came of it."""
    assert trial.trial is not None
    with st.container(gap="xsmall", key=f"trial-{trial.name}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{plain(state.t(change(trial.trial.change) or words.NO_CHANGE))}**", width="content")
            if trial.trial.kind == "branch":
                st.badge(state.t(advice_words.BRANCH), icon=":material/bolt:", color="gray")
            entry = recorded(trial, context.ledger)
            if entry is not None:
                widgets.badge(words.outcome(entry))
            else:
                widgets.badge(wording.STATES[trial.state], wording.progress(trial.job))
            st.space("stretch")
            actions.job_buttons(trial, f"-{trial.name}")
            if st.button(state.t(words.OPEN), icon=":material/monitoring:", key=f"open-{trial.name}", type="tertiary"):
                actions.open_run(trial.name)
        widgets.progress(trial)
        st.text(state.t(status(trial, context)))


def settled(context: RunContext) -> LedgerEntry | None:
    """What came of the trial in the chart; ``None`` while it goes on, and where there is none."""
    trial = overlaid(context.trials)
    entry = recorded(trial, context.ledger) if trial is not None else None
    return entry if entry is not None and entry.difference is not None else None


def recorded(trial: Entry, ledger: Ledger) -> LedgerEntry | None:
    """What the ledger holds of a trial."""
    return ledger.of(trial.folder.name) if trial.folder is not None else None


def status(trial: Entry, context: RunContext) -> str:
    """What there is to say of a trial now, in a sentence or two."""
    if trial.live:
        return words.TRIAL_RUNS
    if trial.state == "stopped":
        return words.TRIAL_STOPPED
    if trial.state == "failed":
        return words.TRIAL_FAILED.format(wording.sentence(trial.job.message if trial.job else ""))
    entry = recorded(trial, context.ledger)
    if entry is not None and entry.difference is not None:
        return f"{words.promise(entry)}."
    parent = trials_of_run.parent_of(trial, context.snapshot)
    if parent is None:
        return words.TRIAL_LOST.format(parent_name(trial))
    return words.TRIAL_WAITS.format(parent.name) if parent.live else words.TRIAL_SILENT


def parent_name(trial: Entry) -> str:
    """What the run was called that a trial is of, or the study that it belongs to."""
    return trial.study if trial.trial is None or trial.trial.parent is None else trial.trial.parent.removeprefix("../")


def of_its_own(context: RunContext) -> None:
    """On the page of a trial: what it tries, of which run, and what came of it."""
    entry, trial = context.entry, context.entry.trial
    if trial is None:
        return
    parent, name = trials_of_run.parent_of(entry, context.snapshot), parent_title(context)
    with st.container(gap="xsmall", key="of-its-own"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{plain(state.t(words.trial_title(trial, name)))}**", width="content")
            if (ledger_entry := recorded(entry, context.ledger)) is not None:
                widgets.badge(words.outcome(ledger_entry))
            st.space("stretch")
            if parent is not None:
                with st.container(horizontal=True, width="content", gap="xsmall"):
                    parent_buttons(entry, parent)
        if trial.kind in ("full", "branch"):
            st.text(state.t(outcome_of(context, ledger_entry)))
        elif parent is None and trial.parent is not None:
            st.text(state.t(words.TRIAL_LOST.format(name)))


def parent_title(context: RunContext) -> str:
    """What the run that a trial is of is called now, or was."""
    parent = trials_of_run.parent_of(context.entry, context.snapshot)
    return state.display_name(parent.name, parent.name) if parent is not None else parent_name(context.entry)


def is_confirmed(context: RunContext) -> bool:
    """Whether the run is a trial that proved better than the run it is of."""
    entry = recorded(context.entry, context.ledger) if context.entry.trial is not None else None
    return entry is not None and entry.outcome == "confirmed"


def parent_buttons(trial: Entry, parent: Entry) -> None:
    """The ways to the run that a trial is of, and to both over one another."""
    label = words.PARENT.format(plain(wording.short(state.display_name(parent.name, parent.name), 24)))
    if st.button(state.t(label), icon=":material/arrow_upward:", key="parent"):
        actions.open_run(parent.name)
    if st.button(state.t(words.COMPARE), icon=":material/stacked_line_chart:", key="compare-trial"):
        actions.compare([parent.name, trial.name])


def outcome_of(context: RunContext, ledger_entry: LedgerEntry | None) -> str:
    """What the trial whose page this is did, as soon as it has ended; before that, how far it is."""
    if ledger_entry is not None and ledger_entry.difference is not None:
        return f"{words.promise(ledger_entry)}."
    entry, snapshot = context.entry, context.snapshot
    measured = (
        trials_of_run.compared(entry, trials_of_run.against(entry, snapshot)) if entry.state == "finished" else ""
    )
    return measured.sentence if isinstance(measured, Outcome) else measured or status(entry, context)
