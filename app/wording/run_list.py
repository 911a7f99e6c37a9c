"""Run list: the words of the list of runs beside a page."""

WORDS = {
    "find": "Find a run",
    "about": "Words or regular expressions, all of which the name must contain. Press / to start typing.",
    "filter": "Show only these verdicts",
    "runs": "Runs",
    "previous": "Previous run (k)",
    "next": "Next run (j)",
    "count": "{} of {} runs",
    "all": "{} runs",
    "one": "1 run",
    "none": "No run matches",
    "hide": "Hide {}",
    "show": "Show {} again",
    "hidden": "hidden",
    "moreHidden": "{} hidden",
    "lessHidden": "Without hidden",
}
