"""The schemas in the package describe what is printed, on real logs, and refuse what is not."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import diagnostics.report
from diagnostics.__main__ import main
from diagnostics.report.results import finite

LOGS = Path(__file__).parent / "logs"
LINES_OF_A_SCREEN = 24


def schema(name: str) -> Draft202012Validator:
    path = Path(diagnostics.report.__path__[0], f"{name}.schema.json")
    document = json.loads(path.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(document)
    return Draft202012Validator(document)


def refuse(number: str) -> None:
    raise AssertionError(f"{number} is no JSON")


def printed(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[dict[str, Any], str]:
    assert main([str(LOGS), *options, "--json"]) == 0
    text = capsys.readouterr().out
    return json.loads(text, parse_constant=refuse), text


def test_what_json_prints_is_what_its_schema_says(capsys: pytest.CaptureFixture[str]) -> None:
    document, _ = printed(capsys)
    assert len(document["runs"]) > 10
    schema("check").validate(document)


def test_what_brief_prints_is_what_its_schema_says_and_fits_a_screen(capsys: pytest.CaptureFixture[str]) -> None:
    document, text = printed(capsys, "--brief")
    schema("brief").validate(document)
    assert text.count("\n") <= LINES_OF_A_SCREEN
    assert sum(document["verdicts"].values()) == document["counted"] > len(document["runs"]) == 10
    assert document["runs"][0]["verdict"] in ("diverged", "not_learning", "overfitting")


def test_a_field_that_is_not_in_the_schema_is_noticed(capsys: pytest.CaptureFixture[str]) -> None:
    document, _ = printed(capsys)
    document["runs"][0]["surprise"] = 1
    assert not schema("check").is_valid(document)


def test_a_number_that_json_cannot_hold_is_null() -> None:
    assert finite({"a": [math.nan, 1.5], "b": {"c": (-math.inf, "x", True, None, 3)}}) == {
        "a": [None, 1.5],
        "b": {"c": [None, "x", True, None, 3]},
    }


@pytest.mark.parametrize("options", [("--report", "x.html"), ("--code", "pytorch"), ("--watch",)])
def test_brief_is_refused_beside_what_it_does_not_shorten(options: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as refused:
        main([str(LOGS), "--brief", *options])
    assert refused.value.code == 2
