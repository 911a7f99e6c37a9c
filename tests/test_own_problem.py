"""A network, samples and a loss of a person's own, MODULE:FUNCTION."""

import sys
from itertools import count

import pytest
import torch

from tests.trained import trained
from trainer.__main__ import main
from trainer.config import Config
from trainer.data.samples import DataError
from trainer.fit.problems.pose import pose
from trainer.own_code import trust

torch.set_num_threads(1)
BEGIN = """
import torch
from torch import nn
from torch.utils.data import Dataset, TensorDataset

def data(n=40, *, inputs=4, classes=3):
    return TensorDataset(torch.randn(n, inputs), torch.arange(n) % classes)

def model(outputs=3):
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, outputs))

def make():
"""
NAMES = (f"person{number}" for number in count())


@pytest.fixture
def written(tmp_path, monkeypatch):
    """A module of that body in the current folder; gives what names its function."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr("signal.signal", lambda *_: None)

    def write(body, *, begin=BEGIN):
        name = next(NAMES)
        (tmp_path / f"{name}.py").write_text(begin + "\n".join(f"    {line}" for line in body.splitlines()))
        trust(f"{name}:make")
        return f"{name}:make"

    return write


def test_a_network_of_ones_own_trains_and_the_seed_decides(written, tmp_path):
    name = written("return model(), (data(), data(20)), nn.CrossEntropyLoss()")
    first = trained(tmp_path / "a", Config(dataset=name, epochs=3, seed=5, threads=1))
    again = trained(tmp_path / "b", Config(dataset=name, epochs=3, seed=5, threads=1))
    assert first == again
    assert {"loss/train", "loss/train_clean", "loss/val", "accuracy/val", "loss/val_scaled"} <= set(first[-1])
    assert first[-1]["loss/train"] < first[0]["loss/train"]


def test_one_dataset_is_split_and_each_sample_is_fetched_anew(written):
    body = (
        "class Noisy(Dataset):\n"
        "    def __len__(self): return 50\n"
        "    def __getitem__(self, index):\n"
        "        return torch.full((4,), float(index)) + 0.1 * torch.rand(4), index % 3\n"
        "return model(), Noisy(), nn.CrossEntropyLoss()"
    )
    problem = pose(Config(dataset=written(body), val_share=0.2), torch.device("cpu"))
    train, again = (torch.cat([x for x, _ in problem.batches])[:, 0] for _ in range(2))
    val = torch.cat([x for x, _ in problem.val])[:, 0]
    assert (len(train), len(val)) == (40, 10)
    assert sorted(train.floor().tolist() + val.floor().tolist()) == [float(n) for n in range(50)]
    assert not torch.equal(train.sort().values, again.sort().values)
    clean = torch.cat([x for x, _ in problem.clean])[:, 0].floor()
    assert len(clean) == 10
    assert set(clean.tolist()) <= set(train.floor().tolist())


def test_a_number_to_predict_has_no_accuracy_and_a_text_has_perplexity(written, tmp_path):
    amount = written("x = torch.randn(40, 4)\nreturn model(1), TensorDataset(x, x[:, :1]), nn.MSELoss()")
    (values,) = trained(tmp_path / "amount", Config(dataset=amount, epochs=1))
    assert not [tag for tag in values if tag.startswith(("accuracy", "perplexity"))]
    assert "loss/val_scaled" not in values
    text = written(
        "class Next(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.next = nn.Embedding(7, 7)\n"
        "    def forward(self, x): return self.next(x).mT\n"
        "x = torch.randint(7, (40, 9))\n"
        "return Next(), TensorDataset(x[:, :-1], x[:, 1:]), nn.CrossEntropyLoss()"
    )
    (values,) = trained(tmp_path / "text", Config(dataset=text, epochs=1))
    assert values["perplexity/val"] == pytest.approx(torch.tensor(values["loss/val"]).exp().item())


def test_fewer_samples_are_trained_on_when_asked(written):
    name = written("return model(), (data(), data(20)), nn.CrossEntropyLoss()")
    problem = pose(Config(dataset=name, train_size=10), torch.device("cpu"))
    assert sum(len(x) for x, _ in problem.batches) == 10
    with pytest.raises(DataError, match="ask for at most 40"):
        pose(Config(dataset=name, train_size=41), torch.device("cpu"))


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("raise RuntimeError('no data today')", r"raised RuntimeError: no data today \(person\d+.py, line 13\)"),
        ("import sys; sys.exit('usage: ...')", r"raised SystemExit: usage: ... \(person"),
        ("return model()", r"returned a Sequential; it must return \(model, \(train_dataset, val_dataset\), loss\)"),
        ("return model(), data(), data(), nn.MSELoss()", "returned 4 values; it must return"),
        ("return 3, data(), nn.MSELoss()", "returned a int for the model"),
        ("return nn.Flatten(), data(), nn.MSELoss()", "has no parameter that trains"),
        ("return model(), data(), 'mse'", "returned a str for the loss"),
        ("return model(), (iter([]), iter([])), nn.MSELoss()", "returned a list_iterator for a dataset"),
        ("return model(), (data(), data(0)), nn.CrossEntropyLoss()", "datasets of 40, 0 samples"),
        ("return model(), data(2), nn.CrossEntropyLoss()", "datasets of 2, 0 samples"),
        ("return model(), [torch.zeros(40)] * 2, nn.MSELoss()", r"training samples of .* are not pairs \(x, y\)"),
        ("return model(), data(inputs=5), nn.CrossEntropyLoss()", r"do not take x of shape \(32, 5\) .* RuntimeError"),
        ("return model(2), data(), nn.CrossEntropyLoss()", "do not take x of .* IndexError: Target 2 is out of bounds"),
        (
            "return model(), (data(), data(inputs=5)), nn.CrossEntropyLoss()",
            r"do not take x of shape \(40, 5\)",
        ),
        (
            "return model(), data(), nn.CrossEntropyLoss(reduction='none')",
            r"gives shape \(32,\); it must be one number",
        ),
        ("return model(), data(), lambda outputs, y: 0.5", "gives a float; it must be one number"),
        ("return model(), data(), lambda outputs, y: outputs.detach().mean()", "nothing would be learned"),
        (
            "x = torch.randn(40, 4)\nreturn model(1), TensorDataset(x, x[:, 0]), lambda a, b: (a - b).square().mean()",
            r"gives \(32, 1\) for targets of shape \(32,\); make both one shape",
        ),
    ],
)
def test_what_cannot_be_trained_is_refused_with_the_way_out(written, body, sentence):
    with pytest.raises(DataError, match=sentence):
        pose(Config(dataset=written(body)), torch.device("cpu"))


def test_a_module_or_function_that_is_not_there_is_refused(written):
    name = written("return 1")
    device = torch.device("cpu")
    trust("nowhere:make")
    trust(name.replace(":make", ":mkae"))
    with pytest.raises(DataError, match=r"there is no module 'nowhere' in .*; go to the folder that holds it"):
        pose(Config(dataset="nowhere:make"), device)
    with pytest.raises(ValueError, match="did you mean 'make'"):
        pose(Config(dataset=name.replace(":make", ":mkae")), device)
    with pytest.raises(DataError, match="needs not_installed, which is not installed"):
        pose(Config(dataset=written("pass", begin="import not_installed\ndef make():\n")), device)
    with pytest.raises(DataError, match=r"cannot be imported: ZeroDivisionError: division by zero \(.*line 1\)"):
        pose(Config(dataset=written("pass", begin="1 / 0\ndef make():\n")), device)


@pytest.mark.parametrize("setting", [{"canary": 0.1}, {"label_noise": 0.1}])
def test_the_labels_of_others_are_left_alone(written, setting):
    name = written("return model(), data(), nn.CrossEntropyLoss()")
    with pytest.raises(DataError, match="leave it at 0"):
        pose(Config(dataset=name, **setting), torch.device("cpu"))


def test_the_command_line_ends_with_the_sentence_and_code_2(written, capsys):
    name = written("raise OSError('the disk is away')")
    assert main(["--dataset", name, "--logdir", "run"]) == 2
    printed = capsys.readouterr()
    assert f"{name} raised OSError: the disk is away" in printed.err
    assert "Traceback" not in printed.err + printed.out


def test_what_lies_in_another_folder_under_a_trusted_name_is_not_imported(tmp_path, monkeypatch):
    mine, foreign = tmp_path / "mine", tmp_path / "foreign"
    for folder in (mine, foreign):
        folder.mkdir()
    name = next(NAMES)
    (foreign / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    trust(f"{name}:make", mine)
    monkeypatch.chdir(foreign)
    monkeypatch.setattr(sys, "path", ["", *sys.path])  # as python -m has it
    with pytest.raises(DataError, match=f"found in {foreign} alone"):
        pose(Config(dataset=f"{name}:make"), torch.device("cpu"))
    assert not (tmp_path / "ran").exists()
