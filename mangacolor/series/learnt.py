"""What was learnt of the examples of a series, beside its file: made anew whenever examples or weights are others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from mangacolor.books import write_atomically
from mangacolor.errors import ModelFileError

LEARNT_NAME = "learnt.safetensors"
LEARNT_FORMAT = 3
"""Since 2, tones of what is shown in colour alone are not known; since 3, parts of places are no garments."""


class Learnt(NamedTuple):
    """Examples as the generator sees them, one entry each.

    Attributes:
        parts: What is shown, as `Part` prints it with its kind.
        kinds: "hair", "garment" or "place".
        tones: (E,) how light it is drawn; not a number where it is shown in colour alone.
        seen: (E, D) what is seen in it.
        colours: (E, 3) sRGB bytes that the example has, where its picture is in colour; -1 where it is not.
        examples: Which example each was learnt of, in letters; empty where an older version wrote it down.
    """

    parts: tuple[str, ...]
    kinds: tuple[str, ...]
    tones: NDArray[np.float32]
    seen: NDArray[np.float16]
    colours: NDArray[np.int16]
    examples: tuple[str, ...] = ()


def read_learnt(folder: Path, made_of: str, *, weights: str = "") -> Learnt | None:
    """Read what was learnt; None if nothing was, or it was made of something else.

    Args:
        folder: The series folder.
        made_of: What it must have been made of: examples and weights.
        weights: Take what was made of other examples, too, if these weights saw them.

    Raises:
        ModelFileError: It is damaged, or newer than this program.
    """
    path = folder / LEARNT_NAME
    if not path.is_file():
        return None
    advice = f"Delete {path}: it is made again from the examples."
    try:
        with safetensors.safe_open(str(path), framework="numpy") as file:
            facts = json.loads((file.metadata() or {})["mangacolor"])
            version = int(facts["format"])
            if version > LEARNT_FORMAT:
                raise ModelFileError(
                    f"{path}: format {version} is newer than this mangacolor knows ({LEARNT_FORMAT}).",
                    advice="Update mangacolor.",
                )
            is_of_weights = bool(weights) and facts.get("weights") == weights
            if version < LEARNT_FORMAT or (facts["made_of"] != made_of and not is_of_weights):
                return None
            planes = [file.get_tensor(name) for name in ("tones", "seen", "colours")]
        examples = tuple(facts.get("examples", ()))
        tones, seen, colours = planes
        learnt = Learnt(tuple(facts["parts"]), tuple(facts["kinds"]), tones, seen, colours, examples)
        if len({len(one) for one in learnt[:5]} | ({len(examples)} if examples else set())) > 1:
            raise ModelFileError(f"{path}: damaged: its entries differ in number.", advice=advice)
        return learnt
    except (safetensors.SafetensorError, KeyError, ValueError, TypeError, OSError) as error:
        raise ModelFileError(f"{path}: damaged: {error}.", advice=advice) from error


def write_learnt(folder: Path, learnt: Learnt, made_of: str, *, weights: str = "") -> None:
    """Write what was learnt, whole or not at all.

    Args:
        folder: The series folder.
        learnt: What was.
        made_of: Examples and weights, in letters.
        weights: The weights alone.

    Raises:
        CannotWriteError: No right or no space.
    """
    facts = {
        "format": LEARNT_FORMAT, "made_of": made_of, "weights": weights, "parts": learnt.parts, "kinds": learnt.kinds,
        "examples": learnt.examples,
    }  # fmt: skip
    planes: dict[str, NDArray[Any]] = {"tones": learnt.tones, "seen": learnt.seen, "colours": learnt.colours}
    data = safetensors.numpy.save(planes, metadata={"mangacolor": json.dumps(facts)})
    write_atomically(folder / LEARNT_NAME, data)
