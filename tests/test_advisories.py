"""No pinned version is one that a listed advisory warns of; and the check would notice."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from tests.advisories import Advisory, advisories, exported, pinned, warnings

HOLE = Advisory("X-1", "Some_Package", "1.2", "1.4.1")


def test_no_pinned_version_is_affected() -> None:
    _, listed = advisories()
    assert listed
    assert warnings(pinned(), listed) == []


def test_every_direct_requirement_is_checked() -> None:
    assert {"torch", "streamlit", "pyarrow", "pillow", "psycopg", "pytest"} <= pinned().keys()


@pytest.mark.parametrize(
    ("version", "affected"), [("1.1.9", False), ("1.2", True), ("1.4.0.post1", True), ("1.4.1", False), ("2", False)]
)
def test_a_version_is_affected_from_where_it_came_in_to_where_it_was_mended(version: str, affected: bool) -> None:
    assert bool(warnings({"some-package": version}, [HOLE])) == affected


def test_without_a_version_that_mends_it_all_newer_ones_are_affected() -> None:
    assert warnings({"some-package": "9"}, [HOLE._replace(fixed=None)]) == [
        "some-package 9 is affected by X-1; nothing newer mends it"
    ]


def test_an_export_of_the_database_gives_its_ranges() -> None:
    span = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1"}, {"introduced": "2"}]}
    affected = [{"package": {"name": "Some.Package"}, "ranges": [span, {"type": "GIT", "events": []}]}]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("A.json", json.dumps({"id": "A", "affected": affected}))
        archive.writestr("B.json", json.dumps({"id": "B", "affected": affected, "withdrawn": "2026"}))
        archive.writestr("C.json", json.dumps({"id": "C", "affected": [{"package": {"name": "other"}}]}))
    with zipfile.ZipFile(file) as archive:
        assert list(exported(archive, ["some-package"])) == [
            Advisory("A", "some-package", "0", "1"),
            Advisory("A", "some-package", "2", None),
        ]
