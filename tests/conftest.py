"""What every test shares: one thread for numbers, and Ctrl-C as at a terminal; so do the processes that it starts."""

import os
import signal
import tempfile

from hypothesis import settings

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell starts what runs in the background that way
    signal.signal(signal.SIGINT, signal.default_int_handler)

os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp()  # what is remembered in a test is nobody's

settings.register_profile("untimed", deadline=None)  # a busy machine is no failure
settings.load_profile("untimed")
