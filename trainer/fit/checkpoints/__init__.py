"""Checkpoints: what is kept of a training on the disk, to go on from or back to."""
