"""Names from a log stay text wherever they are shown or written: pages, report, terminal, exports."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from rich.table import Table

from app.folder import exports, watch
from app.wording import plain
from diagnostics.__main__ import main as diagnostics
from tests.test_app import FALLING, OVERFITTING, _as_if_just_started, opened  # noqa: F401
from tests.test_run_page import unfolded
from tests.trial_runs import CHANGE, write_parent, write_settled
from tests.writers import write_run
from trainer.__main__ import main as trainer
from trainer.errors import harmless
from trainer.status import Status, write_status
from trainer.terminal import Terminal
from trainer.trials.parent import read_parent
from trainer.trials.proposal import proposals
from trainer.trials.terminal import tell

NAMES = [
    "**bold** _it_ `code`",
    ":red[x] :smile: :material/home:",
    "<script>alert(1)<",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "![x](x.png)",
    "$\\href{x}{y}$ $$x^2$$",
    "=cmd|' !A1",
    "+1+1",
    "-1-1",
    "@SUM(A1)",
    "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "two\nlines\rback",
    "{{braces}} {0} %s %(x)s",
    "\u202egnp.exe",
    "' onmouseover='alert(1)",
]
PAGES = ("overview", "run", "compare", "train", "tune", "guide")
MARKDOWN = ("markdown", "caption", "header", "subheader", "title", "info", "warning", "error", "success", "toast")


@pytest.fixture(params=NAMES, ids=range(len(NAMES)))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def logs(tmp_path: Path, name: str) -> Path:
    """A run, its trial, a failed training and a series, all of that name."""
    logs = tmp_path / "logs"
    parent = write_parent(logs / name)
    write_settled(logs / f"{name}-try-1", parent, 0.8, change=CHANGE)
    failed = write_parent(logs / f"{name}-failed")
    write_status(failed, Status("failed", message=name, unsaved=name, host=name))
    (failed / "trainer.log").write_text(name)
    write_run(logs / "tags", {**OVERFITTING, name: FALLING, f"train/{name}": FALLING, f"val/{name}": FALLING})
    return logs


def texts(app: object) -> list[str]:
    return [str(element.value) for kind in MARKDOWN for element in app.get(kind)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("page", PAGES)
def test_on_every_page(logs: Path, name: str, page: str) -> None:
    for run in (name, f"{name}-failed", "tags") if page == "run" else (name,):
        app = opened(page, logdir=str(logs), run=run, runs="tags")
        if page == "run":
            app = unfolded(app)
        assert not app.exception, app.exception
        # what was escaped is taken out; nothing of the name may be left that Streamlit would take for a mark
        for body in texts(app):
            rest = body.replace(plain(name), "")
            assert name not in rest or not re.search(r"[!-/:-@\[-`{-~]", name), body
        assert not any(element.proto.allow_html for element in [*app.markdown, *app.caption])


def test_in_what_is_saved(logs: Path, name: str) -> None:
    snapshot = watch.look(logs)
    assert json.loads(exports.folder_json(snapshot))["runs"]
    tables = [exports.folder_csv(snapshot), *(exports.run_csv(entry, str(logs)) for entry in snapshot.entries)]
    for table in tables:
        for row in csv.reader(io.StringIO(table)):
            for cell in row:
                assert not cell.startswith(("=", "+", "@", "\t", "\r")), cell
                assert not cell.startswith("-") or float(cell) <= 0, cell
                assert "\x1b" not in cell
    for page in [exports.folder_html(snapshot), *(exports.run_html(entry, str(logs)) for entry in snapshot.entries)]:
        body = re.sub(r"<script>.*?</script>|<style>.*?</style>", "", page, flags=re.DOTALL)
        assert "<script>alert" not in page.replace("\\u003c", "<").partition("</head>")[0]
        assert "<img src=x" not in body
        assert "<script>alert" not in body
        assert "onmouseover='" not in re.sub(r"&#x27;|&#39;", "", body)


@pytest.mark.parametrize("options", [[], ["--code", "pytorch"], ["--json"]])
def test_in_the_terminal(logs: Path, options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert diagnostics([str(logs), *options]) == 0
    printed = capsys.readouterr()
    for character in "\x1b\x07\r\u202e":
        assert character not in printed.out.replace("\r\n", "\n")
        assert character not in printed.err
    if options == ["--json"]:
        assert json.loads(printed.out)


ACTING = "\x1b\x07\r\u202e"


def test_in_an_error_of_the_trainer(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert trainer(["try", str(logs)]) == 2
    printed = capsys.readouterr().err
    assert "name the folder of one" in printed
    assert not set(ACTING) & set(printed)


@pytest.mark.parametrize("colors", [False, True])
def test_in_what_try_and_improve_say(logs: Path, name: str, colors: bool) -> None:
    parent = read_parent(logs / name)
    file = io.StringIO()
    console = Terminal(file=file, force_terminal=colors, width=1000)
    tell(parent, proposals(parent)[0], console)
    console.print(f"The trial is {name}: [/b] [red]")
    table = Table(name)
    table.add_row(name)
    console.print(table)
    printed = re.sub(r"\x1b\[[\d;]*m", "", file.getvalue()) if colors else file.getvalue()
    assert not set(ACTING) & set(printed)
    shown = harmless(name.replace("\r", "").replace("\x07", ""))  # which rich leaves out
    assert f"The trial is {shown}: [/b] [red]" in printed
    assert (re.search(r"\x1b\[1m", file.getvalue()) is not None) is colors  # our own colors are
    assert "\x1b[31mred" not in file.getvalue()
