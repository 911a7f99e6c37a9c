"""Request: what the options of tune ask to search, and how."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from diagnostics import recommend
from trainer import PROGRAM
from trainer.config import Config, scalars
from trainer.datasets import is_function, located
from trainer.options import MARK, read_settings
from trainer.own_code import trust
from trainer.processes.command import Command
from trainer.trials.parent import Parent, read_parent
from trainer.tuning import screen
from trainer.tuning.budget import USUAL_RUNS, Budget, parse_budget
from trainer.tuning.call import TuneCall
from trainer.tuning.notation import parse_grid, parse_points, parse_space
from trainer.tuning.plan import SEED, Plan, PlanError
from trainer.tuning.spaces import (
    DEFAULTS,
    PRESET_GRID,
    RANGES,
    Range,
    Space,
    Span,
    combinations,
    default_space,
    space_of,
)

ALL = "all"  # what --screen without names means
WIDER = 4.0  # times the recommended range, on both sides


def plan_of(options: argparse.Namespace) -> Plan:
    """What the options ask to search. Raises ``TrainerError``."""
    parent = None if options.parent is None else read_parent(options.parent)
    config = None if options.command is not None else config_of(options, parent)
    if options.command is not None:
        refuse_settings(options)
        Command(options.command).need_program()
    own = config is not None
    given = [name for name in ("grid", "points", "preset_grid", "screen") if getattr(options, name)]
    if len(given) > 1:
        raise PlanError(f"--{given[0]} and --{given[1]} are two searches; ask for one of them".replace("_", "-"))
    space = parse_space(options.space, own=own) if options.space else None
    common: dict[str, Any] = {
        "command": options.command,
        "config": config,
        "objective": options.objective,
        "repeats": options.repeats,
    }
    if options.screen:
        chosen = screen.levels(factors_of(options.screen, config, space), space)
        return Plan(screen.space_of_levels(chosen), screen.points(chosen), factors=tuple(chosen.off), **common)
    if options.grid or options.points or options.preset_grid:
        if space is not None:
            raise PlanError("a grid and a space are two searches; leave --space out, or --grid")
        points = PRESET_GRID
        if options.grid or options.points:
            points = parse_grid(options.grid, own=own) if options.grid else parse_points(options.points, own=own)
        return Plan(space_of(points), points, **common)
    ranges = space or usual_space(options, config, parent)
    if options.sampler == "grid":
        points = combinations({name: span.values() for name, span in ranges.items()})
        return Plan(space_of(points), points, **common)
    return Plan(ranges, **common)


def config_of(options: argparse.Namespace, parent: Parent | None) -> Config:
    """The settings of the options; those of the parent where there is one."""
    if parent is None:
        config = read_settings(options)
        if is_function(getattr(options, "dataset", "")):  # typed here, not read from a file
            trust(options.dataset)
    else:
        refuse_settings(options)
        config = parent.need_config()
    return replace(config, dataset=located(config.dataset))


def refuse_settings(options: argparse.Namespace) -> None:
    """Raises ``PlanError`` for a setting of the trainer's where another program, or a run, says what is trained."""
    names = {"config", "preset", *(setting.name for setting in scalars())}
    for name, value in vars(options).items():
        if (name in names and value is not None) or name.startswith(MARK):
            flag = name.removeprefix(MARK).split(".")[0].replace("_", "-")
            way_out = "leave it out; the run's own is used" if options.command is None else "write it into the command"
            raise PlanError(f"--{flag} is a setting of {PROGRAM}; {way_out}")


def usual_space(options: argparse.Namespace, config: Config | None, parent: Parent | None) -> Space:
    """What is searched when nobody says it; where a run's dose is known, weight decay stays near it."""
    if config is None:
        names = [name for name in Command(options.command).fields if name != SEED]
    else:
        preset = getattr(options, "preset", None)
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


def call_of_options(options: argparse.Namespace) -> TuneCall:
    """What every worker of this call is told."""
    planned = bool(options.grid or options.points or options.preset_grid or options.screen or options.sampler == "grid")
    budget = Budget(runs=None if planned else USUAL_RUNS * options.repeats)
    if options.budget:
        budget = parse_budget(options.budget)
    if budget.runs is not None and budget.runs < options.repeats:
        raise PlanError(f"a budget of {budget.runs} runs is less than the {options.repeats} repeats of one point")
    if Path(options.study).name != options.study or options.study in (".", ".."):
        raise PlanError(f"the study is named {options.study!r}; a name is one word without / that a folder can have")
    return TuneCall(
        logdir=options.logdir.absolute(),
        study=options.study,
        storage=options.storage,
        sampler="grid" if planned else options.sampler,
        pruner=options.pruner,
        budget=budget,
        until=None if budget.seconds is None else time.monotonic() + budget.seconds,
        parent=None if options.parent is None else str(options.parent.absolute()),
        call=options.call,
    )
