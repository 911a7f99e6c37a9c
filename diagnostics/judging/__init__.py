"""Judging: from the evidence to a verdict, its sentence, and what else may explain it."""
