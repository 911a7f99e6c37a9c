"""Buttons: what can be done about a run with one click: try what is advised, and keep the best weights."""

from __future__ import annotations

import streamlit as st

from app import actions, state
from app.views.run import advice_words
from app.views.run import answer_words as answer
from app.views.run.context import RunContext
from app.views.run.setup_form import setup_form
from app.wording import charts as chart_words
from app.wording.levers import REGULARIZERS
from diagnostics import Verdict
from diagnostics.report.changes import new_strengths
from diagnostics.report.next_command import by_command
from trainer.status import BEST
from trainer.trials.proposal import Proposal


def row(context: RunContext) -> None:
    """The button that does it, and the weights to keep."""
    proposal = context.next_proposal
    if context.entry.live:
        if not context.should_go_on and (proposal is not None or context.needs_details):
            st.caption(state.t(answer.WHEN_DONE))
    elif proposal is not None:
        try_button(context, proposal)
    elif context.needs_details:
        with st.popover(state.t(answer.DETAILS), icon=":material/edit_note:", type="primary", key="tell"):
            setup_form(context, needed=True)
    download(context)


def try_button(context: RunContext, proposal: Proposal) -> None:
    """One click where our trainer can repeat the run; the command that does it where another program trained it."""
    if not context.plan.own:
        levers = [name for name in proposal.strengths if name in REGULARIZERS]
        with st.popover(state.t(answer.BY_COMMAND), icon=":material/terminal:", type="primary", key="command"):
            st.caption(state.t(advice_words.BY_COMMAND))
            command = by_command(str(context.entry.folder), levers, context.given)
            st.code(command, language="sh")
        return
    if not state.may_act():
        return
    st.button(
        state.t(try_words(context, proposal)) + state.t(estimated(context, proposal)),
        icon=":material/science:",
        type="secondary" if any(trial.live for trial in context.trials) else "primary",
        key="try",
        help=state.t(answer.TRY_SHOWS),
        on_click=actions.try_out,
        args=[context.entry, proposal.strengths],
    )


def try_words(context: RunContext, proposal: Proposal) -> str:
    """What the button tries; after a first trial by name, as the advice above then begins with what was confirmed."""
    if not context.trials:
        return answer.TRY
    return answer.TRY_NEXT.format(
        new_strengths({name: (None, strength) for name, strength in proposal.strengths.items()})
    )


def estimated(context: RunContext, proposal: Proposal) -> str:
    """How long a trial takes, for its button."""
    minutes, at_most = context.estimate(proposal)
    return answer.estimate(minutes, at_most=at_most)


def download(context: RunContext) -> None:
    """The weights of the best point, where a trainer of ours left them and they have learned something."""
    folder, diagnosis, run = context.entry.folder, context.entry.diagnosis, context.entry.run
    if folder is None or diagnosis is None or diagnosis.best is None or run is None or not (folder / BEST).is_file():
        return
    if diagnosis.verdict is Verdict.NOT_LEARNING:
        return
    st.download_button(
        state.t(answer.DOWNLOAD.format(run.unit, diagnosis.best.step)),
        (folder / BEST).read_bytes,
        f"{chart_words.file_name(context.folder_name)}-{BEST}",
        on_click="ignore",
        key="best",
        icon=":material/download:",
        help=state.t(answer.DOWNLOAD_HELP),
    )
