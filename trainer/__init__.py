"""Trainer: trains a network in a process of its own and logs what a diagnosis needs. Importing it costs nothing."""

import os

# how a person calls it, here or installed; the command fitwatch says what it was called as
PROGRAM = os.environ.get("FITWATCH_CALLED") or ("python -m trainer" if __name__ == "trainer" else "fitwatch")
