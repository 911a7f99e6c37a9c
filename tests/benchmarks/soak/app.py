"""The app: killed while a training runs that was started in it, and opened again."""

from __future__ import annotations

import random
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from app.wording import ACTS
from tests import app_server
from tests.benchmarks.app_tab import Tab
from tests.benchmarks.soak import invariants
from tests.benchmarks.soak.invariants import PATIENCE, SoakError, need_no_inferred_end, until
from trainer import job
from trainer.status import Status

START, STOP, RESUME = (ACTS[name][0] for name in ("demonstrate", "stop", "resume"))
ENOUGH = 80  # epochs of a demonstration that are left for one more fault


class App:
    """The server over ``folder`` with one tab, in which the demonstration was started."""

    def __init__(self, folder: Path, rng: random.Random, mark: str) -> None:
        self.folder, self.rng, self.mark = folder, rng, mark
        self.run_dir = folder / "runs" / "demo-1"
        self.open()
        self.click(START)

    def demonstrate_again(self) -> None:
        """End a demonstration that is about to end by itself, and start the next one."""
        with suppress(job.JobError):
            job.stop(self.run_dir)
        self.until(lambda now: not now.live, "the end of a demonstration")
        self.run_dir = self.run_dir.with_name(f"demo-{1 + int(self.run_dir.name.rpartition('-')[2])}")
        self.end(signal.SIGTERM)
        self.open()
        self.click(START)

    def open(self) -> None:
        """Start the server, and open the page of the run, or before there is one that from which it is started."""
        self.server, address = app_server.start(self.folder)
        app_server.wait_for_health(address, self.server)
        self.tab = Tab(address, f"run?run={self.run_dir.name}" if self.run_dir.exists() else "train")

    def click(self, label: str) -> None:
        """Press a button once it is there."""
        try:
            self.tab.wait_for(label, PATIENCE)
        except TimeoutError as error:
            raise SoakError(f"{self.run_dir} is {job.status(self.run_dir)}: {error}") from None
        self.tab.click(label)

    def until(self, holds: Callable[[Status], bool], what: str) -> Status:
        """Wait until the training is so."""
        status = until(lambda: job.status(self.run_dir), lambda there: there is not None and holds(there), what)
        assert status is not None
        return status

    def train(self) -> Status:
        """See to it that the training is at work, an epoch further than before."""
        status = job.status(self.run_dir)
        if status is not None and status.epochs - status.epoch < ENOUGH:
            self.demonstrate_again()
            status = None
        elif status is not None and not status.live:
            self.click(RESUME)
        done = 0 if status is None else status.epoch
        return self.until(lambda now: now.live and now.epoch > done, "an epoch of what was started in the app")

    def stop(self) -> None:
        """Stop the training in the app, unless it comes to its end before."""
        until(
            lambda: (STOP in self.tab.buttons, job.status(self.run_dir)),
            lambda now: now[0] or now[1] is None or not now[1].live,
            "a button to stop the training",
        )
        if STOP in self.tab.buttons:
            self.tab.click(STOP)
        ended = self.until(lambda now: not now.live, "the end of a training that was stopped in the app")
        if ended.state not in ("stopped", "finished"):
            raise SoakError(f"a training that was stopped in the app is {ended}")

    def end(self, number: int) -> None:
        """End the server by a signal."""
        self.server.send_signal(number)
        try:
            self.server.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise SoakError(f"the app does not end by signal {number}") from None
        self.tab.close()
        if self.tab.errors:
            raise SoakError(f"a page said {self.tab.errors}")


def kill_app(app: App) -> None:
    """The server alone; the training goes on, and is stopped in the next one."""
    before = app.train()
    app.end(signal.SIGKILL)
    app.until(lambda now: now.epoch > before.epoch, "an epoch without the app")
    app.open()
    app.stop()


def end_app(app: App) -> None:
    """Ctrl-C or a logout; the same must hold."""
    before = app.train()
    app.end(signal.SIGTERM)
    app.until(lambda now: now.epoch > before.epoch, "an epoch without the app")
    app.open()


def kill_training(app: App) -> None:
    """The training alone; the app offers to continue it."""
    app.train()
    invariants.kill(*invariants.processes(app.mark, "work", str(app.run_dir)))
    need_no_inferred_end(app.run_dir, "after the training was killed")


def kill_all(app: App) -> None:
    """Both at once, as if the machine had been switched off."""
    app.train()
    invariants.kill(*invariants.processes(app.mark))
    app.end(signal.SIGKILL)
    app.open()
    need_no_inferred_end(app.run_dir, "after everything was killed")


Fault = Callable[[App], None]
FAULTS: dict[str, Fault] = {
    "app killed": kill_app,
    "app ended": end_app,
    "its training killed": kill_training,
    "app and training killed": kill_all,
}


def scenario(folder: Path, rng: random.Random, reference: object, faults: list[str]) -> dict[str, str]:
    """Start the demonstration in the app and go through these faults; it can be stopped and read in the end."""
    why = f"after {', '.join(faults)}"
    with invariants.marked() as mark, invariants.watched(folder):
        app = App(folder, rng, mark)
        try:
            for name in faults:
                FAULTS[name](app)
            app.train()
            app.stop()
        finally:
            app.end(signal.SIGTERM)
        invariants.need_no_process(mark, why)
        invariants.need_sound(folder / "runs", why)
        steps, _ = invariants.logged(app.run_dir)["loss/val"]
        if steps != list(range(1, len(steps) + 1)):
            raise SoakError(f"{why}: the log has the epochs {steps}")
    return {}
