"""What the labels say of scenery: skies and water are blue, leaves are green, wood is brown."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.likelihoods import logistic, ramp
from mangacolor.models.backend import Guess, Traits

FloatArray = NDArray[np.float32]


REACH = 0.02
"""OKLab distance within which a colour is about the usual one."""

NOTHING_LEFT = 9.5
"""Reaches beyond which a colour is not the usual one at all: the chances there are numbers so small that processors
take ten times as long for them."""


class Usual(NamedTuple):
    """What is usual of a kind of scenery.

    Attributes:
        hue_deg: OKLab hue of its colour.
        chroma: OKLab chroma of its colour.
        sure: Chance of its label up to which that changes nothing, and from which on it is all that counts.
    """

    hue_deg: float
    chroma: float
    sure: tuple[float, float]

    def chances(self, bins: FloatArray) -> FloatArray:
        """Return how far each of the classes (B, 2) is a colour of it, 1 at its own."""
        turn = np.radians(self.hue_deg)
        away = np.linalg.norm(bins - self.chroma * np.array([np.cos(turn), np.sin(turn)]), axis=1)
        near = np.exp(-((away / REACH) ** 2) / 2)
        return np.where(away < NOTHING_LEFT * REACH, near, 0).astype(np.float32)


USUAL = {
    "sky": Usual(243, 0.1, (0.35, 0.6)),
    "foliage": Usual(134, 0.12, (0.35, 0.6)),
    "water": Usual(230, 0.09, (0.3, 0.55)),
    "wood": Usual(62, 0.08, (0.35, 0.6)),
    "wall": Usual(80, 0.055, (0.3, 0.55)),
    "floor": Usual(65, 0.065, (0.3, 0.55)),
}
"""Scenery by its labels, with the middle of the colours that drawings teach. Hatching is easily taken for leaves."""

ROOMS = ("wall", "floor")
"""Those of them that may have other colours as well, and of which a panel has one of each."""

GROUND = (0.4, 0.7)
"""The same chances of ground altogether, of which scenery is a part: hair is not, whatever it looks like."""

SCENERY_CHANCE = 0.01
"""Chance that each colour of scenery has at least, so that a grey sky is blue, too."""

MOST_SCENERY = 0.5
"""Share of scenery up to which an area has no colour of its own, and may get another."""


def scenery_shares(guess: Guess, traits: Traits) -> FloatArray:
    """Say how far each cell is which scenery.

    Args:
        guess: What the generator said.
        traits: What the generator is like.

    Returns:
        (r, c, K) in the order of `USUAL`, summing to 1 at most; K is 0 for a generator without such labels.
    """
    told = [name for name in USUAL if name in traits.labels]
    if guess.label_logits is None or not told:
        cells = (0, 0) if guess.chroma_logits is None else guess.chroma_logits.shape[:2]
        return np.zeros((*cells, 0), np.float32)
    said = logistic(guess.label_logits)
    is_ground = ramp(said[..., traits.labels.index("ground")], *GROUND) if "ground" in traits.labels else 1
    nothing = np.zeros(said.shape[:2], np.float32)
    sure = np.stack(
        [
            ramp(said[..., traits.labels.index(name)], *usual.sure) * is_ground if name in told else nothing
            for name, usual in USUAL.items()
        ],
        axis=2,
    )
    return np.asarray(sure / np.maximum(sure.sum(axis=2, keepdims=True), 1), np.float32)


def as_scenery(chances: FloatArray, shares: FloatArray, bins: FloatArray) -> FloatArray:
    """Leave scenery the colours that it may have.

    A mixture over what a cell may be: of each kind of scenery, as far as it is that, the colours that the generator
    holds likely there and that such a thing has; of anything else all its colours.

    Args:
        chances: (r, c, B) how likely each colour is.
        shares: (r, c, K) from `scenery_shares`.
        bins: (B, 2) OKLab a and b of the colours.

    Returns:
        (r, c, B), each summing to 1.
    """
    if not shares.shape[2]:
        return chances
    usual, least = np.stack([one.chances(bins) for one in USUAL.values()]), np.float32(SCENERY_CHANCE)
    # Of each kind (chances + least) × usual, made to sum to 1: sums first, so that all kinds are mixed at once.
    weights = shares / (chances @ usual.T + least * usual.sum(axis=1))
    is_scenery = shares.any(axis=2)
    told, share = chances[is_scenery], shares[is_scenery]
    own = (1 - share.sum(axis=1, keepdims=True)).clip(min=0)
    mixed: FloatArray = chances.copy()
    mixed[is_scenery] = told * own + (told + least) * (weights[is_scenery] @ usual)
    return mixed
