"""Options: what the command line of a benchmark that trains many random tasks has in common with the others."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

FEW = 4  # times fewer tasks, to see that all works


def lab_options(name: str, about: str | None, arguments: Sequence[str] | None) -> argparse.Namespace:
    """``cache`` (made if missing), ``threads``, ``write``, and ``every``: one of so many tasks is to be trained."""
    parser = argparse.ArgumentParser(prog=f"python -m tests.benchmarks.{name}", description=about)
    parser.add_argument("--cache", type=Path, required=True, metavar="DIR", help="where what was trained is kept")
    parser.add_argument("--threads", type=int, default=1, help="processes, of one thread each")
    parser.add_argument("--few", action="store_true", help=f"a {FEW}th of the tasks, to see that all works")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/")
    options = parser.parse_args(arguments)
    if options.write and options.few:
        parser.error("--write needs all tasks; leave --few out")
    options.cache.mkdir(parents=True, exist_ok=True)
    options.every = FEW if options.few else 1
    return options
