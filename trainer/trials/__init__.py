"""Trials: one run with one change; nothing here imports Optuna."""
