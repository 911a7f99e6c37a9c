"""The benchmark of public programs says what is known of a training, and what would have to be asked."""

from importlib import import_module
from pathlib import Path

import pytest
import torch

from tests.benchmarks.public_programs import main, table
from tests.writers import write_run
from trainer.log import EpochLog

LOSSES = {f"loss/{side}": [2 * 0.8**epoch + 0.4 for epoch in range(20)] for side in ("train", "val")}


def with_epoch_log(folder: Path) -> None:
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Dropout(0.2), torch.nn.Linear(8, 2))
    batches = [(torch.randn(8, 4), torch.randint(2, (8,))) for _ in range(3)]
    optimizer, loss_fn = torch.optim.AdamW(model.parameters(), lr=0.01), torch.nn.CrossEntropyLoss()
    with EpochLog(folder, model, optimizer, loss_fn, val=batches) as log:
        for epoch in range(1, 4):
            for x, y in batches:
                loss = loss_fn(model(x), y)
                optimizer.zero_grad()
                loss.backward()
                log.step(loss, len(x))
                optimizer.step()
            log.epoch(epoch)


def test_a_program_with_one_callback_leaves_nothing_to_be_asked(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    with_epoch_log(tmp_path / "own")
    (known,) = table(tmp_path)
    assert (known["optimizer"], known["steps an epoch"], known["architecture"]) == ("adamw", "3", "mlp")
    assert known["strengths"].startswith("dropout 0.2")
    assert known["to be asked"] == "nothing"


def test_what_a_bare_log_does_not_say_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(tmp_path / "bare", LOSSES)
    main([str(tmp_path)])
    printed = capsys.readouterr().out
    assert "| optimizer, strengths, steps an epoch, architecture |" in printed
    assert "0 of 1 leave nothing to be asked." in printed


def test_without_a_folder_there_is_nothing_to_measure() -> None:
    with pytest.raises(SystemExit) as refused:
        main(["nowhere"])
    assert refused.value.code == 2


@pytest.mark.parametrize("name", ["forecasts", "real_trials", "recommendations", "public_programs"])
def test_a_benchmark_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        import_module(f"tests.benchmarks.{name}").main(["--help"])
    assert ended.value.code == 0
    assert f"usage: python -m tests.benchmarks.{name}" in capsys.readouterr().out
