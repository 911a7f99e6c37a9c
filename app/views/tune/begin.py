"""Begin: a search is started, stopped and checked from the page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from app import actions, state, wording
from app.folder.entries import Entry, Snapshot
from app.folder.trials_of_run import is_ours
from app.views.tune import words
from app.wording import plain
from diagnostics.logs.folders.names import path_of
from trainer import job
from trainer.errors import TrainerError
from trainer.strengths import STRENGTHS, Value, strengths
from trainer.tuning import start
from trainer.tuning.study import Study

FEWEST, USUAL, MOST = 2, 20, 500  # runs of a search
CheckPlan = tuple[Path, list[Mapping[str, Value]]]  # the run that is repeated, and the strengths it is repeated with


def form(snapshot: Snapshot) -> None:
    """Which run to improve and how many trials it may cost; only what our trainer trained can be repeated."""
    if not state.may_act():
        return
    short, names = snapshot.short, [entry.name for entry in snapshot.entries if repeatable(entry)]
    if not names:
        st.caption(state.t(words.NO_RUN_TO_TUNE))
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=320):
            name = st.selectbox(state.t(words.RUN), names, format_func=lambda name: short[name], key="tune-run")
        with st.container(width=160):
            runs = st.number_input(state.t(words.RUNS), value=USUAL, help=state.t(words.RUNS_HELP), key="tune-runs")
        absurd = not FEWEST <= runs <= MOST
        if st.button(
            state.t(words.START), icon=":material/play_arrow:", type="primary", disabled=absurd, key="tune-start"
        ):
            begin(snapshot, name, int(runs))
    if absurd:
        st.error(state.t(words.RUNS_REFUSED.format(runs, FEWEST, MOST)), icon=":material/error:")


def repeatable(entry: Entry) -> bool:
    """Whether it is a finished training of ours and no trial of a search."""
    return not entry.live and not entry.study and is_ours(entry)


def begin(snapshot: Snapshot, run: str, runs: int) -> None:
    """Start the search and show it."""
    place = Path(snapshot.place)
    study = start.free_name(place, "tune")
    if refused := actions.refusal(lambda: start.start(place, study, parent=path_of(place, run), runs=runs)):
        st.error(refused, icon=":material/error:")
        return
    state.share("study", study)
    state.renew()
    st.rerun()


def stop_button(folder: Path) -> None:
    """Ends a search that was started here."""
    if start.runs_now(folder):
        st.button(
            state.t(words.STOP),
            icon=":material/stop:",
            on_click=actions.ask,
            args=[start.stop, folder],
            help=state.t(words.STOP_HELP),
            key="tune-stop",
        )


def waiting(folder: Path) -> bool:
    """What there is to say of a search that has not found anything yet; whether it is one."""
    if not (folder / start.PROCESS).is_file():
        return False
    with st.container(border=True):
        at_work = start.runs_now(folder)
        st.subheader(state.t(words.STARTING) if at_work else state.t(words.ENDED_EARLY), anchor=False)
        st.code(start.output(folder) or wording.NOTHING_PRINTED, language=None, wrap_lines=True)
        stop_button(folder)
    return True


def progress(study: Study) -> None:
    """How much of the runs is used up."""
    limit = study.budget.get("runs") or study.points * study.repeats
    if limit:
        done = sum(len(trial.runs) for trial in study.trials if trial.state != "running")
        st.progress(min(1.0, done / limit), state.t(words.PROGRESS.format(done, round(limit))))


def check_button(study: Study, snapshot: Snapshot, plan: CheckPlan) -> None:
    """Trains the best and the original setting with three seeds each."""
    parent, points = plan
    if st.button(state.t(words.CHECK), icon=":material/verified:", help=state.t(words.CHECK_HELP), key="tune-check"):
        place = Path(snapshot.place)
        name = start.free_name(place, f"{study.folder.name}-check")
        if refused := actions.refusal(lambda: start.check(place, name, parent=parent, points=points)):
            st.error(refused, icon=":material/error:")
            return
        state.share("study", name)
        state.renew()
        st.rerun()


def check_plan(study: Study, snapshot: Snapshot) -> CheckPlan | None:
    """The run whose settings both points share, the best point, and the point of before."""
    best = study.best
    if best is None or study.command or study.repeats > 1 or not set(study.space) <= set(STRENGTHS):
        return None
    trial = snapshot.get(f"{study.folder.name}/{best.run}")
    if trial is None or trial.folder is None:
        return None
    parent = trial.trial.parent_of(trial.folder) if trial.trial is not None else None
    try:
        config = job.read_config(parent or trial.folder)
    except (TrainerError, OSError):
        return None
    before = strengths(config.regularizers) if parent is not None else {}
    base: Mapping[str, Value] = {name: before.get(name, 0.0) for name in study.space}
    point = {name: rounded(best.params[name]) for name in study.space if name in best.params}
    return None if point == base or len(point) < len(base) else (parent or trial.folder, [point, base])


def rounded(value: Value) -> Value:
    """Four digits are enough to train with, and can be read in a command."""
    return float(f"{value:.4g}") if isinstance(value, float) else value


def over_seeds(study: Study) -> None:
    """Each setting that was trained with several seeds: its mean and the standard error of that."""
    rows = words.means_over_seeds(study)
    if rows:
        with st.container(border=True):
            st.subheader(state.t(words.OVER_SEEDS), anchor=False)
            st.markdown("\n".join(f"- {plain(state.t(row))}" for row in rows))
