import json

import pytest

from trainer.strengths import STRENGTHS, USUAL, RegularizerError, check_strengths, strength_of


@pytest.mark.parametrize(
    ("regularizers", "found", "way_out"),
    [
        ({"dropout": {"p": 0}}, "found 0", "leave dropout out"),
        ({"dropout": {"p": 1.0}}, "must be in (0, 1)", "found 1.0"),
        ({"dropout": {"p": -0.1}}, "must be in (0, 1)", "found -0.1"),
        ({"dropout": {"p": float("nan")}}, "must be in (0, 1)", "found nan"),
        ({"dropout": {"p": "much"}}, "must be a number", "found 'much'"),
        ({"dropout": {"p": True}}, "must be a number", "found True"),
        ({"dropout": {"p": None}}, "must be a number", "leave dropout out"),
        ({"dropout": 0.2}, '{"p": …}', "found 0.2"),
        ({"drop": {"p": 0.2}}, "there is no regularizer 'drop'", "did you mean 'dropout'?"),
        ({"dropuot": {"p": 0.2}}, "there is no regularizer 'dropuot'", "did you mean 'dropout'?"),
        ({"mixup": {"alhpa": 0.2}}, "there is no setting of mixup 'alhpa'", "did you mean 'alpha'?"),
        ({"xyz": {}}, "there is no regularizer 'xyz'", "choose from dropout"),
        ({"weight_decay": {"weight_decay": float("inf")}}, "must be in (0, inf)", "found inf"),
        ({"weight_decay": {"kind": "adamw"}}, "must be one of decoupled, coupled, sgd", "found 'adamw'"),
        ({"weight_decay": {"biases": 1}}, "must be true or false", "found 1"),
        ({"early_stopping": {"patience": 2.5}}, "must be a whole number", "found 2.5"),
        ({"early_stopping": {"patience": 0}}, "must be in [1, inf)", "leave early_stopping out"),
        ({"randaugment": {"magnitude": 31}}, "must be in [1, 29]", "found 31"),
    ],
)
def test_what_cannot_be_had_is_refused_with_the_way_out(regularizers, found, way_out):
    with pytest.raises(RegularizerError) as refusal:
        check_strengths(regularizers)
    assert found in str(refusal.value)
    assert way_out in str(refusal.value)


@pytest.mark.parametrize("name", STRENGTHS)
def test_the_defaults_are_in_range_and_plain_data(name):
    defaults = {key: setting.default for key, setting in STRENGTHS[name].items()}
    check_strengths({name: defaults})
    assert json.loads(json.dumps(defaults)) == defaults


def test_the_ends_of_an_interval_count_as_its_brackets_say():
    check_strengths({"augmentation": {"crop": 1.0, "flip": 0.0, "rotation": 180}, "dropout": {"attention": 0.0}})
    with pytest.raises(RegularizerError, match="crop"):
        check_strengths({"augmentation": {"crop": 0.0}})


@pytest.mark.parametrize("name", STRENGTHS)
def test_the_usual_strengths_are_in_range_and_typical_ones_are_searched(name):
    typical, searched, screened, _ = USUAL[name]
    assert searched[0] <= typical[0] < typical[1]
    assert typical[1] <= searched[1]
    assert searched[0] <= screened <= searched[1]
    check_strengths({name: {strength_of(name): screened}})
    for strength in (*typical, searched[1]):
        check_strengths({name: {strength_of(name): strength}})
