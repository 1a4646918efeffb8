"""Animations are coloured frame by frame, and what stands still in them keeps its colours."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from mangacolor.colorize.colorizer import Colorizer
from mangacolor.colorize.hints import Hint
from mangacolor.colorize.outcomes import Outcome
from mangacolor.image import DecodedImage, Frame


def colorize_frames(
    colorizer: Colorizer, page: DecodedImage, hints: Sequence[Hint] = ()
) -> tuple[DecodedImage, Outcome]:
    """Colour a page and, if it moves, each of its frames; see `Colorizer.colorize_page`.

    Pixels that are as they were in the frame before keep the colours that they had there.
    """
    first, outcome = colorizer.colorize_page(page, hints=hints)
    if page.animation is None:
        return first, outcome
    frames: list[Frame] = []
    before, before_colored = page.rgb, first.rgb
    for frame in page.animation.frames:
        still = dataclasses.replace(page, rgb=frame.rgb, alpha=frame.alpha, animation=None)
        done, one = colorizer.colorize_page(still, hints=hints)
        outcome = "colored" if one == "colored" else outcome
        stands = (frame.rgb == before).all(axis=-1, keepdims=True)
        before, before_colored = frame.rgb, np.where(stands, before_colored, done.rgb)
        frames.append(Frame(before_colored, frame.alpha))
    return dataclasses.replace(first, animation=dataclasses.replace(page.animation, frames=tuple(frames))), outcome
