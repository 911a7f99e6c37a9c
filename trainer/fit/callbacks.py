"""Callbacks: what happens around training: the log, the status, the pace and what a person sees."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from trainer import PROGRAM
from trainer.errors import TrainerError
from trainer.files import make_folder
from trainer.fit.loop import Callback, Loop
from trainer.processes.liveness import now
from trainer.status import CONFIG, CONTROL, State, Status, read_json, write_json, write_status

if TYPE_CHECKING:
    from trainer.log import EpochLog

HEARTBEAT = 1.0  # seconds between signs of life within an epoch
PATIENCE = 0.05  # seconds between looks at the control file while waiting
AGAIN = 2.0  # seconds between two attempts at the end to write what the disk did not take
SOON, LATE = 10.0, 600.0  # seconds of that, when a person wants to stop and else


class UnsavedError(TrainerError):
    """A training is over, and the disk did not take all of it; the message says what and the way out."""


class LogEpochs(Callback):
    """Writes each epoch into the event file and leaves its values in ``loop.values``.

    What the disk does not take is kept for the next epoch; at the end, ``wait`` says whether it may be tried again.
    """

    def __init__(self, log: EpochLog, wait: Callable[[], bool] = lambda: False) -> None:
        self.log, self.wait = log, wait

    def after_backward(self, loop: Loop) -> None:
        if loop.loss is not None:
            self.log.step(loop.loss, loop.samples)

    def evaluate(self, loop: Loop) -> None:
        loop.values = self.log.epoch(loop.epoch)
        self._account(loop)

    def fit_end(self, loop: Loop) -> None:
        if loop.reason:
            self.log.note("early_stopping", loop.reason)
        self.log.writer.retry()
        while self._account(loop) and self.log.writer.may_pass and self.wait():
            self.log.writer.retry()

    def _account(self, loop: Loop) -> bool:
        """Whether something is not written."""
        loop.unsaved.pop("log", None)
        if self.log.writer.trouble:
            loop.unsaved["log"] = self.log.writer.trouble
        return bool(self.log.writer.trouble)


class Supervision(Callback):
    """Says in ``status.json`` where the training stands, and does what ``control.json`` asks.

    ``stop()`` may be called at any time, also by a signal handler.
    """

    def __init__(self, run_dir: Path, status: Status) -> None:
        self.run_dir, self.status = run_dir, status
        self.wish, self.unsaved = "", dict[str, str]()
        self.config: dict[str, Any] = {}
        self.waited = 0.0
        self.repair_asked = False
        self._seen = 0
        self.say("starting")

    def stop(self) -> None:
        """Let the training finish its epoch and end."""
        self.wish = "stop"

    def say(self, state: State, *, epoch: int | None = None, message: str = "") -> None:
        """Write the state, as far as the disk takes it; ``epoch`` counts those that are done."""
        epoch = self.status.epoch if epoch is None else epoch
        durable = state != self.status.state
        unsaved = "; ".join(self.unsaved.values())
        self.status = replace(self.status, state=state, epoch=epoch, message=message, unsaved=unsaved, **now())
        with suppress(OSError):  # the event file and the checkpoint say it better when the disk is full
            write_status(self.run_dir, self.status, durable=durable)

    def fit_start(self, loop: Loop) -> None:
        self.unsaved = loop.unsaved
        self.say("running", epoch=loop.epoch)
        self.obey(loop)

    def batch_end(self, loop: Loop) -> None:
        self.obey(loop)
        self.beat()

    def epoch_end(self, loop: Loop) -> None:
        self.restore_folder()
        self.say("running", epoch=loop.epoch)

    def restore_folder(self) -> None:
        """Make the folder again where it was lost, with what tells that this training is in it."""
        if self.config and not os.path.exists(self.run_dir / CONFIG):  # which raises nothing, whatever the disk says
            with suppress(OSError):
                make_folder(self.run_dir)
                write_json(self.run_dir / CONFIG, self.config)

    def wait(self) -> bool:
        """Wait a moment for room on the disk; False once that took too long, or a person wants it to end."""
        if self.waited >= (SOON if self.wish == "stop" else LATE):
            return False
        begun = time.monotonic()
        while time.monotonic() < begun + AGAIN:
            time.sleep(PATIENCE)
            self.beat()
            self._listen()
        self.waited += time.monotonic() - begun
        return True

    def fit_end(self, loop: Loop) -> None:
        if loop.unsaved:
            raise UnsavedError(
                f"{'; '.join(loop.unsaved.values())}; the checkpoint is whole. Make room, then continue: "
                f"{PROGRAM} resume {quote(str(self.run_dir))}"
            )
        ended = loop.epoch >= loop.epochs or bool(loop.reason)
        self.say("finished" if ended else "stopped", epoch=loop.epoch, message=loop.reason)

    def beat(self) -> None:
        """A sign of life, if the last one is old enough."""
        if time.monotonic() - self.status.beat >= HEARTBEAT:
            self.say(self.status.state)

    def obey(self, loop: Loop) -> None:
        """Take in what is asked; while that is to pause, wait here."""
        self._listen()
        if self.wish == "pause":
            self.say("paused")
            while self.wish == "pause":
                time.sleep(PATIENCE)
                self.beat()
                self._listen()
            self.say("running")
        if self.wish == "stop":
            loop.stopping = True

    def _listen(self) -> None:
        try:
            changed = (self.run_dir / CONTROL).stat().st_mtime_ns
        except OSError:
            return
        if changed != self._seen and self.wish != "stop":
            self._seen = changed
            self.wish = str(read_json(self.run_dir / CONTROL).get("wish", self.wish))
            self.repair_asked = self.repair_asked or self.wish == "repair"


class Pace(Callback):
    """Lets each epoch take at least ``seconds``, for a person to watch; comes last, after all others are done."""

    def __init__(self, seconds: float, supervision: Supervision) -> None:
        self.seconds, self.supervision = seconds, supervision

    def epoch_start(self, loop: Loop) -> None:  # noqa: ARG002
        self.due = time.monotonic() + self.seconds

    def epoch_end(self, loop: Loop) -> None:
        while time.monotonic() < self.due and loop.epoch < loop.epochs and not loop.stopping:
            time.sleep(min(PATIENCE, max(0.0, self.due - time.monotonic())))
            self.supervision.obey(loop)
            self.supervision.beat()


class EpochLines(Callback):
    """Prints a line an epoch, for a file or a pipe."""

    def epoch_end(self, loop: Loop) -> None:
        with suppress(OSError):  # a reader that is gone, or a full disk, is no reason to stop training
            print(f"epoch {loop.epoch}/{loop.epochs}  {headline(loop.values)}", flush=True)


class ProgressBar(Callback):
    """Draws a bar on a terminal."""

    def fit_start(self, loop: Loop) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self.bar = Progress(
            TextColumn("epoch"),
            MofNCompleteColumn(),
            BarColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}"),
        )
        self.task = self.bar.add_task("", total=loop.epochs, completed=loop.epoch)
        self.bar.start()

    def epoch_end(self, loop: Loop) -> None:
        self.bar.update(self.task, completed=loop.epoch, description=headline(loop.values))

    def close(self, loop: Loop) -> None:  # noqa: ARG002
        self.bar.stop()


def headline(values: dict[str, float]) -> str:
    """The losses and accuracies of an epoch in one line."""
    tags = ("loss/train", "loss/train_clean", "loss/val", "accuracy/val", "perplexity/val")
    return "  ".join(f"{tag} {values[tag]:.4g}" for tag in tags if tag in values)
