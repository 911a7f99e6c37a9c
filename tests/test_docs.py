"""The documentation keeps up with what there is."""

from __future__ import annotations

import pkgutil
import re
from dataclasses import fields
from pathlib import Path

import pytest

from diagnostics import Run, Verdict, diagnose_run
from diagnostics.notes import NOTES
from diagnostics.recommend import Architecture
from diagnostics.recommend.ladders import ladder_for
from diagnostics.report.results import as_json
from diagnostics.thresholds import Thresholds

ROOT = Path(__file__).resolve().parent.parent
DOCS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


def headings(path: Path) -> str:
    return "\n".join(line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#"))


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_has_a_heading(verdict: Verdict) -> None:
    assert f"`{verdict.value}`" in headings(ROOT / "docs" / "method.md")


@pytest.mark.parametrize("threshold", [threshold.name for threshold in fields(Thresholds)])
def test_every_threshold_has_a_heading(threshold: str) -> None:
    assert f"`{threshold}`" in headings(ROOT / "docs" / "method.md")


@pytest.mark.parametrize("note", NOTES)
def test_every_note_is_explained(note: str) -> None:
    assert f"| `{note}` |" in (ROOT / "docs" / "method.md").read_text(encoding="utf-8")


def test_every_field_of_the_json_is_documented() -> None:
    documented = set(re.findall(r"`(\w+)`", (ROOT / "docs" / "json.md").read_text(encoding="utf-8")))
    run = Run("empty", {})
    (record,) = as_json(ROOT, [(run, diagnose_run(run))])["runs"]
    assert set(record) <= documented


def anchors(path: Path) -> set[str]:
    """The headings of a page as a link names them."""
    titles = [line.lstrip("#").strip().lower() for line in headings(path).splitlines()]
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_a_link_between_documents_leads_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\((?!http)([^)]+)\)", path.read_text(encoding="utf-8")):
        name, _, heading = link.partition("#")
        page = path.parent / name if name else path
        assert page.exists(), link
        assert not heading or heading in anchors(page), link


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_a_path_or_name_that_a_page_gives_exists(path: Path) -> None:
    for code in re.findall(r"`([^`\n]+)`", path.read_text(encoding="utf-8")):
        if re.fullmatch(r"(app|diagnostics|trainer|tests|fitwatch|docs|\.ci)/[\w./-]*", code):
            assert (ROOT / code).exists(), code
        elif re.fullmatch(r"(diagnostics|trainer|fitwatch)(\.\w+)+(?<!\.py)", code):
            pkgutil.resolve_name(code)


@pytest.mark.parametrize("network", ["mlp", "transformer", "cnn", "fine_tuning", None])
def test_the_manual_has_the_doses_of_each_network(network: Architecture | None) -> None:
    manual = (ROOT / "docs" / "recommendations.md").read_text(encoding="utf-8")
    row = re.search(rf"^\| {f'`{network}`' if network else 'unknown'}.*$", manual, re.MULTILINE)
    assert row is not None
    written = {float(number) for number in re.findall(r"\d*\.\d+|\d+", row[0])}
    assert {round(strength, 2) for dose in ladder_for(network) for strength in (dose.dropout, dose.u)} <= written


def test_every_page_is_reached_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    pages = {page.name for page in ROOT.glob("docs/*.md")} - {
        "index.md"
    }  # the site's first page, which shows the README
    assert not [page for page in pages if f"](docs/{page}" not in readme]


def test_a_number_that_the_readme_promises_stands_in_a_measured_table() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## How far to trust it")[2].partition("\n## ")[0]
    numbers = re.findall(r"\d+(?:\.\d+)?%|[\d,]+ of [\d,]+\b", section)
    measured = "".join(
        (ROOT / "docs" / page).read_text(encoding="utf-8") for page in ("method.md", "recommendations-measured.md")
    )
    assert len(numbers) > 5
    assert not [number for number in numbers if number not in measured]


def test_a_number_in_the_summary_of_the_lab_report_stands_in_its_table() -> None:
    summary, _, tables = (ROOT / "docs" / "recommendations-measured.md").read_text(encoding="utf-8").partition("\n## ")
    table = tables.partition("<!-- recommendations: begin -->")[2].partition("<!-- recommendations: end -->")[0]
    numbers = set(re.findall(r"\d+ %", summary.replace("80 % intervals", "")))
    assert numbers
    assert numbers <= {number.replace("%", " %").replace("  ", " ") for number in re.findall(r"\d+ ?%", table)}


def test_what_ci_runs_is_what_the_readme_says() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(r"<!-- test command -->\n```sh\n.+ python -m pytest -n 2\n```", readme)
    assert "<!-- test command -->" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
