"""Why: the numbers that decided a verdict, and what every other check says."""

from __future__ import annotations

import numpy as np
import streamlit as st

from app import state, widgets, wording
from app.charts import frames
from app.charts.gauge import gauge_spec
from app.folder.entries import Entry
from app.folder.quantities import RECENT, train_at_val
from app.views.run import words
from app.views.run.series import canaries, small_chart
from app.wording import plain
from app.wording.charts import Canaries
from diagnostics import Diagnosis, Run, Verdict, check_overfitting
from diagnostics.outlook import NO_OUTLOOK
from diagnostics.signals.trend import least_squares_slope

PER_ROW = 3


def panel(entry: Entry) -> None:
    """The sentence with the numbers that decided, and every other check with what it says."""
    diagnosis, run = entry.diagnosis, entry.run
    if diagnosis is None or run is None:
        return
    widgets.texts(filter(None, [words.reason(diagnosis, run), words.advice(diagnosis, run)]))
    if diagnosis.probability is not None and diagnosis.verdict not in words.SAYS_PROBABILITY:
        st.caption(state.t(words.PROBABILITY.format(diagnosis.probability)))
    if entry.outlook is not None and not entry.live and diagnosis.verdict not in NO_OUTLOOK:
        st.text(state.t(": ".join(words.looks_ahead(entry.outlook, run, live=False))), help=state.t(words.OUTLOOK_HELP))
    notes(diagnosis)
    if entry.points:
        textbook_check(run, diagnosis)
    other_losses(entry)
    memory(entry)
    checks_not_run(diagnosis, run)


def badges(diagnosis: Diagnosis) -> None:
    """The verdict, and how certain it is."""
    with st.container(horizontal=True, gap="small"):
        severity = f", {diagnosis.severity}" if diagnosis.severity else ""
        widgets.badge(wording.VERDICTS[diagnosis.verdict], severity)
        if diagnosis.verdict not in words.CERTAIN:
            st.badge(state.t(words.confidence(diagnosis)), color="gray", help=state.t(words.CONFIDENCE_HELP))


def textbook_check(run: Run, diagnosis: Diagnosis) -> None:
    """What the textbook check says, with both of its numbers, and why it is not what the verdict says."""
    flagged, numbers = textbook(run)
    with st.container(gap=None):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{state.t(words.TEXTBOOK)}**", help=state.t(words.TEXTBOOK_HELP), width="content")
            if flagged is not None:
                widgets.badge(words.TEXTBOOK_SAYS[flagged])
        st.text(state.t(numbers))
        if flagged is not None and run.val is not None and flagged != (diagnosis.verdict is Verdict.OVERFITTING):
            st.text(state.t(words.textbook_differs(flagged, rises=least_squares_slope(run.val.values) > 0)))


def textbook(run: Run) -> tuple[bool | None, str]:
    """The textbook check at validation's steps with both of its numbers; no flag, and why, where it cannot say."""
    train = train_at_val(run)
    if train is None or run.val is None or run.primary is None or run.primary.higher_is_better:
        return None, words.TEXTBOOK_NOT
    if not np.isfinite([*train[-RECENT:], *run.val.values[-RECENT:]]).all():
        return None, words.TEXTBOOK_NOT_FINITE
    flagged, numbers = check_overfitting(train.tolist(), run.val.values.tolist())
    return (flagged if len(train) >= RECENT else None), f"{numbers}."


def notes(diagnosis: Diagnosis) -> None:
    """What to know beside the verdict, each explained; memorization has a part of its own."""
    for note in diagnosis.notes:
        if note != "memorizing":
            st.markdown(f":material/info: {state.t(words.NOTES[note]) if note in words.NOTES else plain(note)}")


def other_losses(entry: Entry) -> None:
    """The verdicts by the run's other validation losses: further data sets, heads and components."""
    others = entry.diagnosis.others if entry.diagnosis is not None else {}
    if not others:
        return
    with st.container(gap="small"):
        st.markdown(f"**{state.t(words.OTHER_LOSSES)}**")
        with st.grid(min(PER_ROW, len(others)), min_column_width=240):
            for name, diagnosis in others.items():
                with st.container(gap="xsmall"):
                    st.markdown(f"**{plain(state.t(wording.title(name)))}**")
                    badges(diagnosis)
                    st.caption(plain(state.t(words.as_charted(diagnosis.reason, entry.run))))


def checks_not_run(diagnosis: Diagnosis, run: Run) -> None:
    """Which checks the log does not allow, and why; and in a line those of what this run does not have."""
    needless = words.ONLY_WHERE_USED | ({"epoch_borders"} if run.unit == "epoch" else set())
    failed = [missing for missing in diagnosis.checks_not_run if missing.check not in needless]
    if failed:
        st.markdown(f"**{state.t(words.CHECKS_NOT_RUN)}**")
        st.caption("  \n".join(plain(state.t(words.check(missing))) for missing in failed))
    if names := [words.CHECKS[check] for check, _ in diagnosis.checks_not_run if check in needless]:
        st.markdown(f"**{state.t(words.CHECKS_NOT_NEEDED)}**")
        st.caption(", ".join(state.t(name) for name in names))


def memory(entry: Entry) -> None:
    """How many training samples with random labels are recognized: what only memory can do."""
    chart = canaries(entry.run) if entry.run is not None else None
    shown = recognized(entry)
    if entry.run is None or chart is None or shown is None:
        return
    with st.container():
        left, right = st.columns([1, 1.6], gap="large")
        with left:
            st.markdown(f"**{state.t(words.MEMORY)}**", help=state.t(words.MEMORY_HELP))
            gauge = {"gauge": frames.gauge(shown)}
            widgets.chart(gauge_spec(state.theme()), gauge, key="gauge", alt=words.MEMORY_ALT)
            st.text(state.t(words.memory(shown, entry.run.unit)))
        with right:
            small_chart(chart, key="canaries")


def recognized(entry: Entry) -> Canaries | None:
    """How many canaries are recognized at the last point; ``None`` where the log has none."""
    signals = entry.diagnosis.signals if entry.diagnosis is not None else {}
    if "canary" not in signals:
        return None
    since = signals.get("memorizing_since")
    return Canaries(signals["canary"], signals.get("canary_chance"), None if since is None else int(since))
