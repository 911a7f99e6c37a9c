"""A large table of numbers is read by columns, with little memory, and as its rows would be read one by one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics.logs.histories import number_table, table
from diagnostics.logs.histories.history import History, RawFile
from diagnostics.logs.histories.number_table import read_numbers
from diagnostics.logs.histories.table import read_table

ROOT = Path(__file__).parent.parent
STATUS = Path("/proc/self/status")
PEAK = """
import sys
from pathlib import Path
from diagnostics.logs.folders.history_file import HistoryFile
import pyarrow.csv

def peak():
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) >> 10

before = peak()
file = HistoryFile(sys.argv[1])
file.poll()
(part,) = file.parts.values()
print(peak() - before, sum(len(rows.steps) for rows in part.scalars.values()))
"""

NAMES = st.lists(
    st.sampled_from(
        ["step", "epoch", "iter", "loss", "val_loss", "lr", "timestamp", "Global Step", "acc", "run", "mode"]
    ),
    min_size=1,
    max_size=5,
)
FIELDS = st.one_of(
    st.integers(-3, 9).map(str),
    st.floats(width=32).map(str),
    st.sampled_from(
        ["", "nan", "inf", "-Infinity", " 3 ", "1e30", "1e400", "0x1", "1_0", "word", "train", '"1"', "1;2"]
    ),
)
PLAIN = st.one_of(st.integers(-3, 9).map(str), st.sampled_from(["", "nan", "inf", "1e400", "2.5"]))
PLAIN_TABLES = st.permutations(["step", "epoch", "loss", "lr", "timestamp", "acc"]).flatmap(
    lambda names: st.tuples(
        st.just(names[:4]), st.lists(st.lists(PLAIN, min_size=3, max_size=4), min_size=1, max_size=12)
    )
)
TABLES = st.tuples(NAMES, st.lists(st.one_of(st.lists(FIELDS, max_size=6), st.integers(1, 9)), max_size=12))


def text_of(names: list[str], rows: list[list[str] | int]) -> str:
    """A table whose rows have their fields, or as many numbers as there are names, counted from one."""
    lines = [names, *([str(row + at) for at in range(len(names))] if isinstance(row, int) else row for row in rows)]
    return "\n".join(",".join(line) for line in lines) + "\n"


def rows_of(history: History) -> dict[str, list[tuple[int, float, float]]]:
    return {tag: list(zip(*(column.tolist() for column in rows), strict=True)) for tag, rows in history.scalars.items()}


@settings(max_examples=300)
@given(st.one_of(TABLES, PLAIN_TABLES))
def test_columns_say_what_rows_say(content: tuple[list[str], list[list[str] | int]]) -> None:
    source = RawFile("/x/log.csv", text_of(*content).encode(), 1.7e9)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(number_table, "LARGE", 0)
        numbers = read_numbers(source)
        patch.setattr(table, "read_numbers", lambda source: None)
        if numbers is not None:
            (history,) = read_table(source)
            assert repr(sorted(rows_of(numbers).items())) == repr(sorted(rows_of(history).items()))
            assert numbers.damaged == history.damaged


def test_most_large_tables_are_read_by_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(number_table, "LARGE", 0)
    content = b"epoch,loss/train,loss/val,lr\n1,0.5,0.6,\n2,0.4,nan,0.1\n\nbroken\n3,0.3,0.4,0.1\n"
    numbers = read_numbers(RawFile("/x/log.csv", content, 1.7e9))
    assert numbers is not None
    assert numbers.damaged == 1
    assert numbers.scalars["lr"].steps.tolist() == [2, 3]
    np.testing.assert_array_equal(numbers.scalars["loss/val"].values, [0.6, np.nan, 0.4])
    assert numbers.scalars["loss/train"].wall_times.tolist() == [1.7e9] * 3


@pytest.mark.skipif(
    not STATUS.is_file() or "VmHWM:" not in STATUS.read_text(), reason="this system does not say how much was taken"
)
def test_a_table_of_64_mib_takes_a_few_times_its_size(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    line = ",".join(["0.12345678"] * 6)
    path.write_text(
        "step,a_loss,b_loss,c_loss,d_loss,e_loss,f_loss\n" + "".join(f"{at},{line}\n" for at in range(900_000))
    )
    size = path.stat().st_size
    assert size > 60 << 20
    child = subprocess.run([sys.executable, "-c", PEAK, path], cwd=ROOT, check=True, capture_output=True, text=True)
    peak, points = map(int, child.stdout.split())
    assert points == 6 * 900_000
    assert peak < 6 * size >> 20
