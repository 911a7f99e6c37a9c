"""Errors: what a person must change before training can go on."""


class TrainerError(ValueError):
    """The message says what was found, what is needed and the way out; a command line ends with it and code 2."""
