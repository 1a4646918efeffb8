"""Files of several pictures: animations are read whole, of the others the first picture is the page."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from mangacolor.image.decoded import Animation, Frame, Note

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image

MAX_FRAMES = 300
"""Of an animation that is coloured. Each takes as long as a page; a longer one is a video."""

_SECOND_MS, _MINUTE_MS, _LONGEST_MS = 1_000, 60_000, 600_000

_ANIMATED = ("GIF", "PNG", "WEBP", "AVIF")
_OTHERS = {
    "MPO": "holds further pictures, such as depth, preview or another view",
    "PSD": "holds layers",
    "ICO": "holds the picture in several sizes",
}


@dataclass(frozen=True)
class Further:
    """What a file holds beside its first picture.

    Attributes:
        animation: The other frames, if they can be coloured.
        is_fixed: Whether there are too many of them.
        notes: What a user is told of them.
    """

    animation: Animation | None = None
    is_fixed: bool = False
    notes: tuple[Note, ...] = ()


def read_animation(
    image: Image.Image, pixels: Callable[[Image.Image], Frame], canvas: tuple[int, int], max_pixels: int
) -> Further:
    """Read all frames after the first of an open file.

    Args:
        image: The file at its first frame.
        pixels: Turns the frame that the file stands at into upright sRGB.
        canvas: Height and width of the first.
        max_pixels: Most of all frames together.
    """
    count = getattr(image, "n_frames", 1)
    if image.format in _OTHERS:
        has_others = count > 1 or len(image.info.get("sizes", ())) > 1
        return Further(notes=(Note("frames", f"{_OTHERS[image.format]}: only the first is kept"),) * has_others)
    if count < 2 or image.format not in _ANIMATED:
        return Further()
    if count > MAX_FRAMES or count * image.width * image.height > max_pixels:
        text = f"is an animation of {count} frames, too long to be coloured: copied as it is"
        return Further(is_fixed=True, notes=(Note("frames", text),))
    has_still = bool(getattr(image, "default_image", False))
    plays = _plays(image)
    frames: list[Frame] = []
    durations = [_duration_ms(image)]
    notes: tuple[Note, ...] = ()
    for number in range(1, count):
        try:
            image.seek(number)
            # A frame of GIF may call itself larger than the picture, and the picture grows with it.
            if count * image.width * image.height > max_pixels:
                raise ValueError("a frame is too large")
            image.load()
            frames.append(_on_canvas(pixels(image), *canvas))
            durations.append(_duration_ms(image))
        except Exception:  # Pillow's plugins raise nearly every kind of exception on damaged files.
            notes = (Note("damaged", f"is a damaged animation: {number} of {count} frames are there"),)
            break
    animation = Animation(tuple(frames), tuple(durations), plays, has_still) if frames else None
    return Further(animation, notes=notes)


def _on_canvas(frame: Frame, height: int, width: int) -> Frame:
    """Cut a frame to the size of the first, or lay it on white: some files hold frames that are larger."""
    if frame.rgb.shape[:2] == (height, width):
        return frame
    rows, columns = min(height, frame.rgb.shape[0]), min(width, frame.rgb.shape[1])
    rgb = np.full((height, width, 3), 255, np.uint8)
    rgb[:rows, :columns] = frame.rgb[:rows, :columns]
    alpha = None
    if frame.alpha is not None:
        alpha = np.full((height, width), 255, np.uint8)
        alpha[:rows, :columns] = frame.alpha[:rows, :columns]
    return Frame(rgb, alpha)


def _duration_ms(image: Image.Image) -> float:
    """Return how long a frame is shown, as far as every format can say it: beyond a minute in whole seconds."""
    value = cast("Any", image.info.get("duration", 0))
    if not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        return 0.0
    if value <= _SECOND_MS:
        return float(value)
    return float(round(value) if value <= _MINUTE_MS else min(round(value / _SECOND_MS) * _SECOND_MS, _LONGEST_MS))


def _plays(image: Image.Image) -> int:
    """Say how often an animation is shown, 0 for ever; GIF counts the repeats, and without any it is shown once."""
    loop = image.info.get("loop")
    if image.format != "GIF":
        return int(loop or 0)
    return 1 if loop is None else 0 if loop == 0 else int(loop) + 1
