"""Learning-rate schedules: their shape, what is logged of them, and that a continued training keeps to them."""

import math
from dataclasses import replace

import pytest
import torch

from diagnostics import diagnose_run, open_logs, recommend, setup_of
from tests.trained import History, trained
from trainer import job
from trainer.config import SCHEDULES, Config
from trainer.errors import ConfigError
from trainer.fit.schedule import share
from trainer.session import work

torch.set_num_threads(1)
SMALL = Config(train_size=60, batch_size=20, width=8, epochs=6, lr=0.01)  # three steps an epoch


@pytest.mark.parametrize(
    ("kind", "warmup", "shares"),
    [
        ("constant", 0, [1, 1, 1, 1, 1]),
        ("linear", 0, [1, 0.75, 0.5, 0.25, 0]),
        ("cosine", 0, [1, (1 + math.sqrt(0.5)) / 2, 0.5, (1 - math.sqrt(0.5)) / 2, 0]),
        ("constant", 2, [0.5, 1, 1, 1, 1]),
        ("linear", 2, [0.5, 1, 1, 0.5, 0]),
        ("cosine", 2, [0.5, 1, 1, 0.5, 0]),
    ],
)
def test_a_schedule_rises_over_its_warmup_and_ends_at_nothing(kind, warmup, shares):
    assert [share(step, kind=kind, steps=4, warmup=warmup) for step in range(5)] == pytest.approx(shares)


def test_the_rate_of_an_epoch_is_that_of_its_last_step_and_summed_over_its_real_ones(tmp_path):
    epochs = trained(tmp_path / "run", replace(SMALL, schedule="linear", warmup=1.0))
    rates = [0.01 * share(step, kind="linear", steps=18, warmup=3) for step in range(18)]
    assert [values["optim/lr"] for values in epochs] == pytest.approx(rates[2::3])
    assert [values["optim/lr_sum"] for values in epochs] == pytest.approx(
        [sum(rates[3 * epoch : 3 * epoch + 3]) for epoch in range(6)]
    )


def test_a_schedule_changes_the_training_and_none_leaves_it_as_it_was(tmp_path):
    losses = {kind: trained(tmp_path / kind, replace(SMALL, schedule=kind))[-1]["loss/train"] for kind in SCHEDULES}
    assert len(set(losses.values())) == 3


def test_every_layer_keeps_its_share_of_the_rate(tmp_path):
    class Rates(History):
        def epoch_end(self, loop):
            self.epochs.append([group["lr"] for group in loop.optimizer.param_groups])

    rates = Rates()
    (tmp_path / "run").mkdir()
    job.prepare(replace(SMALL, schedule="cosine", layer_lr_decay=0.5), tmp_path / "run")
    work(tmp_path / "run", rates)
    for done, groups in enumerate(rates.epochs[:-1], start=1):
        expected = 0.01 * share(3 * done, kind="cosine", steps=18)
        assert groups == pytest.approx([expected * 0.5**depth for depth in range(len(groups))])


class StopAfter(History):
    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def batch_end(self, loop):
        loop.stopping = loop.epoch == self.epoch


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("kind", SCHEDULES)
def test_a_continued_training_gives_the_numbers_of_an_uninterrupted_one(tmp_path, kind, optimizer):
    config = replace(SMALL, schedule=kind, warmup=1.5, optimizer=optimizer, layer_lr_decay=0.9)
    whole = trained(tmp_path / "straight", config)
    first, second = StopAfter(1), History()  # within the warmup
    (tmp_path / "halved").mkdir()
    job.prepare(config, tmp_path / "halved")
    work(tmp_path / "halved", first)
    job.prepare_again(tmp_path / "halved")
    work(tmp_path / "halved", second)
    assert [*first.epochs, *second.epochs] == whole


@pytest.mark.parametrize(("kind", "said"), [("cosine", True), ("constant", False)])
def test_a_training_that_goes_on_for_longer_takes_the_longer_schedule_and_says_so(tmp_path, capsys, kind, said):
    trained(tmp_path / "run", replace(SMALL, schedule=kind, warmup=1.0))
    job.prepare_again(tmp_path / "run", epochs=12)
    more = History()
    work(tmp_path / "run", more)
    expected = [0.01 * share(3 * epoch + 2, kind=kind, steps=36, warmup=3) for epoch in range(6, 12)]
    assert [values["optim/lr"] for values in more.epochs] == pytest.approx(expected)
    printed = capsys.readouterr().out
    assert ("note: the cosine schedule is now one of 12 epochs instead of 6: after epoch 6" in printed) is said


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"schedule": "cosin"}, "did you mean 'cosine'"),
        ({"warmup": -1}, "warmup is -1.0; it must be 0 or more"),
        ({"warmup": 6}, "warmup is 6.0; it must be below the 6 epochs"),
        ({"warmup": math.nan}, "warmup is nan"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(settings, sentence):
    with pytest.raises(ConfigError, match=sentence):
        replace(SMALL, **settings)


def test_the_dose_of_a_cosine_run_counts_the_rate_that_was_used_until_validation_was_best(tmp_path):
    config = Config(train_size=100, label_noise=0.2, width=128, batch_size=50, lr=3e-3, epochs=40)
    config = replace(config, schedule="cosine", warmup=2.0, regularizers={})
    trained(tmp_path / "run", config)
    (run,) = open_logs(tmp_path).runs.values()
    diagnosis = diagnose_run(run, finished=True)
    setup = replace(setup_of(run, tmp_path), temperature=None, train=None)  # which would ask for no decay at all
    (decay,) = (one for one in recommend(diagnosis, setup) if one.lever == "weight_decay")
    onset = diagnosis.onset_step - 1
    used = sum(3e-3 * share(step, kind="cosine", steps=80, warmup=4) for step in range(2 * (onset + 1)))
    assert onset > 1
    assert decay.evidence["u"] == pytest.approx(0.25)
    assert decay.suggested == pytest.approx(0.25 / used, rel=1e-4)
