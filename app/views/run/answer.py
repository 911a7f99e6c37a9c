"""Answer: what a person opens a run for: the verdict, what it cost, what to do, and the button that does it."""

from __future__ import annotations

import streamlit as st

from app import state, widgets, wording
from app.views.run import answer_words as answer
from app.views.run import buttons, trial_words, trials, words
from app.views.run.audit import findings
from app.views.run.context import RunContext
from app.wording import charts as chart_words
from app.wording import plain
from diagnostics import Diagnosis, Run, Verdict
from diagnostics.outlook import NO_OUTLOOK
from diagnostics.recommend.from_ledger import EPOCHS
from diagnostics.report import to_do as to_do_words
from diagnostics.report.changes import use
from trainer.trials.proposal import record_of


def strip(context: RunContext) -> None:
    """The answer in one row, or one below the other where the page is narrow."""
    reserved = "answer-live" if context.entry.live else "answer-at-rest"
    with (
        st.container(border=True, key="answer"),
        st.container(key=reserved),
        st.grid(2, min_column_width=300, gap="small"),
    ):
        with st.container(gap="xsmall"):
            verdict(context)
        with st.container(gap="xsmall"):
            to_do(context)
            with st.container(horizontal=True, gap="small"):
                buttons.row(context)


def verdict(context: RunContext) -> None:
    """The verdict in words, and what it cost."""
    entry, run, diagnosis = context.entry, context.entry.run, context.entry.diagnosis
    look = widgets.verdict_look(entry)
    headline = look.word if diagnosis is None else answer.headline(diagnosis, run)
    st.subheader(f":{look.color}[{look.icon} {state.t(headline)}]", anchor=False)
    if diagnosis is None or run is None:
        st.text(state.t(wording.sentence(entry.trouble)))
        return
    shown = context.courses
    costs = answer.costs(shown, chart_words.metric(run.primary), diagnosis.verdict)
    st.text(state.t(costs or words.reason(diagnosis, run)))
    if "disagree" in diagnosis.notes and len(shown) > 1:
        st.text(state.t(answer.disagree(shown, chart_words.metric(run.primary), run.unit)))
    if diagnosis.verdict is Verdict.OVERFITTING and diagnosis.probability is not None:
        st.caption(state.t(answer.like_this(diagnosis.probability)))
    if diagnosis.verdict is Verdict.OVERFITTING and diagnosis.best is not None and trials.is_confirmed(context):
        where = {"parent": trials.parent_title(context), "unit": run.unit, "step": diagnosis.best.step}
        st.text(state.t(answer.STILL_BETTER.format(**where)))
    if entry.job is not None and entry.job.repair:
        st.markdown(f":material/healing: {plain(state.t(entry.job.repair))}")
    for warning in findings(run):
        st.markdown(f":material/warning: {plain(state.t(warning))}")


def to_do(context: RunContext) -> None:
    """What to do, the best first, and what came of such trials here."""
    lines = things_to_do(context)[: to_do_words.MOST]
    if not lines:
        return
    st.markdown(f"**{state.t(answer.WHAT_TO_DO)}**")
    st.markdown(
        "\n".join(f"{place}. {state.t(line)}" for place, line in enumerate(lines, 1))
        if len(lines) > 1
        else state.t(lines[0])
    )
    settled = trials.settled(context)
    if settled is not None:
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            widgets.badge(trial_words.outcome(settled))
            st.caption(plain(state.t(trial_words.promise(settled))), width="content")
    elif history := record(context):
        st.caption(plain(state.t(history)))


def things_to_do(context: RunContext) -> list[str]:
    """A line each, in Markdown; none where the reason for the verdict says all."""
    entry, run, diagnosis = context.entry, context.entry.run, context.entry.diagnosis
    lines = [words.STATES_SAY[entry.state]] if entry.state in words.STATES_SAY else []
    if diagnosis is None or run is None:
        return lines or [words.NOTHING_YET[entry.state]]
    if context.should_go_on:  # what else there is to do comes when it has ended
        return [*lines, *_outlook(context, diagnosis, run)]
    kept = [] if context.confirmed is not None else to_do_words.weights_to_keep(run, diagnosis, context.advice)
    at_rest = [*_outlook(context, diagnosis, run), *kept]
    lines += to_do_words.checked_first(diagnosis, at_rest, _next_training(context))
    return lines or [advice for advice in [words.advice(diagnosis, run)] if advice]


def _outlook(context: RunContext, diagnosis: Diagnosis, run: Run) -> list[str]:
    """Whether to train on, while it trains, and after it where that is the advice and no trial can do it."""
    entry = context.entry
    longer = any(each.lever == "train_longer" for each in context.advice)
    if (
        entry.outlook is None
        or diagnosis.verdict in NO_OUTLOOK
        or not (entry.live or (longer and not context.plan.own))
        or (diagnosis.verdict is Verdict.OVERFITTING and words.is_likely(entry.outlook))
    ):
        return []
    return [": ".join(words.looks_ahead(entry.outlook, run, live=entry.live))]


def _next_training(context: RunContext) -> list[str]:
    """The next training, and advice that is no strength; while trials train, they."""
    proposal, parent, confirmed = context.next_proposal, context.plan.parent, context.confirmed
    said = confirmed is not None and trials.settled(context) == confirmed
    at_work = [each.trial for each in context.trials if each.live and each.trial is not None]
    longer = context.entry.live and proposal is not None and proposal.strengths.keys() == {EPOCHS}
    if at_work or longer:  # whether to go on is said by the outlook
        running = [trial_words.running(trial.change, trial.expected) for trial in at_work]
        return [*([use(confirmed, said=said)] if confirmed is not None else []), *running]
    due = proposal if parent is not None else None
    return [
        *to_do_words.training(
            context.advice,
            due.change(parent) if due is not None and parent is not None else {},
            due.expected if due is not None else None,
            confirmed=confirmed,
            said=said,
            unknown=context.needs_details,
            all_tried=bool(context.plan.proposals),
            elsewhere=[*to_do_words.NO_STRENGTHS, *(proposal.strengths if proposal is not None else ())],
        )
    ]


def record(context: RunContext) -> str:
    """How such trials went here; empty where there was none."""
    proposal, parent = context.next_proposal, context.plan.parent
    history = record_of(parent, proposal) if proposal is not None and parent is not None else None
    return "" if history is None else answer.record(history)
