"""Every verdict and state has its words, and text from a log stays text."""

from __future__ import annotations

import re
from dataclasses import Field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app import wording
from app.views.run import advice_words, matching_words
from app.views.run import words as run_words
from app.wording import shell
from app.wording.charts import Canaries
from diagnostics import Curve, Diagnosis, Key, Outlook, Pair, Recommendation, Run, Verdict
from diagnostics.recommend.recommendation import ACTIONS, Effect
from diagnostics.report.words import as_charted
from diagnostics.thresholds import Thresholds
from tests.test_charts import curve_of, run_of
from trainer.regularizers import REGULARIZERS

FROM_A_LOG = [
    "**x**",
    ":red[x]",
    ":red-badge[x]",
    "<b>x</b>",
    "<script>alert(1)</script>",
    "`code`",
    "[click](https://example.org)",
    "https://example.org",
    "www.example.org",
    "someone@example.org",
    ":smile:",
    ":material/home:",
    ":streamlit:",
    "$x^2$",
    "# heading",
    "1. item",
    "- item",
    "a -> b",
    "lr <= 1 -- ok",
    "~~gone~~",
    "![image](x.png)",
    "back\\slash",
    "exp_1/lr=0.1",
]


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_has_a_word_an_icon_a_glyph_and_advice(verdict: Verdict) -> None:
    look = wording.VERDICTS[verdict]
    assert look.word
    assert look.icon.startswith(":material/")
    assert look.glyph
    assert wording.ADVICE[verdict].endswith(".")


def test_no_two_verdicts_differ_by_color_alone() -> None:
    looks = [wording.VERDICTS[verdict] for verdict in Verdict]
    assert len({look.word for look in looks}) == len(looks)
    assert len({look.icon for look in looks}) == len(looks)
    assert len({look.glyph for look in looks}) == len(looks)


def test_every_state_without_a_curve_has_a_sentence() -> None:
    assert set(run_words.NOTHING_YET) == set(wording.STATES)


@pytest.mark.parametrize("text", FROM_A_LOG)
def test_text_from_a_log_reads_the_same_after_escaping(text: str) -> None:
    assert re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", wording.plain(text)).replace(wording.JOINER, "") == text


@pytest.mark.parametrize("text", FROM_A_LOG)
def test_no_mark_in_text_from_a_log_is_left_unescaped(text: str) -> None:
    without_pairs = re.sub(r"\\[!-/:-@\[-`{-~]", "", wording.plain(text))
    assert not re.search(r"[!-/:-@\[-`{-~]", without_pairs)


@pytest.mark.parametrize("text", [":smile:", ":material/home:", "https://example.org", "www.example.org", "a -> b"])
def test_what_is_replaced_even_when_escaped_is_broken_up(text: str) -> None:
    assert wording.JOINER in wording.plain(text)


def test_text_of_several_lines_becomes_one() -> None:
    assert wording.plain("a\n\n    b") == "a b"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.340512, "0.3405"), (1234567.0, "1.235e+06"), (0.0, "0"), (None, wording.DASH), (float("nan"), wording.DASH)],
)
def test_a_number_has_four_digits_and_a_missing_one_is_a_dash(value: float | None, shown: str) -> None:
    assert wording.number(value) == shown


def test_the_reason_names_the_axis_as_the_chart_does() -> None:
    found = Diagnosis(Verdict.OVERFITTING, "Validation is worse than at step 9; two steps ago it was not.", 0.9)
    run = Run("run", {}, Pair("loss", None, None), x_axis="epoch")
    assert run_words.reason(found, run) == "Validation is worse than at epoch 9; two steps ago it was not."


def test_a_borderline_overfitting_is_not_spoken_of_as_certain() -> None:
    borderline, clear = (Diagnosis(Verdict.OVERFITTING, "Worse.", chance) for chance in (0.55, 0.97))
    assert "memorizes" not in run_words.advice(borderline, None)
    assert "memorizes" in run_words.advice(clear, None)


def test_a_log_with_nothing_to_judge_says_why_and_gives_no_advice() -> None:
    found = Diagnosis(Verdict.NO_VALIDATION, "No validation curve.", 1.0)
    run = Run("run", {}, why="reinforcement learning: its losses do not measure a fit")
    assert run_words.reason(found, run) == "Reinforcement learning: its losses do not measure a fit."
    assert run_words.advice(found, run) == ""


@pytest.mark.parametrize(
    ("x_axis", "boosting", "word"),
    [
        ("epoch", None, "epoch"),
        ("step", None, "step"),
        (None, None, "step"),
        ("mixed", None, "step"),
        ("step", "x", "tree"),
    ],
)
def test_what_the_steps_count_is_named_everywhere(x_axis: Any, boosting: str | None, word: str) -> None:
    run = Run("run", {}, x_axis=x_axis, boosting=boosting)
    assert run.unit == word
    assert as_charted("Best at step 5, of a step size.", run.unit) == f"Best at {word} 5, of a step size."


LOSSES = Pair("loss", Key(".", "loss/train"), Key(".", "loss/val"), score=16.0)
NEXT = Pair("aux", Key(".", "aux/train"), Key(".", "aux/val"), score=9.5)
WHY = "loss/train and loss/val go together best (16 points; next aux/train and aux/val, 9.5)"


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (
            Run("run", {}, LOSSES, why=WHY, runners_up=(NEXT,)),
            "loss/train and loss/val are the best match of all series; next came aux/train and aux/val.",
        ),
        (
            Run("run", {}, LOSSES, why=f"{WHY}; the test set stands in for validation"),
            "loss/train and loss/val are the best match of all series; no other pair comes close. "
            "The test set is used as validation.",
        ),
        (
            Run("run", {}, Pair("loss", Key("train", "loss"), Key("val", "loss"), score=16.0), why=WHY),
            "train/loss and val/loss are the best match of all series; no other pair comes close.",
        ),
        (Run("run", {}, LOSSES, why="chosen by hand"), matching_words.MATCHED_BY_HAND),
        (Run("run", {}, why="no scalars were logged"), "No scalars were logged."),
    ],
    ids=["with a runner-up", "alone, by a test set", "one tag in two folders", "by hand", "nothing"],
)
def test_why_two_series_were_taken_is_a_sentence_for_a_person(run: Run, words: str) -> None:
    assert matching_words.why_matched(run) == words


def test_what_the_matcher_remarks_is_said_to_a_person() -> None:
    matching = Path(wording.__file__).parents[2] / "diagnostics" / "logs" / "matching"
    source = (matching / "choice.py").read_text(encoding="utf-8")
    assert all(remark in source for remark in (*matching_words.MATCH_REMARKS, " go together best"))


@pytest.mark.parametrize("limit", fields(Thresholds), ids=lambda limit: limit.name)
def test_every_threshold_can_be_set_from_a_sane_range_and_is_explained(limit: Field[Any]) -> None:
    look = shell.THRESHOLDS[limit.name]
    assert look.low <= limit.default <= look.high
    assert look.about.endswith(".")


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0.001, "1 s"),
        (0.2, "12 s"),
        (0.999, "59 s"),
        (1.4, "1 min"),
        (59.6, "1 h"),
        (90, "1 h 30 min"),
        (200, "3 h 20 min"),
        (1439.8, "1 d"),
        (4000, "2 d 19 h"),
    ],
)
def test_a_duration_is_as_short_as_a_person_writes_it(minutes: float, words: str) -> None:
    assert wording.duration(minutes) == words


@pytest.mark.parametrize(
    ("chance", "live", "begins"),
    [
        (0.04, True, "Stop now"),
        (0.3, True, "Could go either way"),
        (0.83, True, "Keep training"),
        (0.04, False, "A new best is unlikely"),
        (0.3, False, "A new best is possible"),
        (0.83, False, "A new best is likely"),
    ],
)
def test_an_outlook_says_what_to_do_of_a_live_run_and_what_would_be_of_a_finished_one(
    chance: float, live: bool, begins: str
) -> None:
    run = run_of(curve_of(1.0, 0.9), curve_of(1.0, 0.9))
    word, numbers = run_words.looks_ahead(Outlook(24, chance, 6.0), run, live=live)
    assert word == begins
    where = "the next 24 epochs" if live else "24 more epochs"
    assert numbers == f"{chance:.0%} chance of a new best in {where} (6 min)."


def test_an_outlook_counts_what_the_axis_counts() -> None:
    run = run_of(curve_of(*range(9)), Curve(np.array([3, 6, 9]), np.ones(3)))
    assert run_words.ahead(Outlook(5, 0.5, None), run) == (15, "epochs")
    assert run_words.ahead(Outlook(5, 0.5, None), replace(run, x_axis="step")) == (5, "validations")


@pytest.mark.parametrize(
    ("seen", "part"),
    [
        (Canaries(0.63, 0.1, 14), "began at epoch 14: 63% of"),
        (Canaries(0.12, 0.1, None), "No memorization so far"),
        (Canaries(0.63, None, None), "does not say"),
    ],
)
def test_what_canaries_show_is_a_sentence(seen: Canaries, part: str) -> None:
    assert part in run_words.memory(seen, "epoch")


DOSE = (
    Recommendation("weight_decay", "why", "measured", 0.0, 1.7, (0.7, 4.8), {"dose": 1.0}, Effect(-0.18, -0.37, -0.04)),
    Recommendation("dropout", "why", "measured", 0.0, 0.2, (0.1, 0.3), {"dose": 1.0}, Effect(-0.18, -0.37, -0.04)),
)


def test_a_recommendation_is_headed_by_its_strength_from_and_to() -> None:
    assert advice_words.lever(DOSE[0]) == "Weight decay: 0 \u2192 1.7"
    assert "0.7 to 4.8" in advice_words.between(DOSE[0])
    assert advice_words.lever(Recommendation("train_longer", "why", "measured")) == "Train longer"


def test_the_effect_of_a_dose_is_said_once_for_all_that_make_it_up() -> None:
    (sentence,) = advice_words.expects(DOSE)
    assert sentence.startswith("Expected effect of weight decay and dropout together")
    assert "18% better (in 80% of cases 4% to 37%)" in sentence
    assert advice_words.expects([Recommendation("train_longer", "why", "measured")]) == []


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("measured", "Measured"),
        ("measured here", "Measured here"),
        ("literature: Guo et al. 2017", "Literature"),
        ("not measured for ViTs: the dose is a Transformer's", "Not measured"),
    ],
)
def test_advice_is_called_measured_only_where_it_was(source: str, word: str) -> None:
    assert advice_words.source(Recommendation("dropout", "why", source))[0].word == word


@pytest.mark.parametrize("lever", [*ACTIONS, *REGULARIZERS])
def test_every_lever_has_a_name_for_a_person(lever: str) -> None:
    assert advice_words.lever(Recommendation(lever, "why", "measured"))[0].isupper()


def test_a_control_character_is_shown_and_does_nothing() -> None:
    assert wording.plain("esc\x1b[31mred\x07").isprintable()


@pytest.mark.parametrize(
    ("place", "written"),
    [
        ("/home/ada/experiments", "~/experiments"),
        ("/home/ada/a/b", "~/a/b"),
        ("/home/ada", "/home/ada"),
        ("/home/adam/logs", "/home/adam/logs"),
        ("s3://bucket/home/ada", "s3://bucket/home/ada"),
    ],
)
def test_a_folder_is_written_from_the_persons_own_one_on(
    monkeypatch: pytest.MonkeyPatch, place: str, written: str
) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert wording.from_home(place) == written


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.1, "0.1"),
        (0.01, "0.01"),
        (1e-3, "1e-3"),
        (3e-4, "3e-4"),
        (2.5e-5, "2.5e-5"),
        (0.00030000001, "3e-4"),
        (0, "0"),
    ],
)
def test_a_learning_rate_is_written_as_practitioners_do(value: float, words: str) -> None:
    assert wording.rate(value) == words
