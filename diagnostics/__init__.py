"""Fitwatch diagnostics: whether a training overfits, since when, and how sure that is."""

from diagnostics.curves import Curve, CurveError
from diagnostics.logs import Logs, open_logs
from diagnostics.logs.run import Key, Pair, Run
from diagnostics.outlook import Outlook, outlook
from diagnostics.recommend import GivenSetup, Recommendation, Setup, recommend, setup_of
from diagnostics.run_diagnosis import diagnose_run
from diagnostics.trials.ledger import Ledger
from diagnostics.trials.outcome import Outcome, outcome
from diagnostics.trials.trial_file import Trial, read_trial
from diagnostics.verdict import Diagnosis, Verdict, check_overfitting, diagnose

__all__ = [
    "Curve",
    "CurveError",
    "Diagnosis",
    "GivenSetup",
    "Key",
    "Ledger",
    "Logs",
    "Outcome",
    "Outlook",
    "Pair",
    "Recommendation",
    "Run",
    "Setup",
    "Trial",
    "Verdict",
    "check_overfitting",
    "diagnose",
    "diagnose_run",
    "open_logs",
    "outcome",
    "outlook",
    "read_trial",
    "recommend",
    "setup_of",
]
