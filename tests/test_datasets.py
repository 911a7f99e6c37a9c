"""Datasets by their names: how many samples each has, before it is loaded."""

from pathlib import Path

import pytest

from trainer.config import Config
from trainer.data import load
from trainer.datasets import SIZES, samples_in, unquoted


@pytest.mark.parametrize("name", SIZES)
def test_the_number_of_samples_is_that_of_the_data(name: str) -> None:
    splits = load(Config(dataset=name, model="transformer" if name == "text" else "mlp"))
    parts = (splits.train, splits.val, splits.test)
    assert abs(sum(len(part.y) for part in parts) - SIZES[name]) <= (2 if name == "text" else 0)


def test_the_rows_of_a_table_are_counted_without_its_heading(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,2\n3,4\n\n")
    assert samples_in(f"csv:{tmp_path}/a.csv") == 2
    assert samples_in(f"csv:'{tmp_path}/a.csv'") == 2
    assert samples_in(f"csv:{tmp_path}/none.csv") is None
    assert samples_in("images:there") is None
    assert samples_in("my.module:make") is None


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("'/a b'", "/a b"),
        ('csv:"/a b.csv"', "csv:/a b.csv"),
        ("/it's", "/it's"),
        ("'", "'"),
        ("https://x/y", "https://x/y"),
    ],
)
def test_quotes_around_a_path_are_no_part_of_it(typed: str, path: str) -> None:
    assert unquoted(typed) == path
