"""MCP server: the diagnostics as tools of an agent, over the same functions as the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

from diagnostics import LedgerError, LogError, Logs, MatchError, open_logs
from diagnostics.commands import CHECK
from diagnostics.report.brief import as_brief
from diagnostics.report.results import as_json, judged, need_runs
from fitwatch import __version__

INSTRUCTIONS = (
    "Fitwatch reads training logs and says of each run whether it overfits, since when, how sure that is, and what to "
    "change. Start with check_folder; it names the worst runs. Nothing is written."
)
Answer = TypeVar("Answer")
Document = dict[str, Any]


def check_folder(logdir: str) -> Document:
    """Verdicts of all trainings under a folder or URL of logs: counts, the ten worst runs with a line each, next step.

    Reads event files of TensorBoard and histories as CSV or JSON. ``next`` is a shell command; in its
    ``--command 'python train.py ...'``, where there is one, write how the program is started.
    """
    return as_brief(logdir, judged(_logs(logdir)), program=CHECK)


def run_detail(logdir: str, run: str) -> Document:
    """Everything known of one run: verdict, reason, best point, onset, signals, settings in use, recommendations.

    ``run`` is a name as check_folder gives it, relative to ``logdir``.
    """
    return _record(logdir, run)


def recommend(logdir: str, run: str) -> Document:
    """What to change in one run: strengths of regularizers as numbers, with reasons, expected effect and code.

    ``run`` is a name as check_folder gives it, relative to ``logdir``.
    """
    record = _record(logdir, run)
    return {name: record[name] for name in ("run", "verdict", "reason", "strengths", "recommendations")}


def server() -> MCPServer[Any]:
    """The three tools, whose errors are sentences."""
    tools = MCPServer("fitwatch", instructions=INSTRUCTIONS, version=__version__)
    for function in (check_folder, run_detail, recommend):
        tools.add_tool(_explained(function), name=function.__name__, description=function.__doc__)
    return tools


def main() -> int:
    """Serve over standard input and output until the client ends."""
    server().run("stdio")
    return 0


def _record(logdir: str, name: str) -> Document:
    logs = _logs(logdir)
    result = next((result for result in judged(logs) if result[0].name == name), None)
    if result is None:
        raise LogError(f"found no run {name!r} in {logdir}; it has {', '.join(sorted(logs.runs)[:20])}")
    record: Document = as_json(logdir, [result])["runs"][0]
    return record


def _logs(logdir: str) -> Logs:
    return need_runs(open_logs(logdir))


def _explained(function: Callable[..., Answer]) -> Callable[..., Answer]:
    """``function`` with an error that the agent can read where a person must change something."""
    from functools import wraps

    @wraps(function)
    def tool(**arguments: Any) -> Answer:
        try:
            return function(**arguments)
        except (LogError, MatchError, LedgerError, OSError) as error:
            raise ToolError(str(error)) from error

    return tool
