"""Folders of drawings: one PNG and one line of JSON each.

In the PNG, red is ink (255 none), green the number of the part (0 the ground), blue 128 times the factor
by which light changes the part's flat colour. So one drawing can be coloured in ever new ways, each exact. Parts run on
beneath the ink. `figures.jsonl` says what each part is; a line is appended only after its PNG is whole, so a folder can
be read while it is written.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from mangacolor.books.files import cannot_write, write_atomically
from mangacolor.errors import BadInputError
from mangacolor.image import DecodedImage, encode, read_bytes, read_image

INDEX_NAME = "figures.jsonl"

LIGHT_UNIT = 128
"""Blue of a part that has its flat colour. Light goes up to 255 / 128, nearly twice as bright."""

MOST_PARTS = 256
"""Parts that a number of one byte tells apart."""

PLACES = ("face", "neck", "arm", "hand", "leg", "foot", "trunk")
"""Of skin; the ears belong to the face. No line parts neighbours of one person: they share a colour."""

KINDS = ("ground", "skin", "hair", "eye_white", "iris", "mouth", "teeth", "tongue", "lips", "nail", "garment")
"""What a part can be. Trims, shoes, socks, glasses and bags are garments too; pupils, lashes and brows are ink."""


class Part(NamedTuple):
    """What one part of a drawing is.

    Attributes:
        kind: One of `KINDS`.
        place: Where skin is, one of `PLACES`; "" for the rest.
        person: Whose it is, counted from 0; -1 for the ground.
        what: A garment's name, such as "skirt" or "skirt trim"; "" for the rest.
    """

    kind: str
    place: str = ""
    person: int = -1
    what: str = ""


class Drawing(NamedTuple):
    """A drawing apart from its colours, all planes (H, W).

    Attributes:
        ink: 1 where there is none, 0 where it is black; pupils, lashes and all lines of faces are ink.
        part: Number of the part; 0 is the ground, and no gap is left under the ink.
        light: Factor on the part's flat colour: 1 lit, less in shadow, more in a gloss. In irises and the like it is
            the ratio of luminances.
        parts: What part 0, 1, 2, ... is.
    """

    ink: NDArray[np.float32]
    part: NDArray[np.uint8]
    light: NDArray[np.float32]
    parts: tuple[Part, ...]


class Drawings(Sequence[Drawing]):
    """The drawings of a folder, read when asked for.

    Attributes:
        entries: What the index says of each: "file", "seed", "shot" and so on.
    """

    def __init__(self, folder: Path, entries: Sequence[dict[str, Any]]) -> None:
        self.folder = folder
        self.entries = tuple(entries)

    def __len__(self) -> int:
        return len(self.entries)

    @overload
    def __getitem__(self, index: int) -> Drawing: ...
    @overload
    def __getitem__(self, index: slice) -> Drawings: ...
    def __getitem__(self, index: int | slice) -> Drawing | Drawings:
        """Read a drawing, or choose some.

        Raises:
            BadInputError: Its file is missing, damaged, or does not fit its line of the index.
        """
        if isinstance(index, slice):
            return Drawings(self.folder, self.entries[index])
        entry = self.entries[index]
        path = self.folder / entry["file"]
        rgb = read_image(path).rgb
        parts = parts_of(entry, self.folder / INDEX_NAME)
        if int(rgb[..., 1].max()) >= len(parts):
            raise BadInputError(
                f"{path}: has part {int(rgb[..., 1].max())}, but {INDEX_NAME} tells of {len(parts)}.",
                advice=f"Delete the picture and its line of {INDEX_NAME}, and draw it again.",
            )
        ink = np.asarray(rgb[..., 0] / np.float32(255), np.float32)
        light = np.asarray(rgb[..., 2] / np.float32(LIGHT_UNIT), np.float32)
        return Drawing(ink, np.ascontiguousarray(rgb[..., 1]), light, parts)


def load_drawings(folder: Path) -> Drawings:
    """Open a folder of drawings. Pictures are read one by one, when they are asked for.

    A last line that is not yet whole is passed over: somebody may be writing it.

    Raises:
        BadInputError: No folder, no index, a line that is no JSON or lacks something, or a picture that is missing.
    """
    index = folder / INDEX_NAME
    if not index.is_file():
        raise BadInputError(
            f"{folder}: no {INDEX_NAME}, so it holds no drawings.",
            advice="Make some: mangacolor synthesize --figures PACK --out DIR -n 100",
        )
    entries = {entry["file"]: entry for entry in _entries(index)}
    for name in entries:
        if not (folder / name).is_file():
            raise BadInputError(f"{folder / name}: missing, though {index} names it.", advice=_REPAIR)
    return Drawings(folder, list(entries.values()))


def write_picture(path: Path, drawing: Drawing) -> None:
    """Write the PNG of a drawing, whole or not at all.

    Raises:
        ValueError: A part has no description, or light or ink are outside what a byte holds.
        CannotWriteError: No right or no space.
    """
    if int(drawing.part.max(initial=0)) >= len(drawing.parts) or len(drawing.parts) > MOST_PARTS:
        raise ValueError(f"part {int(drawing.part.max(initial=0))}, but {len(drawing.parts)} are described")
    if not 0 <= float(drawing.ink.min(initial=1)) <= float(drawing.ink.max(initial=0)) <= 1:
        raise ValueError("ink outside [0, 1]")
    light = np.rint(drawing.light * LIGHT_UNIT).clip(0, 255)
    rgb = np.stack([np.rint(drawing.ink * 255), drawing.part, light], axis=-1).astype(np.uint8)
    write_atomically(path, encode(DecodedImage(rgb), format="png"))


def entry_of(name: str, parts: Sequence[Part], facts: dict[str, Any]) -> dict[str, Any]:
    """Return what the index says of a drawing; what a part has nothing of is left out."""
    described = [{key: value for key, value in part._asdict().items() if value not in ("", -1)} for part in parts]
    return {"file": name, **facts, "parts": described}


def append_entry(folder: Path, entry: dict[str, Any]) -> None:
    """Append a line to the index of a folder, after the remains of a line that was cut off are taken away.

    Raises:
        CannotWriteError: No right or no space.
    """
    index = folder / INDEX_NAME
    line = (json.dumps(entry) + "\n").encode()
    try:
        with index.open("ab+") as file:
            end = file.seek(0, os.SEEK_END)
            if end and _last_byte(index) != b"\n":
                file.truncate(index.read_bytes().rfind(b"\n") + 1)
            file.write(line)
    except OSError as error:
        raise cannot_write(index, error, needed=len(line), elsewhere="--out") from error


def names_in_index(folder: Path) -> set[str]:
    """Return the files that a folder's index names; none where there is no index.

    Raises:
        BadInputError: A line is broken.
    """
    index = folder / INDEX_NAME
    return {str(entry["file"]) for entry in _entries(index)} if index.is_file() else set()


_REPAIR = f"Delete the line from {INDEX_NAME}, or draw into a new folder."


def _last_byte(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1)


def _entries(index: Path) -> list[dict[str, Any]]:
    """Read the lines of an index that are whole."""
    lines = read_bytes(index).split(b"\n")[:-1]
    entries = []
    for number, line in enumerate(lines, start=1):
        try:
            entry = json.loads(line)
        except ValueError as error:
            raise BadInputError(f"{index}: line {number} is not JSON: {error}.", advice=_REPAIR) from error
        if not isinstance(entry, dict) or not isinstance(entry.get("file"), str):
            raise BadInputError(f"{index}: line {number} names no file.", advice=_REPAIR)
        if Path(entry["file"]).name != entry["file"]:
            raise BadInputError(f"{index}: line {number} names a file elsewhere: {entry['file']}.", advice=_REPAIR)
        parts_of(entry, index)
        entries.append(entry)
    return entries


def parts_of(entry: dict[str, Any], index: Path) -> tuple[Part, ...]:
    """Return the parts that a line of the index describes.

    Raises:
        BadInputError: They are missing, of an unknown kind or place, or the first is not the ground.
    """
    try:
        parts = tuple(Part(**part) for part in entry["parts"])
    except (KeyError, TypeError) as error:
        raise BadInputError(f"{index}: {entry['file']} has no parts that can be read.", advice=_REPAIR) from error
    wrong = [part for part in parts if part.kind not in KINDS or part.place not in ("", *PLACES)]
    if wrong:
        raise BadInputError(f"{index}: {entry['file']} has an unknown part, {wrong[0]}.", advice=_REPAIR)
    if not parts or parts[0].kind != "ground":
        raise BadInputError(f"{index}: {entry['file']} does not begin with the ground.", advice=_REPAIR)
    return parts
