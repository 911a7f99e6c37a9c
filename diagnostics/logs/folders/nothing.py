"""Nothing: what to say of a folder in which no log was found: what lies there, what is read, and the nearest step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from diagnostics.logs.folders.directory import LogFile

_KINDS = {
    "image": "png jpg jpeg gif svg pdf webp",
    "checkpoint": "pt pth ckpt safetensors h5 hdf5 keras bin onnx msgpack pb index",
    "Aim table": "sst",
    "pickle": "pkl pickle joblib npy npz mat",
    "archive": "zip tar gz tgz bz2 xz zst 7z",
    "notebook": "ipynb",
    "program": "py sh",
}
_OF = {suffix: kind for kind, suffixes in _KINDS.items() for suffix in suffixes.split()}
_STEPS = {  # the kind that is nearest to a log -> how to make a log of it
    "Aim table": (
        "export the metrics with Aim's own package, by the lines in docs/formats.md: its store is a database that "
        "nothing else opens"
    ),
    "pickle": "save the history as text, for example: pandas.DataFrame(history).to_csv('history.csv')",
    "archive": "unpack the archive and open the folder that comes out of it",
    "notebook": "save the history that the notebook shows: pandas.DataFrame(history).to_csv('history.csv')",
    "checkpoint": "a checkpoint has no history; open the folder that the training wrote its log to",
}
_ADD_SCALARS = (
    "a verdict needs the training and validation loss of each epoch as scalars, for example "
    "writer.add_scalar('loss/val', loss, epoch)"
)
_COPY_AGAIN = "copy the file again from the computer that wrote it, or train again"
READ = (
    "TensorBoard event files (events.out.tfevents.*), CSV, JSON lines, a JSON of lists, trainer_state.json, text logs, "
    "wandb, MLflow, DVCLive, trackio and Parquet"
)
WAY_OUT = (
    "log the training and validation loss of each epoch, for example with torch.utils.tensorboard.SummaryWriter, or "
    "write them to history.csv"
)


def kind_of(name: str) -> str | None:
    """The kind of a file that a training leaves beside its log; None for any other."""
    return _OF.get(name.rpartition(".")[2].lower()) if "." in name else None


def nothing_in(place: str, seen: Mapping[str, int], candidates: int) -> str:
    """What to say of a place where no log was found; ``candidates`` is how many files were looked into in vain."""
    counts = [(number, kind) for kind, number in seen.items() if number]
    counts += [(candidates, "other text file")] if candidates else []
    there = ", ".join(f"{number} {kind}{'s' if number > 1 else ''}" for number, kind in sorted(counts, reverse=True))
    step = next((_STEPS[kind] for kind in _STEPS if seen.get(kind)), WAY_OUT)
    only = f", only {there}" if there else ""
    return f"found no log of a training in {place}{only}. Fitwatch reads {READ}. Next: {step}"


def damaged_records(count: int) -> str:
    """How many records of event files were left out, as a clause."""
    return f"{count} damaged record{'s were' if count > 1 else ' was'} skipped"


def damage(file: LogFile) -> str:
    """The sentence among the problems on what is damaged of an event file; empty where nothing is."""
    if file.skipped.files:
        return f"{file.path.parent}/{file.skipped.files[0]}"
    return f"{file.path}: {damaged_records(file.skipped.records)}" if file.skipped.records else ""


def no_curves(files: Sequence[LogFile]) -> str:
    """What to say of a run whose files hold no curve: what is in them instead, and what a verdict needs."""
    kinds = {kind for file in files for kind in file.kinds}
    if any(file.scalars for file in files):
        kinds.add("the final numbers of add_hparams")
    damaged = sum(file.skipped.records for file in files)
    if damaged and not kinds:
        return f"no scalars could be read: {damaged_records(damaged)}; {_COPY_AGAIN}"
    *others, last = sorted(kinds) or [""]
    only = f", only {', '.join(others)}{' and ' if others else ''}{last}" if last else ""
    return f"no scalars were logged{only}; {_ADD_SCALARS}"
