"""python -m trainer tune: search the strengths that do best, by trials that are ordinary runs."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import optuna

from diagnostics import recommend
from trainer.config import Config, known, scalars
from trainer.data import located
from trainer.options import MARK, add_settings, read_settings
from trainer.tuning import screen
from trainer.tuning.budget import USUAL_RUNS, Budget, parse_budget
from trainer.tuning.command import Command
from trainer.tuning.crew import Crew
from trainer.tuning.parent import Parent, read_parent
from trainer.tuning.plan import SEED, Plan, PlanError
from trainer.tuning.pruner import PRUNERS
from trainer.tuning.report import Progress, report
from trainer.tuning.result import record
from trainer.tuning.slots import REASON, SAMPLERS, Slots, failures
from trainer.tuning.spaces import (
    DEFAULTS,
    PRESET_GRID,
    RANGES,
    Range,
    Space,
    Span,
    combinations,
    default_space,
    parse_grid,
    parse_space,
    space_of,
)
from trainer.tuning.store import connect, open_study, told
from trainer.tuning.worker import Order, StudyError

ALL = "all"  # what --screen without names means
WIDER = 4.0  # times the recommended range, on both sides


def main(arguments: Sequence[str]) -> None:
    """Search, and say what came of it. Raises ``TrainerError``, and ``KeyboardInterrupt`` when a person has enough."""
    top = parser()
    asked, unknown = top.parse_known_args(arguments)
    for word in unknown:
        flags = [flag for action in top._actions for flag in action.option_strings]
        known("option" if word.startswith("-") else "argument", word, flags)
    asked.call = call_of(arguments)
    search(asked)


def call_of(arguments: Sequence[str]) -> str:
    """The command as it was typed, but for the address of the store, which may hold a password."""
    words = [
        "URL" if before == "--storage" else re.sub(r"^--storage=.*", "--storage=URL", word)
        for before, word in zip(["", *arguments], arguments, strict=False)
    ]
    return shlex.join(["python", "-m", "trainer", "tune", *words])


def parser() -> argparse.ArgumentParser:
    """The options of tune itself, and every setting of a training."""
    top = argparse.ArgumentParser("python -m trainer tune", description=__doc__, allow_abbrev=False)
    top.set_defaults(call="")
    what = top.add_argument_group("what is trained", "by default the trainer itself, with the settings below")
    what.add_argument("--command", metavar="'PROGRAM ... {name} ... {logdir}'", help="any other program, as a template")
    what.add_argument("--from", dest="parent", type=Path, metavar="RUN", help="a run to start from, with its settings")
    what.add_argument(
        "--objective", default="best_val", metavar="best_val|last_val|TAG", help="what to improve (best_val)"
    )
    where = top.add_argument_group("what is tried", "weight decay and dropout by default")
    where.add_argument("--space", metavar="'NAME=LOW..HIGH log, NAME=A|B'", help="ranges, each also 'int'")
    where.add_argument("--grid", metavar="'NAME=A,B,C NAME=A,B'", help="every combination of these values")
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
        "--repeats", type=int, default=1, metavar="N", help="seeds of each point, judged by their mean (1)"
    )
    how.add_argument("--pruner", choices=PRUNERS, default="fitwatch", help="what stops a trial early (fitwatch)")
    how.add_argument("--workers", type=int, default=1, metavar="N", help="trials at the same time on this machine (1)")
    place = top.add_argument_group("where it lives")
    place.add_argument("--logdir", type=Path, default=Path("runs"), metavar="DIR", help="folder of runs (runs)")
    place.add_argument("--study", default="tune", metavar="NAME", help="its folder there; the same name goes on (tune)")
    place.add_argument("--storage", metavar="URL", help="postgresql://... or sqlite:///...: join from any machine")
    add_settings(top)
    return top


def search(asked: argparse.Namespace) -> None:
    """Make or join the study, let the workers work, and report."""
    plan, order, cpus = plan_of(asked), order_of(asked), os.cpu_count() or 1
    if asked.workers < 1:
        raise PlanError(f"workers is {asked.workers}; it must be at least 1")
    study = join(order, plan)
    order = replace(order, failed=len(failures(study.get_trials(deepcopy=False))))
    if asked.workers > 1:
        order = replace(order, threads=max(1, cpus // asked.workers))
    crew = Crew(order, asked.workers)
    signal.signal(signal.SIGTERM, _as_ctrl_c)
    with told(order.storage):
        try:
            with Progress(study, plan, order) as progress:
                crew.work(progress.look)
        except KeyboardInterrupt:
            print("\nstopped; all that was found is kept, and the same command goes on")
            raise SystemExit(130) from None
        finally:
            found = record(order.folder, study, plan, order.settings())
            report(found, order.folder)
        if found["best"] is None and (lost := failures(study.get_trials(deepcopy=False))):
            raise StudyError(f"no trial came to an end; the last one failed: {lost[-1].user_attrs.get(REASON, '')}")


def join(order: Order, plan: Plan) -> optuna.Study:
    """The study, made where it is new; what failed of a plan, or was left by a worker that died, is put in line."""
    fresh = not order.folder.exists()
    with told(order.storage):
        storage = connect(order.folder, order.storage)
        study, _ = open_study(storage, order.study, plan)
        if not fresh and not study.get_trials(deepcopy=False, states=None) and list(order.folder.glob("trial-*")):
            raise PlanError(
                f"{order.folder} holds the trials of another study; give this one another name with --study"
            )
        Slots(study, storage, plan, budget=order.budget, kind=order.sampler).try_again()
    return study


def plan_of(asked: argparse.Namespace) -> Plan:
    """What the options ask to search. Raises ``TrainerError``."""
    parent = None if asked.parent is None else read_parent(asked.parent)
    config = None if asked.command is not None else config_of(asked, parent)
    if asked.command is not None:
        refuse_settings(asked)
    own = config is not None
    given = [name for name in ("grid", "preset_grid", "screen") if getattr(asked, name)]
    if len(given) > 1:
        raise PlanError(f"--{given[0]} and --{given[1]} are two searches; ask for one of them".replace("_", "-"))
    space = parse_space(asked.space, own=own) if asked.space else None
    common: dict[str, Any] = {
        "command": asked.command,
        "config": config,
        "objective": asked.objective,
        "repeats": asked.repeats,
    }
    if asked.screen:
        chosen = screen.levels(factors_of(asked.screen, config, space), space)
        return Plan(screen.space_of_levels(chosen), screen.points(chosen), factors=tuple(chosen.off), **common)
    if asked.grid or asked.preset_grid:
        if space is not None:
            raise PlanError("a grid and a space are two searches; leave --space out, or --grid")
        points = parse_grid(asked.grid, own=own) if asked.grid else PRESET_GRID
        return Plan(space_of(points), points, **common)
    ranges = space or usual_space(asked, config, parent)
    if asked.sampler == "grid":
        points = combinations({name: span.values() for name, span in ranges.items()})
        return Plan(space_of(points), points, **common)
    return Plan(ranges, **common)


def config_of(asked: argparse.Namespace, parent: Parent | None) -> Config:
    """The settings of the options; those of the parent where there is one."""
    if parent is None:
        config = read_settings(asked)
    else:
        refuse_settings(asked)
        config = parent.need_config()
    return replace(config, dataset=located(config.dataset))


def refuse_settings(asked: argparse.Namespace) -> None:
    """Raises ``PlanError`` for a setting of the trainer's where another program, or a run, says what is trained."""
    names = {"config", "preset", *(setting.name for setting in scalars())}
    for name, value in vars(asked).items():
        if (name in names and value is not None) or name.startswith(MARK):
            flag = name.removeprefix(MARK).split(".")[0].replace("_", "-")
            other = "write it into the command" if asked.command is not None else "leave it out; the run's own is taken"
            raise PlanError(f"--{flag} is a setting of python -m trainer; {other}")


def usual_space(asked: argparse.Namespace, config: Config | None, parent: Parent | None) -> Space:
    """What is searched when nobody says it; where a run's dose is known, weight decay stays near it."""
    if config is None:
        names = [name for name in Command(asked.command).fields if name != SEED]
    else:
        preset = getattr(asked, "preset", None)
        names = list(DEFAULTS[preset if preset in DEFAULTS else config.model])
    space: dict[str, Range] = default_space(names)
    if parent is not None and "weight_decay" in space:
        space["weight_decay"] = near_the_dose(parent)
    return space


def near_the_dose(parent: Parent) -> Range:
    """The recommended range of weight decay, four times as wide at both ends; the usual one where there is none."""
    usual = RANGES["weight_decay"]
    for advice in recommend(parent.diagnosis, parent.setup):
        if advice.lever == "weight_decay" and advice.range is not None and isinstance(usual, Span):
            low, high = (max(usual.low, advice.range[0] / WIDER), min(usual.high, advice.range[1] * WIDER))
            return Span(float(f"{low:.2g}"), float(f"{high:.2g}"), log=True)
    return usual


def factors_of(names: str, config: Config | None, space: Space | None) -> tuple[str, ...]:
    """The factors named, or those of the space, or the usual ones of the network."""
    if names != ALL:
        return tuple(name.strip() for name in names.split(","))
    if space is not None:
        return tuple(space)
    if config is None:
        raise PlanError("say which factors to screen, with both levels: --space 'dropout=0..0.2, weight_decay=0..1'")
    return screen.usual_factors(config)


def order_of(asked: argparse.Namespace) -> Order:
    """What every worker of this call is told."""
    planned = bool(asked.grid or asked.preset_grid or asked.screen or asked.sampler == "grid")
    budget = (
        parse_budget(asked.budget) if asked.budget else Budget(runs=None if planned else USUAL_RUNS * asked.repeats)
    )
    if budget.runs is not None and budget.runs < asked.repeats:
        raise PlanError(f"a budget of {budget.runs} runs is less than the {asked.repeats} repeats of one point")
    if Path(asked.study).name != asked.study or asked.study in (".", ".."):
        raise PlanError(f"the study is named {asked.study!r}; a name is one word without / that a folder can have")
    return Order(
        logdir=asked.logdir.absolute(),
        study=asked.study,
        storage=asked.storage,
        sampler="grid" if planned else asked.sampler,
        pruner=asked.pruner,
        budget=budget,
        until=None if budget.seconds is None else time.time() + budget.seconds,
        parent=None if asked.parent is None else str(asked.parent.absolute()),
        call=asked.call,
    )


def _as_ctrl_c(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
