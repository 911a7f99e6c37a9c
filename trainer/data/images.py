"""Images: a folder of a person's own, ``images:DIR``, with a folder of images for each class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from trainer.config import Config
from trainer.data.samples import DataError, Floats, Samples
from trainer.data.splits import Splits, split

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
BYTES = 3 * 4  # a pixel takes while the images are split and standardized
GRAY = frozenset({"1", "L", "I;16", "I", "F"})


def load(config: Config) -> Splits:
    """``x`` of shape ``(n, channels, height, width)``: one channel if every image is gray, else three.

    Every image is opened before anything is trained. Raises ``DataError`` for what cannot be, by its name.
    """
    folder = Path(config.dataset.partition(":")[2])
    classes = find(folder)
    paths = [path for images in classes.values() for path in images]
    gray = need_one_size(paths)
    need_memory(paths, gray=gray)
    x = np.stack([pixels(path, gray=gray) for path in paths])
    y = np.repeat(np.arange(len(classes)), [len(images) for images in classes.values()])
    return split(Samples(x, y), config, names=list(classes))


def find(folder: Path) -> dict[str, list[Path]]:
    """Class -> its images, both in the order of their names; hidden files and files of other kinds are passed over."""
    try:
        folders = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError as error:
        raise DataError(
            f"cannot read {folder}: {error.strerror}; name a folder with a folder for each class"
        ) from error
    classes = {path.name: sorted(filter(is_image, path.iterdir())) for path in folders}
    if len(classes) < 2:
        raise DataError(
            f"{folder} holds {len(classes)} folders; at least two are needed, each with the images of one class"
        )
    for name, images in classes.items():
        if len(images) < 2:
            raise DataError(
                f"class {name} has {len(images)} images in {folder / name} ({', '.join(sorted(SUFFIXES))}); "
                "at least two are needed, one to train on and one to validate: add some, or remove the folder"
            )
    return classes


def is_image(path: Path) -> bool:
    """By its name."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()


def need_one_size(paths: list[Path]) -> bool:
    """Whether all are gray, by their headers alone. Raises ``DataError`` for a broken image or a second size."""
    first, gray = (0, 0), True
    for path in paths:
        try:
            with Image.open(path) as image:
                size, mode = image.size, image.mode
        except Exception as error:  # whatever a reader of a broken file stumbles over
            raise DataError(f"{path} cannot be read as an image ({error}); repair or remove it") from error
        first = first if first != (0, 0) else size
        if size != first:
            raise DataError(
                f"{path} has {size[0]}x{size[1]} pixels, and {paths[0]} has {first[0]}x{first[1]}; "
                "make all images one size"
            )
        gray = gray and mode in GRAY
    return gray


def need_memory(paths: list[Path], *, gray: bool) -> None:
    """Raises ``DataError`` when the images, which are all kept in memory, would not fit into what is free."""
    with Image.open(paths[0]) as image:
        pixels_each = image.width * image.height * (1 if gray else 3)
    needed, free = len(paths) * pixels_each * BYTES, psutil.virtual_memory().available
    if needed > free:
        raise DataError(
            f"{len(paths)} images of this size need {needed / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free; "
            "make the images smaller, or read them as they are needed: MODULE:FUNCTION"
        )


def pixels(path: Path, *, gray: bool) -> Floats:
    """``(1 or 3, height, width)``, from 0 to 1. Raises ``DataError`` for a file that is cut off."""
    try:
        with Image.open(path) as image:
            deep = gray and image.mode.startswith("I")
            values = np.asarray(image if deep else image.convert("L" if gray else "RGB"), dtype=np.float32)
    except Exception as error:
        raise DataError(f"{path} is a broken image ({error}); repair or remove it") from error
    values /= 65535 if deep else 255
    return values[None] if gray else values.transpose(2, 0, 1)
