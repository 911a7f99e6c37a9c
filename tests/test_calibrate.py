"""Calibrate: one temperature for the best weights of a run, beside them."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch

from tests.trained import trained
from trainer.__main__ import main
from trainer.config import Config
from trainer.fit.best_weights import calibrate as module
from trainer.fit.best_weights.answers import Answers, AnswersError
from trainer.fit.best_weights.calibrate import Calibration, Part, calibrate, sentence
from trainer.measure.temperature import COLDEST, HOTTEST
from trainer.status import CALIBRATION, Status, write_status

OVERCONFIDENT = Config(train_size=100, width=64, epochs=25, lr=1e-2, batch_size=20, threads=1)
PART = Part(1.0, 0.9, 0.8, 400)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("runs") / "digits"
    trained(folder, OVERCONFIDENT)
    return folder


def answers(logits: torch.Tensor, targets: torch.Tensor) -> Answers:
    return Answers(logits, targets, torch.arange(len(targets)))


def test_a_real_run_is_calibrated_on_validation_and_its_test_loss_falls_while_accuracy_stays(run: Path, capsys) -> None:
    found = calibrate(run)
    assert found.helps
    assert found.val.scaled < found.val.loss
    assert found.val.scaled <= found.held_out < found.val.loss
    assert found.test is not None
    assert found.test.scaled < found.test.loss
    written = json.loads((run / CALIBRATION).read_text())
    assert (written["temperature"], written["epoch"]) == (found.temperature, found.epoch)
    assert main(["calibrate", str(run)]) == 0
    printed = capsys.readouterr().out
    assert f"{found.test.accuracy:.1%}" in printed
    assert f"Divide their logits by {found.temperature:.3g}" in printed


def test_it_is_of_the_weights_that_the_log_calls_best(run: Path) -> None:
    best = torch.load(run / "best.pt", weights_only=True)
    with np.load(run / "val_losses.npz") as file:
        assert calibrate(run).val.loss == pytest.approx(float(file["losses"].mean()), rel=1e-4)
    assert calibrate(run).epoch == best["epoch"]


def test_a_temperature_that_helps_only_the_samples_it_was_fitted_on_is_not_written(run: Path, monkeypatch) -> None:
    (run / CALIBRATION).write_text("an older one")
    monkeypatch.setattr(module, "held_out", lambda *_: (math.inf, 0.0))
    found = calibrate(run)
    assert not (run / CALIBRATION).exists()
    assert "No temperature was written" in sentence(found, run)


def test_the_temperature_stays_within_what_a_network_can_be_off_by() -> None:
    sure = 40 * torch.eye(4).repeat(20, 1)
    right, wrong = torch.arange(80) % 4, (torch.arange(80) + 1) % 4
    assert module._fit(answers(sure, right)) == COLDEST
    assert module._fit(answers(sure, wrong)) == HOTTEST


def test_every_sample_is_held_out_once() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(1000, 5, generator=generator)
    targets = torch.multinomial(logits.softmax(1), 1, generator=generator).squeeze(1)
    plain = float(torch.nn.functional.cross_entropy(logits, targets))
    assert module.held_out(answers(logits, targets))[0] == pytest.approx(plain, rel=0.01)
    assert module.held_out(answers(5 * logits, targets))[0] == pytest.approx(plain, rel=0.01)


def test_a_temperature_counts_from_half_a_standard_error_on() -> None:
    assert Calibration(2.0, 3, PART, 0.92, 0.15).helps
    assert not Calibration(2.0, 3, PART, 0.92, 0.17).helps


def test_the_error_is_that_of_whole_samples() -> None:
    """Tokens of one text are not as many pieces of evidence: the same text ten times over is one sample."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(60, 5, generator=generator)
    targets = torch.randint(5, (60,), generator=generator)
    alone = module.held_out(answers(logits, targets))
    tenfold = Answers(
        logits.repeat_interleave(10, 0), targets.repeat_interleave(10), torch.arange(60).repeat_interleave(10)
    )
    assert module.held_out(tenfold) == pytest.approx(alone, rel=1e-4)
    assert alone[1] > 0


@pytest.mark.parametrize(("heat", "said"), [(2.0, "surer than they should be"), (0.5, "less sure than they should be")])
def test_the_sentence_says_which_way_a_network_is_off(heat: float, said: str, tmp_path: Path) -> None:
    assert said in sentence(Calibration(heat, 3, PART, 0.92, 0.01), tmp_path)
    assert "uncertain" in sentence(Calibration(heat, 3, replace(PART, samples=200), 0.92, 0.01), tmp_path)


def test_what_cannot_be_calibrated_is_a_sentence_with_a_way_out(run: Path, tmp_path: Path, capsys) -> None:
    assert main(["calibrate", str(tmp_path)]) == 2
    assert "there is no training in" in capsys.readouterr().err
    (tmp_path / "config.json").write_text(OVERCONFIDENT.to_json())
    with pytest.raises(AnswersError, match=r"has no best\.pt"):
        calibrate(tmp_path)
    myself = psutil.Process()
    write_status(tmp_path, Status("running", myself.pid, myself.create_time(), epoch=3, epochs=40))
    with pytest.raises(AnswersError, match="still training"):
        calibrate(tmp_path)


def test_validation_samples_that_have_changed_are_noticed(run: Path, tmp_path: Path) -> None:
    for name in ("config.json", "best.pt", "val_losses.npz"):
        (tmp_path / name).write_bytes((run / name).read_bytes())
    (tmp_path / "config.json").write_text(replace(OVERCONFIDENT, seed=7).to_json())
    with pytest.raises(AnswersError, match="have changed since"):
        calibrate(tmp_path)
    assert not (tmp_path / CALIBRATION).exists()


def test_a_network_that_predicts_numbers_has_no_temperature(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    table = np.column_stack([rng.normal(size=(120, 3)), rng.normal(size=120)])
    np.savetxt(tmp_path / "table.csv", table, delimiter=",", header="a,b,c,price", comments="")
    trained(
        tmp_path / "run",
        Config(dataset=f"csv:{tmp_path / 'table.csv'}", target="price", width=4, epochs=2, threads=1),
    )
    with pytest.raises(AnswersError, match="predicts numbers"):
        calibrate(tmp_path / "run")
