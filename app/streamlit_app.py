"""Fitwatch: the app's entry, with the pages, the folder and the address that they share."""

import sys
from pathlib import Path

# ``streamlit run app`` puts only this folder on the path
ROOT = str(Path(__file__).resolve().parent.parent)
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

import streamlit as st  # noqa: E402

from app import acts, panels, state, wording  # noqa: E402
from app.wording import plain, training  # noqa: E402, training

st.set_page_config("Fitwatch", page_icon="📉", layout="wide")

overview = st.Page("views/overview.py", title=wording.RUNS, icon=":material/list:", default=True)
run = st.Page("views/run.py", title=wording.RUN, icon=":material/monitoring:", url_path="run")
train = st.Page("views/train.py", title=training.TRAINING, icon=":material/model_training:", url_path="train")
page = st.navigation([overview, run, train], position="hidden")

state.keep_address()
_, unknown = state.arguments()

with st.sidebar:
    st.markdown("## :material/monitoring: Fitwatch")
    with st.container(gap="xsmall"):
        st.page_link(overview)
        chosen = state.run_name()
        st.page_link(run, label=plain(wording.short(chosen, 24)) if chosen else wording.RUN, disabled=not chosen)
        st.page_link(train)
    state.folder_box(wording.FOLDER, help=wording.FOLDER_HELP)
    st.button(wording.REFRESH, icon=":material/refresh:", help=wording.REFRESH_HELP, on_click=acts.look_again)
    panels.limits()
    if unknown:
        st.warning(plain(wording.UNKNOWN_ARGUMENTS.format(" ".join(unknown))), icon=":material/terminal:")

page.run()
