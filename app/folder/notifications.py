"""Notifications: what a person wants sent when a verdict in a folder turns; kept where only they can read it."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from app.folder import remembered
from diagnostics import Run, Verdict
from diagnostics.report.webhook import checked_url
from diagnostics.report.words import ATTENTION


@dataclass(frozen=True)
class Notifications:
    """Where messages go, and about which runs: those whose name contains ``runs`` and whose verdict turns to one of
    ``verdicts``. The address is a secret: whoever has it can post to that chat.
    """

    webhook: str = ""
    verdicts: tuple[Verdict, ...] = ATTENTION
    runs: str = ""

    def wants(self, run: Run, verdict: Verdict) -> bool:
        """Whether this is something to send."""
        return verdict in self.verdicts and self.runs.casefold() in run.name.casefold()


def notifications(place: str) -> Notifications:
    """What was set for a folder or URL; what cannot be understood is as if it had never been set."""
    written = remembered.decisions("notifications", place)
    verdicts, runs = written.get("verdicts"), written.get("runs")
    names = [name for name in verdicts if isinstance(name, str)] if isinstance(verdicts, list) else [*ATTENTION]
    return Notifications(
        _address(written.get("webhook")),
        tuple(verdict for verdict in Verdict if verdict.value in names),
        runs if isinstance(runs, str) else "",
    )


def keep_notifications(place: str, webhook: str, verdicts: Collection[Verdict], runs: str) -> None:
    """Keep what was set. Raises ``ValueError`` for what is no address, ``OSError`` where it cannot be written."""
    settings = {"webhook": checked_url(webhook), "verdicts": [*verdicts], "runs": runs.strip() or None}
    remembered.keep_decisions("notifications", place, settings)


def forget_notifications(place: str) -> None:
    """Send nothing any more, and forget the address. Raises ``OSError`` where that cannot be written."""
    remembered.keep_decisions("notifications", place, dict.fromkeys(("webhook", "verdicts", "runs")))


def lock_file(place: str) -> Path:
    """The lock of the one program of this user that sends what was set for a place."""
    number = sha256(os.fsencode(place)).hexdigest()[:16]
    return remembered.file("notifications").with_name(f"notifications-{number}.lock")


def _address(written: object) -> str:
    try:
        return checked_url(written) if isinstance(written, str) else ""
    except ValueError:
        return ""
