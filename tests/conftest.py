"""What every test shares, so that the machine, its load, its user and its settings decide nothing."""

import os
import random
import re
import shutil
import signal
import site
import sys
import tempfile

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

# what somebody set for other programs, or for how they look
THEIRS = re.compile(
    r"(AWS|WANDB|STREAMLIT|SLURM|TORCHELASTIC|KERAS|MLFLOW|OPTUNA|XDG)_\w+|(LOCAL_)?RANK|WORLD_SIZE|MASTER_(ADDR|PORT)"
    r"|COLUMNS|LINES|NO_COLOR|FORCE_COLOR|CLICOLOR(_FORCE)?|TTY_\w+|PYTHON(WARNINGS|OPTIMIZE|PATH|_COLORS)"
)
for name in filter(THEIRS.fullmatch, [*os.environ]):
    del os.environ[name]
os.environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
os.environ |= dict.fromkeys(("NO_PROXY", "no_proxy"), "localhost,127.0.0.1")  # servers of tests are on this machine

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell starts what runs in the background that way
    signal.signal(signal.SIGINT, signal.default_int_handler)

STATE = tempfile.mkdtemp(prefix="fitwatch-tests-")  # what is remembered in a test is nobody's
os.environ |= {"PYTHONUSERBASE": site.getuserbase(), "HOME": STATE, "XDG_STATE_HOME": STATE, "KERAS_HOME": STATE}

# The same examples at every run, however long each takes: chance is for the fuzz benchmark, which keeps what it finds.
settings.register_profile(
    "repeatable", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Let chance begin anew with each test, whatever ran before it in this process."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - the one that is shared
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


def pytest_unconfigure() -> None:
    """Leave nothing behind, in each process of a suite that runs on several cores."""
    shutil.rmtree(STATE, ignore_errors=True)
