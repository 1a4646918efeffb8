"""From chances of the generator's classes to colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.hues import annealed, skin_classes

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

SURPRISE, SOFT_SURPRISE = 0.35, 0.3
"""How far the chance of a class all over the page is taken off its chance in an area, and in a cell of a ground, as an
exponent. Cell by cell, more would turn an empty sky into a rainbow."""

HABIT = 0.9
HUE_WIDTH = 0.5
USUAL_HUE = 0.78
"""How far the chance of a hue that the generator is in the habit of is taken off, as an exponent ("logit adjustment",
Menon et al., ICLR 2021); over how many radians habits are those of one hue; and how likely, in shares of the mean over
coloured places, a hue may be before it is a habit. Storybooks are orange and yellow, and so is every doubt without it.
Rare hues are not made likelier: they would stain white coats."""

CHANCE_FLOOR = 1e-6
"""Chances below it have no logarithm, or one that outweighs all else."""

AREA_SKIN_TEMPERATURE = 1.0
AREA_SKIN_CHROMA = (0.042, 0.055)
BARE_SKIN_HUES, SHADED_SKIN_HUES = (54.0, 64.0), (40.0, 52.0)
SHADED_SKIN = 1.3
"""Temperature of the mean over shades of skin; OKLab chroma and hues in degrees that skin gets at least and at most,
where it is bare paper and where it is shaded; and how many times as much chroma it has in shadow. Paler skin could not
be told from paper. Peach looks healthy where pink looks burnt; shadows of it are rosy, or they turn khaki."""

ALIKE = 0.06
"""OKLab distance up to which classes look alike."""

GREY_CHROMA = 0.04
"""OKLab chroma up to which a class is about grey."""


class ClassColours:
    """Turns chances of the classes into OKLab a and b.

    Args:
        bins: (B, 2) OKLab a and b of the classes.
        chances: (r, c, B) of the page.
        habits: (B,) how likely the generator holds each class on pages as it was trained on; None if nobody knows.

    Attributes:
        bins: As given.
        habits: As given.
        usual: (B,) how likely each class is all over the page.
    """

    def __init__(self, bins: FloatArray, chances: FloatArray, habits: FloatArray | None = None) -> None:
        self.bins, self.habits = bins, habits
        self._is_skin = skin_classes(bins)
        self.usual: FloatArray = chances.reshape(-1, chances.shape[-1]).mean(axis=0)
        self._usual = np.log(np.maximum(self.usual, CHANCE_FLOOR))
        self._habit = np.zeros(len(bins), np.float32) if habits is None else HABIT * habit_of_hues(bins, habits)

    def decided(self, chances: FloatArray, surprise: float) -> FloatArray:
        """Return (..., 2) OKLab a and b for chances (..., B)."""
        return annealed(self._evidence(chances, surprise), self.bins)

    def without_grey(self, chances: FloatArray, where: Mask) -> FloatArray:
        """Take the classes without much chroma from the chances (n, B) of some areas: hair has a colour."""
        is_grey = np.linalg.norm(self.bins, axis=1) < GREY_CHROMA
        return np.where(where[:, None] & is_grey, np.float32(0), chances)

    def largest(self, chances: FloatArray) -> FloatArray:
        """Return (n,) the chance of the likeliest colour that is no grey, with those that look like it."""
        near = np.linalg.norm(self.bins[:, None] - self.bins, axis=2) < ALIKE
        is_colour = np.linalg.norm(self.bins, axis=1) > ALIKE
        return np.asarray((chances @ near)[:, is_colour].max(axis=1), np.float32)

    def near_grey(self, chances: FloatArray) -> FloatArray:
        """Return (n,) the chance of all colours without much chroma together."""
        return np.asarray(chances[:, np.linalg.norm(self.bins, axis=1) < GREY_CHROMA].sum(axis=1), np.float32)

    def skin(self, chances: FloatArray, weights: NDArray[np.float64]) -> tuple[FloatArray, FloatArray]:
        """Return the (2,) shades of skin of a page, bare and shaded; its areas have chances (n, B) and weigh (n,)."""
        heavy = weights if weights.any() else np.ones(len(chances))
        mean = (chances * heavy[:, None]).sum(axis=0) / heavy.sum()
        shade = annealed(
            self._evidence(mean.astype(np.float32))[self._is_skin], self.bins[self._is_skin], AREA_SKIN_TEMPERATURE
        )
        chroma = float(np.linalg.norm(shade).clip(*AREA_SKIN_CHROMA))
        hue = float(np.degrees(np.arctan2(shade[1], shade[0])))
        bare, shaded = (np.radians(np.clip(hue, *hues)) for hues in (BARE_SKIN_HUES, SHADED_SKIN_HUES))
        return (
            np.array([np.cos(bare), np.sin(bare)], np.float32) * np.float32(chroma),
            np.array([np.cos(shaded), np.sin(shaded)], np.float32) * np.float32(SHADED_SKIN * chroma),
        )

    def _evidence(self, chances: FloatArray, surprise: float = SURPRISE) -> FloatArray:
        return np.asarray(np.log(np.maximum(chances, CHANCE_FLOOR)) - surprise * self._usual - self._habit, np.float32)


def habit_of_hues(bins: FloatArray, habits: FloatArray) -> FloatArray:
    """Say how far each class is of a hue that the generator is in the habit of: logarithms (B,), 0 for all others.

    Args:
        bins: (B, 2) OKLab a and b of the classes.
        habits: (B,) how likely each is to it on pages as it was trained on.
    """
    is_colour = np.linalg.norm(bins, axis=1) >= GREY_CHROMA
    hue = np.arctan2(bins[:, 1], bins[:, 0])
    near = np.exp((np.cos(hue[:, None] - hue) - 1) / HUE_WIDTH**2) * is_colour
    share = np.log(np.maximum(near @ habits / near.sum(axis=1), CHANCE_FLOOR))
    excess = share - np.average(share, weights=habits * is_colour) - np.log(USUAL_HUE)
    return np.where(is_colour, np.maximum(excess, 0), 0).astype(np.float32)
