"""Fit: the training itself, from a configuration to a loop and what happens around it."""
