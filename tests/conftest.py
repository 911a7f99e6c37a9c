"""What every test shares: one thread for numbers, and Ctrl-C as at a terminal; so do the processes that it starts."""

import os
import shutil
import signal
import tempfile

from hypothesis import settings

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell starts what runs in the background that way
    signal.signal(signal.SIGINT, signal.default_int_handler)

STATE = tempfile.mkdtemp(prefix="fitwatch-tests-")  # what is remembered in a test is nobody's
os.environ["XDG_STATE_HOME"] = STATE

settings.register_profile("untimed", deadline=None)  # a busy machine is no failure
settings.load_profile("untimed")


def pytest_unconfigure() -> None:
    """Leave nothing behind, in each process of a suite that runs on several cores."""
    shutil.rmtree(STATE, ignore_errors=True)
