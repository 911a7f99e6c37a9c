"""Actions: what the buttons do to trainings, and the sentence when it cannot be done."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import streamlit as st

from app import draft as drafts
from app import state
from app.draft import Draft
from app.folder import watch
from app.folder.entries import Entry
from app.folder.remembered import Sides
from app.folder.trials_of_run import is_ours
from app.wording import ACTS, ACTS_HELP, BAD_NAME, FORGOTTEN, LONG_NAME, LONGEST_NAME, access, plain
from diagnostics import GivenSetup, Verdict
from diagnostics.logs.matching.pairing import MatchError
from trainer import config, job
from trainer.config import Config
from trainer.errors import TrainerError
from trainer.trials.start import start_trial

# state of a run -> what can be asked of it; ours only, as another program's log has no process that listens
OFFERED: dict[str, dict[str, Callable[[Path], object]]] = {
    "starting": {"stop": job.stop},
    "running": {"pause": job.pause, "stop": job.stop},
    "silent": {"stop": job.stop},
    "paused": {"unpause": job.unpause, "stop": job.stop},
    "stopped": {"resume": job.resume},
    "failed": {"resume": job.resume},
}


def demonstration_button(*, primary: bool) -> None:
    """Starts the demonstration training and goes to its page."""
    label, icon = ACTS["demonstrate"]
    if state.may_act() and st.button(
        state.t(label), icon=icon, type="primary" if primary else "secondary", key="demonstrate"
    ):
        start(config.demonstration(), job.free_run_dir(state.place(), "demo"))


def start(config: Config, run_dir: Path) -> None:
    """Start a training and go to its page, or say why it cannot be started."""
    if refused := refusal(lambda: job.start(config, run_dir)):
        st.error(refused, icon=":material/error:")
    else:
        open_run(run_dir.name)


def checked(draft: Draft, name: str) -> tuple[Config | None, str]:
    """What these settings would train under that name, or a sentence on why they cannot be used."""
    if "/" in name or "\\" in name or name in (".", ".."):
        return None, BAD_NAME
    if len(os.fsencode(name)) > LONGEST_NAME:
        return None, LONG_NAME
    try:
        return drafts.config_of(draft), ""
    except ValueError as error:
        return None, str(error)


def job_buttons(entry: Entry, suffix: str = "") -> None:
    """What can be asked of this run in its present state; ``suffix`` tells the buttons of several runs apart.

    They act in callbacks: a rerun of the whole page after each click would swallow a click that follows at once.
    """
    for name, act in offered(entry).items():
        label, icon = ACTS[name]
        st.button(
            state.t(label),
            icon=icon,
            help=state.t(ACTS_HELP.get(name)),
            key=f"{name}{suffix}",
            on_click=ask,
            args=[act, entry.folder],
        )


def offered(entry: Entry) -> dict[str, Callable[[Path], object]]:
    """What can be asked of this run; one that failed before its first epoch left nothing to continue from."""
    if not state.may_act():
        return {}
    no_checkpoint = entry.job is not None and entry.state == "failed" and not entry.job.epoch
    acts = {} if entry.folder is None or no_checkpoint else OFFERED.get(entry.state, {})
    return {**acts, "repair": job.repair} if acts and may_be_repaired(entry) else acts


def may_be_repaired(entry: Entry) -> bool:
    """Is it at work, overfitting, and not repairing itself already?"""
    if entry.job is None or entry.state != "running" or entry.job.repair or entry.diagnosis is None:
        return False
    return entry.diagnosis.verdict is Verdict.OVERFITTING


def again_button(entry: Entry) -> None:
    """Takes the settings of a training of ours that has ended to the page where they can be changed."""
    label, icon = ACTS["again"]
    if entry.live or entry.folder is None or not is_ours(entry) or not state.may_act():
        return
    if not st.button(state.t(label), icon=icon, key="again"):
        return
    folder = entry.folder
    if refused := refusal(lambda: state.keep_draft(drafts.of(job.read_config(folder)))):
        st.toast(refused, icon=":material/error:", duration="long")
    else:
        state.renew()
        st.switch_page("views/train/page.py", query_params=state.address())


def ask(act: Callable[[Path], object], run_dir: Path) -> None:
    """Do it; what was refused is said in a note that outlives the next tick."""
    if refused := refusal(lambda: act(run_dir)):
        st.toast(refused, icon=":material/error:", duration="long")


def match(name: str, sides: Sides | None) -> None:
    """Judge the run by these two series, or again by those that match."""
    try:
        state.renew()
        state.need_to_act()
        watch.watch(state.place()).choose(name, sides)
    except MatchError as error:
        st.toast(plain(state.t(str(error))), icon=":material/error:", duration="long")
    except OSError as error:
        st.toast(plain(state.t(FORGOTTEN.format(error))), icon=":material/error:", duration="long")


def try_out(entry: Entry, strengths: Mapping[str, float], *, branch: bool = False) -> None:
    """Train the run again with these strengths alone changed; a run that is the whole folder is opened one above."""
    folder = entry.folder
    if folder is None:
        return
    above = str(folder.parent)
    if not state.reaches(above):
        st.toast(
            plain(state.t(access.ABOVE.format(above, shlex.quote(above)))), icon=":material/error:", duration="long"
        )
        return
    if refused := refusal(lambda: start_trial(folder, strengths, branch=branch)):
        st.toast(refused, icon=":material/error:", duration="long")
        return
    state.share("trial", "")
    if entry.name == ".":
        state.open_folder(above)
        state.choose(folder.name)
        state.renew()


def give_setup(name: str, given: GivenSetup) -> None:
    """Take what a person says of a run into account from now on."""
    try:
        state.give_setup(name, given)
        watch.expire(state.place())
    except OSError as error:
        st.toast(plain(state.t(FORGOTTEN.format(error))), icon=":material/error:", duration="long")


def label(keep: Callable[[], None]) -> None:
    """Keep what a person calls a run, or its color, or a note of it, or say why that cannot be remembered."""
    try:
        keep()
    except OSError as error:
        st.toast(plain(state.t(FORGOTTEN.format(error))), icon=":material/error:", duration="long")


def compare(names: Sequence[str]) -> None:
    """Lay these runs over one another."""
    state.pick(names)
    st.switch_page("views/compare/page.py", query_params=state.address())


def look_again() -> None:
    """Read at once, however soon it is."""
    watch.expire(state.place())


def open_run(name: str) -> None:
    """Go to the page of one run."""
    state.choose(name)
    st.switch_page("views/run/page.py", query_params=state.address())


def refusal(act: Callable[[], object]) -> str:
    """Do it; why it could not be done, or nothing."""
    try:
        state.need_to_act()
        act()
    except (TrainerError, OSError) as error:
        return plain(state.t(str(error)))
    watch.expire(state.place())
    return ""
