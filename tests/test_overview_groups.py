"""Groups of the table of all runs: what stands on their lines, what is folded, and what a tick on one picks."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import state
from app.folder import remembered, watch
from app.views.overview import cells, groups, keys, rows, words
from app.views.overview.cells import Folder
from app.views.overview.groups import RowGroup, TableLine, lines, picked_after, ticked_now
from tests.test_app import FALLING, OVERFITTING, _as_if_just_started, opened  # noqa: F401
from tests.test_app import rows as listed_rows
from tests.test_overview import HEALTHY, button, names, press, tick
from tests.writers import write_run


@pytest.fixture
def many(tmp_path: Path) -> Path:
    logs = tmp_path / "logs"
    write_run(logs / "a" / "over", OVERFITTING)
    write_run(logs / "a" / "fine", HEALTHY)
    write_run(logs / "b" / "fine", HEALTHY)
    write_run(logs / "blind" / "one", {"loss/train": FALLING})
    write_run(logs / "blind" / "two", {"loss/train": FALLING})
    return logs


def table(place: Path, kind: str, folds: dict[str, bool] | None = None, *, all_open: bool = False) -> list[TableLine]:
    return lines(rows.rows(watch.look(place).entries, unfold=False), kind, folds or {}, all_open=all_open)


def test_a_line_says_how_many_runs_a_folder_has_and_the_worst_verdict(many: Path) -> None:
    listed = listed_rows(opened(logdir="logs", group="folder"))
    assert [row["run"] for row in listed] == [
        "\u25bc a (2)",
        "\u2003over",
        "\u2003fine",
        "b",
        "\u25b6 blind (2)",
    ]
    assert [list(row["verdict"]) for row in listed[:4:3]] == [["▲ Overfitting"], ["↗ Improving"]]
    assert not listed[0]["loss"]


def test_groups_by_verdict_stand_worst_first(many: Path) -> None:
    listed = listed_rows(opened(logdir="logs", group="verdict"))
    assert [row["run"] for row in listed if row["run"][0] in "\u25bc\u25b6"] == [
        "\u25bc 1 run",
        "\u25bc 2 runs",
        "\u25b6 2 runs",
    ]


def test_without_a_group_the_table_has_runs_alone(many: Path) -> None:
    assert names(opened(logdir="logs", group="nonsense")) == names(opened(logdir="logs"))
    assert not [line for line in table(many, "") if isinstance(line, RowGroup)]


def test_a_folder_with_nothing_readable_is_folded_unless_it_is_searched_or_was_opened(many: Path) -> None:
    def folded(kind: str, folds: dict[str, bool] | None = None, *, all_open: bool = False) -> list[str]:
        whole = table(many, kind, folds, all_open=all_open)
        return [line.title for line in whole if isinstance(line, RowGroup) and line.folded]

    assert folded("folder") == ["blind"]
    assert folded("verdict") == ["no_validation"]
    assert folded("folder", all_open=True) == []
    assert folded("folder", {"folder:blind": False, "folder:a": True}) == ["a"]
    assert len(names(opened(logdir="logs", group="folder", find="blind"))) == 3


def test_a_click_on_its_line_folds_a_group_which_is_remembered(many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(logdir="logs", group="folder")
    press(monkeypatch, app, 0)
    assert names(app)[:2] == ["\u25b6 a (2)", "b"]
    assert names(opened(logdir="logs", group="folder"))[:2] == ["\u25b6 a (2)", "b"]
    press(monkeypatch, app, 0)
    assert names(app)[:2] == ["\u25bc a (2)", "\u2003over"]
    press(monkeypatch, app, 1)
    assert app.query_params["run"] == "a/over"


def test_a_group_keeps_its_place_when_it_is_folded(many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_run(many / "c" / "over", OVERFITTING)
    write_run(many / "c" / "fine", HEALTHY)
    app = opened(logdir="logs", group="folder")
    assert names(app)[:6:3] == ["\u25bc a (2)", "\u25bc c (2)"]
    press(monkeypatch, app, 0)
    app.run()
    assert names(app)[:2] == ["\u25b6 a (2)", "\u25bc c (2)"]


def test_a_fold_that_cannot_be_written_holds_in_this_tab(many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(remembered, "keep_fold", full)
    app = opened(logdir="logs", group="folder")
    press(monkeypatch, app, 0)
    assert names(app)[0] == "\u25b6 a (2)"
    assert not app.exception
    assert names(opened(logdir="logs", group="folder"))[0] == "\u25bc a (2)"


def test_a_tick_on_its_line_picks_all_runs_of_a_group(many: Path) -> None:
    app = tick(opened(logdir="logs", group="folder"), 0)
    assert set(app.query_params["runs"].split(" ")) == {"a/over", "a/fine"}
    assert app.session_state[app.dataframe[0].key]["selection"]["rows"] == [0, 1, 2]
    assert button(app, "compare").label == words.COMPARE_SOME.format(2)
    tick(app, 1, 2)
    assert "runs" not in app.query_params


PICKS: list[tuple[set[int], list[str], list[str]]] = [
    ({0}, [], ["a/over", "a/fine"]),
    ({4}, [], ["blind/one", "blind/two"]),
    ({1}, [], ["a/over"]),
    ({1, 2}, [], ["a/over", "a/fine"]),
    ({1, 2}, ["a/over", "a/fine"], []),
    ({0, 1}, ["a/over", "a/fine"], ["a/over"]),
    (set(), ["blind/one"], ["blind/one"]),
    (set(), ["blind/one", "blind/two"], []),
    ({3}, ["elsewhere"], ["elsewhere", "b/fine"]),
]


@pytest.mark.parametrize(("ticked", "before", "after"), PICKS)
def test_what_is_picked_follows_the_ticks_of_runs_and_of_groups(
    many: Path, ticked: set[int], before: list[str], after: list[str]
) -> None:
    assert picked_after(table(many, "folder"), ticked, before) == after


@pytest.mark.parametrize("after", [["a/over", "a/fine"], ["a/over"], [], ["blind/one", "blind/two", "gone"]])
def test_the_ticks_that_stand_for_the_picked_runs_pick_nothing_new(many: Path, after: list[str]) -> None:
    whole = table(many, "folder")
    assert picked_after(whole, ticked_now(whole, after), after) == after


def test_a_name_without_its_folder_still_tells_the_runs_of_it_apart(tmp_path: Path) -> None:
    for number in (1, 2):
        write_run(tmp_path / "logs" / "x" / f"a-name-that-is-much-longer-than-the-column-{number}", HEALTHY)
    whole = table(tmp_path / "logs", "folder")
    found = watch.look(tmp_path / "logs")
    first, second = cells.names_of(whole, Folder(str(tmp_path), found.short, {}, room=20))[1:]
    assert first != second
    assert max(len(first), len(second)) <= 20 + len(words.INDENT)


def test_the_line_of_a_group_is_told_from_every_run(many: Path) -> None:
    whole = table(many, "folder")
    assert [bool(groups.named(line.name)[0]) for line in whole] == [isinstance(line, RowGroup) for line in whole]


def test_the_place_itself_is_a_folder_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "width", lambda: 1000)
    write_run(tmp_path / "logs" / "fine", HEALTHY)
    write_run(tmp_path / "logs" / "also", HEALTHY)
    write_run(tmp_path / "logs" / "b" / "fine", HEALTHY)
    assert f"\u25bc {words.THIS_FOLDER} (2)" in names(opened(logdir="logs", group="folder"))


def test_enter_means_the_row_on_the_screen_however_it_was_sorted(tmp_path: Path) -> None:
    for folder in "abc":
        write_run(tmp_path / "logs" / folder / "fine", HEALTHY)
        write_run(tmp_path / "logs" / folder / "over", OVERFITTING)
    shown = [row["run"] for row in listed_rows(opened(logdir="logs", group="folder"))]
    assert [name.strip(keys.UNSEEN) for name in shown].count("\u2003fine") == 3
    assert [keys.place_of(name, shown) for name in shown] == list(range(len(shown)))
    assert keys.place_of("gone", shown) is None
