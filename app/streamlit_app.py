"""Fitwatch: the app's entry, with the pages, the folder and the address that they share."""

import sys
from pathlib import Path

# ``streamlit run app`` puts only this folder on the path; imports start at the folder that holds the package
ROOT = next(str(folder) for folder in Path(__file__).resolve().parents if not (folder / "__init__.py").exists())
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

import streamlit as st  # noqa: E402

from app.memory import spare_memory  # noqa: E402

spare_memory()  # before what is imported starts threads of its own

from app import actions, ahead, notify, run_list, shell, state  # noqa: E402
from app.folder import remembered  # noqa: E402
from app.state import t  # noqa: E402
from app.wording import plain  # noqa: E402
from app.wording import shell as words  # noqa: E402

st.set_page_config("Fitwatch", page_icon="📉", layout="wide")

# one line a page, in the order of the menu
pages = [
    st.Page("views/overview/page.py", title=t(words.OVERVIEW), icon=":material/list:", default=True),
    st.Page("views/run/page.py", title=t(words.RUN), icon=":material/monitoring:", url_path="run"),
    st.Page("views/compare/page.py", title=t(words.COMPARE), icon=":material/stacked_line_chart:", url_path="compare"),
    st.Page("views/train/page.py", title=t(words.TRAIN), icon=":material/model_training:", url_path="train"),
    st.Page("views/tune/page.py", title=t(words.TUNE), icon=":material/tune:", url_path="tune"),
    st.Page("views/guide/page.py", title=t(words.GUIDE), icon=":material/school:", url_path="guide"),
]
page = st.navigation(pages, position="top")
st.html(Path(__file__).with_name("look.css"))
st.html(f"<style>:root {{ color-scheme: {state.theme()}; }}</style>")  # Streamlit leaves it out of what floats

state.need_request()
state.keep_address()
state.keep_in_reach()

with st.sidebar:
    st.markdown("## :material/monitoring: Fitwatch")
    state.folder_box(t(words.FOLDER), help=t(words.FOLDER_HELP))
    beside = st.container()
    state.tick_box(t(words.TICK), words.TICKS, help=t(words.TICK_HELP))
    with st.container(horizontal=True, gap="xsmall"):
        st.button(t(words.REFRESH), icon=":material/refresh:", help=t(words.REFRESH_HELP), on_click=actions.look_again)
        shell.tensorboard()
    notify.notify()
    shell.limits()
    state.language_box(t(words.LANGUAGE))
    shell.access()
    if unknown := state.arguments().unknown:
        st.warning(plain(t(words.UNKNOWN_ARGUMENTS.format(" ".join(unknown)))), icon=":material/terminal:")
    for problem in remembered.problems():
        st.warning(plain(t(problem)), icon=":material/report:")
    shell.tell_browser(page.url_path)
    if not page.url_path:
        ahead.load_script()

shell.out_of_reach()
if page.url_path != "guide":  # which needs no logs
    shell.reading()
if page.url_path == "run":
    run_list.choose_worst()
page.run()
if page.url_path in ("run", "compare"):
    with beside:
        run_list.run_list(picks=page.url_path == "compare")
if not page.url_path:
    ahead.import_charts(state.theme())
shell.spare_garbage_search()
