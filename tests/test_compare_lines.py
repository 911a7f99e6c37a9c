"""Runs beside one another: what can be compared, means over seeds, what differs and what it did."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.charts import PAPER, axes
from app.charts.axes import Axis
from app.charts.compare import LINE_STYLES, overlay_spec
from app.charts.dots import dots_spec
from app.folder import trials_of_run
from app.folder.entries import Entry
from app.folder.watch import Watch
from app.views.compare import lines, settings, words
from app.views.compare.difference import Difference, Refusal, difference
from app.views.compare.lines import Line
from app.views.compare.quantity import PRIMARY, VALIDATION, Quantity, quantities
from app.wording.translation import translate
from diagnostics import Curve, Key, Pair, Run
from diagnostics.trials.trial_file import Trial
from tests.writers import LogWriter, write_run
from trainer.trials.writing import write_trial

LOSSES = Pair("loss", Key(".", "loss/train"), Key(".", "loss/val"))


def curve(values: Sequence[float], *, start: int = 1, every: int = 1) -> Curve:
    return Curve(np.arange(start, start + every * len(values), every), np.array(values, float))


def run(
    name: str, values: Sequence[float], *, tags: Sequence[str] = (), seed: int | None = None, every: int = 1
) -> Run:
    curves = {Key(".", "loss/val"): curve(values, every=every), Key(".", "loss/train"): curve(values, every=every)}
    curves |= {Key(".", tag): curve([1.0, 2.0]) for tag in tags}
    hparams = {} if seed is None else {"lr": 0.1, "seed": float(seed)}
    return Run(name, curves, LOSSES, (LOSSES,), x_axis="epoch", hparams=hparams)


def along(*runs: Run) -> dict[str, Axis]:
    return {one.name: Axis("epoch") for one in runs}


def entries(logdir: Path) -> list[Entry]:
    return sorted(Watch(logdir).look().entries, key=lambda entry: entry.name)


def logged(folder: Path, val: Sequence[float], **hparams: Any) -> None:
    """A run with these validation losses, and these settings for TensorBoard's HParams."""
    with LogWriter(folder) as log:
        if hparams:
            log.hparams(hparams)
        for step, value in enumerate(val, 1):
            log.scalar("loss/train", 1 / step, step)
            log.scalar("loss/val", value, step)


@pytest.mark.parametrize("written", ["val", "train", "gap", "val:accuracy", "tag:optim/lr", "tag:a:b"])
def test_a_quantity_reads_in_an_address_as_it_was_written(written: str) -> None:
    assert str(Quantity.of(written)) == written


def test_a_tag_can_be_compared_once_two_runs_share_it() -> None:
    found = quantities([run("a", [1.0], tags=["lr", "own"]), run("b", [1.0], tags=["lr"])])
    assert found == [*PRIMARY, Quantity("tag", "lr")]


def test_a_single_run_offers_all_its_tags_but_those_of_layers() -> None:
    found = quantities([run("a", [1.0], tags=["lr", "weights/l2_norm", "weights/conv1/l2_norm"])])
    assert found == [*PRIMARY, Quantity("tag", "lr"), Quantity("tag", "weights/l2_norm")]


def test_runs_that_differ_by_their_seed_alone_are_one_line_where_the_first_of_them_stood() -> None:
    runs = [run("x", [1.0]), run("a1", [1.0], seed=1), run("y", [1.0], seed=5), run("a2", [1.0], seed=2)]
    runs[2] = Run("y", runs[2].curves, LOSSES, hparams={"lr": 0.5, "seed": 5.0})
    together = lines.bundles(runs, together=True)
    assert [[one.name for one in group] for group in together] == [["x"], ["a1", "a2"], ["y"]]
    assert [[one.name for one in group] for group in lines.bundles(runs, together=False)] == [
        ["x"],
        ["a1"],
        ["y"],
        ["a2"],
    ]


def test_a_mean_has_a_standard_deviation_around_it_and_ends_with_the_shortest_run() -> None:
    runs = [run("a", [1.0, 2.0, 3.0]), run("b", [3.0, 4.0])]
    (line,) = lines.lines({"both": runs}, VALIDATION, along(*runs)).values()
    assert line.x.tolist() == [1, 2]
    assert line.y.tolist() == [2.0, 3.0]
    assert line.high is not None
    assert line.high.tolist() == pytest.approx([2 + 2**0.5, 3 + 2**0.5])


def test_seeds_logged_at_other_steps_are_read_between_their_points() -> None:
    runs = [run("a", [1.0, 2.0, 3.0, 4.0, 5.0]), run("b", [1.0, 3.0, 5.0], every=2)]
    (line,) = lines.lines({"both": runs}, VALIDATION, along(*runs)).values()
    assert line.x.tolist() == [1, 3, 5]
    assert line.y.tolist() == [1.0, 3.0, 5.0]


def test_a_run_that_cannot_stand_on_the_axis_has_no_line() -> None:
    runs = [run("a", [1.0, 2.0]), run("b", [1.0, 2.0])]
    drawn = lines.lines({one.name: [one] for one in runs}, VALIDATION, along(runs[0]))
    assert list(drawn) == ["a"]
    assert words.remarks({one.name: [one] for one in runs}, drawn, VALIDATION) == [words.LEFT_OUT.format("b")]


def test_what_cannot_be_drawn_is_a_hole_also_on_a_logarithmic_scale() -> None:
    line = Line(np.arange(4.0), np.array([1.0, np.nan, 0.0, -1.0]))
    assert lines.frames({"a": line}, {})["lines"]["y"].isna().tolist() == [False, True, False, False]
    data = lines.frames({"a": line}, {}, log=True)["lines"]
    assert data["y"].isna().tolist() == [False, True, True, True]
    assert data["x"].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("values", "log"),
    [([1.0, 0.5], False), ([1.0, 0.01], True), ([1.0, 0.0], False), ([1.0, -0.01], False), ([], False)],
)
def test_a_logarithmic_scale_is_for_positive_values_far_apart(values: list[float], log: bool) -> None:
    assert axes.wants_log([None, curve(values)]) is log


@pytest.mark.parametrize(("better", "x", "y"), [("low", 1, 0.5), ("high", 2, 2.0)])
def test_a_ring_marks_the_best_point_as_it_was_logged(better: Any, x: float, y: float) -> None:
    raw = {"a": Line(np.arange(4.0), np.array([1.0, 0.5, 2.0, np.nan]))}
    smooth = {"a": Line(np.arange(4.0), np.array([1.0, 0.9, 1.1, np.nan]))}
    rings = lines.frames(smooth, raw, better={"a": better})["bests"]
    assert rings[["x", "y"]].to_numpy().tolist() == [[x, y]]
    assert lines.frames(smooth, raw)["bests"].empty


def test_a_long_line_is_drawn_with_at_most_a_thousand_points() -> None:
    data = lines.frames({"a": Line(np.arange(9999.0), np.sin(np.arange(9999.0)))}, {})
    assert len(data["lines"]) <= 1000


def test_what_is_taken_away_has_every_point() -> None:
    drawn = {"a": Line(np.arange(3.0), np.ones(3)), "b": Line(np.arange(2.0), np.ones(2), np.zeros(2), np.ones(2))}
    table = lines.exported(drawn, "epoch")
    assert list(table) == ["run", "epoch", "value", "low", "high"]
    assert table["run"].tolist() == ["a", "a", "a", "b", "b"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_ten_lines_are_told_apart_by_color_and_dash_and_stand_out_from_the_page(theme: Any) -> None:
    looks = LINE_STYLES[theme]
    assert len(set(looks)) == len({look.color for look in looks}) == lines.MOST
    assert sorted({look.dash for look in looks}) == [(1, 0), (6, 3)]
    assert min(contrast(look.color, PAPER[theme]) for look in looks) >= 3.9


def test_a_name_can_be_read_on_its_lines_color() -> None:
    assert all(contrast(look.color, "#FFFFFF") >= 3.9 for look in LINE_STYLES["light"]), (
        "there Streamlit writes in white"
    )
    assert all(luminance(look.color) > 0.5 for look in LINE_STYLES["dark"]), "there it writes in black"


def contrast(one: str, other: str) -> float:
    """https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio"""
    low, high = sorted(luminance(color) for color in (one, other))
    return (high + 0.05) / (low + 0.05)


def luminance(color: str) -> float:
    parts = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return float(np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722])


def test_a_specification_holds_no_data() -> None:
    lines = (("a", 0), ("b", 1))
    assert overlay_spec("Epoch", "Loss", lines, "light") is overlay_spec("Epoch", "Loss", lines, "light")
    for spec in (overlay_spec("Epoch", "Loss", lines, "light"), dots_spec("Change", 2, "light")):
        names = {layer["data"]["name"] for layer in spec["layer"]}
        assert names <= {"bands", "raw", "lines", "bests", "dots", "extent"}
        assert "datasets" not in spec


COMMON = {"lr": 0.1, "batch": 32, "epochs": 9}


@pytest.mark.parametrize(
    ("logs", "differing"),
    [
        ([COMMON, COMMON], {}),
        ([{**COMMON, "optimizer": "AdamW"}, {**COMMON, "optimizer": "adamw"}], {}),
        ([{**COMMON, "optimizer": "AdamW"}, {**COMMON, "optimizer": "Adam"}], {"optimizer": ["AdamW", "Adam"]}),
        ([{"lr": 0.1, "seed": 1}, {"lr": 0.2, "seed": 2}], {"lr": [0.1, 0.2], "seed": [1, 2]}),
        ([{**COMMON, "r.wd.wd": 0.1, "r.wd.kind": "l2"}, COMMON], {"r.wd.wd": [0.1, None]}),
        (
            [
                {**COMMON, "r.wd.wd": 0.1, "r.wd.kind": "l2"},
                COMMON,
                {**COMMON, "r.wd.wd": 0.1, "r.wd.kind": "decoupled"},
            ],
            {"r.wd.wd": [0.1, None, 0.1], "r.wd.kind": ["l2", None, "decoupled"]},
        ),
        ([{**COMMON, "dropout": 0.1}, COMMON], {"dropout": [0.1, None]}),
        ([{**COMMON, "lr": 0.2}, COMMON, {}], {"lr": [0.2, 0.1, None]}),
        ([{"a": 1, "b": 1, "lr": 0.1}, {"c": 2, "lr": 0.2}], {"lr": [0.1, 0.2]}),
    ],
)
def test_only_what_differs_is_kept_and_what_comes_with_a_regularizer_goes_with_it(
    logs: list[Mapping[str, Any]], differing: Mapping[str, Any]
) -> None:
    assert settings.differing(logs) == differing


def test_seeds_do_not_differ_where_their_runs_are_one_line() -> None:
    assert settings.differing([{"seed": 1}, {"seed": 2}], together=True) == {}


def test_the_settings_come_from_one_place(tmp_path: Path) -> None:
    logged(tmp_path / "a", [1.0, 0.5], lr=0.1)
    (tmp_path / "a" / "config.json").write_text('{"regularizers": {"dropout": {"p": 0.2}}}')
    (entry,) = entries(tmp_path)
    assert entry.run is not None
    assert settings.settings(entry.run, str(tmp_path)) == {"lr": pytest.approx(0.1)}
    logged(tmp_path / "b", [1.0, 0.5])
    (tmp_path / "b" / "config.json").write_text('{"regularizers": {"dropout": {"p": 0.2}}}')
    other = entries(tmp_path)[1]
    assert other.run is not None
    assert settings.settings(other.run, str(tmp_path)) == {"regularizers.dropout.p": 0.2}


def test_a_trial_is_offered_beside_its_parent(tmp_path: Path) -> None:
    for name in ("exp", "exp-trial", "lost"):
        write_run(tmp_path / name, {"loss/train": [1.0, 0.5], "loss/val": [1.0, 0.6]})
    write_trial(tmp_path / "exp-trial", Trial("../exp", "full", {"dropout": (None, 0.2)}))
    write_trial(tmp_path / "lost", Trial("../gone", "full", {}))
    assert trials_of_run.pairs(entries(tmp_path), str(tmp_path)) == [("exp", "exp-trial")]


def test_a_result_over_seeds_is_a_mean_with_its_deviation(tmp_path: Path) -> None:
    for seed, best in enumerate((0.4, 0.6)):
        logged(tmp_path / f"s{seed}", [1.0, 0.9, 0.8, best, 0.9], lr=0.1, seed=seed)
    result = settings.result(entries(tmp_path))
    assert result.best == pytest.approx(0.5)
    assert result.spread == pytest.approx(np.std([0.4, 0.6], ddof=1))
    assert (result.at, result.points) == (4, 5)
    assert words.best(result) == "0.5 \u00b1 0.14"


@pytest.mark.parametrize(
    ("first", "axis", "length"), [(0, "epoch", 3), (1, "epoch", 3), (0, "step", 2), (10, "epoch", 12)]
)
def test_epochs_counted_from_zero_are_as_many_as_those_counted_from_one(first: int, axis: Any, length: int) -> None:
    curves = {key: curve([3.0, 2.0, 1.0], start=first) for key in (LOSSES.train, LOSSES.val) if key is not None}
    assert settings.length(Run("a", curves, LOSSES, (LOSSES,), x_axis=axis)) == length


def test_the_same_seeds_are_compared_seed_by_seed(tmp_path: Path) -> None:
    for seed, level in enumerate((0.5, 0.7, 0.9)):
        logged(tmp_path / f"a{seed}", [2.0, level, 1.0], lr=0.1, seed=seed)
        logged(tmp_path / f"b{seed}", [2.0, 0.9 * level, 1.0], lr=0.2, seed=seed)
    found = entries(tmp_path)
    change, why = difference(found[:3], found[3:])
    assert change is not None, why
    assert (change.basis, change.kind) == ("same seeds", "better")
    assert change.change == pytest.approx(-0.1, rel=1e-3)
    other, _ = difference(found[:3], found[3:5])
    assert other is not None
    assert (other.basis, other.kind) == ("seeds", "unclear")


def test_two_runs_without_a_common_validation_are_told_why_they_cannot_be_compared(tmp_path: Path) -> None:
    write_run(tmp_path / "a", {"loss/train": [1.0] * 9, "loss/val": [1.0] * 9})
    write_run(tmp_path / "b", {"loss/train": [1.0] * 9})
    one, two = entries(tmp_path)
    assert difference([one], [two]) == (None, Refusal("values"))


def test_upper_and_lower_case_alone_separate_no_runs(tmp_path: Path) -> None:
    write_run(tmp_path / "a", {"loss/train": [1.0] * 9, "loss/val": [1.0] * 9})
    write_run(tmp_path / "b", {"Loss/train": [1.0] * 9, "Loss/val": [0.9] * 9})
    change, refusal = difference(*([entry] for entry in entries(tmp_path)))
    assert refusal is None
    assert change is not None
    assert change.change == pytest.approx(-0.1)


def test_runs_of_different_quantities_are_refused_one_by_one_and_over_seeds(tmp_path: Path) -> None:
    for seed in range(2):
        logged(tmp_path / f"a{seed}", [2.0, 0.5, 1.0], lr=0.1, seed=seed)
        write_run(tmp_path / f"b{seed}", {"accuracy/train": [0.1, 0.5, 0.9], "accuracy/val": [0.1, 0.5, 0.4]})
    runs = entries(tmp_path)
    refusal = Refusal("quantity", ("loss/val", "accuracy/val"))
    assert difference(runs[:1], runs[2:3]) == (None, refusal)
    assert difference(runs[:2], runs[2:]) == (None, refusal)


def test_each_reason_for_which_runs_are_refused_is_said_with_the_runs_it_is_of_in_both_languages() -> None:
    other = Refusal("quantity", ("valid_loss", "metrics/mAP50(B)"))
    said = words.refused("fastai", {"composer": other, "lost": Refusal("values"), "keras_tf": other})
    assert said == [
        "Can't be compared with fastai: composer, keras_tf. "
        "They log different validation quantities: valid_loss, metrics/mAP50(B).",
        "Can't be compared with fastai: lost. Both runs need validation values.",
    ]
    assert not any(word in translate(text, "ko") for text in said for word in ("They", "Both", "compared", "trial"))


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["mlp-s0", "mlp-s1"], "mlp (2 seeds)"),
        (["wd-0.1-seed1", "wd-0.1-seed2", "wd-0.1-seed3"], "wd-0.1 (3 seeds)"),
        (["a", "b"], "a and others (2 seeds)"),
        (["alone"], "alone"),
    ],
)
def test_seeds_are_called_by_what_their_names_begin_with(names: list[str], shown: str) -> None:
    assert words.bundle(names) == shown


def test_no_two_lines_have_one_name() -> None:
    taken: list[str] = []
    for names in (["x-s0", "x-s1"], ["x-s2", "x-s3"]):
        taken.append(words.bundle(names, taken))
    assert len(set(taken)) == 2


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("regularizers.weight_decay.weight_decay", "weight decay"),
        ("regularizers.dropout.p", "dropout.p"),
        ("lr", "lr"),
    ],
)
def test_a_setting_is_named_without_what_says_nothing(name: str, shown: str) -> None:
    assert words.setting(name) == shown


def test_what_an_interval_rests_on_is_said_once_or_of_which_runs() -> None:
    curves, samples = Difference(0.1, 0.0, 0.2, "curves"), Difference(0.1, 0.0, 0.2, "samples", 9)
    assert words.bases({"a": curves, "b": curves}) == [words.BASES["curves"]]
    assert words.bases({"a": curves, "b": samples})[1] == f"b: {words.BASES['samples'].format(9)}"


def test_every_kind_of_change_has_a_word_and_every_basis_a_sentence() -> None:
    looks = list(words.KINDS.values())
    assert all(one.word != two.word and one.icon != two.icon for one, two in itertools.combinations(looks, 2))
    assert set(words.BASES) == {"samples", "curves", "seeds", "same seeds", "none"}


@pytest.mark.parametrize(("better", "zoomed"), [("low", True), (None, False)])
def test_lines_that_start_far_above_are_shown_by_what_follows(better: Any, zoomed: bool) -> None:
    x = np.arange(1.0, 141.0)
    falling = {name: Line(x, level + 1.5 * 0.6**x) for name, level in (("base", 0.1), ("trial", 0.08))}
    part = lines.heights(falling, log=False, better=dict.fromkeys(falling, better))
    assert (part is not None) is zoomed
    if part is not None:
        assert 0.08 <= part[0] < 0.081
        assert 0.11 < part[1] < 0.2
    assert lines.heights({"flat": Line(x, 0.5 + 0.1 * np.sin(x))}, log=False, better={"flat": "low"}) is None
    assert lines.heights({}, log=False, better={}) is None


@pytest.mark.parametrize("short", [[0.9, 0.88, 0.87, 0.9, 0.91, 0.92, 0.9, 0.9], [0.9, 0.9], [0.9], [2.0, 1.5]])
def test_no_run_is_left_out_of_what_is_shown_for_being_shorter_than_another(short: list[float]) -> None:
    x = np.arange(1.0, 141.0)
    both = {"long": Line(x, 0.05 + 1.5 * 0.6**x), "short": Line(x[: len(short)], np.array(short))}
    alone = {"long": both["long"]}
    assert lines.heights(alone, log=False, better={"long": "low"}) is not None
    part = lines.heights(both, log=False, better=dict.fromkeys(both, "low"))
    assert part is None or part[0] <= short[-1] <= part[1]


def test_each_line_has_its_ring_at_its_own_best_and_lines_of_two_directions_have_no_close_up() -> None:
    x = np.arange(140.0)
    both = {"loss": Line(x, 0.05 + 1.5 * 0.6**x), "accuracy": Line(x, 0.05 + 1.5 * 0.6**x)}
    better: dict[str, Any] = {"loss": "low", "accuracy": "high"}
    rings = lines.frames(both, {}, better=better)["bests"].set_index("side")
    assert rings["y"].to_dict() == {"loss": both["loss"].y.min(), "accuracy": both["accuracy"].y.max()}
    assert lines.heights(both, log=False, better=better) is None
    assert lines.frames(both, {}, better={"loss": "low"})["bests"]["side"].tolist() == ["loss"]
