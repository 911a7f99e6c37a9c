"""Guide parts: what the Guide page is made of; each draws one thing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pandas as pd
import streamlit as st

from app import draft as drafts
from app import state, widgets, wording
from app.charts import frames
from app.charts import guide as drawing
from app.charts.small import small_spec
from app.views.guide import pictures as guide
from app.views.guide import words
from app.views.guide.lessons import LESSONS, Panel
from app.views.guide.pictures import ExampleTraining, Picture
from app.wording import levers
from diagnostics import Verdict
from trainer.strengths import STRENGTHS

TILE = 150  # pixels of width; two stand side by side on a phone


def shown() -> str:
    """What the address asks to read about: a regularizer or ``"verdicts"``."""
    lesson = state.shared("lesson")
    return lesson if lesson in STRENGTHS or lesson == "verdicts" else next(iter(STRENGTHS))


def part_box(now: str) -> None:
    """The choice between the two parts of the page."""
    key = state.bound("guide-part", "verdicts" if now == "verdicts" else "regularizers")
    st.segmented_control(
        state.t(words.PART),
        list(words.PARTS),
        format_func=lambda part: state.t(words.PARTS[part]),
        key=key,
        required=True,
        label_visibility="collapsed",
        on_change=state.by_hand(lambda: state.share("lesson", {"verdicts": "verdicts"}.get(state.typed(key), ""))),
    )


def lesson_box(now: str) -> None:
    """The choice of a regularizer."""
    key = state.bound("guide-lesson", now)
    st.pills(
        state.t(words.WHICH),
        list(STRENGTHS),
        format_func=lambda name: state.t(levers.REGULARIZERS[name].title),
        key=key,
        required=True,
        label_visibility="collapsed",
        on_change=state.by_hand(lambda: state.share("lesson", state.typed(key))),
    )


def pictures(name: str) -> None:
    """What a regularizer does, as the code that trains does it."""
    drawn: list[tuple[Callable[[Picture, Panel, str], None], Picture, Panel, str]] = []
    for place, panel in enumerate(LESSONS[name].panels):
        picture = guide.picture(name, panel.part)
        forms = ((bars, picture.bars), (curves, picture.curves), (tiles, picture.tiles))
        drawn += [(draw, picture, panel, f"picture-{name}-{place}") for draw, there in forms if there]
    with st.grid(len(drawn), min_column_width=280):
        for draw, picture, panel, key in drawn:
            with st.container():
                draw(picture, panel, key)


def bars(picture: Picture, panel: Panel, key: str) -> None:
    """A bar for each place."""
    title = words.filled(panel.title, picture.numbers)
    st.markdown(f"**{state.t(title)}**")
    table = [(x, y, panel.names[side]) for side, values in picture.bars.items() for x, y in enumerate(values)]
    spec = drawing.bars_spec(panel.x, panel.y, tuple(panel.names.values()), state.theme())
    widgets.chart(spec, {"bars": pd.DataFrame(table, columns=["x", "y", "side"])}, key=f"{key}-bars", alt=title)


def curves(picture: Picture, panel: Panel, key: str) -> None:
    """A line for each of a few quantities."""
    title = words.filled(panel.title, picture.numbers)
    st.markdown(f"**{state.t(title)}**")
    marks = [(float(picture.numbers[mark]), label) for mark, label in words.MARKS.items() if mark in picture.numbers]
    spec = drawing.lines_spec(panel.x, panel.y, tuple(panel.names.values()), state.theme(), marked=bool(marks))
    drawn = {"lines": frames.lines({panel.names[side]: curve for side, curve in picture.curves.items()})}
    if marks:
        drawn["marks"] = pd.DataFrame(marks, columns=["x", "label"])
    widgets.chart(spec, drawn, key=f"{key}-curves", alt=title)


def tiles(picture: Picture, panel: Panel, key: str) -> None:
    """What went in and what came out, as pixels."""
    with st.container(horizontal=True, key=key):
        for tile, caption in zip(picture.tiles, panel.captions, strict=True):
            about = state.t(words.filled(caption, picture.numbers))
            st.image(drawing.pixels(tile), about, width="stretch" if len(picture.tiles) == 1 else TILE, alt=about)


def strengths(name: str) -> None:
    """The same small training without the regularizer and at three strengths."""
    trainings = guide.trainings(name)
    labels = tuple(words.strength_label(training.strength) for training in trainings)
    sides = {
        words.VAL_LOSS: [training.val for training in trainings],
        words.TRAIN_LOSS: [training.train for training in trainings],
    }
    spec = drawing.lines_spec(words.EPOCH, words.LOG_LOSS, labels, state.theme(), log=True)
    st.caption(state.t(words.trained_on(guide.settings(name))))
    with st.grid(2, min_column_width=280):
        for title, side in sides.items():
            with st.container():
                st.markdown(f"**{state.t(title)}**")
                drawn = frames.lines(dict(zip(labels, side, strict=True)))
                widgets.chart(spec, {"lines": drawn}, key=f"{title}-{name}", alt=words.strengths_alt(title, name))
    widgets.row([partial(outcome, label, training) for label, training in zip(labels, trainings, strict=True)])
    st.text(
        state.t(words.best_of(name, [(training.strength, training.lowest, training.last) for training in trainings]))
    )


def outcome(label: str, training: ExampleTraining) -> None:
    """How one of these trainings ended."""
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{state.t(label)}**")
        widgets.badge(wording.VERDICTS[training.diagnosis.verdict])
        st.caption(state.t(words.outcome(training.lowest, training.gap)))


def train_button(name: str) -> None:
    """Takes the regularizer, switched on, to the page that trains, with a network that it fits."""
    if st.button(state.t(words.TRAIN_WITH), icon=":material/model_training:", key="train-with"):
        draft = drafts.with_regularizer(state.draft(), name, on=True)
        network = guide.settings(name).get("model")
        if network and drafts.value_of(draft, "model") == drafts.DEFAULTS["model"]:
            draft = drafts.with_setting(draft, "model", network)
        state.keep_draft(draft)
        state.renew()
        st.switch_page("views/train/page.py", query_params=state.address())


def reference_button(name: str) -> None:
    """Opens what the documentation says, where it is there."""
    if guide.reference(name) and st.button(state.t(words.REFERENCE), icon=":material/menu_book:", key="reference"):
        st.dialog(state.t(levers.REGULARIZERS[name].title), width="large")(lambda: st.markdown(guide.reference(name)))()


def example(verdict: Verdict) -> None:
    """A made-up run with what the engine says of it."""
    made_up = guide.examples()[verdict]
    diagnosis = made_up.diagnosis
    widgets.badge(wording.VERDICTS[diagnosis.verdict])
    spec = small_spec(words.EPOCH, legend=True)
    drawn = frames.lines({"Train": made_up.train, "Validation": made_up.val})
    widgets.chart(spec, {"lines": drawn}, key=f"example-{verdict}", alt=words.example_alt(diagnosis))
    st.text(state.t(words.in_epochs(diagnosis.reason)))
    st.caption(state.t(wording.ADVICE[diagnosis.verdict]))
