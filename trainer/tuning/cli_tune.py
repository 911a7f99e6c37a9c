"""python -m trainer tune: search the strengths that do best, by trials that are ordinary runs."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType

import optuna
from optuna.trial import TrialState

from trainer import PROGRAM
from trainer.errors import need_name
from trainer.options import add_settings, named_folder, positive_whole
from trainer.tuning.budget import USUAL_RUNS
from trainer.tuning.call import TuneCall
from trainer.tuning.plan import Plan, PlanError
from trainer.tuning.pruner import PRUNERS
from trainer.tuning.request import ALL, call_of_options, plan_of
from trainer.tuning.results.report import Progress, report
from trainer.tuning.results.result import record
from trainer.tuning.spaces import PRESET_GRID
from trainer.tuning.workers.processes import WorkerProcesses
from trainer.tuning.workers.queue_of_trials import REASON, SAMPLERS, TrialQueue, failures
from trainer.tuning.workers.store import connect, open_study, store_errors
from trainer.tuning.workers.worker import StudyError


def main(arguments: Sequence[str]) -> None:
    """Search, and say what came of it. Raises ``TrainerError``, and ``KeyboardInterrupt`` when a person has enough."""
    arguments_parser = parser()
    options, unknown = arguments_parser.parse_known_args(arguments)
    for word in unknown:
        flags = [flag for action in arguments_parser._actions for flag in action.option_strings]
        need_name("option" if word.startswith("-") else "argument", word, flags)
    options.call = call_of(arguments)
    search(options)


def call_of(arguments: Sequence[str]) -> str:
    """The command as it was typed, but for the address of the store, which may hold a password."""
    words = [
        "URL" if before == "--storage" else re.sub(r"^--storage=.*", "--storage=URL", word)
        for before, word in zip(["", *arguments], arguments, strict=False)
    ]
    return f"{PROGRAM} tune {shlex.join(words)}".rstrip()


def parser() -> argparse.ArgumentParser:
    """The options of tune itself, and every setting of a training."""
    top = argparse.ArgumentParser(f"{PROGRAM} tune", description=__doc__, allow_abbrev=False)
    top.set_defaults(call="")
    what = top.add_argument_group("what is trained", "by default this trainer, with the settings below")
    what.add_argument(
        "--command",
        metavar="'PROGRAM ... {name} ... {logdir}'",
        help="any other program, as a template with strengths in braces",
    )
    what.add_argument("--from", dest="parent", type=named_folder, metavar="RUN", help="use the settings of this run")
    what.add_argument(
        "--objective", default="best_val", metavar="best_val|last_val|TAG", help="what to improve (best_val)"
    )
    where = top.add_argument_group("what is tried", "weight decay and dropout by default")
    where.add_argument("--space", metavar="'NAME=LOW..HIGH log, NAME=A|B'", help="ranges, each also 'int'")
    where.add_argument("--grid", metavar="'NAME=A,B,C NAME=A,B'", help="every combination of these values")
    where.add_argument("--points", metavar="'NAME=A NAME=B | NAME=C NAME=D'", help="these points alone")
    where.add_argument(
        "--preset-grid", action="store_true", help=f"{len(PRESET_GRID)} usual pairs of dropout and weight decay"
    )
    where.add_argument(
        "--screen", nargs="?", const=ALL, metavar="NAME,NAME", help="eight runs: which of up to 7 does the work"
    )
    where.add_argument("--sampler", choices=SAMPLERS, default="tpe", help="how a point is chosen (tpe)")
    how = top.add_argument_group("how much")
    how.add_argument("--budget", metavar="'20 runs, 15 minutes'", help=f"runs, epochs or minutes ({USUAL_RUNS} runs)")
    how.add_argument(
        "--repeats", type=positive_whole, default=1, metavar="N", help="seeds per point; their mean counts (1)"
    )
    how.add_argument("--pruner", choices=PRUNERS, default="fitwatch", help="what stops a trial early (fitwatch)")
    how.add_argument(
        "--workers", type=positive_whole, default=1, metavar="N", help="parallel trials on this machine (1)"
    )
    place = top.add_argument_group("where it is stored")
    place.add_argument("--logdir", type=named_folder, default=Path("runs"), metavar="DIR", help="folder of runs (runs)")
    place.add_argument(
        "--study", default="tune", metavar="NAME", help="name of its folder; the same name continues it (tune)"
    )
    place.add_argument("--storage", metavar="URL", help="postgresql://... or sqlite:///...: join from any machine")
    add_settings(top)
    return top


def search(options: argparse.Namespace) -> None:
    """Make or join the study, let the workers work, and report."""
    plan, call, cpus = plan_of(options), call_of_options(options), os.cpu_count() or 1
    study = join(call, plan)
    call = replace(call, failed=len(failures(study.get_trials(deepcopy=False))))
    if options.workers > 1:
        call = replace(call, threads=max(1, cpus // options.workers))
    workers = WorkerProcesses(call, options.workers)
    signal.signal(signal.SIGTERM, _as_ctrl_c)
    with store_errors(call.storage):
        try:
            with Progress(study, plan, call) as progress:
                workers.work(progress.look)
        except KeyboardInterrupt:
            print("\nstopped; the results so far are saved, and the same command continues the study")
            raise SystemExit(130) from None
        finally:
            result = record(call.folder, study, plan, call.settings())
            report(result)
        if result.best is None and (lost := failures(study.get_trials(deepcopy=False))):
            raise StudyError(f"no trial finished; the last one failed: {lost[-1].user_attrs.get(REASON, '')}")


def join(call: TuneCall, plan: Plan) -> optuna.Study:
    """The study, made where it is new; what failed of a plan, or was left by a worker that died, is put in line."""
    left = any(call.folder.glob("trial-*"))
    with store_errors(call.storage):
        storage = connect(call.folder, call.storage)
        study, _ = open_study(storage, call.study, plan)
        if left and all(trial.state is TrialState.WAITING for trial in study.get_trials(deepcopy=False)):
            raise PlanError(f"{call.folder} holds the trials of another study; choose another --study")
        TrialQueue(study, storage, plan, budget=call.budget, kind=call.sampler, folder=call.folder).try_again()
    return study


def _as_ctrl_c(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
