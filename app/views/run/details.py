"""Panels: the parts of pages in which a person decides something: what is matched, and how strictly is judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from app import actions, charts, state, widgets, wording
from app import draft as recipe
from app.charts import frames
from app.charts.axes import Axis, Kind
from app.charts.frames import View
from app.draft import Recipe
from app.folder import watch
from app.folder.entries import STANDARD, Entry
from app.views.run import figures, words
from app.views.train import words as training
from app.wording import plain
from diagnostics import Run
from trainer import job

Column = st.column_config


def matching(name: str, run: Run) -> None:
    """Which series the verdict goes by and why, a menu to choose others, and what could not be read."""
    widgets.texts([wording.why_matched(run)])
    pair = run.primary
    train, val = (pair.train, pair.val) if pair is not None else (None, None)
    sides = (
        ("train", wording.TRAIN_SERIES, train, lambda key: actions.match(name, (key, val))),
        ("val", wording.VAL_SERIES, val, lambda key: actions.match(name, (train, key))),
    )
    for (side, label, now, choose), column in zip(sides, st.columns(2), strict=True):
        with column:
            state.menu(
                f"{side}-of-{name}",
                label,
                sorted(run.curves),
                now=now,
                words=lambda key: wording.series(key, run),
                choose=choose,
                empty=wording.SIDE_MISSING,
                help=wording.SIDE_HELP,
            )
    if wording.by_hand(run):
        st.button(
            wording.MATCH_AUTOMATICALLY,
            icon=":material/undo:",
            key="unmatch",
            on_click=actions.match,
            args=[name, None],
        )
    candidates(run)
    widgets.texts(wording.skipped(run, figures.without_numbers(run)))


def candidates(run: Run) -> None:
    """The pairs that came next, and those of other quantities."""
    others = figures.candidates(run)
    if not others:
        return
    quantity, train, val, score = wording.CANDIDATE_COLUMNS
    rows = [
        (wording.title(pair.name), pair.train and pair.train.tag, pair.val and pair.val.tag, pair.score or None)
        for pair in others
    ]
    st.markdown(f"**{wording.CANDIDATES}**")
    st.dataframe(
        pd.DataFrame(rows, columns=[quantity, train, val, score]),
        hide_index=True,
        placeholder=wording.DASH,
        height="content" if len(rows) <= 8 else 320,
        alt=wording.CANDIDATES_ALT,
        column_config={score: Column.NumberColumn(format="%.4g", help=wording.SCORE_HELP, width="small")},
    )


def view(run: Run, known: dict[Kind, Axis]) -> View:
    """How the chart is looked at: along what, how scaled and smoothed; asked for in a row and kept in the address."""
    axis, scale = state.shared("axis"), state.shared("scale")
    axis = axis if axis in known else next(iter(known))
    scale = scale if scale in words.SCALES else ""
    smoothing = _smoothing()
    if len(known) > 1:
        choice("axis", words.AXIS, words.AXES, list(known), now=axis, default=next(iter(known)))
    choice("scale", words.SCALE, words.SCALES, list(words.SCALES), now=scale)
    key = state.bound("smooth-box", smoothing)
    st.slider(
        words.SMOOTHING,
        0.0,
        0.99,
        step=0.01,
        format=words.SMOOTHING_FORMAT,
        key=key,
        width=150,
        label_visibility="collapsed",
        on_change=state.by_hand(lambda: state.share("smooth", f"{state.typed(key):g}" if state.typed(key) else "")),
    )
    return View(known[axis], smoothing, scale == "log" or (not scale and figures.wants_log(run)))


def choice(name: str, label: str, look: Mapping[Any, str], options: list[Any], *, now: Any, default: Any = "") -> None:
    """A row of a few words of which one is the case; it is kept in the address under ``name``."""
    key = state.bound(f"{name}-box", now)

    def chosen() -> None:
        typed = state.typed(key)
        state.share(name, "" if typed == default else typed)

    st.segmented_control(
        label,
        options,
        format_func=lambda option: look[option],
        key=key,
        required=True,
        on_change=state.by_hand(chosen),
        label_visibility="collapsed",
    )


def _smoothing() -> float:
    try:
        written = float(state.shared("smooth", "0"))
    except ValueError:
        return 0.0
    return written if 0 <= written <= 0.99 else 0.0


def layer_map(run: Run) -> None:
    """One quantity of every layer over the run, as colour."""
    found = figures.layers(run)
    what = state.shared("layers")
    what = what if what in found else next(iter(found))
    if len(found) > 1:
        choice("layers", words.QUANTITY, {name: one.title for name, one in found.items()}, list(found), now=what)
    shown = found[what]
    x = wording.axis(run.x_axis)
    title = words.GREW.format(shown.title) if shown.relative else shown.title
    spec = charts.heat_spec(x, title, len(shown.curves), percent=not shown.relative)
    cells = frames.heat(shown.curves, relative=shown.relative)
    widgets.chart(spec, {"heat": cells}, key="layer-map", alt=words.LAYER_MAP_ALT.format(shown.title))
    if shown.about:
        st.caption(shown.about)


def audit(run: Run, strengths: Mapping[str, float]) -> None:
    """Each regularizer of the run: how strong it is, and whether it really is on."""
    findings, others = figures.audit(run, strengths)
    for name, strength in strengths.items():
        if strength or name in findings:
            look, why = words.audited(findings.get(name, ""), ours=figures.is_ours(run))
            with st.container(gap=None):
                with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                    st.markdown(f"**{words.regularizer(name)}** {wording.number(strength)}", width="content")
                    widgets.badge(look)
                st.text(why)
    widgets.texts(others)
    off = [words.regularizer(name) for name, strength in strengths.items() if not strength and name not in findings]
    if off:
        st.caption(words.OFF.format(", ".join(off)))


def need_local(title: str, way_out: str) -> None:
    """End the page here, with what to do about it, where a URL is looked at and the page needs a folder."""
    if not state.place_is_remote():
        return
    with st.container(border=True):
        st.subheader(title, anchor=False)
        st.text(way_out)
        state.default_folder_button(wording.DEFAULT_FOLDER)
    st.stop()


def limits() -> None:
    """How strictly this tab judges, with the way back to the defaults and to what stands behind them."""
    changed = state.limits() != STANDARD
    with st.expander(wording.LIMITS_CHANGED if changed else wording.LIMITS, icon=":material/tune:", key="limits"):
        st.caption(wording.LIMITS_ABOUT)
        for name in wording.THRESHOLDS:
            state.limit_box(name)
        st.button(
            wording.LIMITS_RESET,
            icon=":material/undo:",
            on_click=state.reset_limits,
            disabled=not changed,
            key="reset-limits",
        )
        if watch.method() and st.button(wording.METHOD, icon=":material/menu_book:", key="method", type="tertiary"):
            method()


def start(draft: Recipe) -> None:
    """The training as a command line, where it will write, and the button that starts it."""
    typed = st.text_input(
        training.RUN_STEM, key="stem", placeholder=recipe.stem(draft), help=training.RUN_STEM_HELP
    ).strip()
    run_dir = job.free_run_dir(state.place(), typed or recipe.stem(draft))
    config, problem = actions.checked(draft)
    if "/" in typed or "\\" in typed or typed in (".", ".."):
        problem = training.BAD_STEM
    if problem or config is None:
        st.error(plain(wording.sentence(problem)), icon=":material/error:")
    else:
        st.caption(plain(training.WRITES.format(run_dir)))
    pressed = st.button(
        training.START,
        icon=":material/play_arrow:",
        type="primary",
        key="start",
        disabled=bool(problem),
        width="stretch",
    )
    if config is not None and not problem:
        st.markdown(f"**{training.COMMAND}**")
        st.code(recipe.command(config, run_dir), language="sh", wrap_lines=True)
        if pressed:
            actions.start(config, run_dir)


def job_at_work(entry: Entry) -> None:
    """A training of ours: how far it is, how long it still takes, what can be asked of it, and what it last printed."""
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(wording.short(entry.name, 24))}**", width="content")
            widgets.badge(wording.STATES[entry.state], wording.progress(entry.job))
            if entry.found is not None:
                widgets.badge(widgets.verdict_look(entry))
        if entry.job is not None and entry.job.epochs:
            left = training.LEFT.format(wording.duration(entry.left)) if entry.left else ""
            st.progress(min(entry.job.epoch / entry.job.epochs, 1.0), left or None)
        with st.container(horizontal=True):
            if st.button(training.OPEN_RUN, icon=":material/monitoring:", key=f"open-{entry.name}"):
                actions.open_run(entry.name)
            actions.job_buttons(entry, f"-{entry.name}")
        with st.expander(training.LOG_TAIL, on_change="rerun", key=f"log-{entry.name}") as fold:
            if fold.open:
                st.code(watch.log_tail(entry, 5) or wording.NOTHING_PRINTED, language=None, wrap_lines=True)


@st.dialog(wording.METHOD, width="large")
def method() -> None:
    """What stands behind the verdicts."""
    st.markdown(watch.method().partition("\n")[2])
