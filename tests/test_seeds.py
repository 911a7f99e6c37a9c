import numpy as np
import pytest

from diagnostics import Curve, Key, Pair, Run
from diagnostics.seeds import repeated

EPOCHS = np.arange(1, 61)


def run_with(name: str, seed: int, **settings) -> Run:
    jitter = np.random.default_rng(seed).normal(0, 0.01, 60)
    train, val = Key(name, "loss/train"), Key(name, "loss/val")
    curves = {
        train: Curve(EPOCHS, 0.9 / EPOCHS),
        val: Curve(EPOCHS, 1 / EPOCHS + 0.01 * np.maximum(EPOCHS - 20, 0) + jitter),
    }
    pair = Pair("loss", train, val)
    return Run(name, curves, primary=pair, pairs=(pair,), hparams={"seed": float(seed), "lr": 0.1, **settings})


def test_runs_that_differ_only_by_their_seed_are_judged_as_one() -> None:
    (group,) = repeated([run_with("a", 0), run_with("b", 1), run_with("c", 2)])
    assert group.runs == ("a", "b", "c")
    assert group.found.diagnosis.verdict == "overfitting"
    assert (group.found.low.values <= group.found.mean.values).all()


def test_another_setting_is_another_configuration() -> None:
    assert repeated([run_with("a", 0), run_with("b", 1, lr=0.2)]) == []


@pytest.mark.parametrize("hparams", [{}, {"lr": 0.1}, {"seed": 1.0}], ids=["none", "no seed", "nothing but a seed"])
def test_runs_whose_settings_do_not_say_so_are_not_grouped(hparams: dict[str, float]) -> None:
    runs = [run_with("a", 0), run_with("b", 1)]
    bare = [Run(run.name, run.curves, primary=run.primary, pairs=run.pairs, hparams=hparams) for run in runs]
    assert repeated(bare) == []


def test_a_run_without_validation_is_in_no_group() -> None:
    assert repeated([Run("a", {}, hparams={"seed": 0.0, "lr": 0.1}), run_with("b", 1)]) == []
