"""Fuzz: damaged files, settings, records and addresses, often, to see that nothing fails and all numbers are finite.

``python -m tests.benchmarks.fuzz --executions 1000000`` divides them among the targets by their shares, and prints for
each how many it ran, how fast, and the slowest. The mutations are those of a seed, so that a find can be had again;
it is also written into ``tests/finds``, which a test reads for ever, and the exit code is 1.
``--only TARGET`` takes one.

``--atheris TARGET`` lets atheris choose the mutations by what they reach in the code, where it is installed.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import time
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.fuzzing.mutation import mutated
from tests.benchmarks.fuzzing.targets import Check, clean, targets

FINDS = Path(__file__).parent.parent / "finds"
ADDRESSES = "addresses of pages"
SLOW = 20.0  # seconds; an input that takes longer is a find as well


class Tally(NamedTuple):
    """What came of one target's executions."""

    executions: int
    seconds: float
    slowest: float
    finds: tuple[str, ...]


def shares() -> dict[str, int]:
    """Each target and its share of the executions."""
    return {**{name: target.share for name, target in targets().items()}, ADDRESSES: 1}


def check_of(name: str) -> Check:
    """What must hold for the bytes of a target."""
    if name == ADDRESSES:
        from tests.benchmarks.fuzzing import pages  # Streamlit takes its time

        return pages.check
    return targets()[name].check


def made(name: str, seed: int) -> bytes:
    """The bytes that a seed gives for a target."""
    rng = random.Random(f"{name} {seed}")
    if name == ADDRESSES:
        from tests.benchmarks.fuzzing import pages

        return pages.address(rng)
    return mutated(rng.choice(targets()[name].seeds), rng)


def fuzz(name: str, executions: int, *, first: int = 0, keep: bool = False) -> Tally:
    """So many executions of a target, with the seeds from ``first`` on; each find is one line, and kept on demand."""
    check, slowest, finds = check_of(name), 0.0, dict[str, str]()
    start = time.perf_counter()
    for seed in range(first, first + executions):
        content, before = made(name, seed), time.perf_counter()
        kind = failure(check, content)
        taken = time.perf_counter() - before
        slowest = max(slowest, taken)
        kind = kind or ("it takes too long" if taken > SLOW else "")
        place = kind.partition(": ")[0]
        if kind and place not in finds:
            finds[place] = f"{name}, seed {seed}: {kind}"
            if keep:
                write_find(name, content)
    return Tally(executions, time.perf_counter() - start, slowest, tuple(finds.values()))


def failure(check: Check, content: bytes) -> str:
    """What went wrong, and where; empty where nothing did."""
    try:
        check(content)
    except Exception as error:
        trace = error.__traceback__
        while trace and trace.tb_next:
            trace = trace.tb_next
        place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"
        return f"{type(error).__name__} at {place}: {str(error)[:200]}"
    return ""


def write_find(name: str, content: bytes) -> Path:
    """Keep the input for the tests."""
    path = FINDS / name.replace(" ", "-") / hashlib.sha256(content).hexdigest()[:12]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def by_atheris(name: str, executions: int) -> None:
    """Let atheris run the target; it ends the process, with an exit code of its own where there was a find."""
    import atheris

    check = check_of(name)
    atheris.instrument_all()
    corpus = FINDS.parent / "artifacts" / "corpus" / name.replace(" ", "-")
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(targets()[name].seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    atheris.Setup([sys.argv[0], f"-runs={executions}", str(corpus)], lambda data: check(bytes(data)))
    atheris.Fuzz()


def main() -> int:
    """Run the targets and print a line for each."""
    parser = argparse.ArgumentParser(description="Damaged files, settings, records and addresses, many times.")
    parser.add_argument("--executions", type=int, default=10_000, help="of all targets together (%(default)s)")
    parser.add_argument("--first", type=int, default=0, help="the first seed; another tries other inputs (%(default)s)")
    parser.add_argument("--only", choices=shares(), help="this target alone", metavar="TARGET")
    parser.add_argument("--atheris", choices=targets(), help="this target, mutated by atheris", metavar="TARGET")
    options = parser.parse_args()
    if options.atheris:
        by_atheris(options.atheris, options.executions)
    chosen = {options.only: 1} if options.only else shares()
    tallies = []
    try:
        for name, share in chosen.items():
            executions = max(1, round(options.executions * share / sum(chosen.values())))
            tally = fuzz(name, executions, first=options.first, keep=True)
            tallies.append(tally)
            speed = tally.executions / tally.seconds
            print(
                f"{name}: {tally.executions:,} executions, {speed:,.0f} a second, slowest {tally.slowest * 1e3:.0f} ms"
            )
            print("".join(f"  FIND {find}\n" for find in tally.finds), end="", flush=True)
    finally:
        clean()
    finds = sum(len(tally.finds) for tally in tallies)
    print(f"{sum(tally.executions for tally in tallies):,} executions, {finds} finds")
    return 1 if finds else 0


if __name__ == "__main__":
    sys.exit(main())
