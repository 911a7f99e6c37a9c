"""The Guide page: what it shows is what the code does, every regularizer has its lesson, every verdict its run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from app import wording
from app.charts import guide as drawing
from app.views.guide import pictures as guide
from app.views.guide import words
from app.views.guide.lessons import LESSONS, MEASURED, SOURCES, THUMB
from app.wording import levers
from diagnostics import Verdict
from tests.guide_pictures import all_pictures
from tests.guide_runs import BASES, TRIALS, config, curves
from tests.test_app import _as_if_just_started, opened, shown, widget  # noqa: F401
from trainer.regularizers import REGULARIZERS
from trainer.strengths import STRENGTHS

MADE = json.loads(guide.FILE.read_text(encoding="utf-8"))
OUT_OF_DATE = "app/views/guide/guide.json is not what the code draws any more; make guide, and look at the page"


@pytest.fixture(scope="module")
def drawn() -> Iterator[dict[str, Any]]:
    """Every picture, drawn again."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield json.loads(json.dumps(all_pictures(MADE["trainings"]["early_stopping"]["runs"][0]["val"])))
    torch.set_num_threads(threads)


def same(one: Any, other: Any, tolerance: float) -> bool:
    """The same but for rounding, which differs between machines; what was left out is left out in both."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key], tolerance) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(same(a, b, tolerance) for a, b in zip(one, other, strict=True))
    return one is other if None in (one, other) else abs(one - other) <= tolerance * (1 + abs(one))


@pytest.mark.parametrize("name", REGULARIZERS)
def test_a_picture_is_what_the_code_draws(name: str, drawn: dict[str, Any]) -> None:
    assert same(MADE["pictures"][name], drawn[name], tolerance=0.02), OUT_OF_DATE


def test_pictures_that_differ_are_told_apart(drawn: dict[str, Any]) -> None:
    assert not same(drawn["mixup"], drawn["cutmix"], tolerance=0.02)
    assert not same([[None, 1]], [[0, 1]], tolerance=0.02)


@pytest.mark.parametrize("name", REGULARIZERS)
def test_trainings_are_those_that_the_page_says(name: str) -> None:
    made = MADE["trainings"][name]
    assert made["settings"] == BASES[TRIALS[name].base], OUT_OF_DATE
    assert [run["strength"] for run in made["runs"]] == [None, *TRIALS[name].strengths], OUT_OF_DATE


def test_a_training_gives_the_curves_that_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    again = curves(config("dropout", 0.3, epochs=6))
    shown_run = MADE["trainings"]["dropout"]["runs"][2]
    for side in ("train", "val"):
        assert np.allclose(shown_run[side][:6], again[side], rtol=0.02), OUT_OF_DATE


def test_the_file_is_small() -> None:
    assert guide.FILE.stat().st_size < 300_000


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_has_a_made_up_run_that_the_engine_calls_so(verdict: Verdict) -> None:
    assert guide.examples()[verdict].diagnosis.verdict == verdict


def test_every_regularizer_has_a_lesson_and_a_chapter() -> None:
    assert set(LESSONS) == set(REGULARIZERS) == set(STRENGTHS) == set(TRIALS)
    for name in REGULARIZERS:
        assert "| setting | default |" in guide.reference(name)
        assert "\n## " not in guide.reference(name)


@pytest.mark.parametrize("name", REGULARIZERS)
def test_every_usual_strength_has_a_source(name: str) -> None:
    assert LESSONS[name].usual
    assert {source for _, _, source in LESSONS[name].usual} <= {MEASURED, THUMB, *SOURCES}


def test_every_source_is_used() -> None:
    assert {source for lesson in LESSONS.values() for *_, source in lesson.usual} >= set(SOURCES)


@pytest.mark.parametrize("name", REGULARIZERS)
def test_every_picture_has_a_caption_for_each_tile_and_a_word_for_each_line(name: str) -> None:
    for panel in LESSONS[name].panels:
        found = guide.picture(name, panel.part)
        assert len(found.tiles) == len(panel.captions)
        assert {*found.curves, *found.bars} == set(panel.names)
        assert all(caption for caption in (words.filled(text, found.numbers) for text in panel.captions))


def test_what_was_left_out_is_orange_and_what_is_not_there_is_clear() -> None:
    picture = drawing.pixels([[0, None], [-1, 99]])
    side = len(picture) // 2
    assert picture.shape == (2 * side, 2 * side, 4)
    assert tuple(picture[0, -1]) == (*drawing.LEFT_OUT_RGB, 255)
    assert picture[-1, 0, 3] == 0
    assert tuple(picture[-1, -1]) == (*drawing.INK_RGB, 255)


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ([(None, 1.0, 2.0), (0.1, 0.9, 1.0), (0.3, 0.8, 1.5)], "0.8, came with probability 0.3: 20% below the 1"),
        ([(None, 1.0, 2.0), (0.1, 0.995, 1.5)], "by more than 1%. In the last epoch it was 1.5 with probability 0.1"),
        ([(None, 1.0, 2.0), (0.1, 1.4, 2.5)], "by more than 1%."),
    ],
)
def test_which_strength_was_best_is_what_the_numbers_say(
    found: list[tuple[float | None, float, float]], says: str
) -> None:
    assert says in words.best_of("dropout", found)


@pytest.mark.parametrize("name", STRENGTHS)
def test_every_lesson_opens_from_its_address(name: str) -> None:
    app = opened("guide", lesson=name)
    assert levers.REGULARIZERS[name].title in shown(app)
    assert len(app.get("vega_lite_chart")) >= 2
    for kind in ("vega_lite_chart", "imgs"):
        assert all(alt_of(element.proto) for element in app.get(kind))


def alt_of(proto: Any) -> str:
    """What is said to who cannot see it."""
    pictures = getattr(proto, "imgs", None)
    return "".join(one.alt for one in pictures) if pictures is not None else str(proto.alt)


@pytest.mark.parametrize("asked", ["", "nothing", "../x"])
def test_an_address_that_asks_for_nothing_opens_the_first_lesson(asked: str) -> None:
    assert levers.REGULARIZERS["dropout"].title in shown(opened("guide", lesson=asked))


def test_the_verdicts_stand_beside_their_runs() -> None:
    app = opened("guide", lesson="verdicts")
    assert len(app.get("vega_lite_chart")) == len(Verdict)
    said = shown(app)
    assert all(wording.ADVICE[verdict] in said for verdict in Verdict)
    assert not re.search(r"\bstep \d", said)


def test_another_lesson_is_a_click_away_and_stays_in_the_address() -> None:
    app = opened("guide")
    widget(app.main.get("button_group"), "guide-lesson").set_value("mixup").run()
    assert app.query_params["lesson"] == "mixup"
    assert levers.REGULARIZERS["mixup"].title in shown(app)


@pytest.mark.parametrize(("name", "network"), [("mixup", None), ("cutmix", "cnn")])
def test_a_lesson_leads_to_a_training_with_the_regularizer_on(name: str, network: str | None) -> None:
    app = opened("guide", lesson=name)
    app.main.button("train-with").click().run()
    assert not app.exception
    assert f"--{name} " in shown(app)
    assert (f"--model {network}" in shown(app)) == (network is not None)
