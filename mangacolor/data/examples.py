"""Finding training examples in a folder, in any of the four layouts people keep them in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from natsort import natsorted

from mangacolor.books.looks import is_junk
from mangacolor.errors import BadInputError
from mangacolor.image import read_image
from mangacolor.image.formats import IMAGE_SUFFIXES
from mangacolor.page.kinds import is_colored

Layout = Literal["folders", "side_by_side", "suffixes", "colour"]

FOLDER_PAIRS = (("condition", "target"), ("A", "B"), ("bw", "color"), ("bw", "colour"))
SUFFIX_PAIRS = (("_bw", "_color"), ("_bw", "_colour"), ("_condition", "_target"))
PROBES = 8

LAYOUT_ADVICE = (
    "Give a folder with (a) condition/ and target/ (or A/ and B/, bw/ and color/), (b) pix2pix side-by-side images, "
    "(c) NAME_bw.png beside NAME_color.png, or (d) colour images alone."
)


@dataclass(frozen=True)
class Example:
    """One training example on disk.

    Attributes:
        name: Path of its target relative to the data folder, with `/`.
        target: The colour image, or the side-by-side image.
        condition: The grey image; None where it is made, or is half of `target`.
    """

    name: str
    target: Path
    condition: Path | None = None


@dataclass(frozen=True)
class Found:
    """What a data folder holds: its layout and its examples in natural order."""

    layout: Layout
    examples: tuple[Example, ...]

    def describe(self) -> str:
        """Say in one line what was found."""
        kinds = {
            "folders": "pairs in two folders",
            "side_by_side": "side-by-side pairs",
            "suffixes": "pairs told apart by name",
            "colour": "images (their grey side is made)",
        }
        return f"{len(self.examples)} {kinds[self.layout]}"


def find_examples(root: Path) -> Found:
    """Recognise the layout of a data folder and list its examples.

    Raises:
        BadInputError: The folder is missing or empty, or a pair lacks a side; the message names it.
    """
    if not root.is_dir():
        raise BadInputError(f"{root}: no such data folder.", advice=LAYOUT_ADVICE)
    for condition_name, target_name in FOLDER_PAIRS:
        if (root / condition_name).is_dir() and (root / target_name).is_dir():
            return Found("folders", _pair_folders(root / condition_name, root / target_name))
    files = list_images(root)
    if not files:
        raise BadInputError(f"{root}: no images in this data folder.", advice=LAYOUT_ADVICE)
    present = [pair for pair in SUFFIX_PAIRS if any(file.stem.endswith(pair[0]) for file in files)]
    if present:  # `_bw` has two spellings of the other side: the one that is there counts
        pair = max(present, key=lambda pair: sum(file.stem.endswith(pair[1]) for file in files))
        return Found("suffixes", _pair_suffixes(root, files, *pair))
    layout: Layout = "side_by_side" if _are_side_by_side(files) else "colour"
    return Found(layout, tuple(Example(file.relative_to(root).as_posix(), file) for file in files))


def list_images(root: Path) -> list[Path]:
    """List the image files under a folder in natural order; what is hidden or made by systems is left out."""
    files = [
        path
        for path in root.rglob("*")
        if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file() and not is_junk(path.relative_to(root).as_posix())
    ]
    return natsorted(files, key=lambda path: path.as_posix())


def split_side_by_side(rgb: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Cut a side-by-side image into (condition, target): the grey half is the condition.

    Raises:
        BadInputError: The width is odd, or not exactly one half is grey.
    """
    width = rgb.shape[1]
    halves = rgb[:, : width // 2], rgb[:, width // 2 :]
    colored = [is_colored(half) for half in halves]
    if width % 2 or colored[0] == colored[1]:
        raise BadInputError(f"{name}: not a side-by-side pair of one grey and one coloured half.", advice=LAYOUT_ADVICE)
    return (halves[1], halves[0]) if colored[0] else halves


def _pair_folders(conditions: Path, targets: Path) -> tuple[Example, ...]:
    by_name = {file.relative_to(conditions).with_suffix("").as_posix(): file for file in list_images(conditions)}
    target_by_name = {file.relative_to(targets).with_suffix("").as_posix(): file for file in list_images(targets)}
    _refuse_unpaired(by_name.keys() ^ target_by_name.keys(), f"{conditions.name}/ and {targets.name}/")
    if not by_name:
        raise BadInputError(f"{conditions.parent}: no images in {conditions.name}/.", advice=LAYOUT_ADVICE)
    return tuple(Example(f"{name}", target_by_name[name], by_name[name]) for name in by_name)


def _pair_suffixes(root: Path, files: list[Path], condition: str, target: str) -> tuple[Example, ...]:
    def named(suffix: str) -> dict[str, Path]:
        return {
            (file.relative_to(root).parent / file.stem.removesuffix(suffix)).as_posix(): file
            for file in files
            if file.stem.endswith(suffix)
        }

    conditions, targets = named(condition), named(target)
    _refuse_unpaired(conditions.keys() ^ targets.keys(), f"NAME{condition} and NAME{target}")
    return tuple(Example(name, targets[name], conditions[name]) for name in conditions)


def _refuse_unpaired(unpaired: Iterable[str], layout: str) -> None:
    names = natsorted(unpaired)
    if names:
        listed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        raise BadInputError(f"Only one side of a pair exists for: {listed}.", advice=f"Every name needs {layout}.")


def _are_side_by_side(files: list[Path]) -> bool:
    """Look at a few images spread over the list: all must be one grey and one coloured half."""
    for file in files[:: max(1, len(files) // PROBES)][:PROBES]:
        rgb = read_image(file).rgb
        try:
            split_side_by_side(rgb, file.name)
        except BadInputError:
            return False
    return True
