import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics.logs.matching.membership import group
from diagnostics.logs.matching.naming import read_name
from diagnostics.logs.matching.pairing import MatchError, match
from diagnostics.logs.run import Key, Pair, Rows, Run
from tests.frameworks import FRAMEWORKS, Framework
from tests.rows import at_the_end, batches, epoch_ends, epochs, key, rows, runs_of, some_batches

each_framework = pytest.mark.parametrize("case", FRAMEWORKS, ids=[case.name for case in FRAMEWORKS])


def sides(run: Run) -> tuple[Key | None, Key | None]:
    return (run.primary.train, run.primary.val) if run.primary else (None, None)


def one_run(file: dict[str, Rows]) -> Run:
    return match("exp", {"exp": [file]})


def pair_named(run: Run, name: str) -> Pair:
    return next(pair for pair in run.pairs if pair.name == name)


@each_framework
def test_each_framework_gets_the_pair_a_person_would_choose(case: Framework) -> None:
    runs = runs_of(case.directories)
    found = {sides(run): run for run in runs.values()}
    assert (case.train, case.val) in found
    assert found[case.train, case.val].train_loss == case.beside
    assert case.axis in (None, found[case.train, case.val].x_axis)
    if not case.train and not case.val:
        assert list(found) == [(None, None)]


@each_framework
def test_the_order_of_tags_and_directories_decides_nothing(case: Framework) -> None:
    shuffle = random.Random(case.name).sample
    items = [(name, dict(shuffle(list(file.items()), len(file)))) for name, file in case.directories.items()]
    before, after = runs_of(case.directories), runs_of(dict(shuffle(items, len(items))))
    assert list(before) == list(after)
    for one, other in zip(before.values(), after.values(), strict=True):
        assert (one.primary, one.pairs, one.why) == (other.primary, other.pairs, other.why)


@each_framework
def test_a_level_further_up_changes_no_answer(case: Framework) -> None:
    above = runs_of({f"up/there/{name}": file for name, file in case.directories.items()}, root="top")
    for name, run in runs_of(case.directories, root="there").items():
        assert answer(above["up/there" if name == "." else f"up/there/{name}"]) == answer(run)


@each_framework
def test_opening_the_run_itself_changes_no_answer(case: Framework) -> None:
    members = group({name: set(file) for name, file in case.directories.items()})
    for name, run in runs_of(case.directories).items():
        if all(f"{member}/".startswith(f"{name}/") for member in members[name]):
            inside = {member[len(name) + 1 :] or ".": case.directories[member] for member in members[name]}
            assert answer(runs_of(inside, root=name.rsplit("/", 1)[-1])["."]) == answer(run)


def answer(run: Run) -> list[object]:
    """What was found, without where."""
    tags = [None if key is None else key.tag for key in sides(run)]
    return [*tags, run.x_axis, run.sessions, sorted((pair.name, pair.score) for pair in run.pairs)]


@pytest.mark.parametrize(
    ("directories", "expected"),
    [
        (["exp/train", "exp/validation"], {"exp": ["exp/train", "exp/validation"]}),
        (["train", "validation"], {".": ["train", "validation"]}),
        (["exp", "exp/eval"], {"exp": ["exp", "exp/eval"]}),
        ([".", "eval"], {".": [".", "eval"]}),
        (["a/train", "b/train"], {"a": ["a/train"], "b": ["b/train"]}),
        (["a/validation"], {"a": ["a/validation"]}),
        (["a/test"], {"a/test": ["a/test"]}),
        (["a", "b"], {"a": ["a"], "b": ["b"]}),
        (["a_train", "a_val", "b_train", "b_val"], {"a": ["a_train", "a_val"], "b": ["b_train", "b_val"]}),
        (["a", "a_test"], {"a": ["a"], "a_test": ["a_test"]}),
        (["train/a", "val/a", "train/b"], {"a": ["train/a", "val/a"], "train/b": ["train/b"]}),
        (["logs/train_summary", "logs/val_summary"], {"logs": ["logs/train_summary", "logs/val_summary"]}),
    ],
)
def test_directories_make_up_the_runs_a_person_means(directories: list[str], expected: dict[str, list[str]]) -> None:
    assert group(dict.fromkeys(directories, ("loss",))) == expected


def test_the_folders_of_add_scalars_belong_to_their_run() -> None:
    torch = {"r": ("lr",), "r/loss_train": ("loss",), "r/loss_val": ("loss",)}
    tensorboardx = {"r/lr/lr": ("lr",), "r/data/loss/train": ("data/loss",), "r/data/loss/val": ("data/loss",)}
    assert list(group(torch)) == ["r"]
    assert list(group(tensorboardx)) == ["r"]


def test_a_run_that_holds_both_sides_stays_by_itself_whatever_its_name() -> None:
    tags = ("train/box_loss", "val/box_loss")
    assert list(group({"detect/train": tags, "detect/train2": tags})) == ["detect/train", "detect/train2"]


def test_a_lone_run_called_train_that_names_its_split_is_a_run() -> None:
    assert list(group({"detect/train": ("train/box_loss",)})) == ["detect/train"]


def test_validation_opened_by_itself_is_still_validation() -> None:
    assert sides(runs_of({".": {"epoch_loss": epochs()}}, root="validation")["."]) == (None, Key(".", "epoch_loss"))


def test_the_comparable_training_loss_wins_over_the_optimized_one() -> None:
    run = one_run({tag: epochs() for tag in ("loss/train", "loss/train_clean", "loss/val", "loss/val_scaled")})
    assert sides(run) == (Key("exp", "loss/train_clean"), Key("exp", "loss/val"))


def test_components_are_added_up_under_a_name_that_says_so() -> None:
    file = {
        "train/box_loss": rows(range(3), values=[4, 2, 1]),
        "val/box_loss": rows(range(3), values=[5, 4, 6]),
        "train/cls_loss": rows(range(3), values=[1, 1, 1]),
        "val/cls_loss": rows(range(3), values=[2, 2, 2]),
    }
    run = one_run(file)
    assert run.primary is not None
    assert run.primary.train == Key("exp", "train/box_loss + train/cls_loss")
    assert run.train is not None
    assert run.val is not None
    assert run.train.values.tolist() == [5, 3, 2]
    assert run.val.values.tolist() == [7, 6, 8]
    assert [part.name for part in run.primary.parts] == ["box loss", "cls loss"]
    assert set(run.primary.parts) < set(run.pairs)


def test_a_total_loss_is_not_replaced_by_the_sum_of_its_parts() -> None:
    file = {f"{side}/{part}loss": epochs() for side in ("train", "val") for part in ("", "box_", "cls_")}
    run = one_run(file)
    assert sides(run) == (Key("exp", "train/loss"), Key("exp", "val/loss"))
    assert {pair.name for pair in run.pairs} == {"loss", "box loss", "cls loss"}


def test_one_point_is_no_training_curve() -> None:
    run = one_run({"train/train_loss": at_the_end(), "train/loss": some_batches(), "eval/loss": epoch_ends()})
    assert sides(run)[0] == Key("exp", "train/loss")


@pytest.mark.parametrize(
    ("file", "train", "val"),
    [
        ({"train_loss": batches(), "valid_loss": epoch_ends(), "accuracy": epoch_ends()}, None, "accuracy"),
        ({"loss": batches(), "val/loss": epoch_ends(), "acc": batches()}, "acc", None),
        ({"train/loss": epochs(), "val/loss": epochs(), "metrics/recall": epochs()}, None, "metrics/recall"),
        ({"loss": epochs(), "acc": epochs(), "val_loss": epochs(), "val_acc": epochs()}, "acc", "val_acc"),
        ({"total_loss": batches(), "bbox/AP": epoch_ends(3)}, None, "bbox/AP"),
    ],
)
def test_a_metric_that_names_no_split_goes_with_the_loss_logged_beside_it(
    file: dict[str, Rows], train: str | None, val: str | None
) -> None:
    (metric,) = [pair for pair in one_run(file).pairs if pair.higher_is_better]
    assert (metric.train, metric.val) == (key(train, "exp"), key(val, "exp"))


def test_metrics_stand_in_where_no_loss_has_two_sides_and_that_is_said() -> None:
    run = one_run({"acc/train": epochs(), "acc/val": epochs(), "loss/train": epochs()})
    assert run.primary is not None
    assert run.primary.higher_is_better
    assert "weaker evidence" in run.why


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ({"train_loss": epochs()}, "no validation"),
        ({"val_loss": epochs()}, "no training"),
        ({"rollout/ep_rew_mean": epochs(), "train/loss": epochs()}, "reinforcement learning"),
        ({"lr": epochs()}, "no series is a loss or a metric"),
        ({"train/loss": epochs(), "val/loss": epochs()}, "train/loss of exp and val/loss of exp"),
        ({"train/loss": epochs(), "test/loss": epochs()}, "the test set stands in for validation"),
        ({"exp/train": epochs(), "exp/val": epochs()}, "taken for losses"),
    ],
)
def test_the_reason_is_said(file: dict[str, Rows], expected: str) -> None:
    assert expected in one_run(file).why


def test_an_empty_run_is_listed_as_such() -> None:
    run = match("exp", {"exp": [{}]})
    assert (run.primary, run.curves, run.sessions, run.why) == (None, {}, 0, "no scalars were logged")


def test_reinforcement_learning_has_no_pair() -> None:
    run = one_run({"train/value_loss": batches(), "train/loss": batches(), "rollout/ep_rew_mean": batches()})
    assert run.primary is None


def test_the_runner_up_and_its_points_are_kept() -> None:
    run = one_run({"train_loss_step": batches(), "train_loss_epoch": epoch_ends(), "val_loss": epoch_ends()})
    assert run.primary is not None
    assert run.runners_up[0].train == Key("exp", "train_loss_step")
    assert run.runners_up[0].score < run.primary.score
    assert "next train_loss_step" in run.why


def test_a_hand_chosen_pair_is_taken_whatever_its_points() -> None:
    file = {"train/loss": epochs(), "val/loss": epochs(), "val/other": epochs()}
    run = match("exp", {"exp": [file]}, val=Key("exp", "val/other"))
    assert sides(run) == (Key("exp", "train/loss"), Key("exp", "val/other"))
    assert run.why == "chosen by hand"
    assert Key("exp", "val/loss") in {pair.val for pair in run.pairs}


@pytest.mark.parametrize(("level", "higher_is_better"), [(-90.0, True), (90.0, False)])
def test_an_evidence_lower_bound_is_maximized_and_its_negative_minimized(level: float, higher_is_better: bool) -> None:
    file = {f"{side}/elbo": rows(range(5), values=[level] * 5) for side in ("train", "val")}
    run = one_run(file)
    assert run.primary is not None
    assert run.primary.higher_is_better is higher_is_better


def test_a_hand_chosen_metric_is_judged_in_its_own_direction() -> None:
    file = {"train/loss": epochs(), "val/loss": epochs(), "train/acc": epochs(), "val/acc": epochs()}
    run = match("exp", {"exp": [file]}, train=Key("exp", "train/acc"), val=Key("exp", "val/acc"))
    assert run.primary is not None
    assert run.primary.higher_is_better


def test_a_series_that_is_not_there_is_refused_with_what_there_is() -> None:
    with pytest.raises(MatchError, match="run exp has no series exp::nope; it has exp::train/loss"):
        match("exp", {"exp": [{"train/loss": epochs()}]}, train=Key("exp", "nope"))


def test_final_numbers_of_add_hparams_belong_to_the_run_and_are_no_curves() -> None:
    directories = {
        "exp": {"loss/train": epochs(), "loss/val": epochs()},
        "exp/1700000000.5": {"hparam/loss": rows([0]), "loss": rows([0])},
    }
    (run,) = runs_of(directories).values()
    assert sides(run) == (Key("exp", "loss/train"), Key("exp", "loss/val"))
    assert run.sessions == 1


def test_a_run_named_by_the_time_is_a_run() -> None:
    assert list(group({".": ("loss",), "1700000000": ("train_loss", "val_loss")})) == [".", "1700000000"]


def test_every_series_stays_in_the_run() -> None:
    file = {"loss/train": epochs(), "loss/val": epochs(), "optim/lr": epochs(), "weights/fc/l2_norm": epochs()}
    assert {found.tag for found in one_run(file).curves} == set(file)


def test_own_tags_beside_losses_are_never_fit_metrics() -> None:
    for tag in ("optim/lr", "optim/grad_norm", "weights/zeros", "strength/dropout", "hypergrad/l1", "accuracy/canary"):
        assert not read_name(tag).fits, tag


WORDS = ("train", "val", "test", "loss", "acc", "box_loss", "cls_loss", "epoch", "lr", "reward", "exp", "val_loss", "0")
STEPS = st.integers(-(2**63), 2**63 - 1) | st.integers(-2, 60)
VALUES = st.floats(width=32)


@st.composite
def any_rows(draw: st.DrawFn) -> Rows:
    steps = draw(st.lists(STEPS, min_size=1, max_size=12))
    values = draw(st.lists(VALUES, min_size=len(steps), max_size=len(steps)))
    begins = draw(st.sampled_from([0.0, 0.5, 86400.0]))
    return rows(steps, values=values, begins=begins)


PATHS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map("/".join)
FILES = st.lists(st.dictionaries(PATHS, any_rows(), max_size=5), min_size=1, max_size=3)


@settings(max_examples=60)
@given(st.dictionaries(PATHS | st.just("."), FILES, min_size=1, max_size=4))
def test_whatever_was_logged_gives_runs_whose_pairs_are_there(directories: dict[str, list[dict[str, Rows]]]) -> None:
    members = group({name: {tag for file in files for tag in file} for name, files in directories.items()})
    assert sorted(name for names in members.values() for name in names) == sorted(directories)
    for name, names in members.items():
        run = match(name, {member: directories[member] for member in names}, root="exp")
        for pair in run.pairs:
            assert all(side is None or len(run.curves[side]) for side in (pair.train, pair.val))
        assert (run.primary is None) or run.pairs[0] == run.primary
        assert (run.x_axis is None) or run.primary or "reinforcement" in run.why
        for curve in run.curves.values():
            assert len(curve) > 0


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (
            ["train_loss", "val_loss/dataloader_idx_0", "val_loss/dataloader_idx_1"],
            [("loss of data set 1", "train_loss", "val_loss/dataloader_idx_1")],
        ),
        (
            [f"{side}/{part}_loss" for side in ("train", "val") for part in ("box", "cls")],
            [("box loss", "train/box_loss", "val/box_loss"), ("cls loss", "train/cls_loss", "val/cls_loss")],
        ),
        (
            [f"{side}/{part}loss" for side in ("train", "val") for part in ("", "cls_", "kl_")],
            [("cls loss", "train/cls_loss", "val/cls_loss")],  # a penalty measures no fit
        ),
        (["train_loss", "val_loss", "test_loss"], [("test loss", "train_loss", "test_loss")]),
        (["train/loss", "val/loss", "val/head_loss"], [("head loss", "train/loss", "val/head_loss")]),
        (["loss/train_clean", "loss/val", "loss/val_scaled"], []),
        (["train/loss", "val/loss", "train/ppl", "val/ppl"], []),  # the same, exponentiated
    ],
    ids=lambda value: value[-1] if value and isinstance(value[-1], str) else "",
)
def test_every_other_validation_loss_is_known_with_its_training_side(
    tags: list[str], expected: list[tuple[str, str, str]]
) -> None:
    pairs = one_run({tag: epochs() for tag in tags}).val_losses
    assert [(pair.name, pair.train and pair.train.tag, pair.val and pair.val.tag) for pair in pairs] == expected


def test_which_of_several_validation_losses_decides_is_said() -> None:
    one_set = ["train_loss", "val_loss/dataloader_idx_0"]
    assert "decides" not in one_run({tag: epochs() for tag in one_set}).why
    run = one_run({tag: epochs() for tag in [*one_set, "val_loss/dataloader_idx_1"]})
    assert sides(run) == (Key("exp", "train_loss"), Key("exp", "val_loss/dataloader_idx_0"))
    assert "of 2 validation losses it decides" in run.why


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        (["charts/episodic_return", "losses/policy_loss"], "rewards were logged"),
        (["g_loss", "d_loss"], "adversarial losses were logged"),
        (["G/loss", "D/loss"], "adversarial losses were logged"),
        (["loss/train", "loss/D", "loss/G"], "adversarial losses were logged"),
        (["lr", "time/step"], "no series is a loss or a metric"),
        (["train/loss", "lr"], "only train/loss of exp was logged"),
        (["val/loss", "lr"], "only val/loss of exp was logged"),
    ],
)
def test_a_run_without_a_pair_says_what_kind_of_log_it_is(tags: list[str], words: str) -> None:
    assert one_run({tag: epochs() for tag in tags}).why.startswith(words)


@pytest.mark.parametrize(("metric", "higher_is_better"), [("val_acc", True), ("val/mAP50", True), ("eval/wer", False)])
def test_a_validation_metric_stands_in_for_a_loss_that_was_not_logged(metric: str, higher_is_better: bool) -> None:
    run = one_run({"train_loss": batches(), metric: epoch_ends(), "lr": batches()})
    assert sides(run) == (None, Key("exp", metric))
    assert run.train_loss == Key("exp", "train_loss")
    assert run.primary is not None
    assert run.primary.higher_is_better is higher_is_better
    assert "weaker evidence" in run.why


def test_a_metric_that_names_no_split_stands_in_for_nothing() -> None:
    run = one_run({"train_loss": batches(), "accuracy": epoch_ends()})
    assert sides(run) == (Key("exp", "train_loss"), None)


@pytest.mark.parametrize(
    "name", ["ntxent", "nt_xent", "NTXentLoss", "info_nce", "triplet", "supcon", "barlow_twins", "contrastive", "byol"]
)
def test_a_loss_that_is_logged_by_the_name_of_its_method_is_a_loss(name: str) -> None:
    run = one_run({f"train/{name}": epochs(), f"val/{name}": epochs(), "lr": epochs()})
    assert sides(run) == (Key("exp", f"train/{name}"), Key("exp", f"val/{name}"))
    assert run.primary is not None
    assert not run.primary.higher_is_better


@pytest.mark.parametrize("tag", ["val/triplet_accuracy", "triplet", "moco/queue_ptr", "val/focal_length"])
def test_the_name_of_a_method_alone_makes_no_loss(tag: str) -> None:
    assert read_name(tag).kind != "loss"
