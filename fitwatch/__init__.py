"""Fitwatch: whether a training overfits, since when, how sure that is, and which regularizer would help.

``from fitwatch import diagnose, open_logs`` is all that a program needs; ``fitwatch --help`` shows the commands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from diagnostics import (
        CheckNotRun,
        Curve,
        CurveError,
        Diagnosis,
        Forecast,
        GivenSetup,
        Key,
        Ledger,
        LedgerError,
        LogError,
        Logs,
        MatchError,
        Outcome,
        OutcomeError,
        Outlook,
        Pair,
        Recommendation,
        Run,
        RunDiagnosis,
        Setup,
        SetupError,
        Sparsity,
        Thresholds,
        Trial,
        TrialError,
        Verdict,
        check_overfitting,
        diagnose,
        diagnose_run,
        forecast,
        in_words,
        open_logs,
        outcome,
        outlook,
        read_trial,
        recommend,
        setup_of,
        sparsity,
    )
    from fitwatch.notebook import show
    from trainer.errors import TrainerError
    from trainer.log import EpochLog
    from trainer.repair import Repair
    from trainer.trials.start import start_trial

__version__ = "0.1.0"
__all__ = [
    "CheckNotRun",
    "Curve",
    "CurveError",
    "Diagnosis",
    "EpochLog",
    "Forecast",
    "GivenSetup",
    "Key",
    "Ledger",
    "LedgerError",
    "LogError",
    "Logs",
    "MatchError",
    "Outcome",
    "OutcomeError",
    "Outlook",
    "Pair",
    "Recommendation",
    "Repair",
    "Run",
    "RunDiagnosis",
    "Setup",
    "SetupError",
    "Sparsity",
    "Thresholds",
    "TrainerError",
    "Trial",
    "TrialError",
    "Verdict",
    "check_overfitting",
    "diagnose",
    "diagnose_run",
    "forecast",
    "in_words",
    "open_logs",
    "outcome",
    "outlook",
    "read_trial",
    "recommend",
    "setup_of",
    "show",
    "sparsity",
    "start_trial",
]


def __getattr__(name: str) -> object:
    """A public name is imported when it is first used, so that ``import fitwatch`` costs nothing (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in ("EpochLog", "Repair"):
        module = _of_torch("log" if name == "EpochLog" else "repair")
    elif name == "start_trial":
        from trainer.trials import start as module
    elif name == "show":
        from fitwatch import notebook as module
    elif name == "TrainerError":
        from trainer import errors as module
    else:
        import diagnostics as module
    value: object = getattr(module, name)
    globals()[name] = value
    return value


def _of_torch(module: str) -> ModuleType:
    """A public module that needs torch. Raises ``ImportError`` where there is none."""
    from trainer.extras import MissingPackageError, explained

    try:
        with explained():
            if module == "log":
                from trainer import log

                return log
            from trainer import repair
    except MissingPackageError as error:
        raise ImportError(str(error)) from None
    return repair


def __dir__() -> list[str]:
    return [*globals(), *__all__]
