"""Fitwatch diagnostics: whether a training overfits, since when, and how sure that is."""

from diagnostics.confidence import in_words
from diagnostics.curves import Curve, CurveError
from diagnostics.logs import Logs, open_logs
from diagnostics.logs.folders.directory import LogError
from diagnostics.logs.matching.pairing import MatchError
from diagnostics.logs.run import Key, Pair, Run
from diagnostics.outlook import Outlook, outlook
from diagnostics.recommend import GivenSetup, Recommendation, Setup, SetupError, recommend, setup_of
from diagnostics.run_diagnosis import RunDiagnosis, diagnose_run
from diagnostics.signals.forecast import Forecast, forecast
from diagnostics.signals.sparsity import Sparsity, sparsity
from diagnostics.thresholds import Thresholds
from diagnostics.trials.ledger import Ledger, LedgerError
from diagnostics.trials.outcome import Outcome, OutcomeError, outcome
from diagnostics.trials.trial_file import Trial, TrialError, read_trial
from diagnostics.verdict import CheckNotRun, Diagnosis, Verdict, check_overfitting, diagnose

__all__ = [
    "CheckNotRun",
    "Curve",
    "CurveError",
    "Diagnosis",
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
    "Run",
    "RunDiagnosis",
    "Setup",
    "SetupError",
    "Sparsity",
    "Thresholds",
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
    "sparsity",
]
