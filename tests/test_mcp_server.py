"""``fitwatch mcp`` as an agent uses it: the client of the official package, over standard input and output."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters, stdio_client

from tests.writers import write_scalars

ROOT = Path(__file__).resolve().parent.parent
EPOCHS = range(1, 61)


@pytest.fixture
def logdir(tmp_path: Path) -> Path:
    turning = {epoch: 1 / epoch + 0.01 * max(epoch - 20, 0) for epoch in EPOCHS}
    write_scalars(tmp_path / "turning", {"loss/train": {epoch: 1 / epoch for epoch in EPOCHS}, "loss/val": turning})
    return tmp_path


def asked(*calls: tuple[str, dict[str, str]]) -> tuple[list[str], list[Any]]:
    """The tools there are, and the answer to each call."""

    async def talk() -> tuple[list[str], list[Any]]:
        program = StdioServerParameters(command=sys.executable, args=["-m", "fitwatch", "mcp"], cwd=ROOT)
        async with Client(stdio_client(program)) as client:
            tools = (await client.list_tools()).tools
            answers = [await client.call_tool(name, arguments) for name, arguments in calls]
        assert all(tool.description for tool in tools)
        return [tool.name for tool in tools], answers

    return asyncio.run(asyncio.wait_for(talk(), timeout=300))


def document(answer: Any) -> dict[str, Any]:
    return json.loads(answer.content[0].text)


def test_an_agent_finds_the_worst_run_its_details_and_what_to_change(logdir: Path) -> None:
    place = {"logdir": str(logdir)}
    tools, (folder, detail, advice) = asked(
        ("check_folder", place),
        ("run_detail", {**place, "run": "turning"}),
        ("recommend", {**place, "run": "turning"}),
    )
    assert tools == ["check_folder", "run_detail", "recommend"]
    (row,) = document(folder)["runs"]
    assert (row["run"], row["verdict"], row["onset_step"]) == ("turning", "overfitting", 20)
    assert row["next"] == f"python -m fitwatch check {logdir / 'turning'} --code pytorch"
    assert document(detail)["best"] == {"step": 20, "value": pytest.approx(0.05)}
    assert {"dropout", "weight_decay"} <= {each["lever"] for each in document(advice)["recommendations"]}


def test_an_agent_reads_what_must_be_changed(logdir: Path) -> None:
    _, (folder, run) = asked(
        ("check_folder", {"logdir": str(logdir / "nowhere")}),
        ("run_detail", {"logdir": str(logdir), "run": "tuning"}),
    )
    assert folder.is_error
    assert str(logdir / "nowhere") in folder.content[0].text
    assert run.is_error
    assert "it has turning" in run.content[0].text
