"""Fitwatch diagnostics."""
