"""python -m trainer: train in this terminal, and stop, pause or continue a training that is at work anywhere."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from shlex import quote

from trainer import PROGRAM, job, run_folder
from trainer.config import Config
from trainer.datasets import is_function, nickname
from trainer.errors import ConfigError, TrainerError, harmless, no_such
from trainer.extras import explained
from trainer.options import add_settings, named_folder, positive_whole, read_settings
from trainer.own_code import origin, trust
from trainer.processes.ranks import ranks
from trainer.status import TRIAL, Status

COMMANDS = ("train", "resume", "stop", "pause", "continue", "repair", "work", "trust")
LATE = {  # loaded when asked for: torch, optuna and diagnostics take a second
    "calibrate": ".fit.best_weights.calibrate",
    "try": ".trials.cli_try",
    "improve": ".trials.cli_improve",
    "tune": ".tuning.cli_tune",
}
WAIT = 30.0  # seconds a started process waits for the one that started it to let go of the run folder


def main(arguments: list[str]) -> int:
    """0 when the training is finished or was stopped, 2 when a person must change something."""
    typed = PROGRAM
    if arguments and arguments[0] in (*COMMANDS, *LATE):
        typed = f"{PROGRAM} {arguments[0]}"
    elif not arguments or arguments[0] not in ("-h", "--help"):
        arguments = ["train", *arguments]
    try:
        if arguments[0] in LATE:
            with explained():
                import_module(LATE[arguments[0]], __package__).main(arguments[1:])
            return 0
        options, unknown = parser().parse_known_args(arguments)
        if unknown:
            raise ConfigError(_not_asked_for(unknown[0], options.options, is_first=unknown[0] == arguments[1]))
        options.command(options)
    except TrainerError as error:
        with suppress(OSError):
            who = "" if ranks().alone else f" process {ranks().rank}:"
            print(harmless(f"{typed}:{who} {error}"), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{typed}: interrupted; the last checkpoint is intact", file=sys.stderr)
        return 130
    return 0


def _not_asked_for(word: str, flags: Sequence[str], *, is_first: bool) -> str:
    """What to say of a word that is no option and no value of one; what is typed first is meant as a command."""
    if word.startswith("-"):
        return no_such("option", word, flags)
    if is_first:
        return no_such("command", word, (*COMMANDS, *LATE))
    return f"found {word!r}, which belongs to no option; see --help"


def parser() -> argparse.ArgumentParser:
    """Every setting of ``Config`` is an option of ``train``."""
    top = argparse.ArgumentParser(PROGRAM, description=__doc__, allow_abbrev=False)
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    train = commands.add_parser("train", help="train in this terminal (the default)", allow_abbrev=False)
    train.add_argument(
        "--logdir", type=named_folder, metavar="RUN", help="folder of the run; by default a new one under runs/"
    )
    add_settings(train)
    train.set_defaults(command=run_new)
    resume = commands.add_parser("resume", help="continue a training from its checkpoint", allow_abbrev=False)
    resume.add_argument("--epochs", type=positive_whole, metavar="N", help="epochs in total, if not as planned")
    resume.set_defaults(command=run_again)
    work = commands.add_parser("work", help="run a training that was prepared, as the app does")
    work.set_defaults(command=run_prepared)
    requests = {"stop": (job.stop, "finish the epoch, write a checkpoint and stop")}
    requests["pause"] = (job.pause, "pause a training after its current batch")
    requests["continue"] = (job.unpause, "continue a paused training")
    requests["repair"] = (job.repair, "let an overfitting training go back to its best weights and on with a dose")
    for name, (send, about) in requests.items():
        subparser = commands.add_parser(name, help=about)
        subparser.set_defaults(command=send_request, name=name, send=send)
    commands.add_parser("calibrate", help="fit one temperature to the best weights of a run")
    commands.add_parser("try", help="test a recommendation: train the run again with that one change")
    commands.add_parser("improve", help="try one recommended dose after another while they help")
    commands.add_parser("tune", help="search for the best strengths")
    trusting = commands.add_parser("trust", help="let runs train with a function of your own")
    trusting.add_argument("dataset", metavar="MODULE:FUNCTION", help="imported from the current folder")
    trusting.set_defaults(command=run_trust)
    for name in COMMANDS[1:-1]:
        commands.choices[name].add_argument("run", type=named_folder, metavar="RUN", help="the run's folder")
    for command in commands.choices.values():
        command.set_defaults(options=[flag for action in command._actions for flag in action.option_strings])
    return top


def run_new(options: argparse.Namespace) -> None:
    """Train what the options say, in this process."""
    config = read_settings(options)
    if is_function(getattr(options, "dataset", "")):  # typed here, not read from a file
        trust(options.dataset)
    if not ranks().first:
        train_along(config)
        return
    network = "" if is_function(config.dataset) else f"-{config.model}"
    run_dir = options.logdir or run_folder.free_run_dir("runs", f"{nickname(config.dataset)}{network}")
    missing = [folder for folder in (run_dir, *run_dir.parents) if not folder.exists()]
    before = {path.name for path in run_dir.iterdir()} if run_dir.is_dir() else set[str]()
    with job.claim(run_dir):
        job.prepare(config, run_dir)
        try:
            train_here(run_dir)
        except TrainerError as error:
            from trainer.measure.event_writer import WriteError

            if not isinstance(error, WriteError):  # it goes on once there is room
                run_folder.forget_unbegun(run_dir, before, missing)
            raise


def run_trust(options: argparse.Namespace) -> None:
    """Remember that a function was named here, and say what that lets run."""
    place = origin(options.dataset, Path.cwd()) if is_function(options.dataset) else None
    trust(options.dataset)
    print(f"runs may train with {options.dataset} from {Path.cwd()}, where it is imported from {place}")


def run_again(options: argparse.Namespace) -> None:
    """Continue a training, in this process."""
    run_folder.need_run(options.run)
    if not ranks().first:
        config = run_folder.read_config(options.run)
        train_along(replace(config, epochs=options.epochs or config.epochs), options.run)
        return
    with job.claim_again(options.run, epochs=options.epochs):
        train_here(options.run)


def train_along(config: Config, run_dir: Path | None = None) -> None:
    """Train as one of several processes, not the first."""
    from trainer.session import follow

    follow(config, run_dir)


def run_prepared(options: argparse.Namespace) -> None:
    """Train what ``job.start`` or ``job.resume`` prepared; what is printed goes to the run's log."""
    from trainer.fit.callbacks import EpochLines
    from trainer.session import work

    try:
        with job.claim(options.run, wait=WAIT):
            say_end(options.run, work(options.run, EpochLines()))
    finally:
        if os.path.isfile(options.run / TRIAL):
            with suppress(TrainerError):  # whoever settles next can
                import_module(".trials.settle", __package__).settle(options.run.parent)


def send_request(options: argparse.Namespace) -> None:
    """Pass a wish on to the training that is at work."""
    options.send(options.run)
    print(f"asked the training in {options.run} to {options.name}")


def train_here(run_dir: Path) -> None:
    """Train in this terminal; a crash leaves its trace in the run's log as well."""
    from trainer.fit.callbacks import EpochLines, ProgressBar
    from trainer.session import work

    display = ProgressBar() if sys.stdout.isatty() else EpochLines()
    try:
        status = work(run_dir, display)
        say_end(run_dir, status)
        if status.state == "finished":
            say_verdict(run_dir)
    except TrainerError:
        raise
    except Exception:
        with suppress(OSError), run_folder.open_log(run_dir) as file:
            file.write(traceback.format_exc().encode())
        raise


def say_end(run_dir: Path, status: Status) -> None:
    """One line for the person who waits."""
    more = f"; continue: {PROGRAM} resume {quote(str(run_dir))}" if status.state == "stopped" else ""
    if status.state == "finished" and status.epoch < status.epochs and status.message:
        more = f"; {status.message}"
    try:
        print(f"{status.state}: {status.epoch} of {status.epochs} epochs in {run_dir}{more}", flush=True)
    except OSError:  # nobody listens any more; what is left in the buffer is not worth a second try at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say_verdict(run_dir: Path) -> None:
    """What came of the training, and how to see it."""
    from trainer.trials.terminal import verdict_of

    with suppress(OSError):
        print(harmless(verdict_of(run_dir)), flush=True)


def leave(code: int) -> None:
    """End this process with ``code``; one of several without the interpreter's own end.

    DistributedDataParallel leaves threads behind that hold tensors. While the interpreter ends they must not touch
    those, and a process now and then aborts after all was trained and written (github.com/pytorch/pytorch/pull/179291).
    """
    if not ranks().alone:
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
