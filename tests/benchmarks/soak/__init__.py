"""Faults on real trainings, searches and apps; what a folder must be like after each."""
