"""Commands on a verdict: what they are told, that nothing of a log is typed into them, and that failure is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from diagnostics.report.on_verdict import OnVerdict
from diagnostics.verdict import Verdict
from tests.test_report import FALLING, TURNING, result


def run(command: str, name: str = "exp", val=TURNING) -> list[str]:
    """The problems of running it for a run of that name."""
    problems: list[str] = []
    on_verdict = OnVerdict({Verdict.OVERFITTING: command}, problems.append)
    on_verdict.send("logs", result(val, name=name))
    on_verdict.close()
    return problems


def test_the_sentence_is_its_input_and_the_facts_are_in_its_environment(tmp_path: Path) -> None:
    facts = "$FITWATCH_RUN|$FITWATCH_VERDICT|$FITWATCH_ONSET_STEP|$FITWATCH_BEST_STEP|$FITWATCH_LOGDIR"
    files = [f"'{tmp_path}/{name}'" for name in ("input", "facts", "s")]
    assert run('cat > {}; echo "{}" > {}; echo "$FITWATCH_SENTENCE" > {}'.format(files[0], facts, *files[1:])) == []
    whole = (tmp_path / "input").read_text()
    assert whole.startswith("Fitwatch: exp: Overfitting, clearly, since epoch 20. Validation loss 0.05")
    assert whole == f"Fitwatch: {(tmp_path / 's').read_text()}"
    assert (tmp_path / "facts").read_text() == "exp|overfitting|20|20|logs\n"


def test_the_reason_counts_what_the_chart_counts(tmp_path: Path) -> None:
    run(f'echo "$FITWATCH_REASON" > "{tmp_path}/reason"')
    reason = (tmp_path / "reason").read_text()
    assert "at epoch 20" in reason
    assert "step" not in reason


def test_only_its_own_verdict_runs_it(tmp_path: Path) -> None:
    run(f"touch '{tmp_path}/ran'", val=FALLING)
    assert not list(tmp_path.iterdir())


HOSTILE = ["$(touch {})", "`touch {}`", "'; touch {}; '", '"; touch {}; "', "~! touch {}", "a\n~!touch {}"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_from_a_log_runs_nothing(tmp_path: Path, name: str) -> None:
    owned = tmp_path / "owned"
    command = f'cat > "{tmp_path}/input"; echo "$FITWATCH_RUN" $FITWATCH_SENTENCE > /dev/null'
    assert run(command, name.format(owned)) == []
    assert not owned.exists()
    (line,) = (tmp_path / "input").read_text().splitlines()  # some programs that send mail obey a tilde at its start
    assert line.startswith("Fitwatch: ")


def test_a_name_that_no_environment_can_hold_keeps_no_message_back(tmp_path: Path) -> None:
    assert run(f'echo "$FITWATCH_RUN" > {tmp_path}/name', name="a\ud800\0b") == []
    assert (tmp_path / "name").read_text() == "a\\ud800b\n"


def test_a_command_that_fails_is_said_with_its_last_words() -> None:
    (problem,) = run("echo before >&2; echo no such mailbox >&2; exit 3")
    assert problem.endswith("ended with code 3: no such mailbox")


def test_a_name_with_a_nul_is_told_without_it(tmp_path: Path) -> None:
    assert run(f'printf %s "$FITWATCH_RUN" > "{tmp_path}/name"', "a\0b") == []
    assert (tmp_path / "name").read_text() == "ab"
