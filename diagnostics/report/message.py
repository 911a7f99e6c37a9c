"""Message: what is said of runs whose verdict turned: a sentence, JSON for a chat, and variables for a command."""

from __future__ import annotations

import html
import os
from collections.abc import Collection, Iterable
from typing import Any

from diagnostics.report.courses import courses
from diagnostics.report.neutral import printable
from diagnostics.report.results import Result
from diagnostics.report.words import ATTENTION, as_charted, costs, headline, metric
from diagnostics.verdict import Verdict

MOST = 10  # runs that a message spells out
SAMPLE = "test"  # what a test message gives as its run and verdict


class VerdictTurns:
    """Which verdicts are news: each verdict of a run once, until the run starts anew.

    A verdict at its threshold goes back and forth from one epoch to the next, which nobody wants to be told each time.
    """

    def __init__(self) -> None:
        self._verdicts: dict[str, set[Verdict]] = {}

    def news(self, results: Iterable[Result]) -> list[Result]:
        """The runs that have a verdict which they had not before."""
        turned = []
        for run, diagnosis in results:
            verdicts = self._verdicts.setdefault(run.name, set())
            if diagnosis.verdict is Verdict.TOO_EARLY:
                verdicts.clear()
            if diagnosis.verdict not in verdicts:
                verdicts.add(diagnosis.verdict)
                turned.append((run, diagnosis))
        return turned


def sentence(result: Result) -> str:
    """The run's name, its verdict, since when, and what that cost; one line without control characters."""
    run, diagnosis = result
    whole = f"{headline(diagnosis, run.unit)}. {costs(courses(run), metric(run.primary), diagnosis.verdict)}".strip()
    return f"{printable(run.name)}: {whole}"


def message_of(
    logdir: str, turned: Iterable[Result], verdicts: Collection[Verdict] = ATTENTION
) -> dict[str, Any] | None:
    """What to send of the runs whose verdict turned to one of ``verdicts``; ``None`` without any.

    ``text`` and ``content`` are what chats show; ``runs`` is for programs.
    """
    chosen = [result for result in turned if result[1].verdict in verdicts]
    if not chosen:
        return None
    lines = [sentence(result) for result in chosen[:MOST]]
    lines += [f"and {len(chosen) - MOST} more"] if len(chosen) > MOST else []
    return {**_shown("\n".join(lines)), "logdir": logdir, "runs": [_record(result) for result in chosen]}


def sample_message(logdir: str) -> dict[str, Any]:
    """What shows that messages about a folder arrive."""
    return {**_shown(sample_text(logdir)), "logdir": logdir, "runs": []}


def sample_text(logdir: str) -> str:
    """The same for a person."""
    return f"Test message: Fitwatch will report the runs in {printable(logdir)} here."


def variables(logdir: str, result: Result) -> dict[str, str]:
    """The facts of a run as a command gets them: ``FITWATCH_RUN``, ``_VERDICT``, ``_SENTENCE``, ``_ONSET_STEP`` ….

    A fact that is not known is the empty text.
    """
    run, diagnosis = result
    facts = {
        "LOGDIR": logdir,
        "RUN": run.name,
        "VERDICT": diagnosis.verdict.value,
        "SENTENCE": sentence(result),
        "SEVERITY": diagnosis.severity,
        "CONFIDENCE": f"{diagnosis.confidence:.3f}",
        "ONSET_STEP": diagnosis.onset_step,
        "BEST_STEP": diagnosis.best and diagnosis.best.step,
        "BEST_VALUE": diagnosis.best and diagnosis.best.value,
        "REASON": as_charted(diagnosis.reason, run.unit),
    }
    return _variables(facts)


def sample_variables(logdir: str) -> dict[str, str]:
    """The facts that a test message gives to a command."""
    return _variables({"LOGDIR": logdir, "RUN": SAMPLE, "VERDICT": SAMPLE, "SENTENCE": sample_text(logdir)})


def _variables(facts: dict[str, Any]) -> dict[str, str]:
    texts = {name: "" if fact is None else str(fact) for name, fact in facts.items()}
    return {f"FITWATCH_{name}": _for_environment(text) for name, text in texts.items()}


def _for_environment(text: str) -> str:
    """As the environment can hold it, which knows no NUL and no half of a character but the bytes of a file's name."""
    text = text.replace("\0", "")
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()
    return text


def _shown(text: str) -> dict[str, Any]:
    """The text for chats; a name from a log must call nobody, as ``<!channel>`` or ``@everyone`` would."""
    return {"text": html.escape(text, quote=False), "content": text, "allowed_mentions": {"parse": []}}


def _record(result: Result) -> dict[str, Any]:
    run, diagnosis = result
    return {
        "run": run.name,
        "verdict": diagnosis.verdict.value,
        "confidence": diagnosis.confidence,
        "onset_step": diagnosis.onset_step,
        "best": diagnosis.best and diagnosis.best._asdict(),
        "reason": as_charted(diagnosis.reason, run.unit),
    }
