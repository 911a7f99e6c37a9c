"""Trainer: trains a network in a process of its own and logs what a diagnosis needs. Importing it costs nothing."""
