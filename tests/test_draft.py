"""What the Train page puts together is what the configuration takes, and the command line it shows trains the same."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import draft
from app.views.train import words as training
from app.wording import levers
from trainer.__main__ import parser, read_settings
from trainer.config import Config, scalars
from trainer.errors import TrainerError
from trainer.presets import PRESETS
from trainer.strengths import STRENGTHS, Choice, Number, Setting, Switch


def values(about: Setting) -> st.SearchStrategy[Any]:
    """Values that a setting of a regularizer may have."""
    if isinstance(about, Choice):
        return st.sampled_from(about.options)
    if isinstance(about, Switch):
        return st.booleans()
    low, high, *_ = draft.ends(about)
    middle = (
        st.integers(max(1, int(low)), int(min(high, 20)))
        if about.whole
        else st.floats(low + 0.01, min(high, 20) - 0.01)
    )
    return middle | st.just(about.default)


REGULARIZERS = st.fixed_dictionaries(
    {},
    optional={
        name: st.fixed_dictionaries({key: values(s) for key, s in settings.items()})
        for name, settings in STRENGTHS.items()
    },
)
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "dataset": st.sampled_from(["digits", "text", "csv:/my data/it's.csv", "my.module:make"]),
        "train_size": st.none() | st.integers(1, 9999),
        "label_noise": st.floats(0, 0.99),
        "lr": st.floats(1e-9, 10),
        "epochs": st.integers(1, 10**6),
        "bf16": st.booleans(),
        "model": st.sampled_from(["mlp", "cnn", "vit"]),
    },
)


@pytest.mark.parametrize("typed", ["csv:'/my data/a.csv'", '"csv:/my data/a.csv"', " csv:/my data/a.csv "])
def test_a_quoted_path_is_taken_without_its_quotes(typed: str) -> None:
    assert draft.with_setting({}, "dataset", typed)["dataset"] == "csv:/my data/a.csv"


@given(SETTINGS, REGULARIZERS)
def test_the_command_line_trains_the_same(settings: dict[str, Any], regularizers: dict[str, Any]) -> None:
    config = draft.config_of({**settings, "regularizers": regularizers})
    words = shlex.split(draft.command(config, Path("runs/my run")))
    assert words[:3] == ["python", "-m", "trainer"]
    asked = parser().parse_args(words[3:])
    assert read_settings(asked) == config
    assert asked.logdir == Path("runs/my run")
    assert draft.config_of(draft.of(config)) == config


def test_what_is_at_its_default_is_left_out() -> None:
    assert draft.command(Config(), Path("runs/a")) == "python -m trainer train --logdir runs/a"
    config = draft.config_of(draft.with_regularizer({}, "weight_decay", on=True))
    assert draft.command(config, Path("runs/a")) == "python -m trainer train --weight-decay 0.01 --logdir runs/a"


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_known_by_its_values_until_one_is_changed(name: str) -> None:
    chosen = draft.with_preset({"epochs": 7}, name)
    assert draft.preset_of(chosen) == name
    assert draft.config_of(chosen) == Config.from_dict({"preset": name, "epochs": 7})
    assert draft.preset_of(draft.with_regularizer(chosen, "ema", on=True)) is None
    assert draft.with_preset(chosen, "none") | {"epochs": 60} == draft.with_preset({"epochs": 60}, "none")


def test_a_regularizer_is_switched_on_at_its_defaults_and_off_again() -> None:
    on = draft.with_regularizer({}, "dropout", on=True)
    assert draft.regularizers(on) == {"dropout": {"p": 0.2, "attention": None}}
    stronger = draft.with_strength(on, "dropout", "p", 0.5)
    assert draft.config_of(stronger).regularizers["dropout"]["p"] == 0.5
    assert draft.regularizers(draft.with_regularizer(stronger, "dropout", on=False)) == {}


def test_an_emptied_field_is_at_its_default_again() -> None:
    assert draft.config_of(draft.with_setting({"epochs": 5}, "epochs", None)) == Config()
    assert draft.config_of(draft.with_setting({}, "target", "")) == Config()


def test_a_setting_that_cannot_be_used_is_a_sentence() -> None:
    with pytest.raises(TrainerError, match="epochs is 0"):
        draft.config_of({"epochs": 0})


@pytest.mark.parametrize(
    ("dataset", "stem"),
    [("digits", "digits-mlp"), ("csv:/data/My table.csv", "My table-mlp"), ("a.b:make", "make-mlp")],
)
def test_a_run_is_named_after_what_it_learns(dataset: str, stem: str) -> None:
    assert draft.stem({"dataset": dataset}) == stem


def test_every_setting_has_one_place_on_the_page() -> None:
    places = [name for names in (*training.GROUPS.values(), training.other_settings()) for name in names]
    assert sorted(places) == sorted(setting.name for setting in scalars())


def test_every_regularizer_has_its_words() -> None:
    assert set(levers.REGULARIZERS) == set(STRENGTHS)
    assert all(look.about.endswith(".") for look in levers.REGULARIZERS.values())


@pytest.mark.parametrize(
    ("about", "words"),
    [
        (Number(0.2, "(0, 1)", "chance of it"), "Chance of it. Above 0 and below 1."),
        (Number(1.0, "[0, inf)", "size"), "size. At least 0."),
        (Number(9, "[1, 29]", "how much"), "How much. From 1 to 29."),
        (Switch(True, "keep it"), "Keep it."),
    ],
)
def test_a_setting_says_what_it_may_be(about: Setting, words: str) -> None:
    assert training.meaning(about).lower() == words.lower()


def test_a_preset_is_shown_with_its_values() -> None:
    assert training.preset_line("transformer") == "transformer: dropout 0.1, weight decay 0.05, label smoothing 0.1"
    assert training.preset_line("none") == "none: no regularizer"
