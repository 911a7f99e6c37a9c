"""Real trials: what `try --seeds 3` does to trainings of the trainer itself, on test data; --write records the table.

python -m tests.benchmarks.real_trials --cache DIR [--only NAME ...] [--write]

Some thirty small trainings on digits, breast cancer, text and images, the demonstration of the app among them. Each is
trained plainly, diagnosed and given its first dose by ``python -m trainer try RUN --seeds 3``, as a person would do it:
five more trainings. Nothing is chosen by the test set. What a training came to is kept in ``--cache`` and used again.
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from sklearn.datasets import load_sample_images

from diagnostics.trials.over_seeds import over_seeds
from tests.benchmarks.record import record
from trainer import job
from trainer.config import Config, demonstration
from trainer.fit.best_weights.calibrate import calibrate
from trainer.fit.loop import Callback
from trainer.session import work
from trainer.trials import cli_try
from trainer.trials.parent import TryError, read_parent
from trainer.trials.proposal import proposals
from trainer.trials.settle import outcome_of_trial

SEEDS = 3
PARTS = ("dose", "advised")
PATCH, PATCHES = 16, 700  # pixels a side, and how many pieces of two photographs there are

_digits = Config(batch_size=20, threads=1)
_cnn = Config(model="cnn", width=8, batch_size=25, epochs=40, threads=1)
_cancer = Config(dataset="breast_cancer", batch_size=20, epochs=80, threads=1)
_text = Config(dataset="text", model="transformer", width=32, depth=1, batch_size=16, lr=3e-3, epochs=40, threads=1)
_images = Config(dataset="images:DIR", width=32, batch_size=20, epochs=40, threads=1)
CONFIGS: Mapping[str, Config] = {
    "demonstration": replace(demonstration(), pace=0.0, threads=1),
    "digits, 100 samples": replace(_digits, train_size=100, depth=3, epochs=100),
    "digits, 150 samples": replace(_digits, train_size=150, epochs=80),
    "digits, 200 samples, wide": replace(_digits, train_size=200, width=128, lr=3e-3, batch_size=50, epochs=40),
    "digits, 60 samples": replace(_digits, train_size=60, width=64, epochs=120, lr=2e-3),
    "digits, cosine": replace(_digits, train_size=200, lr=3e-3, schedule="cosine", epochs=60),
    "digits, 10 % wrong labels": replace(_digits, train_size=300, label_noise=0.1, batch_size=50, epochs=80),
    "digits, 20 % wrong labels": replace(_digits, train_size=300, label_noise=0.2, batch_size=50, epochs=80),
    "digits, 30 % wrong labels, wide": replace(_digits, train_size=400, label_noise=0.3, width=128, epochs=40),
    "digits, 4 layers": replace(_digits, train_size=150, depth=4, epochs=80, lr=2e-3),
    "digits, sgd": replace(_digits, train_size=200, optimizer="sgd", lr=0.03, epochs=80),
    "digits, sgd, wrong labels": replace(_digits, train_size=300, label_noise=0.2, optimizer="sgd", lr=0.03, epochs=60),
    "digits, cnn, 100 samples": replace(_cnn, train_size=100, lr=3e-3),
    "digits, cnn, wrong labels": replace(_cnn, train_size=300, label_noise=0.2, lr=3e-3),
    "digits, vit": replace(_digits, model="vit", width=32, depth=2, train_size=150, lr=3e-3, epochs=40),
    "cancer, 60 samples": replace(_cancer, train_size=60),
    "cancer, 100 samples": replace(_cancer, train_size=100),
    "cancer, 150 samples, lr 3e-3": replace(_cancer, train_size=150, lr=3e-3, epochs=60),
    "cancer, wide": replace(_cancer, train_size=120, width=128, epochs=60),
    "cancer, 10 % wrong labels": replace(_cancer, train_size=150, label_noise=0.1),
    "cancer, 20 % wrong labels": replace(_cancer, train_size=200, label_noise=0.2),
    "text, 80 samples": replace(_text, train_size=80),
    "text, 150 samples": replace(_text, train_size=150),
    "text, 300 samples": replace(_text, train_size=300, epochs=25),
    "text, 2 layers": replace(_text, train_size=120, depth=2, epochs=30),
    "text, lr 1e-3": replace(_text, train_size=100, lr=1e-3, epochs=60),
    "images, mlp, 150 samples": replace(_images, train_size=150),
    "images, mlp, 300 samples": replace(_images, train_size=300, batch_size=50),
    "images, mlp, 4 layers": replace(_images, train_size=200, depth=4),
    "images, cnn, 200 samples": replace(_cnn, dataset="images:DIR", train_size=200, lr=3e-3, epochs=30),
    "images, cnn, 350 samples": replace(_cnn, dataset="images:DIR", train_size=350, lr=2e-3, epochs=25),
    "images, vit": replace(_images, model="vit", depth=2, train_size=200, lr=2e-3, epochs=30),
}


class Calibrated(NamedTuple):
    """Losses of a training's best checkpoint: validation's, and the test set's with and without a temperature.

    ``val_held_out`` is validation's loss after temperatures that have not seen the samples, and ``helps`` whether a
    temperature is used, as ``python -m trainer calibrate`` decides it.
    """

    val: float
    val_held_out: float
    test: float
    test_scaled: float
    helps: bool

    @property
    def val_used(self) -> float:
        """With the temperature where it helps."""
        return self.val_held_out if self.helps else self.val

    @property
    def test_used(self) -> float:
        """The same on test data."""
        return self.test_scaled if self.helps else self.test


class Pair(NamedTuple):
    """A run and its trial, of one seed."""

    run: Calibrated
    trial: Calibrated

    @property
    def dose(self) -> float:
        """Change of the log test loss by the dose alone."""
        return float(np.log(self.trial.test / self.run.test))

    @property
    def advised(self) -> float:
        """By the dose and a temperature."""
        return float(np.log(self.trial.test_used / self.run.test))

    @property
    def kept(self) -> float:
        """By what is kept of the two, with a temperature where it helps: the one of lower validation loss."""
        best = min(self, key=lambda one: one.val_used)
        return float(np.log(best.test_used / self.run.test))

    @property
    def beyond_temperature(self) -> float:
        """What the dose adds to a temperature, which needs no training."""
        return float(np.log(self.trial.test_used / self.run.test_used))


@dataclass(frozen=True)
class Result:
    """What became of a configuration; without a dose, only its verdict and why."""

    verdict: str
    change: str
    words: tuple[str, ...] = ()
    over_seeds: str = ""
    expected_high: float | None = None
    pairs: tuple[Pair, ...] = ()
    seconds: float = 0.0


def measure(name: str, config: Config, folder: Path, images: Path) -> Result:
    """Train a configuration, and try its first dose with all seeds."""
    started, children = time.process_time(), _children()
    config = replace(config, dataset=config.dataset.replace("images:DIR", f"images:{images}"))
    run = folder / "run"
    with job.claim(run):
        job.prepare(config, run)
        work(run, Callback())
    parent = read_parent(run)
    verdict = parent.diagnosis.verdict.value
    try:
        proposal = proposals(parent)[0]
    except TryError as error:
        return Result(verdict, str(error))
    change = ", ".join(f"{lever} {strength:g}" for lever, strength in proposal.strengths.items())
    if proposal.dose is None:
        return Result(verdict, change)
    with redirect_stdout(io.StringIO()):
        cli_try.main([str(run), "--seeds", str(SEEDS)])
    runs = [run, *(folder / f"run-seed-{seed}" for seed in range(1, SEEDS))]
    outcomes = [outcome_of_trial(folder / f"{own.name}-try-1") for own in runs]
    together = over_seeds(range(SEEDS), outcomes)
    return Result(
        verdict,
        change,
        tuple(outcome.word for outcome in outcomes),
        together.word,
        None if proposal.expected is None else proposal.expected.high,
        tuple(Pair(_calibrated(own), _calibrated(folder / f"{own.name}-try-1")) for own in runs),
        time.process_time() - started + _children() - children,
    )


def _calibrated(folder: Path) -> Calibrated:
    calibration = calibrate(folder)
    assert calibration.test is not None
    val, test = calibration.val, calibration.test
    return Calibrated(val.loss, calibration.held_out, test.loss, test.scaled, calibration.helps)


def _children() -> float:
    usage = getrusage(RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def draw_images(folder: Path) -> Path:
    """Pieces of scikit-learn's two photographs as files; which quarter of which photograph is to be told."""
    if folder.is_dir():
        return folder
    scratch, rng = folder.with_suffix(".part"), np.random.default_rng(0)
    shutil.rmtree(scratch, ignore_errors=True)
    for number, photograph in enumerate(load_sample_images().images):
        height, width, _ = photograph.shape
        for piece in range(PATCHES):
            top, left = rng.integers(0, height - PATCH), rng.integers(0, width - PATCH)
            place = scratch / f"{number}-{int(top > height / 2)}{int(left > width / 2)}"
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(photograph[top : top + PATCH, left : left + PATCH]).save(place / f"{piece:03}.png")
    scratch.rename(folder)
    return folder


def results(names: Sequence[str], cache: Path) -> Iterator[tuple[str, Result]]:
    """Each configuration with what came of it, trained where that is not known yet."""
    images = draw_images(cache / "images")
    for number, name in enumerate(names, start=1):
        path = cache / f"{name.replace(' ', '_').replace('%', 'percent')}.json"
        if not path.exists():
            with _folder(cache / "work") as folder:
                result = measure(name, CONFIGS[name], folder, images)
            scratch = path.with_suffix(".part")
            scratch.write_text(json.dumps(asdict(result)))
            scratch.rename(path)
        fields = json.loads(path.read_text())
        pairs = tuple(Pair(*(Calibrated(*losses) for losses in pair)) for pair in fields.pop("pairs"))
        result = Result(**{**fields, "words": tuple(fields["words"])}, pairs=pairs)
        print(f"{number}/{len(names)} {name}: {result.verdict}, {result.words}", file=sys.stderr, flush=True)
        yield name, result


@contextmanager
def _folder(path: Path) -> Iterator[Path]:
    """An empty folder for the trainings of one configuration, which is gone afterwards."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    yield path
    shutil.rmtree(path)


def report(found: Sequence[tuple[str, Result]]) -> str:
    """Everything as Markdown."""
    tried = {name: result for name, result in found if result.pairs}
    families = dict.fromkeys(name.partition(",")[0] for name in tried)
    rows = [
        "| trainings | tried | seeds | dose | better, worse | dose and temperature | better, worse | kept by "
        "validation | better, worse | beyond a temperature alone | better, worse |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
        *(_row(family, _of(family, tried)) for family in families),
        _row("**all**", list(tried.values())),
    ]
    words = [
        "| trainings | trials confirmed, right on test | refuted, right | helped less than predicted | over 3 seeds: "
        "confirmed, right | refuted, right |",
        "|---|---|---|---|---|---|",
        *(_words(family, _of(family, tried)) for family in families),
        _words("**all**", list(tried.values())),
    ]
    blocks = ["\n".join(lines) for lines in (rows, words, [*_bars(list(tried.values()))], [*_each(tried)])]
    if others := [f"{name} ({result.verdict})" for name, result in found if not result.pairs]:
        blocks.append(f"Not tried, because no dose is prescribed: {'; '.join(others)}.")
    seconds = sum(result.seconds for _, result in found)
    blocks.append(f"`python -m tests.benchmarks.real_trials`: {seconds:.0f} s of CPU, {len(found)} configurations.")
    return "\n\n".join(blocks)


def _of(family: str, tried: Mapping[str, Result]) -> list[Result]:
    return [result for name, result in tried.items() if name.partition(",")[0] == family]


def _row(name: str, results: Sequence[Result]) -> str:
    pairs = [pair for result in results for pair in result.pairs]
    cells = [name, str(len(results)), str(len(pairs))]
    for part in ("dose", "advised", "kept", "beyond_temperature"):
        changes = np.array([getattr(pair, part) for pair in pairs])
        cells += [f"{np.expm1(changes.mean()):+.1%}", f"{np.mean(changes < 0):.0%}, {np.mean(changes > 0):.0%}"]
    return f"| {' | '.join(cells)} |"


def _words(name: str, results: Sequence[Result]) -> str:
    single = [(word, pair.dose) for result in results for word, pair in zip(result.words, result.pairs, strict=True)]
    less = [
        word == "confirmed"
        and result.expected_high is not None
        and pair.trial.val / pair.run.val - 1 > result.expected_high
        for result in results
        for word, pair in zip(result.words, result.pairs, strict=True)
    ]
    over = [(result.over_seeds, float(np.mean([pair.dose for pair in result.pairs]))) for result in results]
    cells = [name, *_right(single), str(sum(less)), *_right(over)]
    return f"| {' | '.join(cells)} |"


def _right(words: Sequence[tuple[str, float]]) -> list[str]:
    """How many were confirmed and refuted, and of how many the test set says the same."""
    cells = []
    for word, sign in (("confirmed", -1), ("refuted", 1)):
        right = [sign * change > 0 for said, change in words if said == word]
        cells.append(f"{len(right)} of {len(words)}, {sum(right)}")
    return cells


def _bars(results: Sequence[Result]) -> Iterator[str]:
    """What was asked for, and what was measured."""
    pairs = [pair for result in results for pair in result.pairs]
    yield "| bar | measured | |"
    yield "|---|---|---|"
    for asked, measured, needed in (
        ("best checkpoint and temperature better on test data in at least 80 %", [p.advised < 0 for p in pairs], 0.8),
        ("confirmed over 3 seeds in at least half", [own.over_seeds == "confirmed" for own in results], 0.5),
        ("confirmed by one trial in at least half", [w == "confirmed" for own in results for w in own.words], 0.5),
    ):
        share = float(np.mean(measured))
        yield f"| {asked} | {share:.0%} | {'passed' if share >= needed else '**missed**'} |"


def _each(tried: Mapping[str, Result]) -> Iterator[str]:
    yield "| training | dose | test loss by seed: dose | dose and temperature | trials | over 3 seeds |"
    yield "|---|---|---|---|---|---|"
    for name, result in tried.items():
        changes = [", ".join(f"{np.expm1(getattr(pair, part)):+.0%}" for pair in result.pairs) for part in PARTS]
        words = ", ".join({"not distinguishable": "?"}.get(word, word) for word in result.words)
        yield f"| {name} | {result.change} | {' | '.join(changes)} | {words} | {result.over_seeds} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, try, print, and record when asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.real_trials", description=__doc__)
    parser.add_argument("--cache", type=Path, required=True, metavar="DIR", help="where results are kept")
    parser.add_argument(
        "--only", nargs="+", choices=CONFIGS, metavar="NAME", help=f"of: {', '.join(CONFIGS).replace('%', '%%')}"
    )
    parser.add_argument("--write", action="store_true", help="put the tables into docs/")
    options = parser.parse_args(arguments)
    if options.write and options.only:
        parser.error("--write needs all configurations; leave --only out")
    torch.set_num_threads(1)
    options.cache.mkdir(parents=True, exist_ok=True)
    text = report(list(results(options.only or list(CONFIGS), options.cache)))
    record("recommendations-measured.md", "real_trials", text, write=options.write)
    return 0


if __name__ == "__main__":
    sys.exit(main())
