"""Acts: what the buttons do to trainings, and the sentence when it cannot be done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from app import data, state
from app.data import Entry
from app.wording import ACTS, plain
from trainer import config, job

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
    if st.button(label, icon=icon, type="primary" if primary else "secondary", key="demonstrate"):
        run_dir = job.free_run_dir(state.folder(), "demo")
        if done(lambda: job.start(config.demonstration(), run_dir)):
            open_run(run_dir.name)


def job_buttons(entry: Entry) -> None:
    """What can be asked of this run in its present state."""
    for name, act in OFFERED.get(entry.state, {}).items():
        label, icon = ACTS[name]
        if st.button(label, icon=icon, key=name) and done(lambda act=act: act(entry.folder)):  # type: ignore[misc]
            st.rerun()


def open_run(name: str) -> None:
    """Go to the page of one run."""
    state.choose(name)
    st.switch_page("views/run.py", query_params=state.address())


def done(act: Callable[[], object]) -> bool:
    """Do it, or say in a sentence why it could not be done."""
    try:
        act()
    except (job.JobError, OSError) as error:
        st.error(plain(str(error)), icon=":material/error:")
        return False
    data.expire(state.folder())
    return True
