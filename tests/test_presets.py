import pytest

from trainer.config import Config
from trainer.presets import PRESETS, override, preset
from trainer.strengths import RegularizerError, check_strengths


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_in_range(name):
    check_strengths(PRESETS[name].get("regularizers", {}))


def test_any_value_can_be_overridden_and_the_others_stay():
    changed = override(preset("vit"), {"epochs": 3, "regularizers": {"dropout": {"p": 0.4}, "l1": {"l1": 0.1}}})
    assert changed["regularizers"]["dropout"] == {"p": 0.4, "attention": 0.0}
    assert changed["regularizers"]["l1"] == {"l1": 0.1}
    assert changed["regularizers"]["mixup"] == {"alpha": 0.8}
    assert changed["epochs"] == 3


def test_a_regularizer_of_a_preset_is_switched_off_by_none():
    assert override(preset("vit"), {"regularizers": {"mixup": None}})["regularizers"]["mixup"] is None
    config = Config.from_dict({"preset": "vit", "regularizers": {"mixup": None}})
    assert "mixup" not in config.regularizers
    assert config.regularizers["cutmix"] == {"alpha": 1.0}


def test_overriding_leaves_the_preset_as_it_is():
    override(preset("vit"), {"regularizers": {"dropout": {"p": 0.4}, "mixup": None}})
    assert PRESETS["vit"]["regularizers"]["dropout"]["p"] == 0.1
    assert "mixup" in PRESETS["vit"]["regularizers"]


@pytest.mark.parametrize(("name", "hint"), [("vitt", "did you mean 'vit'?"), ("zzz", "choose from none, cnn")])
def test_an_unknown_preset_is_refused_with_the_nearest(name, hint):
    with pytest.raises(RegularizerError) as refusal:
        preset(name)
    assert hint in str(refusal.value)
