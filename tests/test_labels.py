"""Names, colors and notes that a person gives to runs: kept for their folder, shown beside the folder's own name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from app.charts.compare import LINE_STYLES
from app.charts.look import PALETTE
from app.folder import labels, remembered
from app.wording import labels as words
from app.wording import plain
from tests.test_app import _as_if_just_started, opened, shown, widget  # noqa: F401 - fixtures
from tests.test_run_page import exp, own  # noqa: F401 - fixtures
from tests.writers import write_run


@pytest.fixture(autouse=True)
def _own_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def styles(app: AppTest) -> list[str]:
    return [element.proto.body for element in app.get("html")]


def test_a_name_and_a_color_are_kept_for_one_folder_and_do_not_displace_one_another() -> None:
    labels.keep_name("/logs", "run", "  the\tgood one ")
    labels.keep_color("/logs", "run", "teal")
    labels.keep_name("/logs", "other", "x" * 200)
    assert labels.names("/logs") == {"run": "the good one", "other": "x" * labels.LONGEST}
    assert labels.colors("/logs") == {"run": "teal"}
    assert labels.names("/elsewhere") == labels.colors("/elsewhere") == {}
    labels.keep_name("/logs", "run", " ")
    labels.keep_color("/logs", "run", None)
    assert labels.names("/logs").keys() == {"other"}
    assert labels.colors("/logs") == {}


@pytest.mark.parametrize("written", [None, 3, ["red"], {}, "", "no color"])
def test_what_is_no_name_or_no_color_is_as_if_never_given(written: object) -> None:
    remembered.file("colors").parent.mkdir(parents=True)
    for kind in ("names", "colors"):
        remembered.file(kind).write_text(json.dumps({"/logs": {"run": written}}))
    assert labels.colors("/logs") == {}
    assert labels.names("/logs") == ({"run": written} if written == "no color" else {})


@pytest.mark.parametrize(
    ("given", "called"),
    [
        ({}, {"exp/a": "a", "exp/b": "b"}),
        ({"exp/a": "best"}, {"exp/a": "best", "exp/b": "b"}),
        ({"gone": "best"}, {"exp/a": "a", "exp/b": "b"}),
        ({"exp/a": "b"}, {"exp/a": "b (a)", "exp/b": "b (b)"}),
        ({"exp/a": "same", "exp/b": "same"}, {"exp/a": "same (a)", "exp/b": "same (b)"}),
    ],
)
def test_no_two_runs_are_called_the_same(given: dict[str, str], called: dict[str, str]) -> None:
    assert labels.displayed(given, {"exp/a": "a", "exp/b": "b"}) == called


@pytest.mark.parametrize(
    ("given", "called"),
    [
        ({"a": "x", "b": "x", "c": "x (a)"}, {"a": "x (a) (a)", "b": "x (b)", "c": "x (a)"}),
        ({"a": "b (b)"}, {"a": "b (b)", "b": "b", "c": "c"}),
        ({"a": "b (b)", "c": "b"}, {"a": "b (b)", "b": "b (b) (b)", "c": "b (c)"}),
    ],
)
def test_a_name_that_only_one_run_was_given_stays_as_it_is(given: dict[str, str], called: dict[str, str]) -> None:
    assert labels.displayed(given, {"a": "a", "b": "b", "c": "c"}) == called


ALIKE = st.sampled_from([f"{name}{ending}" for name in "abc" for ending in ("", " (a)", " (b)", " (a) (a)")])


@for_all(st.dictionaries(ALIKE, ALIKE), st.dictionaries(ALIKE, ALIKE))
def test_no_two_runs_are_called_the_same_whatever_names_they_have(given: dict[str, str], short: dict[str, str]) -> None:
    displayed = labels.displayed(given, short)
    assert displayed.keys() == short.keys()
    assert len({*displayed.values()}) == len(displayed)


@pytest.mark.parametrize("page", ["overview", "run"])
def test_half_a_character_in_a_name_or_note_written_by_hand_ends_no_page(own: Path, page: str) -> None:  # noqa: F811
    remembered.file("names").parent.mkdir(parents=True, exist_ok=True)
    for kind in ("names", "notes"):
        remembered.file(kind).write_text(json.dumps({str(own): {"exp": "half \ud800"}}))
    assert labels.names(str(own)) == {"exp": r"half \ud800"}
    assert labels.note(str(own), "exp") == r"half \ud800"
    assert not (exp() if page == "run" else opened(page)).exception


def test_a_run_shows_the_name_it_was_given_and_still_that_of_its_folder(own: Path) -> None:  # noqa: F811
    app = exp()
    widget(app.main.text_input, "name-of-exp").set_value("**wide**, lr 3e-4").run()
    assert labels.names(str(own)) == {"exp": "**wide**, lr 3e-4"}
    assert app.header[0].value == plain("**wide**, lr 3e-4")
    assert ":material/folder: exp" in [caption.value for caption in app.caption]
    again = exp()
    widget(again.main.text_input, "name-of-exp").set_value("").run()
    assert again.header[0].value == "exp"
    assert ":material/folder: exp" not in [caption.value for caption in again.caption]


def test_a_color_that_is_pressed_again_is_taken_away(own: Path) -> None:  # noqa: F811
    app = exp()
    widget(app.main.get("button_group"), "color-of-exp").set_value("red").run()
    assert labels.colors(str(own)) == {"exp": "red"}
    assert any(f"h2 {{ border-left: .35rem solid {PALETTE['red']['light']};" in style for style in styles(app))
    widget(app.main.get("button_group"), "color-of-exp").set_value(None).run()
    assert labels.colors(str(own)) == {}
    assert not [style for style in styles(app) if "border-left: .35rem" in style]


def test_a_note_is_kept_for_the_run_on_this_machine(own: Path) -> None:  # noqa: F811
    app = exp()
    widget(app.main.text_area, "note-of-exp").set_value("the one with *the* bug").run()
    assert labels.note(str(own), "exp") == "the one with *the* bug"
    assert plain("the one with *the* bug") in shown(exp())
    widget(app.main.text_area, "note-of-exp").set_value(" ").run()
    assert labels.note(str(own), "exp") == ""


def test_a_log_behind_a_url_or_of_another_program_can_be_labeled_too(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "exp", {"loss/val": [1.0, 0.9]})
    app = exp()
    widget(app.main.text_input, "name-of-exp").set_value("theirs").run()
    assert app.header[0].value == "theirs"


def test_a_color_is_the_one_of_a_line_of_compared_runs() -> None:
    for place, (name, shades) in enumerate(PALETTE.items()):
        assert words.COLORS[name]
        assert {theme: styles[place].color for theme, styles in LINE_STYLES.items()} == shades
