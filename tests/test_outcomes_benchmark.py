"""The benchmark of outcomes: what it trains is labeled right, and what it counts is counted right."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.benchmarks.lab.networks import mlp
from tests.benchmarks.outcomes import __main__ as benchmark
from tests.benchmarks.outcomes import corpus
from tests.benchmarks.outcomes.cases import Case, cases, clear, load
from tests.benchmarks.outcomes.datasets import DATASETS, DEVELOPMENT
from tests.benchmarks.outcomes.detectors import from_rival_live
from tests.benchmarks.outcomes.labels import Ends, label, outcome
from tests.benchmarks.outcomes.optimizers import OPTIMIZERS, Flat
from tests.benchmarks.outcomes.parts import prepare
from tests.benchmarks.outcomes.plans import MEMBERS, plan
from tests.benchmarks.outcomes.scores import calibration, score, watch
from tests.benchmarks.outcomes.table import report
from tests.benchmarks.outcomes.training import Batches, build
from tests.benchmarks.rivals import above_best, rivals, scales, training_doctor, trainlens, trainproof

Values = NDArray[np.float64]
FALLING, TURNING = np.linspace(1, 0.1, 60), np.abs(np.linspace(-1, 2, 60)) + 0.5


@pytest.fixture(scope="module")
def rows() -> list[corpus.Row]:
    """Two groups: breast cancer and wine."""
    return list(corpus.build(2 * MEMBERS))


@pytest.mark.parametrize("name", DATASETS)
def test_a_data_set_is_as_large_as_asked_and_the_same_each_time(name: str) -> None:
    samples, again = (DATASETS[name](np.random.default_rng(1), 150) for _ in range(2))
    assert len(samples.x) == len(samples.y) >= 150
    assert np.isfinite(samples.x).all()
    assert np.array_equal(samples.x, again.x)
    if samples.classes:
        assert set(np.unique(samples.y)) <= set(range(samples.classes))


def test_the_data_sets_for_reports_are_of_all_kinds() -> None:
    assert DATASETS.keys() > DEVELOPMENT
    assert {corpus.FAMILY[name] for name in DATASETS.keys() - DEVELOPMENT} == set(corpus.FAMILIES)


@pytest.mark.parametrize("seed", range(0, 300, 7))
def test_a_plan_can_be_trained(seed: int) -> None:
    group = plan(seed)
    assert group == plan(seed)
    assert 3 <= len(group.logged) <= group.evaluations + 1
    assert sorted(set(group.logged)) == group.logged
    assert group.logged[-1] == group.steps
    assert all(1 <= member.val_samples <= group.val_pool for member in group.members)
    assert min(group.train_samples, group.val_pool, group.test_samples) >= 20


def test_each_network_goes_through_all_samples_in_its_own_order() -> None:
    order = Batches(plan(0)._replace(batch_size=5), 10)
    first, second = next(order), next(order)
    assert [sorted(row) for row in torch.cat([first, second], 1).tolist()] == [list(range(10))] * MEMBERS
    assert first[0].tolist() != first[1].tolist()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_stack_is_optimized_as_torch_does_each_network(name: str) -> None:
    lrs, decays = torch.tensor([0.01, 0.1]), torch.tensor([0.1, 0.0])
    x, y = torch.randn(2, 8, 3, generator=torch.Generator().manual_seed(0)), torch.randn(2, 8)
    torch.manual_seed(0)
    stack, single = (mlp(torch.zeros(members), 3, 1, width=4, depth=1) for members in (2, 1))
    flat = Flat(stack, 2)
    single.load_state_dict({key: value[1:].clone() for key, value in stack.state_dict().items()})
    kind = {"adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}[name]
    options = {} if name == "adamw" else {"momentum": 0.9}
    theirs = kind(single.parameters(), lr=float(lrs[1]), weight_decay=float(decays[1]), **options)  # type: ignore[operator]
    ours = OPTIMIZERS[name](flat, decays)
    for _ in range(5):
        ours.step(flat.gradients(((stack(x)[..., 0] - y) ** 2).mean(1)), lrs)
        theirs.zero_grad()
        ((single(x[1:])[..., 0] - y[1:]) ** 2).mean().backward()
        theirs.step()
    for stacked, alone in zip(stack.parameters(), single.parameters(), strict=True):
        assert torch.allclose(stacked[1:], alone, atol=1e-5)


def test_a_dead_network_says_the_same_of_everything() -> None:
    group = next(group for group in map(plan, range(300)) if any(member.made == "dead" for member in group.members))
    samples, parts, _ = prepare(group, np.random.default_rng(0))
    outputs = build(group, samples).eval()(parts.val_x.expand(MEMBERS, *parts.val_x.shape))
    dead = torch.tensor([member.made == "dead" for member in group.members])
    spread = outputs.std(1).amax(1)
    assert (spread[dead] < 1e-6).all()
    assert (spread[~dead] > 1e-3).all()


def test_weight_decay_leaves_biases_alone() -> None:
    flat = Flat(mlp(torch.zeros(1), 3, 1, width=4, depth=1), 1)
    assert flat.decayed.tolist() == [1.0] * 12 + [0.0] * 4 + [1.0] * 4 + [0.0]


def test_a_row_has_every_loss_at_every_evaluation(rows: list[corpus.Row]) -> None:
    assert len(rows) == 2 * MEMBERS
    for row in rows:
        curves = ("train", "train_optimised", "val", "test", "test_error", "lr", "train_accuracy", "val_accuracy")
        assert {len(row[name]) for name in curves} == {len(row["steps"])}
        assert row["label"] in ("overfit", "not", "unclear")
        assert 0 <= max(row["val_accuracy"]) <= 1
    assert len({tuple(row["val"]) for row in rows}) == len(rows)


def test_a_label_is_what_test_says_at_validations_best_and_at_the_end(rows: list[corpus.Row]) -> None:
    for row in rows:
        best = int(np.argmin(row["val"]))
        assert row["test_at_best"] == pytest.approx(row["test"][best], rel=1e-4)
        few = 1 if len(row["val"]) < 8 else 2
        rise = (np.mean(row["test"][max(best, len(row["test"]) - few) :]) - row["test"][best]) / row["test"][best]
        assert row["rise"] == pytest.approx(rise, abs=1e-4)
        if row["label"] == "overfit":
            assert rise > 0.02
            assert rise > 2 * row["rise_error"]
        elif row["label"] == "not" and row["outcome"] != "unstable":
            assert rise < 0.005


def test_the_corpus_is_the_same_each_time_and_is_kept(rows: list[corpus.Row], tmp_path: Path) -> None:
    assert list(corpus.build(MEMBERS)) == rows[:MEMBERS]
    corpus.save(rows, tmp_path / "kept.jsonl.gz")
    assert corpus.load(tmp_path / "kept.jsonl.gz") == rows


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        (Ends(1.0, 0.10, 0.01, -0.2), "overfit"),
        (Ends(1.0, 0.10, 0.01, 0.001), "overfit"),
        (Ends(1.0, 0.004, 0.01, -0.2), "not"),
        (Ends(1.0, -0.1, 0.01, -0.2), "not"),
        (Ends(1.0, 0.01, 0.001, -0.2), "unclear"),
        (Ends(1.0, 0.10, 0.06, -0.2), "unclear"),
        (Ends(1.0, 0.10, 0.01, 0.09), "not"),
        (Ends(1.0, 0.10, 0.01, 0.02), "unclear"),
        (Ends(1.0, float("nan"), 0.01, -0.2), "unclear"),
        (Ends(-2.0, 0.10, 0.01, -0.2), "overfit"),
    ],
)
def test_a_label_needs_a_rise_that_is_large_and_sure_while_train_did_not_rise(ends: Ends, expected: str) -> None:
    assert label(ends) == expected


FLAT_ENDS = Ends(0.5, 0.0, 0.01, 0.0)


@pytest.mark.parametrize(
    ("train", "test", "ends", "expected"),
    [
        ([1.0, 0.5, 0.1], [1.0, 0.6, 0.9], Ends(0.6, 0.3, 0.01, -0.4), "overfitting"),
        ([1.0, 0.5, float("nan")], [1.0, 0.6, 0.9], FLAT_ENDS, "diverged"),
        ([1.0, 0.5, 9.0], [1.0, 0.6, 9.0], Ends(0.6, 8.4, 0.01, 8.5), "diverged"),
        ([1.0, 0.999, 1.0], [1.0, 1.001, 1.0], FLAT_ENDS, "not_learning"),
        ([1.0, 0.5, 0.8], [1.0, 0.6, 0.9], Ends(0.6, 0.3, 0.01, 0.3), "unstable"),
        ([1.0, 0.7, 0.5], [1.0, 0.7, 0.6], FLAT_ENDS, "improving"),
        ([1.0, 0.5, 0.499], [1.0, 0.6, 0.6], FLAT_ENDS, "healthy"),
    ],
)
def test_an_outcome_is_read_off_both_curves(train: list[float], test: list[float], ends: Ends, expected: str) -> None:
    assert outcome(ends, np.array(train), np.array(test), (1.0, 1.0), constant=1.0) == expected


RULES = (above_best, scales, training_doctor, trainproof, trainlens)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_sees_the_plainest_case(rule: object) -> None:
    assert rule(FALLING, TURNING)  # type: ignore[operator]


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_lets_the_plainest_case_pass(rule: object) -> None:
    assert not rule(FALLING + 1, FALLING + 1.05)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("rule", "train", "val", "expected"),
    [
        (above_best, [1, 1, 1], [1, 0.5, 0.53], True),
        (above_best, [1, 1, 1], [1, 0.5, 0.52], False),
        (trainproof, [1, 0.9, 0.8, 0.7, 0.6], [1, 0.5, 0.61, 0.61, 0.5], True),
        (trainproof, [1, 0.9, 0.8, 0.7], [1, 0.5, 0.61, 0.61], False),
        (trainproof, [1, 0.5, 0.8, 0.7, 0.6], [1, 0.5, 0.61, 0.61, 0.61], False),
        (trainlens, [0.8], [0.93], True),
        (trainlens, [0.8], [0.91], False),
        (trainlens, [1.7], [2.2], True),
        (trainlens, [1.9], [2.2], False),
        (training_doctor, [1.0] * 49, [2.0] * 49, False),
        (training_doctor, [1.0] * 50, [1.11] * 50, True),
        (training_doctor, [1.0] * 50, [1.09] * 50, False),
        (scales, [3, 2, 1, 0.5], [3, 2, 2.5, 2.5], False),
        (scales, [3, 2, 1, 0.9, 0.8, 0.7], [2, 1, 1.2, 1.4, 1.6, 1.8], True),
        (scales, [3, 2, 2.1, 2.2, 2.3, 2.4], [2, 1, 1.2, 1.4, 1.6, 1.8], False),
    ],
)
def test_a_rule_has_its_authors_thresholds(rule: object, train: list[float], val: list[float], expected: bool) -> None:
    assert rule(np.array(train, float), np.array(val, float)) is expected  # type: ignore[operator]


@pytest.mark.parametrize("name", rivals())
@pytest.mark.parametrize("points", [1, 2, 3])
def test_a_rival_can_be_asked_from_the_first_evaluation_on(name: str, points: int) -> None:
    assert rivals()[name](FALLING[:points], TURNING[:points]) in (True, False)


def test_watching_a_rival_asks_it_at_every_evaluation() -> None:
    live = from_rival_live(lambda train, val: len(val) >= 7)
    assert np.flatnonzero(live(Case("a", "b", True, FALLING, TURNING))).tolist() == list(range(6, 60))


def test_a_score_counts_both_classes() -> None:
    true, said = np.array([True, True, False, False]), np.array([True, False, True, False])
    assert score(said, true) == (0.5, 0.5, 1, 2)
    assert score(true, true) == (1.0, 1.0, 0, 2)


def test_an_alarm_that_test_bears_out_is_not_false() -> None:
    hump = np.array([1, 0.5, 0.8, 0.4])
    case = Case("a", "b", False, FALLING[:4], hump, test=hump)
    at_hump = lambda case: np.array([False, False, True, False])  # noqa: E731
    assert watch(at_hump, [case]).false_alarms == 0
    assert watch(at_hump, [case._replace(test=np.linspace(1, 0, 4))]).false_alarms == 1
    assert watch(at_hump, [case._replace(test=None)]).false_alarms == 1


def test_a_delay_counts_from_the_best_and_is_endless_without_an_alarm() -> None:
    val = np.array([1, 0.5, 0.6, 0.7, 0.8])
    case = Case("a", "b", True, FALLING[:5], val)
    assert watch(lambda case: np.array([True, False, False, True, True]), [case]).delay == 0.5
    assert watch(lambda case: np.zeros(5, np.bool_), [case]).delay == np.inf


def test_calibration_compares_what_is_stated_with_what_came() -> None:
    measured = calibration(np.array([0.95] * 10 + [0.15] * 10), np.array([True] * 9 + [False] + [True] + [False] * 9))
    assert measured.bins == [(10, pytest.approx(0.15), pytest.approx(0.1)), (10, pytest.approx(0.95), 0.9)]
    assert measured.error == pytest.approx(0.05)
    assert measured.sure == 0.9


def test_trainings_are_read_as_lines_and_as_a_list_with_their_own_labels(tmp_path: Path) -> None:
    curves = {"name": "a", "train": [1, None], "val": [1, 2]}
    lines = [curves | {"test_rise": rise, "test": [1, 2]} for rise in ("no", "5-10", "1-3", ">20 up")]
    (tmp_path / "lines.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    (tmp_path / "list.json.gz").write_bytes(gzip.compress(json.dumps([curves | {"label": 1}]).encode()))
    assert [case.overfit for case in load(tmp_path / "lines.jsonl")] == [False, True, None, None]
    (case,) = load(tmp_path / "list.json.gz")
    assert case.overfit
    assert np.isnan(case.train[1])


def test_the_tables_can_be_made_of_any_corpus(rows: list[corpus.Row]) -> None:
    text = report(clear(cases(rows)))
    assert "| textbook check |" in text
    assert "| wine |" in text
    assert "Expected calibration error" in text


def test_the_whole_path_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "corpus.jsonl.gz"
    assert benchmark.main(["--runs", str(2 * MEMBERS), "--corpus", str(kept)]) == 0
    printed = capsys.readouterr().out
    assert benchmark.main(["--corpus", str(kept)]) == 0
    assert capsys.readouterr().out == printed
    assert "breast cancer" not in printed
    assert "16 networks were trained" in printed
    assert "| textbook check |" in printed


def test_trainings_of_others_are_reported_with_their_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = {"source": "a library", "name": "a", "train": FALLING.tolist(), "val": TURNING.tolist(), "test_rise": ">20"}
    (tmp_path / "lines.jsonl").write_text(json.dumps(line), encoding="utf-8")
    assert benchmark.main(["--data", str(tmp_path / "lines.jsonl")]) == 0
    assert "Published by a library: 1 training, 1 overfitting" in capsys.readouterr().out


def test_a_missing_file_is_said_and_not_raised(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmark.main(["--data", str(tmp_path / "none.json")]) == 2
    assert "is no file" in capsys.readouterr().err
