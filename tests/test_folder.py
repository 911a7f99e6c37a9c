"""EventFolder finds every event file below a folder, and at each poll what changed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from diagnostics.logs.event_files.event_file import EventFile
from diagnostics.logs.folders.folder import EventFolder, LogError
from tests.writers import START, LogWriter, write_run

CURVE = {"loss": [3.0, 2.0, 1.0]}


def polled(path: Path) -> EventFolder:
    folder = EventFolder(path)
    folder.poll()
    return folder


def steps(folder: EventFolder, name: str) -> list[int]:
    return [step for file in folder.directories[name].files for step in file.scalars["loss"].steps.tolist()]


def test_directories_are_named_relative_to_the_folder(tmp_path: Path) -> None:
    for name in (".", "a", "b/train", "b/train/deep"):
        write_run(tmp_path / name, CURVE)
    folder = EventFolder(tmp_path)
    assert folder.poll() == {".", "a", "b/train", "b/train/deep"}
    assert set(folder.directories) == {".", "a", "b/train", "b/train/deep"}
    assert folder.directories["a"].name == "a"
    assert not folder.problems


@pytest.mark.parametrize("files", [[], ["notes.txt", "model.pt"]])
def test_a_folder_without_event_files_has_no_directories(tmp_path: Path, files: list[str]) -> None:
    for name in files:
        (tmp_path / name).write_text("text")
    folder = EventFolder(tmp_path)
    assert folder.poll() == set()
    assert not folder.directories


def test_installed_packages_and_the_like_are_not_searched(tmp_path: Path) -> None:
    for name in ("run", "venv/lib/site-packages/tensorboard", ".git/objects"):
        write_run(tmp_path / name, CURVE)
    assert set(polled(tmp_path).directories) == {"run"}


def test_a_missing_folder_and_a_file_are_named_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="does not exist"):
        EventFolder(tmp_path / "missing")
    path = write_run(tmp_path, CURVE)
    with pytest.raises(LogError, match=rf"is a file; give the folder it lies in: {tmp_path}"):
        EventFolder(path)


def test_a_poll_names_only_what_changed(tmp_path: Path) -> None:
    with LogWriter(tmp_path / "a") as live:
        live.scalar("loss", 1.0, 1)
        live.flush()
        write_run(tmp_path / "b", CURVE)
        folder = EventFolder(tmp_path)
        assert folder.poll() == {"a", "b"}
        assert folder.poll() == set()
        live.scalar("loss", 1.0, 2)
        live.flush()
        assert folder.poll() == {"a"}
        assert steps(folder, "a") == [1, 2]


def test_new_files_and_directories_are_found(tmp_path: Path) -> None:
    write_run(tmp_path / "a", CURVE)
    folder = polled(tmp_path)
    write_run(tmp_path / "a", CURVE, first_step=4, start=START + 100)
    write_run(tmp_path / "new" / "train", CURVE)
    assert folder.poll() == {"a", "new/train"}
    assert steps(folder, "a") == [1, 2, 3, 4, 5, 6]


def test_new_files_are_found_in_a_folder_that_rested(tmp_path: Path) -> None:
    write_run(tmp_path / "a", CURVE)
    for path in (tmp_path / "a", tmp_path):
        os.utime(path, (START, START))
    folder = polled(tmp_path)
    assert folder.poll() == set()
    write_run(tmp_path / "a", CURVE, first_step=4, start=START + 100)
    assert folder.poll() == {"a"}


def test_files_are_ordered_by_their_first_event_not_by_name(tmp_path: Path) -> None:
    for name, start, first_step in (
        ("tfevents.2", START, 1),
        ("tfevents.10", START + 50, 4),
        ("tfevents.1", START + 90, 7),
    ):
        with LogWriter(tmp_path, start=start, name=name) as log:
            log.scalar("loss", 1.0, first_step)
    (tmp_path / "tfevents.0").touch()
    folder = polled(tmp_path)
    assert [file.path.name for file in folder.directories["."].files] == [
        "tfevents.2", "tfevents.10", "tfevents.1", "tfevents.0",
    ]  # fmt: skip
    assert steps_of_those_with_scalars(folder) == [1, 4, 7]


def steps_of_those_with_scalars(folder: EventFolder) -> list[int]:
    files = folder.directories["."].files
    return [step for file in files if file.scalars for step in file.scalars["loss"].steps.tolist()]


def test_empty_and_profile_files_are_listed_as_a_run_without_scalars(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "events.out.tfevents.1.host").touch()
    with LogWriter(tmp_path / "b", name="events.out.tfevents.1.profile-empty"):
        pass
    folder = polled(tmp_path)
    assert {name: [dict(file.scalars) for file in d.files] for name, d in folder.directories.items()} == {
        "a": [{}],
        "b": [{}],
    }


def test_rows_of_a_deleted_run_are_kept_and_marked_stale(tmp_path: Path) -> None:
    write_run(tmp_path / "a", CURVE)
    write_run(tmp_path / "b", CURVE)
    folder = polled(tmp_path)
    assert not folder.directories["a"].stale
    shutil.rmtree(tmp_path / "a")
    assert folder.poll() == {"a"}
    assert folder.directories["a"].stale
    assert not folder.directories["b"].stale
    assert steps(folder, "a") == [1, 2, 3]
    assert folder.poll() == set()


def test_a_run_that_comes_back_is_read_anew(tmp_path: Path) -> None:
    write_run(tmp_path / "a", CURVE)
    folder = polled(tmp_path)
    shutil.rmtree(tmp_path / "a")
    folder.poll()
    write_run(tmp_path / "a", {"loss": [5.0]})
    assert folder.poll() == {"a"}
    assert steps(folder, "a")[-1] == 1


def test_the_folder_itself_may_go_and_come_back(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    write_run(root / "a", CURVE)
    folder = polled(root)
    shutil.rmtree(root)
    assert folder.poll() == {"a"}
    write_run(root / "b", CURVE)
    assert "b" in folder.poll()


def test_a_link_to_a_folder_it_lies_in_is_a_problem_and_the_rest_is_read(tmp_path: Path) -> None:
    write_run(tmp_path / "logs" / "a", CURVE)
    (tmp_path / "logs" / "a" / "loop").symlink_to(tmp_path / "logs")
    (tmp_path / "logs" / "above").symlink_to(tmp_path)
    (tmp_path / "logs" / "itself").symlink_to("itself")
    folder = polled(tmp_path / "logs")
    assert set(folder.directories) == {"a"}
    assert len(folder.problems) == 3
    assert sum("a link to a folder it lies in" in problem for problem in folder.problems) == 2
    assert sum("a link to itself" in problem for problem in folder.problems) == 1


def test_links_to_runs_elsewhere_are_followed(tmp_path: Path) -> None:
    write_run(tmp_path / "elsewhere" / "run", CURVE)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "link").symlink_to(tmp_path / "elsewhere")
    assert set(polled(tmp_path / "logs").directories) == {"link/run"}


def test_a_link_to_a_run_beside_it_does_not_show_the_run_twice(tmp_path: Path) -> None:
    write_run(tmp_path / "run_1", CURVE)
    (tmp_path / "latest").symlink_to("run_1")
    folder = polled(tmp_path)
    assert set(folder.directories) == {"run_1"}
    assert not folder.problems


def test_a_link_that_leads_nowhere_is_a_problem_only_if_it_is_named_like_an_event_file(tmp_path: Path) -> None:
    (tmp_path / "events.out.tfevents.1").symlink_to("gone")
    (tmp_path / "data").symlink_to("gone")
    folder = polled(tmp_path)
    assert len(folder.problems) == 1
    assert "events.out.tfevents.1" in folder.problems[0]


def test_a_pipe_named_like_an_event_file_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "events.out.tfevents.1")
    folder = polled(tmp_path)
    assert "no file" in folder.problems[0]


def refuse(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make ``path`` unreadable, also for root, whom no file mode stops."""
    scandir, read_on = os.scandir, EventFile.read_on

    def refusing_scandir(name: str) -> object:
        if name == str(path):
            raise PermissionError(13, "Permission denied", name)
        return scandir(name)

    def refusing_read(file: EventFile) -> bool:
        if file.path == path:
            raise PermissionError(13, "Permission denied", str(path))
        return read_on(file)

    monkeypatch.setattr(os, "scandir", refusing_scandir)
    monkeypatch.setattr(EventFile, "read_on", refusing_read)


def test_an_unreadable_directory_is_a_problem_until_it_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run(tmp_path / "a", CURVE)
    write_run(tmp_path / "b", CURVE)
    with monkeypatch.context() as patch:
        refuse(tmp_path / "a", patch)
        folder = polled(tmp_path)
        assert set(folder.directories) == {"b"}
        assert folder.problems == [f"{tmp_path / 'a'} could not be read: permission denied"]
    assert folder.poll() == {"a"}
    assert not folder.problems


def test_an_unreadable_file_is_a_problem_until_it_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_run(tmp_path, CURVE)
    with monkeypatch.context() as patch:
        refuse(path, patch)
        folder = polled(tmp_path)
        assert folder.problems == [f"{path} could not be read: permission denied"]
    assert folder.poll() == {"."}
    assert not folder.problems
    assert steps(folder, ".") == [1, 2, 3]


def test_what_rests_is_not_listed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_run(tmp_path / "a", CURVE)
    for path in (tmp_path / "a", tmp_path):
        os.utime(path, (START, START))
    folder = polled(tmp_path)

    def no_listing(name: str) -> None:
        raise AssertionError(f"{name} was listed again")

    monkeypatch.setattr(os, "scandir", no_listing)
    monkeypatch.setattr("builtins.open", no_listing)
    assert folder.poll() == set()
