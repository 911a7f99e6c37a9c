"""Setup options: what a command line asks of how a run was trained, because many logs do not say it."""

from __future__ import annotations

import argparse

from diagnostics.recommend.setup import ARCHITECTURES, OPTIMIZERS, GivenSetup, SetupError, strength_in_use


def add_setup_options(parser: argparse.ArgumentParser) -> None:
    """The options that ``setup_given`` reads; each one wins over the log."""
    parser.add_argument(
        "--architecture", choices=ARCHITECTURES, help="kind of network, which a recommended strength depends on"
    )
    parser.add_argument("--val-samples", metavar="N", type=_whole, help="how many samples validation has")
    parser.add_argument("--lr", metavar="RATE", type=positive, help="mean learning rate, where none was logged")
    parser.add_argument(
        "--steps-per-epoch", metavar="N", type=positive, help="optimizer steps an epoch, where a log counts epochs"
    )
    parser.add_argument(
        "--optimizer", choices=OPTIMIZERS, help="how weight decay acts, which its strength depends on; adam adds it to "
        "the gradient, as torch.optim.Adam does",
    )  # fmt: skip
    parser.add_argument("--momentum", metavar="N", type=share, help="momentum of sgd, where the log does not say")
    parser.add_argument(
        "--now",
        dest="strengths",
        metavar="NAME=VALUE",
        type=_strength,
        action="append",
        default=[],
        help="a strength in use that the log does not say, such as dropout=0.3; 0 where it is off; repeatable",
    )


def setup_given(options: argparse.Namespace) -> GivenSetup:
    """What a person gave."""
    return GivenSetup(
        architecture=options.architecture,
        val_samples=options.val_samples,
        lr=options.lr,
        steps_per_epoch=options.steps_per_epoch,
        optimizer=options.optimizer,
        momentum=options.momentum,
        strengths=tuple(options.strengths),
    )


def _strength(text: str) -> tuple[str, float]:
    try:
        return strength_in_use(text)
    except SetupError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"found {text!r}; give a whole number above 0")
    return int(text)


def positive(text: str) -> float:
    """A finite number above 0, for argparse."""
    if not 0 < (number := _number(text)) < float("inf"):
        raise argparse.ArgumentTypeError(f"found {text!r}; give a number above 0")
    return number


def share(text: str) -> float:
    """A number from 0 to below 1, for argparse."""
    if not 0 <= (number := _number(text)) < 1:
        raise argparse.ArgumentTypeError(f"found {text!r}; give a number from 0 to below 1")
    return number


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
