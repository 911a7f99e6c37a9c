"""Another language: the one that is asked for, the words around values, and the endings after them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import streamlit as st

from app.charts.dots import KINDS, dots_spec
from app.charts.guide import lines_spec
from app.charts.translated import translated_spec
from app.wording import translation
from app.wording.particles import with_particles
from app.wording.translation import translate
from tests.test_app import _as_if_just_started as _as_if_just_started
from tests.test_app import opened, widget


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("손실이(가)", "손실이"),
        ("정확도이(가)", "정확도가"),
        ("가중치 감쇠을(를)", "가중치 감쇠를"),
        ("파일(으)로", "파일로"),
        ("값(으)로", "값으로"),
        ("정확도(으)로", "정확도로"),
        ("epoch 7(으)로", "epoch 7로"),
        ("3은(는)", "3은"),
        ("25%은(는)", "25%는"),
        ("Adam과(와)", "Adam과"),
        ("SGD과(와)", "SGD와"),
        ("'val'을(를)", "'val'을"),
        ("", ""),
        ("은(는)", "는"),
    ],
)
def test_an_ending_follows_the_last_sound_before_it(written: str, read: str) -> None:
    assert with_particles(written) == read


@pytest.fixture
def _table(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = {
        "Loss": "손실",
        "Chance: {n}.": "확률 {n}.",
        "{metric} rose since {place}.": "{place}부터 {metric}이(가) 올랐습니다.",
        "epoch {n}": "에포크 {n}",
        "It stays. Nothing needs to change.": "그대로입니다. 바꿀 것이 없습니다.",
        "Could not start: {trouble}": "시작하지 못했습니다: {trouble}",
        "there is no run {name}; look again": "실행 {name}이(가) 없습니다. 다시 보십시오",
        "found nothing in {place}": "{place}에 아무것도 없습니다",
    }
    words = {text.casefold(): korean for text, korean in lines.items() if "{" not in text} | lines
    by_words = [translation._phrase(text, korean) for text, korean in lines.items() if "{" in text]
    table = translation.Table(words, tuple(by_words))
    translation._translated.cache_clear()
    monkeypatch.setattr(translation, "table_of", lambda language: table)


@pytest.mark.parametrize(
    ("english", "korean"),
    [
        ("Loss", "손실"),
        ("Loss rose since epoch 7.", "에포크 7부터 손실이 올랐습니다."),
        ("Accuracy rose since epoch 7.", "에포크 7부터 Accuracy가 올랐습니다."),
        ("loss rose since epoch 7. Chance: 40%.", "에포크 7부터 손실이 올랐습니다. 확률 40%."),
        ("Chance: 40%. It stays. Nothing needs to change.", "확률 40%. 그대로입니다. 바꿀 것이 없습니다."),
        ("Chance: none.", "Chance: none."),
        ("Could not start: No space. Free some.", "시작하지 못했습니다: No space. Free some."),
        ("there is no run Base; look again", "실행 Base가 없습니다. 다시 보십시오"),
        ("Found nothing in logs/a.b.", "logs/a.b에 아무것도 없습니다."),
        ("There is no run Base; look again.", "실행 Base가 없습니다. 다시 보십시오."),
        ("Loss\nepoch 3", "손실\n에포크 3"),
        ("runs/exp_1", "runs/exp_1"),
        ("loss and epoch 3", "손실, 에포크 3"),
        ("loss and order", "loss and order"),
    ],
)
@pytest.mark.usefixtures("_table")
def test_a_sentence_is_found_by_its_words_and_its_values_are_translated(english: str, korean: str) -> None:
    assert translate(english, "ko") == korean


LONG = " ".join(f"A{n} is not so." for n in range(250))


@pytest.mark.parametrize("text", [LONG, LONG.replace(".", ""), "Is not" + "." * 900])
def test_a_long_text_is_matched_a_few_times_for_each_of_its_sentences(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    matches: list[str] = []
    phrase = translation._phrase("{name} is not", "{name} 아님")
    pattern = SimpleNamespace(fullmatch=lambda text: matches.append(text) or phrase.within.fullmatch(text))
    counted = phrase._replace(within=pattern, whole=pattern)
    translation._translated.cache_clear()
    monkeypatch.setattr(translation, "table_of", lambda language: translation.Table({}, (counted,)))
    assert translate(text, "ko") == text
    assert len(matches) <= 6 * len(translation.ENDS.split(text)), "whole and with any value, each as made three ways"
    tried = len(matches)
    assert translate(text, "ko") == text
    assert len(matches) == tried, "it is remembered"
    translation._translated.cache_clear()


@pytest.mark.usefixtures("_table")
def test_a_long_text_is_translated_sentence_by_sentence() -> None:
    assert (
        translate("Loss rose since epoch 7. " * 90 + "Loss", "ko") == "에포크 7부터 손실이 올랐습니다. " * 90 + "손실"
    )
    assert translate(", ".join(["epoch 3"] * 200), "ko") == ", ".join(["에포크 3"] * 200)


@pytest.mark.parametrize("text", ["& " * 450, "A" + "." * 900, "a: " * 330, "Could not start: " * 58])
def test_no_text_is_too_deep(text: str) -> None:
    assert translate(text, "ko")


@pytest.mark.usefixtures("_table")
def test_english_and_unknown_languages_read_as_written() -> None:
    assert translate("Loss", "en") == translate("Loss", "xx") == "Loss"


@pytest.mark.parametrize(
    ("locale", "asked", "button"),
    [
        ("ko-KR", "", "새로 고침"),
        ("ko", "", "새로 고침"),
        ("ko-KR", "en", "Refresh"),
        ("en-US", "", "Refresh"),
        ("de-DE", "", "Refresh"),
        (None, "", "Refresh"),
        ("en-US", "ko", "새로 고침"),
        ("en-US", "xx", "Refresh"),
    ],
)
def test_the_language_is_the_addresss_or_else_the_browsers(
    monkeypatch: pytest.MonkeyPatch, locale: str | None, asked: str, button: str
) -> None:
    monkeypatch.setattr(type(st.context), "locale", property(lambda _: locale))
    app = opened(**({"lang": asked} if asked else {}))
    assert not app.exception
    assert button in [each.label for each in app.button]


def test_the_switch_writes_the_language_into_the_address_and_pages_keep_it() -> None:
    app = opened()
    widget(app.get("button_group"), "lang-box").set_value("ko").run()
    assert app.query_params["lang"] in ("ko", ["ko"])
    app.switch_page("views/guide/page.py").run()
    assert "새로 고침" in [each.label for each in app.button]


def _domains(part: object) -> list[object]:
    """The domain of every scale of a specification."""
    if isinstance(part, list):
        return [domain for each in part for domain in _domains(each)]
    if not isinstance(part, dict):
        return []
    own = [part["domain"]] if "domain" in part else []
    return own + [domain for each in part.values() for domain in _domains(each)]


def test_a_charts_names_are_translated_as_its_data_are_and_no_others() -> None:
    kinds = translated_spec(dots_spec("Change", 2, "light"), str.upper)
    assert list(KINDS) in _domains(kinds), "the marks' kinds are not shown, and their data keep their names"
    sides = translated_spec(lines_spec("Epoch", "Loss", ("Train", "Validation"), "light"), str.upper)
    assert ["TRAIN", "VALIDATION"] in _domains(sides)
