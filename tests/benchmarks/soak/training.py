"""One training: killed, frozen, stopped, moved, its files lost or damaged, its disk full or failing, its clock set."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import psutil

from tests.benchmarks.soak import invariants
from tests.benchmarks.soak.invariants import Skipped, SoakError, until
from trainer import job
from trainer.config import Config
from trainer.status import BEST, CHECKPOINT, CONFIG, EARLIER, STATUS, Status

CONFIG_OF_ALL = Config(train_size=60, width=8, epochs=20, threads=1, pace=0.05, regularizers={"dropout": {"p": 0.2}})
FAULTY = Path(__file__).parent / "faulty"
NAMESPACE = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")
DISK = 2**20  # bytes of the small disk
FILES = 100  # that it can hold
FROZEN = 2.0  # seconds
ATTEMPTS = 30  # to use a disk that fails, before it works again
YEAR = 366 * 86400.0


class Training:
    """A training in ``run_dir`` that is disturbed; ``clock`` is a file with the seconds that its clock is ahead."""

    def __init__(self, run_dir: Path, rng: random.Random, mark: str, disk: Path | None = None) -> None:
        self.run_dir, self.rng, self.mark, self.disk = run_dir, rng, mark, disk
        self.clock = run_dir.parent / f"{run_dir.name}.clock"
        self.elsewhere: subprocess.Popen[bytes] | None = None
        self.failure = run_dir.parent / f"{run_dir.name}.failure"
        os.environ |= {"SOAK_CLOCK": str(self.clock), "SOAK_DISK": str(self.failure)}

    def until(self, holds: Callable[[Status], bool], what: str) -> Status:
        """Wait until the training is so."""
        status = until(lambda: job.status(self.run_dir), lambda there: there is not None and holds(there), what)
        assert status is not None
        return status

    def resume(self) -> None:
        """Go on where it was ended."""
        status = job.status(self.run_dir)
        if status is not None and not status.live and status.state != "finished":
            job.resume(self.run_dir)

    def processes(self) -> list[psutil.Process]:
        """Those that train in the folder."""
        return invariants.processes(self.mark, str(self.run_dir))

    def live(self) -> bool:
        """Whether it is at work."""
        status = job.status(self.run_dir)
        return status is not None and status.live


def kill(training: Training) -> None:
    """End it at once, as a lack of memory does."""
    was_at_work = training.live()
    invariants.kill(*training.processes())
    training.until(lambda status: not status.live, "the end of a training that was killed")
    if was_at_work:
        invariants.need_no_inferred_end(training.run_dir, "after kill -9")


def stop(training: Training) -> None:
    """Ask it to end."""
    with suppress(job.JobError):
        job.stop(training.run_dir)
    training.until(lambda status: not status.live, "the end of a training that was asked to stop")


def pause(training: Training) -> None:
    """Let it wait for a moment."""
    with suppress(job.JobError):
        job.pause(training.run_dir)
        training.until(lambda status: status.state == "paused" or not status.live, "a pause")
        job.unpause(training.run_dir)


def freeze(training: Training) -> None:
    """Let nothing of it run for a while, as a laptop that sleeps or a full memory does: it is still at work."""
    status, processes = job.status(training.run_dir), training.processes()
    if status is None or not status.live:
        return
    for process in processes:
        with suppress(psutil.Error):
            process.send_signal(signal.SIGSTOP)
    until_then = time.monotonic() + FROZEN
    try:
        while time.monotonic() < until_then and any(map(invariants.works, processes)):
            if not training.live() and any(map(invariants.works, processes)):
                raise SoakError(f"a training that is frozen counts as {job.status(training.run_dir)}")
    finally:
        for process in processes:
            with suppress(psutil.Error):
                process.send_signal(signal.SIGCONT)
    training.until(lambda now: now.epoch > status.epoch or not now.live, "an epoch after it was frozen")


def start_twice(training: Training) -> None:
    """Let two processes go on with it at the same moment: one trains, and the other says that one does."""
    stop(training)
    if (there := job.status(training.run_dir)) is None or there.state == "finished":
        return
    line = [sys.executable, "-m", "trainer", "resume", str(training.run_dir)]
    both = [subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    complaints = [process.communicate()[1] for process in both]
    codes = [process.returncode for process in both]
    refused = [complaint for complaint in complaints if "already running" in complaint or "has trained" in complaint]
    if sorted(codes) != [0, 2] or len(refused) != 1:
        raise SoakError(f"of two that were to train in one folder: {codes} {complaints}")


def move_the_folder(training: Training) -> None:
    """Give its folder another name while it trains: what this process trained is written again where it was."""
    status = job.status(training.run_dir)
    written = {path.name.rpartition(".")[2] for path in training.run_dir.glob("*tfevents*")}
    if status is None or not status.live or status.epoch < 1 or written != {str(status.pid)}:
        return
    moved = training.run_dir.with_name("moved")
    training.run_dir.rename(moved)
    wanted = {CONFIG, CHECKPOINT, BEST, STATUS}
    there = until(
        lambda: (training.processes(), {path.name for path in training.run_dir.glob("*")}),
        lambda now: wanted <= now[1] or not now[0],
        "the return of the folder",
    )
    if wanted <= there[1]:
        shutil.rmtree(moved)
    else:  # it was moved in the moment of its end
        shutil.rmtree(training.run_dir, ignore_errors=True)
        moved.rename(training.run_dir)


def stop_from_another_namespace(training: Training) -> None:
    """Ask it to end from another namespace of processes."""
    need_namespaces()
    subprocess.run(
        [*NAMESPACE, sys.executable, "-m", "trainer", "stop", str(training.run_dir)], capture_output=True, check=False
    )
    with suppress(job.JobError):  # the training may have been over before
        job.stop(training.run_dir)
    training.until(lambda status: not status.live, "the end of a training that was asked from elsewhere")


def train_in_another_namespace(training: Training) -> None:
    """Let it go on where its number means another process; it must be seen and stopped from here all the same."""
    need_namespaces()
    stop(training)
    if (there := job.status(training.run_dir)) is None or there.state == "finished":
        return
    training.elsewhere = subprocess.Popen(
        [*NAMESPACE, sys.executable, "-m", "trainer", "resume", str(training.run_dir)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    seen = training.until(lambda now: now.pid != there.pid and now.state != "starting", "life in another namespace")
    if seen.live and training.rng.random() < 0.5:
        with suppress(job.JobError):
            job.stop(training.run_dir)
    else:
        training.elsewhere.kill()
    training.elsewhere.wait()
    training.until(lambda status: not status.live, "the end in another namespace")


def lose_the_event_file(training: Training) -> None:
    """Remove the newest event file while it is written; it must be back within an epoch or with the end."""
    status = job.status(training.run_dir)
    written = [] if status is None else list(training.run_dir.glob(f"*tfevents*.{status.pid}"))
    if status is None or not status.live or not written:
        return
    written[0].unlink(missing_ok=True)
    until(
        lambda: (written[0].exists(), training.live()),
        lambda there: there[0] or not there[1],
        "the return of the event file",
    )
    if not written[0].exists():
        raise SoakError(f"{written[0].name} was lost for ever")


def lose_the_folder(training: Training) -> None:
    """Remove everything while it trains: what this process trained is written again, earlier sessions are gone."""
    written = {path.name.rpartition(".")[2] for path in training.run_dir.glob("*tfevents*")}
    status = job.status(training.run_dir)
    if status is None or not status.live or status.epoch < 1 or written != {str(status.pid)}:
        return
    shutil.rmtree(training.run_dir, ignore_errors=True)
    wanted = {CONFIG, CHECKPOINT, BEST, STATUS}
    there = until(
        lambda: (training.processes(), {path.name for path in training.run_dir.glob("*")}),
        lambda left: wanted <= left[1] or not left[0],
        "the return of the folder",
    )
    if not wanted <= there[1]:  # it was removed in the moment of its end, and nobody is left to write it again
        shutil.rmtree(training.run_dir, ignore_errors=True)
        job.start(CONFIG_OF_ALL, training.run_dir)


def damage_the_checkpoint(training: Training) -> None:
    """Leave half of the last checkpoint, as a loss of power may."""
    kill(training)
    status = job.status(training.run_dir)
    path = training.run_dir / CHECKPOINT
    if status is None or status.state == "finished":  # nobody would write it again
        return
    if path.exists() and (training.run_dir / EARLIER).exists():
        os.truncate(path, path.stat().st_size // 2)


def set_the_clock(training: Training) -> None:
    """Set the clock of what trains by up to an hour or a year, in either direction, while it runs."""
    ahead = training.rng.choice([-1, 1]) * training.rng.uniform(5, training.rng.choice([3600, YEAR]))
    training.clock.write_text(f"{ahead}")
    status = job.status(training.run_dir)
    if status is not None and status.live:
        training.until(lambda now: now.epoch > status.epoch or not now.live, "an epoch after the clock was set")


def fill_the_disk(training: Training) -> None:
    """Leave no room until something could not be saved; then kill it, or let it try again."""
    if training.disk is None:
        raise Skipped("only root can mount a small disk")
    if not training.live():
        return
    filler = training.disk / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    training.until(lambda status: bool(status.unsaved) or not status.live, "a word on the full disk")
    if training.rng.random() < 0.5:
        kill(training)
    filler.unlink()


def use_up_the_files(training: Training) -> None:
    """Let the disk hold no further file, until something could not be saved."""
    if training.disk is None:
        raise Skipped("only root can mount a small disk")
    if not training.live():
        return
    fillers = training.disk / "fillers"
    with suppress(OSError):
        fillers.mkdir()
        for number in range(FILES + 1):
            (fillers / str(number)).touch()
    training.until(lambda status: bool(status.unsaved) or not status.live, "a word on the disk without files")
    shutil.rmtree(fillers)


def let_the_disk_fail(training: Training) -> None:
    """Let everything below its folder fail for a while, as a server that is started again does."""
    if not training.live():
        return
    count = training.failure.with_name(f"{training.failure.name}.count")
    count.unlink(missing_ok=True)
    number = training.rng.choice([errno.ESTALE, errno.EIO, errno.EACCES, errno.EROFS])
    training.failure.write_text(f"{number} {training.run_dir}")
    try:
        until(
            lambda: (count.stat().st_size if count.exists() else 0, training.processes()),
            lambda now: now[0] >= ATTEMPTS or not now[1],
            "attempts to use a disk that fails",
        )
    finally:
        training.failure.unlink()


Fault = Callable[[Training], None]
FAULTS: dict[str, Fault] = {
    "kill -9": kill,
    "frozen": freeze,
    "stop": stop,
    "pause and go on": pause,
    "stop from another PID namespace": stop_from_another_namespace,
    "go on in another PID namespace": train_in_another_namespace,
    "event file removed": lose_the_event_file,
    "run folder removed": lose_the_folder,
    "last checkpoint cut in half": damage_the_checkpoint,
    "run folder moved": move_the_folder,
    "two processes at once": start_twice,
    "clock set": set_the_clock,
    "disk full": fill_the_disk,
    "no file left on the disk": use_up_the_files,
    "disk failing": let_the_disk_fail,
}


def need_namespaces() -> None:
    """Raises ``Skipped`` where this user cannot make a namespace of processes."""
    if shutil.which("unshare") is None or subprocess.run([*NAMESPACE, "true"], capture_output=True).returncode:
        raise Skipped("this user cannot make a PID namespace")


def whole(folder: Path) -> Path:
    """The training that nobody disturbs."""
    run_dir = folder / "whole"
    with invariants.marked():
        job.start(replace(CONFIG_OF_ALL, pace=0.0), run_dir)
        until(lambda: job.status(run_dir), lambda status: status is not None and status.state == "finished", "the end")
    return run_dir


@contextmanager
def small_disk(folder: Path) -> Iterator[Path | None]:
    """A disk that is soon full; None where this user cannot mount one."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK},nr_inodes={FILES}", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def scenario(folder: Path, rng: random.Random, reference: Path, faults: list[str]) -> dict[str, str]:
    """Train to the end through these faults, and hold it to ``reference``; the reason of each that was skipped."""
    why, skipped = f"after {', '.join(faults)}", dict[str, str]()
    with invariants.marked() as mark, small_disk(folder / "disk") as disk, invariants.watched(folder):
        training = Training((disk or folder) / "run", rng, mark, disk)
        job.start(CONFIG_OF_ALL, training.run_dir)
        for name in faults:
            moment = rng.randrange(0, 4)
            training.until(lambda now, at=moment: now.epoch >= at or not now.live, "its first epochs")
            try:
                FAULTS[name](training)
            except Skipped as reason:
                skipped[name] = str(reason)
            training.resume()
        while training.until(lambda status: not status.live, "its end").state != "finished":
            training.resume()
        invariants.need_no_process(mark, why)
        invariants.need_same_run(training.run_dir, reference, why)
        invariants.need_sound(training.run_dir.parent, why)
    return skipped
