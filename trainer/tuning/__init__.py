"""Tuning: which strengths are best, found by trials that are ordinary runs."""
