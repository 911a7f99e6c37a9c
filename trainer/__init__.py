"""Trainer: trains a network in a process of its own and logs what a diagnosis needs. Importing it costs nothing."""

PROGRAM = "python -m trainer" if __name__ == "trainer" else "fitwatch"  # how a person calls it, here or installed
