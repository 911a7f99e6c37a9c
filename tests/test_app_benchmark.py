"""The benchmark of the app says of each target whether it is reached."""

from __future__ import annotations

from tests.benchmarks.app_table import Measure, Wait, measures_table, summary, waits_table


def test_the_median_of_a_wait_decides_whether_its_target_is_reached() -> None:
    assert Wait([0.1, 0.2, 9.0], 0.5).reached
    assert Wait([0.1, 0.7, 0.8], 0.5).reached is False
    assert Wait([0.1, 0.7, 0.8]).reached is None


def test_the_tables_and_the_summary_name_what_was_missed() -> None:
    waits = {"slow": Wait([2.0, 2.0], 1.0), "quick": Wait([0.5, 0.5], 1.0), "rival": Wait([3.0, 3.0])}
    measures = {"zoom": Measure("lost", "kept", False), "CPU": Measure("9 ms")}
    assert waits_table(waits).splitlines()[2:] == [
        "| slow | 2.00 s | 2.00 s | 1 s | **no** |",
        "| quick | 0.50 s | 0.50 s | 1 s | yes |",
        "| rival | 3.00 s | 3.00 s |  |  |",
    ]
    assert measures_table("still", measures).splitlines()[2:] == [
        "| zoom | lost | kept | **no** |",
        "| CPU | 9 ms |  |  |",
    ]
    assert summary({**waits, **measures}) == "**Targets missed:** slow; zoom."
    assert summary({"quick": waits["quick"]}) == "Every target is reached."
