"""Repair: when overfitting is clear, the training goes back to its best weights and on with a dose, in the same run.

The doses are those of ``diagnostics.recommend.repair``, each used once. What gets better is kept as any best epoch is,
and what does not leaves ``best.pt`` as it was.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from diagnostics import CurveError, LogError, Setup, Verdict, diagnose_run, in_words, open_logs, recommend, setup_of
from diagnostics.logs.rewinds import BEST_EPOCH, as_trained
from diagnostics.recommend.repair import patience, repair_doses
from diagnostics.run_diagnosis import RunDiagnosis
from diagnostics.trials.ledger import LedgerError, folder_of
from diagnostics.trials.ledger_entry import LedgerEntry, this_machine
from diagnostics.trials.outcome import STANDARD_ERRORS
from diagnostics.trials.repair_file import REPAIRED, RepairRecord, Rewind, repair_of
from diagnostics.trials.val_losses import val_losses
from trainer.config import Config, with_strengths
from trainer.errors import TrainerError
from trainer.fit.best_weights.val_losses import sample_losses
from trainer.fit.callbacks import Supervision
from trainer.fit.checkpoints.checkpoint import Checkpoint
from trainer.fit.loop import Callback, Loop
from trainer.fit.problems.fine_tuning import read
from trainer.fit.problems.problem import Problem
from trainer.log import EpochLog
from trainer.status import BEST
from trainer.strengths import strengths
from trainer.trials.parent import decoupled
from trainer.trials.writing import append, write_repair


def repair_in(checkpoint: Checkpoint) -> RepairRecord:
    """What the checkpoint remembers of rewinds; nothing in a training without."""
    return repair_of(checkpoint.repair["record"]) if checkpoint.repair else RepairRecord()


def with_repair(config: Config, repair: RepairRecord) -> Config:
    """The configuration that the training goes on with."""
    return with_strengths(decoupled(config), repair.rewinds[-1].strengths) if repair.rewinds else config


class SelfRepair(Callback):
    """Looks after each epoch whether to go back; comes after the losses of validation and before the status.

    ``config`` is what is trained now, with the dose of the last rewind.
    """

    def __init__(
        self,
        run_dir: Path,
        config: Config,
        problem: Problem,
        *,
        checkpoint: Checkpoint,
        log: EpochLog,
        supervision: Supervision,
    ) -> None:
        self.run_dir, self.config, self.problem = run_dir, config, problem
        self.checkpoint, self.log, self.supervision = checkpoint, log, supervision
        self.record = repair_in(checkpoint)
        self.logs = open_logs(run_dir)
        self.said: set[str] = set()

    def begin(self, loop: Loop) -> None:
        """Mark in the log where this stretch of training goes on from; then look, as a killed training could not."""
        rewinds = self.record.rewinds
        if rewinds and rewinds[-1].epoch == loop.epoch:
            self.log.writer.scalars(loop.epoch, {BEST_EPOCH: float(rewinds[-1].best_epoch)})
            self.log.note("repair", rewinds[-1].sentence)
        if rewinds:
            self._publish()
            self.log.strengths |= {f"strength/{name}": strength for name, strength in rewinds[-1].strengths.items()}
        if loop.epoch:
            self.epoch_end(loop)

    def epoch_end(self, loop: Loop) -> None:
        asked, self.supervision.repair_asked = self.supervision.repair_asked, False
        on = self.config.repair or bool(self.record.rewinds)
        if not (on or asked) or (loop.stopping and not loop.reason):
            return
        doses, refusal = self._due(loop, asked=asked)
        if doses:
            self._go_back(loop, doses)
        elif refusal and (asked or refusal not in self.said):
            self.said.add(refusal)
            self._refuse(refusal)

    def fit_end(self, loop: Loop) -> None:
        """Say what came of it, in the file and in the ledger of the folder."""
        if not self.record.rewinds or not (loop.epoch >= loop.epochs or loop.reason):
            return
        best = self.checkpoint.best_epoch, self.checkpoint.best_loss
        self.record = replace(self.record, best_epoch=best[0], val_loss=best[1])
        self._publish()
        self._say(self.record.outcome)
        try:
            append(folder_of(self.run_dir), self._entry())
        except LedgerError as error:
            self._say(str(error))

    def _due(self, loop: Loop, *, asked: bool) -> tuple[Sequence[Mapping[str, float]], str]:
        """The doses to go on with, the next one first; or none, and the reason where a person should know it."""
        if self.checkpoint.best_epoch == 0:
            return (), "Not repaired: no epoch had a validation loss that is a number, so that none is the best."
        if loop.epoch >= loop.epochs:
            return (), "Not repaired: no epoch is left to train. Resume it with more epochs." if asked else ""
        if self.checkpoint.better is None and not os.path.exists(self.run_dir / BEST):
            return (), f"Not repaired: {BEST} is gone, so that there are no best weights to go back to."
        if self.record.left and self._overdue(loop):
            return self.record.left, ""
        if self.checkpoint.best_epoch == loop.epoch:
            return (), "Not repaired: validation is at its best now." if asked else ""
        try:
            diagnosis, setup = self._judge(loop)
        except (CurveError, LogError, LookupError) as error:
            return (), f"Not repaired: {error}."
        if diagnosis.verdict is Verdict.DIVERGED:
            return (), f"Not repaired: the training has diverged, which no dose helps against. {diagnosis.reason}"
        if diagnosis.verdict is not Verdict.OVERFITTING:
            return (), f"Not repaired: the verdict is {diagnosis.verdict.value}. {diagnosis.reason}" if asked else ""
        if in_words(diagnosis.confidence) != "clear" and not asked:
            return (), ""
        if self.record.rewinds:
            return self.record.left, "" if self.record.left else self._used_up(loop)
        doses = repair_doses(diagnosis, setup)
        return doses, "" if doses else self._no_dose(diagnosis, setup)

    def _overdue(self, loop: Loop) -> bool:
        """Has validation not got better for as long as a dose is waited for?"""
        since = max(self.checkpoint.best_epoch, self.record.rewinds[-1].epoch)
        return loop.epoch - since >= patience(loop.epochs)

    def _judge(self, loop: Loop) -> tuple[RunDiagnosis, Setup]:
        """What the product says of this run, by its log until now."""
        self.logs.poll()
        run = as_trained(self.logs.runs["."], loop.epoch)
        return diagnose_run(run), setup_of(run, self.run_dir)

    def _used_up(self, loop: Loop) -> str:
        """No dose is used twice for the same overfitting: the training ends."""
        loop.stopping = True
        loop.reason = (
            f"repair: it overfits again, and every dose that suits it was used; "
            f"the best validation loss is that of epoch {self.checkpoint.best_epoch}"
        )
        return ""

    def _no_dose(self, diagnosis: RunDiagnosis, setup: Setup) -> str:
        advice = recommend(diagnosis, setup)
        why = f" {advice[0].why}" if advice else ""
        return f"Not repaired: it overfits, but no strength is recommended for it.{why}"

    def _go_back(self, loop: Loop, doses: Sequence[Mapping[str, float]]) -> None:
        now = strengths(self.config.regularizers)
        change = {name: (now.get(name, 0.0), float(f"{strength:.3g}")) for name, strength in doses[0].items()}
        rewind = Rewind(loop.epoch, self.checkpoint.best_epoch, self.checkpoint.best_loss, change)
        self.record = RepairRecord((*self.record.rewinds, rewind), tuple(doses[1:]))
        losses = self.checkpoint.repair.get("losses")
        repair: dict[str, Any] = {"record": self.record.as_json(), "losses": losses}
        if losses is None:
            repair["losses"] = self._losses(loop)
        self.checkpoint.go_back(loop, repair)
        loop.rewound = True
        self._publish()
        self._say(rewind.sentence)

    def _losses(self, loop: Loop) -> list[float]:
        """The validation loss of each sample under the best weights of before, to judge the repair by."""
        if self.checkpoint.better is not None:
            weights = self.checkpoint.better["model"]
        else:
            weights = read(self.run_dir / BEST)["model"]
        device = next(loop.model.parameters()).device
        weights = {name: tensor.to(device) for name, tensor in weights.items()}
        try:
            return sample_losses(loop.model, weights, self.problem.loss_fn, self.problem.val)[0].tolist()
        except Exception:  # a person's own loss may take no single samples: then the repair has no error bar
            return []

    def _entry(self) -> LedgerEntry:
        """What came of the repair, as of any trial."""
        kept = [rewind for rewind in self.record.rewinds if rewind.epoch < (self.record.best_epoch or 0)]
        last = (kept or self.record.rewinds)[-1]
        first = self.record.rewinds[0]
        change = {name: (first.change[name][0], after) for name, (_, after) in last.change.items()}
        difference = self.checkpoint.best_loss / first.val_loss - 1 if first.val_loss else 0.0
        error = self._error() if self.record.kept else None
        confirmed = error is not None and -difference > STANDARD_ERRORS * error
        self.logs.poll()
        return LedgerEntry(
            trial=f"{self.run_dir.absolute().name}/{REPAIRED}",
            parent=self.run_dir.absolute().name,
            change=change,
            kind="repair",
            outcome="confirmed" if confirmed else "not distinguishable",
            difference=difference,
            error=error,
            before=Verdict.OVERFITTING.value,
            after=diagnose_run(self.logs.runs["."], finished=True).verdict.value,
            time=time.time(),
            machine=this_machine(),
        )

    def _error(self) -> float | None:
        """The relative standard error over the samples of validation, as ``diagnostics.outcome`` has it."""
        before = np.asarray(self.checkpoint.repair["losses"], np.float64)
        kept = val_losses(self.run_dir)
        if kept is None:
            return None
        after, _ = kept
        if len(before) != len(after) or len(before) < 2 or not before.mean() > 0:
            return None
        residual = after - after.mean() / before.mean() * before
        return float(residual.std(ddof=1) / (np.sqrt(len(residual)) * before.mean()))

    def _refuse(self, sentence: str) -> None:
        self.record = replace(self.record, refused=sentence)
        self._publish()
        self._say(sentence)
        self.log.note("repair", sentence)

    def _publish(self) -> None:
        """For whoever looks on: the status at its next word, and the file; the checkpoint says it better."""
        self.supervision.status = replace(self.supervision.status, repair=self.record.sentence)
        with suppress(OSError):
            write_repair(self.run_dir, self.record)

    def _say(self, sentence: str) -> None:
        with suppress(OSError):
            print(f"repair: {sentence}", flush=True)


def temperature_note(run_dir: Path) -> str:
    """Fit a temperature to the weights that a repaired training ends with; a sentence on what it does, or why not."""
    from trainer.fit.best_weights.calibrate import calibrate, sentence

    try:
        return sentence(calibrate(run_dir), run_dir)
    except TrainerError as error:
        return f"no temperature was fitted: {error}"
