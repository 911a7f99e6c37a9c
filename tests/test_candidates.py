"""Candidates: each kind of point decides a case, and no single one decides what real logs are read as."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from diagnostics.logs.matching import candidates
from diagnostics.logs.matching.pairing import match
from diagnostics.logs.run import Rows
from tests.frameworks import FRAMEWORKS
from tests.rows import batches, epoch_ends, epochs, rows, runs_of, tags_of
from tests.test_labeled_logs import LOGS, labeled, runs_in, with_pair

POINTS = [name for name, value in vars(candidates).items() if name.isupper() and isinstance(value, float)]
LABELS = json.loads((LOGS / "labels.json").read_text(encoding="utf-8"))

Tags = tuple[str, str]

# points -> a run's series, and the pair that is wrong without them
CASES: dict[str, tuple[Mapping[str, Rows], Tags]] = {
    "PLAIN_LOSS": (
        {"train/ce": epochs(), "val/ce": epochs(), "train/loss": epochs(), "val/loss": epochs()},
        ("train/loss", "val/loss"),
    ),
    "CALLED_TRAIN": ({"loss": epochs(), "train/loss": epochs(), "val/loss": epochs()}, ("train/loss", "val/loss")),
    "CALLED_VAL": ({"train/loss": epochs(), "test/loss": epochs(), "val/loss": epochs()}, ("train/loss", "val/loss")),
    "SHARED_RANGE": (
        {"Loss/train": batches(), "loss/train": epochs(), "loss/val": epochs()},
        ("loss/train", "loss/val"),
    ),
    "TOTAL": (
        {f"{side}/{name}": epochs() for side in ("train", "val") for name in ("loss", "total_loss")},
        ("train/total_loss", "val/total_loss"),
    ),
    "PER_EPOCH": (
        {"train/loss": epochs(), "train/loss_epoch": epochs(), "val/loss": epochs()},
        ("train/loss_epoch", "val/loss"),
    ),
    "CLEAN": (
        {"loss/train": epochs(), "loss/train_clean": epochs(), "loss/val": epochs()},
        ("loss/train_clean", "loss/val"),
    ),
    "PER_BATCH": (
        {"train/batch_loss": epochs(), "train/loss": epochs(), "val/loss": epochs()},
        ("train/loss", "val/loss"),
    ),
    "MORE_WORDS": (
        {"train/loss": epochs(), "val/big_seg_loss": epochs(), "val/seg_loss": epochs()},
        ("train/loss", "val/seg_loss"),
    ),
    "OTHER_DATA_SET": (
        {"train_loss": epochs(), "eval_1_loss": epochs(), "eval_loss": epochs()},
        ("train_loss", "eval_loss"),
    ),
    "SPARSE_TRAIN": ({"loss": epochs(50), "train/loss": rows([0, 49]), "val/loss": epochs(50)}, ("loss", "val/loss")),
}
# decided by series in several directories, or by many names at once
BY_FRAMEWORK = {"SAME_QUANTITY": "ray tune", "SAME_TAG": "estimator"}


def pair_of(file: Mapping[str, Rows]) -> Tags | None:
    return tags_of(match("exp", {"exp": [file]}))


@pytest.mark.parametrize("name", CASES)
def test_each_kind_of_point_decides_a_case(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    file, tags = CASES[name]
    assert pair_of(file) == tags
    monkeypatch.setattr(candidates, name, 0.0)
    assert pair_of(file) != tags


@pytest.mark.parametrize("name", BY_FRAMEWORK)
def test_the_others_decide_how_a_framework_is_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (case,) = [case for case in FRAMEWORKS if case.name == BY_FRAMEWORK[name]]

    def is_right() -> bool:
        pairs = [run.primary for run in runs_of(case.directories).values() if run.primary]
        return any((pair.train, pair.val) == (case.train, case.val) for pair in pairs)

    assert is_right()
    monkeypatch.setattr(candidates, name, 0.0)
    assert not is_right()


def test_every_kind_of_point_has_its_case() -> None:
    assert {*CASES, *BY_FRAMEWORK, "ACCEPT"} == set(POINTS)


@pytest.mark.parametrize("factor", [0.5, 2.0])
@pytest.mark.parametrize("name", POINTS)
def test_no_kind_of_point_alone_decides_how_real_logs_are_read(
    name: str, factor: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, name, factor * getattr(candidates, name))
    for label in LABELS:
        sides = labeled(label["train"], label["val"])
        if sides != (None, None):
            assert with_pair(runs_in(Path(LOGS, label["id"])), sides) is not None, label["id"]


def test_a_sparse_training_loss_of_another_name_is_no_partner() -> None:
    assert pair_of({"loss": rows([0, 1, 2]), "val/seg_loss": epoch_ends(50)}) is None
    assert pair_of({"loss": batches(), "val/seg_loss": epoch_ends(50)}) == ("loss", "val/seg_loss")


def test_each_series_is_compared_with_those_of_its_name_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = 0

    def counted(series: candidates.LoggedSeries) -> frozenset[str]:
        nonlocal reads
        reads += 1
        return frozenset(series.name.base)

    monkeypatch.setattr(candidates.LoggedSeries, "base", property(counted))
    run = match(".", {".": [{f"{side}/head{n}/loss": epochs(3) for side in ("train", "val") for n in range(200)}]})
    assert len(run.pairs) == 200
    assert reads < 50 * 400
