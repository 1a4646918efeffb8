"""What is told of fills that lie where nothing is drawn: on gutters, in balloons and captions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.corrections import Step
from mangacolor.image import Note


def notes_on_paper(steps: Sequence[Step], paper: NDArray[np.bool_]) -> tuple[Note, ...]:
    """Return a note if fills lie on paper that is kept white: they colour all of it, which is seldom meant.

    Args:
        steps: What is done to a page, in its pixels.
        paper: (H, W) which of its pixels are kept white.
    """
    height, width = paper.shape
    points = [(int(x), int(y)) for step in steps if step.kind == "fill" for x, y in step.points]
    on_paper = [(x, y) for x, y in points if 0 <= x < width and 0 <= y < height and paper[y, x]]
    if not on_paper:
        return ()
    places = " and ".join(f"{x}, {y}" for x, y in on_paper)
    one = len(on_paper) == 1
    return (
        Note(
            "paper",
            f"has {'a hint' if one else 'hints'} at {places}, where nothing is drawn (a gutter, a balloon, a caption): "
            f"all of {'it' if one else 'them'} has that colour now",
        ),
    )
