"""Writing a file so that nobody reads half of it."""

from pathlib import Path

import pytest

from trainer.files import replacing


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    path.write_text("old")
    with replacing(path) as scratch:
        scratch.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError, RuntimeError, KeyboardInterrupt])
def test_what_goes_wrong_leaves_the_old_file_and_no_scratch(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "best.pt"
    path.write_text("old")
    with pytest.raises(error):  # noqa: PT012, SIM117
        with replacing(path) as scratch:
            scratch.write_text("half")
            raise error
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_rename_that_fails_leaves_no_scratch(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"), replacing(tmp_path / "taken") as scratch:
        scratch.write_text("new")
    assert list(tmp_path.iterdir()) == [tmp_path / "taken"]
