"""Directories that come, change and go one after the other make the same runs as all of them at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from diagnostics.logs.matching.membership import Membership, group

STEPS = ("exp", "exp_train", "exp_val", "train", "val", "test", "eval_0", "loss_val", "train-1", "1700000000.5")
TAGS = ((), ("loss",), ("loss/train", "loss/val"), ("train_loss",), ("epoch_loss", "lr"), ("hparam/best",))

directories = st.one_of(st.just("."), st.lists(st.sampled_from(STEPS), min_size=1, max_size=3).map("/".join))
changes = st.lists(st.dictionaries(directories, st.one_of(st.none(), st.sampled_from(TAGS)), max_size=4), max_size=12)


@given(changes)
def test_what_changes_a_little_at_a_time_is_grouped_as_all_at_once(
    steps: list[dict[str, tuple[str, ...] | None]],
) -> None:
    membership, now = Membership(), dict[str, tuple[str, ...]]()
    before: dict[str, list[str]] = {}
    for step in steps:
        now = {name: tags for name, tags in {**now, **step}.items() if tags is not None}
        changed = membership.update(step)
        after = group(now)
        assert membership.runs == after
        assert {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)} <= changed
        assert all(membership.run_of(name) == run for run, members in after.items() for name in members)
        before = after


def test_a_run_is_named_as_changed_only_where_its_directories_are_others() -> None:
    membership = Membership()
    membership.update({f"run-{number}": ("loss/train", "loss/val") for number in range(5)})
    assert membership.update({"run-1": ("loss/train", "loss/val", "lr")}) == set()
    assert membership.update({"new": ("loss/train", "loss/val"), "run-2": None}) == {"new", "run-2"}
    assert membership.update({"exp/train": ("loss",)}) == {"exp"}
    assert membership.update({"exp/val": ("loss",)}) == {"exp"}
    assert membership.runs["exp"] == ["exp/train", "exp/val"]
