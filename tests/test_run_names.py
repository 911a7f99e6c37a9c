"""A run is called by what tells it from the others: enough to know it by, and never by the same name as another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.report.run_names import MOST, short_names, shortened


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["exp/base", "exp/wide"], ["base", "wide"]),
        (["base/logs", "wide/logs"], ["base", "wide"]),
        (["a/keras/logs/fit", "a/fastai/runs", "b/torch/x", "b/jax/y"], ["keras", "fastai", "torch", "jax"]),
        (["seg/runs/lr_1", "seg/runs/lr_2", "gcn/tb/lr_1"], ["seg/lr_1", "seg/lr_2", "gcn"]),
        (["keras/logs", "keras/logs/extra", "sb3/tb"], ["keras", "keras/extra", "sb3"]),
        (["demo-1", "demo-2", "demo-1-try-1"], ["demo-1", "demo-2", "demo-1-try-1"]),
        ([".", "extra"], [".", "extra"]),
        (["only/run/there/is"], ["only/run/there/is"]),
    ],
)
def test_folders_that_tell_nothing_apart_are_left_out(names: list[str], short: list[str]) -> None:
    shortest = short_names(names)
    assert [shortest[name] for name in names] == short


def test_words_that_all_begin_with_go_only_where_room_is_short() -> None:
    long = [f"classifier-of-very-many-images-{what}-and-a-seed" for what in ("wide", "deep")]
    assert list(short_names(long).values()) == ["deep-and-a-seed", "wide-and-a-seed"]
    assert list(short_names(["net-wide", "net-deep"]).values()) == ["net-deep", "net-wide"]


def test_a_number_keeps_the_word_before_it() -> None:
    long = [f"transformer-with-many-layers-dropout-0.{tenth}" for tenth in (1, 2)]
    assert list(short_names(long).values()) == ["dropout-0.1", "dropout-0.2"]


def test_words_that_all_end_with_go_where_room_is_still_short() -> None:
    long = [f"bert_lr{rate}_bs{size}_ep20_warm0.1_fp16_final" for rate in ("1e-5", "3e-5") for size in (16, 32)]
    assert list(short_names(long, most=18).values()) == ["lr1e-5_bs16", "lr1e-5_bs32", "lr3e-5_bs16", "lr3e-5_bs32"]


def test_a_name_is_cut_between_its_words_where_that_tells_all_apart() -> None:
    long = [
        f"{net}_cifar10_lr{rate}_seed0_run{net_run}" for net, rate, net_run in (("mlp", 0.1, "05"), ("vit", 0.2, "06"))
    ]
    assert list(short_names(long, most=18).values()) == ["mlp…seed0_run05", "vit…seed0_run06"]


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("torch_seg_unet/UNet_dr015_bs16_lr2e_4", "torch_se…/UNet_dr015_bs16_lr2e_4"),
        ("a-very-long-name-of-one-run-without-any-folder", "a-very-long-name…any-folder"),
        ("short/enough", "short/enough"),
    ],
)
def test_the_middle_of_a_long_name_goes_and_the_run_s_own_part_stays(name: str, short: str) -> None:
    assert shortened(name) == short
    assert len(short) <= MOST


def test_two_names_that_only_their_middle_tells_apart_stay_whole() -> None:
    names = [f"{'a' * 30}{middle}{'b' * 30}" for middle in (1, 2)]
    assert list(short_names(names).values()) == names


PART = st.text("ab-_.1", min_size=1, max_size=25)
NAMES = st.lists(st.lists(PART, min_size=1, max_size=4).map("/".join), min_size=1, max_size=12, unique=True)


@given(NAMES)
def test_no_two_runs_are_called_the_same_and_none_is_cut_at_both_ends(names: list[str]) -> None:
    short = short_names(names)
    assert set(short) == set(names)
    assert len(set(short.values())) == len(names)
    for name, shorter in short.items():
        start, cut, end = shorter.partition("…")
        assert start
        assert end or not cut
        assert len(shorter) <= max(len(name), MOST)
