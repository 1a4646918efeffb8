"""Finding training examples in a folder, in any of the layouts people keep them in."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
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

FOLDER_PAIRS = (
    ("condition", "target"),
    ("a", "b"),
    *((drawn, painted) for drawn in ("bw", "gray", "grey") for painted in ("color", "colour")),
    ("traina", "trainb"),
)
"""Names of the two sides, in whatever case; in the folder itself, or in `train/` of it."""

SUFFIX_PAIRS = (("_bw", "_color"), ("_bw", "_colour"), ("_condition", "_target"))
PROBES = 8
MOST_NAMED = 3

LAYOUT_ADVICE = (
    "Give a folder with (a) condition/ and target/ (or A/ and B/, bw/ and color/, gray/ and color/), (b) pix2pix "
    "side-by-side images, (c) NAME_bw.png beside NAME_color.png, or (d) colour images alone."
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
    """What a data folder holds: its layout and its examples in natural order.

    Attributes:
        layout: How the data is laid out.
        examples: All there are.
        sides: What was taken for the page as drawn and in colour, where names say so.
        notes: What was left out, and whatever else its owner may not expect; a sentence each.
    """

    layout: Layout
    examples: tuple[Example, ...]
    sides: tuple[str, str] | None = None
    notes: tuple[str, ...] = ()

    def describe(self) -> str:
        """Say in one line what was found."""
        kinds = {
            "folders": "pairs in two folders",
            "side_by_side": "side-by-side pairs",
            "suffixes": "pairs told apart by name",
            "colour": "images (their grey side is made)",
        }
        sides = f": {self.sides[0]} as drawn, {self.sides[1]} in colour" if self.sides else ""
        return f"{len(self.examples)} {kinds[self.layout]}{sides}"


def find_examples(root: Path) -> Found:
    """Recognise the layout of a data folder and list its examples.

    Raises:
        BadInputError: The folder is missing or empty, a pair lacks a side, or folders may be sides of several pairs;
            the message names it.
    """
    if not root.is_dir():
        raise BadInputError(f"{root}: no such data folder.", advice=LAYOUT_ADVICE)
    sides = _side_folders(root)
    if sides is not None:
        return _pair_folders(root, *sides)
    files = list_images(root)
    if not files:
        raise BadInputError(f"{root}: no images in this data folder.", advice=LAYOUT_ADVICE)
    present = [pair for pair in SUFFIX_PAIRS if any(file.stem.endswith(pair[0]) for file in files)]
    if present:  # `_bw` has two spellings of the other side: the one that is there counts
        pair = max(present, key=lambda pair: sum(file.stem.endswith(pair[1]) for file in files))
        return _pair_suffixes(root, files, *pair)
    examples = tuple(Example(file.relative_to(root).as_posix(), file) for file in files)
    joined, looked_at = _count_side_by_side(files)
    if 2 * joined > looked_at:
        return Found("side_by_side", examples)
    mixed = f"{joined} of {looked_at} images looked at are side-by-side pairs, but most are not: all count as colour."
    return Found("colour", examples, notes=(mixed,) if joined else ())


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


def _side_folders(root: Path) -> tuple[Path, Path] | None:
    """Return the folders of the two sides, of `root` itself or of its `train/`; None where there are none.

    Raises:
        BadInputError: Several pairs of folders may be meant.
    """
    for place in (root, *(path for path in _folders(root) if path.name.lower() == "train")):
        folders = _folders(place)
        pairs = [
            (drawn, painted)
            for names in FOLDER_PAIRS
            for drawn in folders
            for painted in folders
            if (drawn.name.lower(), painted.name.lower()) == names
        ]
        if len(pairs) > 1:
            named = ", ".join(f"{drawn.name}/ and {painted.name}/" for drawn, painted in pairs)
            raise BadInputError(f"{place}: several pairs of folders: {named}.", advice="Leave those that are meant.")
        if pairs:
            return pairs[0]
    return None


def _folders(root: Path) -> list[Path]:
    return natsorted((path for path in root.iterdir() if path.is_dir()), key=lambda path: path.name)


def _pair_folders(root: Path, conditions: Path, targets: Path) -> Found:
    notes: list[str] = []
    by_name, target_by_name = (
        _named({file: file.relative_to(side).with_suffix("").as_posix() for file in list_images(side)}, root, notes)
        for side in (conditions, targets)
    )
    _refuse_unpaired(by_name.keys() ^ target_by_name.keys(), f"{conditions.name}/ and {targets.name}/")
    if not by_name:
        raise BadInputError(f"{conditions.parent}: no images in {conditions.name}/.", advice=LAYOUT_ADVICE)
    sides = tuple(f"{side.relative_to(root).as_posix()}/" for side in (conditions, targets))
    others = [file for file in list_images(root) if not {conditions, targets} & set(file.parents)]
    notes += _left_out(others, root, f"in neither {sides[0]} nor {sides[1]}")
    examples = tuple(Example(name, target_by_name[name], by_name[name]) for name in by_name)
    return Found("folders", examples, (sides[0], sides[1]), tuple(notes))


def _pair_suffixes(root: Path, files: list[Path], condition: str, target: str) -> Found:
    notes: list[str] = []

    def named(suffix: str) -> dict[str, Path]:
        mine = [file for file in files if file.stem.endswith(suffix)]
        names = {file: (file.relative_to(root).parent / file.stem.removesuffix(suffix)).as_posix() for file in mine}
        return _named(names, root, notes)

    conditions, targets = named(condition), named(target)
    _refuse_unpaired(conditions.keys() ^ targets.keys(), f"NAME{condition} and NAME{target}")
    others = [file for file in files if not file.stem.endswith((condition, target))]
    notes += _left_out(others, root, "part of no pair")
    examples = tuple(Example(name, targets[name], conditions[name]) for name in conditions)
    return Found("suffixes", examples, (f"NAME{condition}", f"NAME{target}"), tuple(notes))


def _named(names: Mapping[Path, str], root: Path, notes: list[str]) -> dict[str, Path]:
    """Return files by their names; of several with one name the last, and a note for those that it hides."""
    by_name = {name: file for file, name in names.items()}
    hidden = [file for file, name in names.items() if by_name[name] != file]
    notes += _left_out(hidden, root, "named as another one but for the suffix")
    return by_name


def _left_out(files: Sequence[Path], root: Path, why: str) -> list[str]:
    """Return a note of files that are not learnt from, by their names or, where they are many, by their folders."""
    if not files:
        return []
    names = [file.relative_to(root).as_posix() for file in files]
    if len(names) > MOST_NAMED:
        names = list(dict.fromkeys(f"{name.rpartition('/')[0]}/" if "/" in name else name for name in names))
    count = f"{len(files)} image{'s are' if len(files) > 1 else ' is'}"
    return [f"{count} left out, {why}: {_some(names)}."]


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_NAMED]) + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")


def _refuse_unpaired(unpaired: Iterable[str], layout: str) -> None:
    names = natsorted(unpaired)
    if names:
        raise BadInputError(
            f"Only one side of a pair exists for: {_some(names)}.", advice=f"Every name needs {layout}."
        )


def _count_side_by_side(files: list[Path]) -> tuple[int, int]:
    """Look at a few images spread over the list: how many are one grey and one coloured half, and how many are they?"""
    looked_at = files[:: max(1, len(files) // PROBES)][:PROBES]
    joined = 0
    for file in looked_at:
        with contextlib.suppress(BadInputError):
            split_side_by_side(read_image(file).rgb, file.name)
            joined += 1
    return joined, len(looked_at)
