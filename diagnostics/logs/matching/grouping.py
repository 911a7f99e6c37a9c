"""Groups: which run a directory of event files belongs to, as a person means it, and what it adds to the tags."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from posixpath import basename, dirname

from diagnostics.logs.matching.naming import read_name
from diagnostics.logs.matching.tokens import split_of, words
from diagnostics.logs.matching.vocabulary import FILLERS, LOSSES, METRICS, SPLITS, Split

_STAMP = re.compile(r"\d{9,}\.\d+")  # what add_hparams calls its folder: the time, with its fraction
_QUIET = FILLERS | {"tb", "tensorboard", "writer", "events", "event", "board", "loader", "split"}


def run_of(
    directory: str, directories: Mapping[str, Collection[str]], part: tuple[str, Split] | None, *, two_sided: bool
) -> str:
    """The run of one of these directories, each of which is given with its tags.

    ``train/`` with ``validation/``, a run with a child ``eval/``, ``add_scalars`` folders and ``exp1_train`` with
    ``exp1_val`` are one run each. ``part`` is the ``side_of`` the directory, and ``two_sided`` whether there are
    directories for several sides of that run. Beside that it depends on the tags of the directory and of what ``part``
    names, and on whether the parent is among them.
    """
    if directory == ".":
        return "."
    tags, parent, last = directories[directory], dirname(directory) or ".", basename(directory)
    if parent in directories and (_STAMP.fullmatch(last) or _only_hparams(tags)):
        return parent
    key = _scalars_key(directory, next(iter(tags))) if len(tags) == 1 else ""
    if key and (parent in directories or key in tags or set(words(key)) & (SPLITS.keys() | LOSSES | METRICS)):
        return _above(directory, next(iter(tags)))
    if part is None:
        return directory
    name, side = part
    below = side == "val" or (side == "test" and _pure(last))
    completed = two_sided or (below and _sides_named("", frozenset(directories.get(name, ()))))
    return name if completed or _is_one_side(last, tags) else directory


def side_of(directory: str, tags: Collection[str]) -> tuple[str, Split] | None:
    """The run a directory would be one side of, and which: ``exp/train``, ``exp_train`` and ``train/exp`` are exp's."""
    if _whole(directory, tags):
        return None
    parts = directory.split("/")
    for index in range(len(parts) - 1, -1, -1):
        side = split_of(words(parts[index]))
        if side:
            stem = "" if _pure(parts[index]) else _without_split(parts[index])
            return "/".join(filter(None, (*parts[:index], stem, *parts[index + 1 :]))) or ".", side
    return None


def full_names(name: str, directory: str, tags: Collection[str], *, root: str = "") -> dict[str, str]:
    """Each tag with what its directory adds: ``train/epoch_loss`` in front, or the key of ``add_scalars`` behind."""
    inside = directory_context(name, directory)
    if directory == "." and _is_one_side(root, tags):
        inside = root
    key = _scalars_key(inside, next(iter(tags))) if inside and len(tags) == 1 else ""
    return {tag: f"{tag}/{key}" if key else f"{inside}/{tag}" if inside else tag for tag in sorted(tags)}


def directory_context(name: str, directory: str) -> str:
    """What is left of a directory's name beside its run's: ``"train"`` for run ``exp`` and directory ``exp/train``."""
    if directory == name:
        return ""
    if name == ".":
        return directory
    if directory.startswith(f"{name}/"):
        return directory[len(name) + 1 :]
    of_run = set(words(name))
    return " ".join(word for word in words(directory) if word in SPLITS or word not in of_run)


def own_names(name: str, directory: str, tags: Collection[str], *, root: str = "") -> tuple[str, ...]:
    """The path components of tags that repeat the run's own name, or that all tags have in front."""
    own = {words(part) for part in (basename(name), basename(directory), basename(root))}
    front = {tag.split("/", 1)[0] if "/" in tag else "" for tag in tags}
    parts = {part for tag in tags for part in tag.split("/") if words(part) in own}
    return tuple(sorted((parts | (front if len(front) == 1 else set())) - {""}))


def is_summary(name: str, directory: str, tags: Collection[str]) -> bool:
    """Whether a directory holds the final numbers ``add_hparams`` writes, and no curves."""
    inside = directory_context(name, directory)
    return bool(inside) and bool(_STAMP.fullmatch(basename(inside)) or _only_hparams(tags))


def _is_one_side(last: str, tags: Collection[str]) -> bool:
    """Whether a directory is one side of a run even where it stands alone: not when its tags name their split, and not
    when it is called ``test``, as any run may be."""
    return _pure(last) and split_of(words(last)) != "test" and _sides_named("", frozenset(tags)) <= {None}


def _whole(directory: str, tags: Collection[str]) -> bool:
    """Whether the tags hold both sides by themselves."""
    last = basename(directory)
    sides = _sides_named(last, frozenset(tags))
    return bool(sides & {"val", "test"}) and (
        "train" in sides or (None in sides and split_of(words(last)) in ("train", None))
    )


@lru_cache(maxsize=16384)
def _sides_named(last: str, tags: frozenset[str]) -> frozenset[Split | None]:
    """The splits that tags which measure the fit name; kept, because a live folder is grouped at every poll."""
    own = own_names(last, last, tags)
    return frozenset(name.split for name in (read_name(tag, own) for tag in tags) if name.fits)


def _pure(last: str) -> bool:
    """``train``, ``eval_0``, ``train_inner`` or ``val_summaries``: a split and nothing that names a run."""
    name = words(last)
    return split_of(name) is not None and all(word in SPLITS or word in _QUIET or word.isdigit() for word in name)


def _without_split(part: str) -> str:
    pieces = re.split(r"([^A-Za-z0-9]+)", part)
    kept = [piece for piece in pieces if split_of(words(piece)) is None]
    return "".join(kept).strip("_-. ")


def _only_hparams(tags: Collection[str]) -> bool:
    return bool(tags) and all(tag.startswith(("hparam", "hp_metric")) for tag in tags)


def _scalars_key(directory: str, tag: str) -> str:
    """The key of ``add_scalars`` (torch: ``<run>/<tag>_<key>``, tensorboardX: ``<run>/<tag>/<key>``), or nothing."""
    of_tag, last = words(tag), words(basename(directory))
    if not of_tag:
        return ""
    if len(last) > len(of_tag) and last[: len(of_tag)] == of_tag:
        return " ".join(last[len(of_tag) :])
    above = words(dirname(directory))
    return basename(directory) if above[-len(of_tag) :] == of_tag else ""


def _above(directory: str, tag: str) -> str:
    """The run above an ``add_scalars`` folder."""
    last, of_tag = words(basename(directory)), words(tag)
    up = dirname(directory)
    if last == of_tag or last[: len(of_tag)] != of_tag:
        for _ in tag.strip("/").split("/"):
            up = dirname(up)
    return up or "."
