"""Run: one training, live or finished, with its verdict and the numbers that decided it."""

import streamlit as st

from app import actions, controls, state, widgets, wording
from app.charts import frames
from app.charts.axes import axes
from app.charts.curves import curves_spec
from app.folder import quantities, trials_of_run, watch
from app.folder.entries import Entry
from app.views.run import advice, details, figures, matching_words, parts, words
from app.views.run import trials as proof
from app.wording import charts as chart_words
from app.wording import plain
from diagnostics import GivenSetup, Run

SMALL_SHOWN = 3


def live() -> None:
    seen = watch.look(state.place(), state.limits())
    entry = seen.get(state.run_name())
    if entry is None:
        with st.container(border=True):
            st.subheader(words.NO_RUN, anchor=False)
            st.text(wording.sentence(seen.error) or words.no_such_run(state.run_name(), seen.place))
            st.page_link("views/overview/page.py", label=wording.BACK, icon=":material/arrow_back:")
        return
    tried = trials_of_run.of(entry, seen)
    if (entry.live or any(one.live for one in tried)) != ticking:
        st.rerun()
    run, ledger, given = entry.run, watch.ledger(entry), state.given_setup(entry.name)
    if trials_of_run.unsettled([entry, *tried] if entry.trial else tried, ledger):
        actions.settle(entry)
        ledger = watch.ledger(entry)

    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(plain(words.called(entry.name, seen.place)), anchor=False, width="content")
        widgets.badge(wording.STATES[entry.state], wording.progress(entry.job, entry.age))
        if entry.found is not None:
            widgets.badge(widgets.verdict_look(entry))
        if matching_words.by_hand(run):
            widgets.badge(matching_words.BY_HAND)
        st.space("stretch")
        actions.again_button(entry)
        actions.job_buttons(entry)
        if run is not None and run.curves:
            parts.exports(entry, run, state.place())
    if entry.state == "failed":
        with st.container(border=True):
            st.subheader(words.CRASHED if run is not None else words.NEVER_BEGAN, anchor=False)
            st.text(wording.sentence(entry.job.message if entry.job else ""))
            st.code(watch.log_tail(entry) or wording.NOTHING_PRINTED, language=None, wrap_lines=True)
    if run is None or not run.curves:
        with st.container(border=True):
            st.text(words.NOTHING_YET[entry.state])
        if entry.live:
            parts.waiting()
        return

    if entry.state in words.STATES_SAY:
        with st.container(border=True):
            st.text(words.STATES_SAY[entry.state])
    proof.of_its_own(entry, seen, ledger)
    if entry.points:
        curves(entry, run, tried, given)
    else:
        with st.container(border=True):
            st.subheader(words.VERDICT, anchor=False)
            parts.verdict(entry)

    proof.tried_out(tried, seen, ledger)
    advice.panel(entry, tried, given, ledger)
    parts.memory(run, entry.found)
    others = figures.series(run)
    parts.small_charts(others[:SMALL_SHOWN], key="small")
    parts.folded(words.MORE, others[SMALL_SHOWN:], key="more")
    if figures.layers(run):
        with st.expander(words.LAYERS, icon=":material/layers:", on_change="rerun", key="layers") as fold:
            if fold.open:
                details.layer_map(run)
    if entry.known is not None and (strengths := entry.known.setup(state.place(), given).strengths):
        with st.expander(words.AUDIT, icon=":material/fact_check:", on_change="rerun", key="audit") as fold:
            if fold.open:
                details.audit(run, strengths)
    with st.expander(matching_words.MATCHED, icon=":material/rule:", on_change="rerun", key="matched") as fold:
        if fold.open:
            details.matching(entry.name, run)


def curves(entry: Entry, run: Run, tried: list[Entry], given: GivenSetup) -> None:
    unit, metric = wording.unit(run.x_axis, 2), chart_words.metric(run.primary)
    alarm = "orange" if widgets.verdict_look(entry).color in ("orange", "red") else ""
    cards = figures.cards(run)
    alone = cards if len(cards) == 1 else []  # a single one would be as wide as the page
    with st.grid(4 + len(alone), min_column_width=150):
        parts.card(chart_words.TRAIN.format(plain(metric.lower())), quantities.figure(run.train))
        parts.card(
            chart_words.VALIDATION.format(plain(metric.lower())), quantities.figure(run.val), color=alarm or "blue"
        )
        parts.card(chart_words.GAP, quantities.figure(quantities.gap(run)), color=alarm or "gray", area=True)
        parts.best_card(run, entry.found, unit)
        for one in alone:
            parts.card(one.title, one.figure, color="gray", help=one.about)

    left, right = st.columns([2.1, 1])
    with left, st.container(border=True, height="stretch", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(
                plain(metric), anchor=False, help=words.CHART_HELP.format(quantities.LOG_FROM), width="content"
            )
            st.space("stretch")
            view = controls.view(run, axes(run, entry.known.setup(state.place(), given).steps if entry.known else None))
        spec = curves_spec(
            chart_words.AXIS_TITLES[view.axis.kind],
            metric,
            state.theme(),
            timed=view.axis.kind == "time",
            log=view.log,
            higher_is_better=run.primary is not None and run.primary.higher_is_better,
        )
        shown = proof.overlaid(tried)
        over = trials_of_run.overlay(shown, entry, view) if shown is not None else None
        drawn = frames.curves_data(run, entry.found, wording.unit(run.x_axis), view, trial=over)
        widgets.chart(spec, drawn, key="curves", alt=words.chart_alt(entry.name), zoom=True)
    with right, st.container(border=True, height="stretch"):
        st.subheader(words.VERDICT, anchor=False)
        parts.verdict(entry)
        parts.textbook(*figures.textbook(run))
    parts.cards([] if alone else cards)
    parts.notes(entry.found, figures.findings(run))


now = watch.look(state.place(), state.limits())
chosen = now.get(state.run_name())
ticking = chosen is not None and (chosen.live or any(one.live for one in trials_of_run.of(chosen, now)))
st.fragment(live, run_every=watch.tick(state.place(), state.tick()) if ticking else None)()
