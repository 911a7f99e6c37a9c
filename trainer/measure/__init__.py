"""Measure: what is measured of a training in each epoch, and written to its event file."""
