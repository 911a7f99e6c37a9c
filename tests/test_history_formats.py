"""Formats of histories: each is read in all the ways people write it, and what only looks like one is no run."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from diagnostics.logs import Logs, open_logs
from diagnostics.logs.run import Run
from tests.rows import tags_of
from tests.test_history_file import write
from tests.writers import write_run

EPOCHS = 8
TRAIN = [round(2 * 0.7**epoch, 4) for epoch in range(EPOCHS)]
VAL = [round(0.5 + 1.5 * 0.6**epoch + 0.01 * epoch, 4) for epoch in range(EPOCHS)]
PAIRS = list(zip(TRAIN, VAL, strict=True))


def lines(form: str, *, first: int = 0) -> str:
    """One line an epoch."""
    return "".join(form.format(i=i + first, t=t, v=v) for i, (t, v) in enumerate(PAIRS))


def comma(text: str) -> str:
    return text.replace(".", ",")


def records(**names: str) -> list[dict[str, Any]]:
    return [{"epoch": i + 1, names["train"]: t, names["val"]: v} for i, (t, v) in enumerate(PAIRS)]


KERAS = {"loss": TRAIN, "accuracy": VAL[::-1], "val_loss": VAL, "val_accuracy": TRAIN[::-1]}
COLUMNS = {name: {str(i): value for i, value in enumerate(values)} for name, values in KERAS.items()}
SKORCH = [
    record | {"batches": [{"train_loss": 3.0}], "dur": 0.1, "train_loss_best": True}
    for record in records(train="train_loss", val="valid_loss")
]
DETR = "".join(
    json.dumps({"train_lr": 1e-4, "train_loss": t, "test_loss": v, "epoch": i, "n_parameters": 9}) + "\n"
    for i, (t, v) in enumerate(PAIRS)
)
MODES = '{"env_info": "Linux"}\n' + "".join(
    json.dumps({"mode": mode, "epoch": i + 1, "iter": 50, "loss": value}) + "\n"
    for i, pair in enumerate(PAIRS)
    for mode, value in zip(("train", "val"), pair, strict=True)
)
NNUNET = lines(
    "2023-05-10 12:00:00.123456: Epoch {i} \n2023-05-10 12:00:01.5: Current learning rate: 0.01 \n"
    "2023-05-10 12:00:02.5: train_loss {t} \n2023-05-10 12:00:03.5: val_loss {v} \n"
    "2023-05-10 12:00:03.5: Pseudo dice [0.1, 0.2] \n2023-05-10 12:00:03.5: Epoch time: 10.5 s \n"
)
NNUNET_1 = lines(
    "\nepoch:  {i}\n2020-05-10 12:00:02: train loss : {t}\n2020-05-10 12:00:03: validation loss: {v}\n"
    "2020-05-10 12:00:03: This epoch took 100.5 s\n"
)
PROGRESS = lines("Epoch {i}/8\r\n10/10 - 1s 5ms/step - loss: {t} - val_loss: {v}\n", first=1)

BOTH = ("train_loss", "val_loss")

# file -> what it holds, and the tags of its losses
READ: dict[str, tuple[str, str, str, str]] = {
    "no column of steps": ("history.csv", "loss,val_loss\n" + lines("{t},{v}\n"), "loss", "val_loss"),
    "a nameless index": ("history.csv", ",loss,val_loss\n" + lines("{i},{t},{v}\n"), "loss", "val_loss"),
    "an index called Unnamed": ("run1.csv", "Unnamed: 0,loss,val_loss\n" + lines("{i},{t},{v}\n"), "loss", "val_loss"),
    "an index from 1": (
        "run1.csv",
        ",train_loss,val_loss\n" + lines("{i},{t},{v}\n", first=1),
        "train_loss",
        "val_loss",
    ),
    "semicolons": ("log.csv", "epoch;loss;val_loss\n" + lines("{i};{t};{v}\n"), "loss", "val_loss"),
    "decimal commas": ("log.csv", "epoch;loss;val_loss\n" + comma(lines("{i};{t};{v}\n")), "loss", "val_loss"),
    "tabs": ("log.csv", "epoch\tloss\tval_loss\n" + lines("{i}\t{t}\t{v}\n"), "loss", "val_loss"),
    "tsv": ("log.tsv", "epoch\tloss\tval_loss\n" + comma(lines("{i}\t{t}\t{v}\n")), "loss", "val_loss"),
    "quotes": ("log.csv", '"epoch","loss","val_loss"\n' + lines('"{i}","{t}","{v}"\n'), "loss", "val_loss"),
    "_step": ("wandb.csv", "_step,_runtime,train/loss,val/loss\n" + lines("{i},9,{t},{v}\n"), "train/loss", "val/loss"),
    "Step of an export": (
        "x.csv",
        "Step,a - val_loss,a - val_loss__MIN,a - train_loss\n" + lines("{i},{v},{v},{t}\n"),
        "a - train_loss",
        "a - val_loss",
    ),
    "a table in a text file": (
        "log.txt",
        "epoch\ttrain_loss\tvalid_loss\n" + lines("{i}\t{t}\t{v}\n"),
        "train_loss",
        "valid_loss",
    ),
    "a bad line": ("history.csv", "loss,val_loss\n" + lines("{t},{v}\n") + "killed\n", "loss", "val_loss"),
    "a stray quote": ("history.csv", 'loss,val_loss\n"1.0,2.0\n' + lines("{t},{v}\n"), "loss", "val_loss"),
    "spreadsheet encoding": ("log.csv", "\ufeffepoch,loss,val_loss\n" + lines("{i},{t},{v}\n"), "loss", "val_loss"),
    "Keras": ("history.json", json.dumps(KERAS), "loss", "val_loss"),
    "Keras, any name": ("model_3.json", json.dumps(KERAS, indent=1), "loss", "val_loss"),
    "Keras with names of classes": ("h.json", json.dumps(KERAS | {"classes": ["a", "b"]}), "loss", "val_loss"),
    "Keras inside": ("results.json", json.dumps({"lr": 0.1, "history": KERAS}), "history/loss", "history/val_loss"),
    "by pandas": ("history.json", json.dumps(COLUMNS), "loss", "val_loss"),
    "lists by side": ("m.json", json.dumps({"train": {"loss": TRAIN}, "val": {"loss": VAL}}), "train/loss", "val/loss"),
    "one's own names": (
        "out.json",
        json.dumps({"train_losses": TRAIN, "val_losses": VAL}),
        "train_losses",
        "val_losses",
    ),
    "skorch": ("history.json", json.dumps(SKORCH), "train_loss", "valid_loss"),
    "a list of epochs inside": (
        "run.json",
        json.dumps({"epochs": records(train="loss", val="val_loss")}),
        "loss",
        "val_loss",
    ),
    "JSON lines as log.txt": ("log.txt", DETR, "train_loss", "test_loss"),
    "JSON lines as metrics.json": ("metrics.json", DETR, "train_loss", "test_loss"),
    "JSON lines as any log": ("20230101_120000.log.json", MODES, "train/loss", "val/loss"),
    "JSON lines with a bad one": ("x.log", DETR + '{"epoch": 9, "tra\n', "train_loss", "test_loss"),
    "nanoGPT": (
        "train.log",
        lines("step {i}00: train loss {t}, val loss {v}\niter {i}00: loss 9.5, time 50.13ms, mfu 1.20%\n"),
        "train loss",
        "val loss",
    ),
    "nnU-Net": ("training_log_2023_5_10.txt", NNUNET, "train_loss", "val_loss"),
    "nnU-Net 1": ("training_log_2020.txt", NNUNET_1, "train loss", "validation loss"),
    "Keras on the screen": ("nohup.out", PROGRESS, "loss", "val_loss"),
    "a loop of one's own": (
        "out.log",
        lines("[2024-01-01 10:00:00] INFO Epoch {i}/8 | Train Loss: {t} | Val Loss: {v} | lr 1e-3\n"),
        "Train Loss",
        "Val Loss",
    ),
    "a table of German": (
        "verlauf.csv",
        "\ufeffEpoche;Trainingsverlust;Validierungsverlust\n" + comma(lines("{i};{t};{v}\n")),
        "Trainingsverlust",
        "Validierungsverlust",
    ),
    "comments above": (
        "log.csv",
        "# run 3, lr 0.1\n# 2024\nepoch,train_loss,val_loss\n" + lines("{i},{t},{v}\n"),
        *BOTH,
    ),
    "numpy.savetxt": ("log.txt", "# epoch train_loss val_loss\n" + lines("{i}.0e+00 {t} {v}\n"), *BOTH),
    "a column for the data set": (
        "log.csv",
        "epoch,dataset,loss\n" + lines("{i},train,{t}\n{i},val,{v}\n"),
        "train/loss",
        "val/loss",
    ),
    "pipes": ("log.csv", "epoch|train_loss|val_loss\n" + lines("{i}|{t}|{v}\n"), *BOTH),
    "spaces": ("losses.txt", "epoch   train_loss   val_loss   time\n" + lines("{i}   {t}  {v}    00:12\n"), *BOTH),
    "a drawn table": (
        "run.log",
        "+-----+\n| epoch | train_loss | val_loss |\n|---|:--|--:|\n" + lines("| {i} | {t} | {v} |\n") + "+-----+\n",
        *BOTH,
    ),
    "of how many": ("log.csv", "epoch,train_loss,val_loss\n" + lines("{i}/8,{t},{v}\n"), *BOTH),
    "epochs as names": (
        "log.json",
        json.dumps({str(i): {"train_loss": t, "val_loss": v} for i, (t, v) in enumerate(PAIRS)}),
        *BOTH,
    ),
    "epoch_1": (
        "log.json",
        json.dumps({f"epoch_{i}": {"train": {"loss": t}, "val": {"loss": v}} for i, (t, v) in enumerate(PAIRS)}),
        "train/loss",
        "val/loss",
    ),
    "type of each line": (
        "log.jsonl",
        "".join(
            json.dumps({"type": side, "epoch": i, "loss": value}) + "\n"
            for i, pair in enumerate(PAIRS)
            for side, value in zip(("train", "val"), pair, strict=True)
        ),
        "train/loss",
        "val/loss",
    ),
    "what Python prints": (
        "train.out.txt",
        "".join(
            f"  {i}%|##   | 3/9 {{'loss': {t}, 'learning_rate': 1e-05, 'epoch': {i}.0}}\n\n"
            f"{{'eval_loss': {v}, 'eval_runtime': 0.5, 'epoch': {i}.0}}\n"
            for i, (t, v) in enumerate(PAIRS)
        ),
        "loss",
        "eval_loss",
    ),
    "torch's tutorial": (
        "out.txt",
        lines(
            "Epoch {i}\n-----\nTrain Error: \n Accuracy: 55.0%, Avg loss: {t} \n\n"
            "Test Error: \n Accuracy: 51.0%, Avg loss: {v} \n\n"
        ),
        "train/Avg loss",
        "test/Avg loss",
    ),
    "torch's example": (
        "out.log",
        lines("Train Epoch: {i} [0/60000 (0%)]\tLoss: {t}\n\nTest set: Average loss: {v}, Accuracy: 98/100 (98%)\n"),
        "train/Loss",
        "test/Average loss",
    ),
    "ignite": (
        "train.log",
        lines(
            "2024-01-01 10:00:00,000 ignite INFO: Training Results - Epoch: {i}  Avg accuracy: 0.5 Avg loss: {t}\n"
            "2024-01-01 10:00:01,000 ignite INFO: Validation Results - Epoch: {i}  Avg accuracy: 0.5 Avg loss: {v}\n"
        ),
        "train/Avg loss",
        "val/Avg loss",
    ),
    "fairseq": (
        "train.log",
        lines(
            "2021-01-01 00:00:00 | INFO | train | epoch 00{i} | loss {t} | ppl 20.1 | wps 100 | num_updates 50\n"
            "2021-01-01 00:00:10 | INFO | valid | epoch 00{i} | valid on 'valid' subset | loss {v} | ppl 25.1\n"
        ),
        "train/loss",
        "val/loss",
    ),
    "mmdetection": (
        "20230101.log",
        lines(
            "2023-01-01 - mmdet - INFO - Epoch [{i}][50/100]\tlr: 1e-3, eta: 0:10:00, time: 0.5, loss: {t}\n"
            "2023-01-01 - mmdet - INFO - Epoch(val) [{i}][100]\tbbox_mAP: 0.5, loss: {v}\n"
        ),
        "loss",
        "val/loss",
    ),
    "skorch on the screen": (
        "out.log",
        "  epoch    train_loss    val_loss     dur\n-------  ------------  -----------  ------\n"
        + lines("      {i}        \x1b[36m{t}\x1b[0m       \x1b[32m{v}\x1b[0m  0.0910\n"),
        *BOTH,
    ),
    "tensorboardX as JSON": (
        "all_scalars.json",
        json.dumps(
            {
                f"/home/me/runs/a/loss/{side}": [[1.7e9 + i, i, value] for i, value in enumerate(values)]
                for side, values in (("train", TRAIN), ("val", VAL))
            }
        ),
        "loss/train",
        "loss/val",
    ),
    "a number of how many": ("out.log", lines("[{i}/8] train loss {t} val loss {v}\n"), "train loss", "val loss"),
    "brackets": ("out.log", lines("Epoch [{i}/8], train_loss = {t}, val_loss = {v}\n"), "train_loss", "val_loss"),
}


def one_run(folder: Path) -> Run:
    logs = open_logs(folder)
    assert list(logs.problems) == []
    (run,) = logs.runs.values()
    return run


@pytest.mark.parametrize("case", READ)
def test_each_format_gives_the_two_losses(tmp_path: Path, case: str) -> None:
    name, text, train, val = READ[case]
    write(tmp_path / "exp" / name, text)
    run = one_run(tmp_path)
    assert run.name == "exp"
    assert tags_of(run) == (train, val), run.why
    assert run.val.values.tolist() == VAL
    assert run.train.values.tolist() == TRAIN
    assert run.x_axis == ("step" if "step {" in text or case == "nanoGPT" else "epoch")
    assert run.boosting is None


SENTENCES = "At epoch 3 the loss is 0.5.\nWe train for 10 epochs.\nSee step 4: val loss 0.6.\n"
NO_HISTORY: dict[str, tuple[str, str]] = {
    "data": ("data.csv", "x,y\n1,2\n3,4\n"),
    "no header": ("data.csv", "0.5,0.25\n0.4,0.3\n"),
    "a sweep": ("sweep.csv", "dropout,loss,val_loss\n" + lines("0.{i},{t},{v}\n")),
    "models": ("results.csv", "model,accuracy,loss\nresnet,0.5,1.0\nvit,0.6,0.9\n"),
    "predictions": ("predictions.csv", ",label,prediction,loss\n0,1,0,2.5\n1,0,0,0.1\n"),
    "losses of samples": ("samples.csv", ",loss\n0,0.5\n1,0.1\n2,0.7\n"),
    "scores of classes": ("report.json", json.dumps({"precision": [0.1, 0.2], "recall": [0.3, 0.4], "f1": [0.1, 0.2]})),
    "losses of labeled samples": ("eval.json", json.dumps({"loss": [0.5, 0.1, 2.5], "labels": [1, 0, 1]})),
    "losses of named samples": ("eval.json", json.dumps({"loss": [0.5, 0.1, 2.5], "file": ["a", "b", "c"]})),
    "final numbers": ("metrics.json", json.dumps({"loss": 0.5, "val_loss": 0.6})),
    "final numbers of sides": ("metrics.json", json.dumps({"train": {"loss": 0.5}, "val": {"loss": 0.6}})),
    "detections": ("results.json", json.dumps([{"image_id": i, "score": 0.5, "bbox": [1, 2, 3, 4]} for i in range(9)])),
    "annotations": (
        "train.json",
        json.dumps({"images": [{"id": 1}, {"id": 2}], "annotations": [{"id": 1, "area": 2.0}]}),
    ),
    "samples with a loss": ("eval.json", json.dumps([{"id": i, "loss": 0.5, "text": "word"} for i in range(9)])),
    "a service": ("app.log", "".join(json.dumps({"level": "info", "step": i, "duration": 5}) + "\n" for i in range(9))),
    "a chat": ("chat.jsonl", '{"role": "user", "content": "epoch 1"}\n'),
    "sentences": ("notes.txt", SENTENCES),
    "packages": ("install.log", "Collecting torch==2.1\nStep 1/5 : FROM python\nStep 2/5 : RUN pip\nStep 3/5 : CMD\n"),
    "tests": ("pytest.log", "epoch 1 passed\nstep 2 3 passed in 0.5s\nround 3 accuracy\n"),
    "times": ("steps.log", lines("step {i}: time {t} s, memory {v} GB\n")),
    "deep": ("deep.json", '{"loss": 1}'),
    "scores of classes by number": (
        "m.json",
        json.dumps({str(i): {"f1": t, "recall": v} for i, (t, v) in enumerate(PAIRS)}),
    ),
    "samples by number": ("m.json", json.dumps({str(i): {"loss": t, "label": 1} for i, (t, _) in enumerate(PAIRS)})),
    "samples with two losses": (
        "m.json",
        json.dumps([{"train_loss": t, "val_loss": v, "label": 1} for t, v in PAIRS]),
    ),
    "a printed sweep": ("sweep.log", "".join(f"{{'lr': {t}, 'loss': {v}}}\n" for t, v in PAIRS)),
    "a table of models": (
        "results.txt",
        "| model | loss | val_loss |\n|---|---|---|\n" + lines("| m{i} | {t} | {v} |\n"),
    ),
    "a table of folds": ("cv.txt", "fold train_loss val_loss\n" + lines("{i} {t} {v}\n")),
    "a graphics card": ("gpu.log", "# gpu pwr temp\n# Idx W C\n" + lines("0 43 {i}\n")),
    "nothing": ("metrics.json", ""),
    "settings": ("config.json", json.dumps({"loss": [1.0, 0.5], "val_loss": [1.0, 0.5]})),
}


@pytest.mark.parametrize("case", NO_HISTORY)
def test_what_only_looks_like_a_history_is_no_run(tmp_path: Path, case: str) -> None:
    write(tmp_path / NO_HISTORY[case][0], NO_HISTORY[case][1])
    logs = open_logs(tmp_path)
    assert dict(logs.runs) == {}
    assert logs.problems == []


def test_batches_that_are_counted_within_their_epoch_are_lined_up_by_it(tmp_path: Path) -> None:
    text = "".join(
        json.dumps({"epoch": epoch, "iter": i, "loss": TRAIN[epoch], "val_loss": VAL[epoch]}) + "\n"
        for epoch in range(EPOCHS)
        for i in (10, 20)
    )
    write(tmp_path / "log.jsonl", text)
    run = one_run(tmp_path)
    assert run.val is not None
    assert run.val.steps.tolist() == list(range(EPOCHS))


@pytest.mark.parametrize(
    ("name", "text", "library", "train", "val"),
    [
        (
            "evals_result.json",
            json.dumps({"train": {"rmse": TRAIN}, "eval": {"rmse": VAL}}),
            None,
            "train/rmse",
            "eval/rmse",
        ),
        (
            "xgb_evals.json",
            json.dumps({"train": {"rmse": TRAIN}, "eval": {"rmse": VAL}}),
            "xgboost",
            "train/rmse",
            "eval/rmse",
        ),
        (
            "r.json",
            json.dumps({"validation_0": {"logloss": TRAIN}, "validation_1": {"logloss": VAL}}),
            "xgboost",
            "train/logloss",
            "validation_1/logloss",
        ),
        (
            "r.json",
            json.dumps({"training": {"binary_logloss": TRAIN}, "valid_1": {"binary_logloss": VAL}}),
            "lightgbm",
            "training/binary_logloss",
            "valid_1/binary_logloss",
        ),
        ("out.log", lines("[{i}]\ttrain-logloss:{t}\teval-logloss:{v}\n"), "xgboost", "train/logloss", "eval/logloss"),
        (
            "out.log",
            lines("[{i}]\ttraining's binary_logloss: {t}\tvalid_1's binary_logloss: {v}\n"),
            "lightgbm",
            "training/binary_logloss",
            "valid_1/binary_logloss",
        ),
        (
            "out.log",
            lines("{i}:\tlearn: {t}\ttest: {v}\tbest: {v} ({i})\ttotal: 10.5ms\tremaining: 1.2s\n"),
            "catboost",
            "learn",
            "test",
        ),
        ("h.json", json.dumps({"train": {"loss": TRAIN}, "val": {"loss": VAL}}), None, "train/loss", "val/loss"),
    ],
)
def test_boosting_says_so_whatever_it_was_written_as(
    tmp_path: Path, name: str, text: str, library: str | None, train: str, val: str
) -> None:
    write(tmp_path / name, text)
    run = one_run(tmp_path)
    assert run.boosting == library
    assert tags_of(run) == (train, val)
    assert run.x_axis == ("epoch" if library is None else "step")


def test_the_tables_of_catboost_are_one_run(tmp_path: Path) -> None:
    for side, values in (("learn", TRAIN), ("test", VAL)):
        write(
            tmp_path / "catboost_info" / f"{side}_error.tsv",
            "iter\tLogloss\n" + "".join(f"{i}\t{value}\n" for i, value in enumerate(values)),
        )
    write(tmp_path / "catboost_info" / "time_left.tsv", "iter\tPassed\tRemaining\n0\t1\t2\n1\t2\t1\n")
    run = one_run(tmp_path)
    assert (run.name, run.boosting) == ("catboost_info", "catboost")
    assert run.train is not None
    assert run.val is not None
    assert (run.train.values.tolist(), run.val.values.tolist()) == (TRAIN, VAL)


def write_mlflow(run: Path) -> None:
    write(run / "meta.yaml", "run_id: abc\n")
    write(run / "params" / "weight_decay", "0.01")
    for tag, values in (("train_loss", TRAIN), ("val/loss", VAL)):
        write(
            run / "metrics" / tag,
            "".join(f"{1700000000000 + i * 1000} {value} {i}\n" for i, value in enumerate(values)),
        )


@pytest.mark.parametrize("opened", [".", "mlruns", "mlruns/0", "mlruns/0/abc"])
def test_mlflow_keeps_a_file_for_each_series(tmp_path: Path, opened: str) -> None:
    write(tmp_path / "mlruns" / "0" / "meta.yaml", "name: Default\n")
    write_mlflow(tmp_path / "mlruns" / "0" / "abc")
    run = one_run(tmp_path / opened)
    assert Path(opened, run.name) == Path("mlruns/0/abc")
    assert run.train is not None
    assert run.val is not None
    assert (run.train.values.tolist(), run.val.values.tolist()) == (TRAIN, VAL)
    assert run.val.wall_times is not None
    assert run.val.wall_times[1] == 1700000001


def test_a_folder_called_metrics_is_not_mlflow_for_that(tmp_path: Path) -> None:
    write(tmp_path / "exp" / "metrics" / "loss", "1700000000000 0.5 0\n")
    assert dict(open_logs(tmp_path).runs) == {}


@pytest.mark.parametrize("opened", [".", "dvclive"])
def test_dvclive_keeps_a_table_for_each_series(tmp_path: Path, opened: str) -> None:
    for tag, values in (("train/loss", TRAIN), ("val/loss", VAL)):
        text = "step\tloss\n" + "".join(f"{i}\t{value}\n" for i, value in enumerate(values))
        write(tmp_path / "dvclive" / "plots" / "metrics" / f"{tag}.tsv", text)
    write(tmp_path / "dvclive" / "metrics.json", json.dumps({"train": {"loss": TRAIN[-1]}, "step": 7}))
    run = one_run(tmp_path / opened)
    assert Path(opened, run.name) == Path("dvclive")
    assert tags_of(run) == ("train/loss", "val/loss")


TABLE = "epoch,loss,val_loss\n" + lines("{i},{t},{v}\n")


def runs(folder: Path) -> Logs:
    return open_logs(folder)


def test_two_formats_of_one_training_are_one_run(tmp_path: Path) -> None:
    write(tmp_path / "exp" / "log.csv", TABLE)
    write(tmp_path / "exp" / "history.json", json.dumps(KERAS))
    write(tmp_path / "exp" / "train.log", lines("Epoch {i}: loss {t:.3f}, val_loss {v:.3f}\n"))
    assert list(runs(tmp_path).runs) == ["exp"]
    write_run(tmp_path / "exp", {"loss": TRAIN, "val_loss": VAL})
    assert list(runs(tmp_path).runs) == ["exp"]


def test_two_trainings_in_one_folder_are_two_runs(tmp_path: Path) -> None:
    write(tmp_path / "exp" / "a.csv", TABLE)
    write(tmp_path / "exp" / "b.json", json.dumps({"loss": VAL, "val_loss": TRAIN}))
    assert list(runs(tmp_path).runs) == ["exp/a", "exp/b"]


def test_an_event_file_without_numbers_hides_no_history(tmp_path: Path) -> None:
    write(tmp_path / "out" / "history.csv", TABLE)
    write_run(tmp_path / "out" / "runs", {})
    assert [run.points for run in runs(tmp_path).runs.values() if run.points] == [EPOCHS]


def test_a_json_file_that_is_being_written_keeps_what_was_read(tmp_path: Path) -> None:
    path = write(tmp_path / "history.json", json.dumps(KERAS))
    logs = runs(tmp_path)
    path.write_text(json.dumps(KERAS)[:50])
    assert logs.poll() == set()
    assert [run.points for run in logs.runs.values()] == [EPOCHS]
    path.write_text(json.dumps({name: [*values, 0.1] for name, values in KERAS.items()}))
    assert logs.poll() == {"."}
    assert [run.points for run in logs.runs.values()] == [EPOCHS + 1]


def test_a_history_in_a_folder_of_an_odd_name_is_found(tmp_path: Path) -> None:
    (tmp_path / "a\nb").mkdir()
    rows = [f"{epoch},{1 / epoch},{1 / epoch + 0.1}" for epoch in range(1, 9)]
    (tmp_path / "a\nb" / "h.csv").write_text("\n".join(["epoch,loss,val_loss", *rows]))
    assert list(open_logs(tmp_path).runs) == ["a\nb"]


@pytest.mark.parametrize("end", [0, 60, -1])
def test_a_parquet_that_was_cut_short_is_named_among_the_problems(tmp_path: Path, end: int) -> None:
    path = tmp_path / "history.parquet"
    pq.write_table(pa.table({"step": range(20), "train_loss": [1.0] * 20, "val_loss": [1.0] * 20}), path)
    path.write_bytes(path.read_bytes()[:end])
    os.utime(path, (1.7e9, 1.7e9))
    (problem,) = open_logs(tmp_path).problems
    assert str(path) in problem
    assert problem.endswith("damaged or cut short; copy or export it again")
