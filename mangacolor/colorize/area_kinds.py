"""What the areas of a page are: skin, hair, garments, paper; by what the generator says of them and what was found."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.findings import Findings
from mangacolor.colorize.hues import skin_classes
from mangacolor.colorize.likelihoods import logistic, ramp
from mangacolor.colorize.scenery import ROOMS, USUAL
from mangacolor.models.backend import Guess, Traits
from mangacolor.page.areas import links_of
from mangacolor.page.ink import Separation

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

SKIN_CHANCE = 0.07
SHADES_CHANCE = 0.6
EDGE_CHANCE = 0.2
"""Chance from which on an area is skin, by the label or by all shades of skin together, and how much more is asked of
one that runs along an edge of the page, as grounds do. Labels were learnt with far more of other things than skin."""

RIVALRY = 0.41
CLOSE_RIVALRY, AGREED_SHADES = 0.24, 0.36
"""Share of the chance of hair and of garment that the chance of skin has at least: drawings that taught the labels show
more cloth than skin. The second will do where all shades of skin together have so much of a chance as colours: on bare
arms, not on the lapel of a white coat."""

BARE_RIVALRY, SURE_SHADES = 0.19, 0.49
"""The same of garments alone where shades of skin have still more of a chance: on foreheads and ears, which have few
lines, as cloth does."""

TONED_RIVALRY = 0.65
"""The same where skin would be shaded and cloth is near: a collar under a neck is toned, skin is mostly bare."""

BESIDE_CLOTH, SURE_CLOTH = 0.3, 0.5
"""Share of its border that a toned area has with clothes, or its chance of a garment, from which on it may be one
wherever it lies: lips and the shadows of a face may look like cloth."""

GROUND_SHARE = 0.35
"""Share of the chance of ground that the chance of skin has at least: balloons without a known outline, bare walls."""

PAPER_CHANCE, SKIN_PAPER = 0.2, 0.35
"""Chance of paper from which on an area is a balloon or a gutter, and nothing else, and the same of what looks like
skin otherwise."""

SKIN_TONE = 0.6
"""Darker areas are no skin, but skin in deep shadow."""

NEAR_CHANCE, SHADOW_TONE = 0.04, 0.4
"""The same on a face and just below it, where shadow and neck are."""

LARGEST_SKIN = 0.12
EDGE_SHARE = 0.12
"""Share of the page up to which an area may be skin, and of an edge of the page from which on it runs along it."""

ENCLOSED_SIZE, ENCLOSED_SHARE, EYE_CHANCE = 0.002, 0.8, 0.2
"""Share of the page up to which an area is skin if this share of its border is, solid blacks left out, whatever the
label says, and chance of an eye up to which that holds. Collars are larger, and open."""

HAIR_CHANCE, GARMENT_CHANCE = 0.3, 0.35
GROUND_RIVALRY = 1.4
"""Chance of the labels from which on an area is hair or a garment, unless it is skin, and how many times the chance of
ground that of a garment is at least: a ground in the colour of a coat is plainer to the eye than a coat left out."""

PAPER_TONES = (0.93, 0.97)
"""Mean tones of an area from which on it is bare paper, a little and altogether."""

KIN_SIZES = (0.002, 0.008)
KIN_SHARE = 0.6
"""Share of the page up to which an area listens to its neighbours, and from which on it does not, and how far."""

ROOM_CHANCE = 0.5
ROOM_SHARE = 0.9
ROOM_TONES = 0.12
ROOM_LEVELS = 33
"""Chance of ground, and of scenery with colours of its own, from which on and up to which an area is a wall, a floor, a
building; how far those of one panel agree on a colour, where they are about as light; what that is, in
tones; and the tones told apart. They are cut up by many lines, and a wall in patches is seen at once."""

CLEAR_INK = 0.8
CLEAR_SHARES = (0.5, 0.75)
SMALLEST_HATCHED_PX = 200
"""Ink above which a pixel shows paper; shares of such pixels up to which an area is hatched, and from which on it is
not; and the pixels off the border of the smallest area that can be told."""


class AreaKinds(NamedTuple):
    """What the areas of a page are.

    Attributes:
        chances: (n, B) how likely each colour is in each area; small ones have listened to their neighbours.
        is_skin: (n,) skin.
        is_hair: (n,) hair.
        is_dressed: (n,) garments with a tone of their own; bare ones may be white.
        is_paper: (n,) balloons and gutters.
        is_bare_cloth: (n,) clothes of bare paper.
        is_plain: (n,) toned, and none of these.
        is_known: (n,) how far it is scenery whose colour is known.
        bareness: (n,) how far an area is free of strokes.
    """

    chances: FloatArray
    is_skin: Mask
    is_hair: Mask
    is_dressed: Mask
    is_paper: Mask
    is_bare_cloth: Mask
    is_plain: Mask
    is_known: FloatArray
    bareness: FloatArray


class _Pooled(NamedTuple):
    """Of each area: chances (n, B) of the classes, and of the labels (n,); the last three are shares of scenery."""

    chances: FloatArray
    skin: FloatArray
    hair: FloatArray
    garment: FloatArray
    ground: FloatArray
    paper: FloatArray
    eye: FloatArray
    scenery: FloatArray
    wall: FloatArray
    floor: FloatArray


def kinds_of(
    guess: Guess,
    chances: FloatArray,
    scenery: FloatArray,
    page: Separation,
    found: Findings,
    labels: NDArray[np.int32],
    traits: Traits,
) -> AreaKinds:
    """Say what the areas of a page are.

    Args:
        guess: What the generator said of it.
        chances: (r, c, B) how likely each colour is, of that.
        scenery: (r, c, K) how far each cell is which scenery, as `scenery_shares` tells it.
        page: Deepened ink and tone (h, w).
        found: Its areas and faces.
        labels: (h, w) number of the area of each pixel.
        traits: What the generator is like.
    """
    said = np.concatenate([chances, _told(guess, traits, chances), _of_scenery(scenery)], axis=2)
    pooled = _pool(labels, page.ink * page.ink, said, found, traits.cell_px)
    shades = (
        np.zeros(len(pooled.skin)) if traits.bins is None else pooled.chances[:, skin_classes(traits.bins)].sum(axis=1)
    )
    is_skin = _skin_areas(found, pooled, shades)
    is_paper = (pooled.paper > PAPER_CHANCE) & ~is_skin & (found.hair_of < 0)
    is_hair = (found.hair_of >= 0) | (
        ~is_skin & ~is_paper & (pooled.hair > HAIR_CHANCE) & (pooled.hair > pooled.garment)
    )
    is_garment = _garments(pooled)
    is_dressed = is_garment & ~is_skin & ~is_paper & ~is_hair & (found.areas.tone < PAPER_TONES[0])
    bareness = _bareness(labels, page.ink, len(found.areas.sizes))
    is_plain = (found.areas.tone < PAPER_TONES[0]) & ~found.areas.is_black
    is_plain &= ~(is_skin | is_hair | is_dressed | is_paper)
    is_room = is_plain & (pooled.ground > ROOM_CHANCE) & (pooled.scenery < ROOM_CHANCE)
    agreed, is_floor = _with_kin(pooled.chances, found, is_skin), pooled.floor > ROOM_CHANCE
    for part in (is_room & is_floor, is_room & ~is_floor):
        agreed = _as_rooms(agreed, found, part)
    is_cloth = (pooled.garment > np.maximum(GARMENT_CHANCE, pooled.ground)) & ~(is_skin | is_hair | is_dressed)
    is_bare_cloth = is_cloth & ~is_paper & (found.areas.tone >= PAPER_TONES[0])
    is_known = (pooled.scenery + pooled.wall + pooled.floor) * ~(is_skin | is_hair | is_paper | is_bare_cloth)
    return AreaKinds(agreed, is_skin, is_hair, is_dressed, is_paper, is_bare_cloth, is_plain, is_known, bareness)


def _told(guess: Guess, traits: Traits, chances: FloatArray) -> FloatArray:
    """Return how likely each cell (r, c, 6) is skin, hair, garment, ground, paper, eye: what the labels say.

    Without a label of skin all shades of it together stand for it. They are shared with walls and wood, so that they
    count as much less as more of them is asked for.
    """
    said = None if guess.label_logits is None else logistic(guess.label_logits)
    nothing = np.zeros(chances.shape[:2], np.float32)
    planes = [
        said[..., traits.labels.index(name)] if said is not None and name in traits.labels else nothing
        for name in _Pooled._fields[1:-3]
    ]
    if said is None and traits.bins is not None:
        shades = chances[..., skin_classes(traits.bins)].sum(axis=-1)
        planes[0] = np.asarray(shades * (SKIN_CHANCE / SHADES_CHANCE), np.float32)
    return np.stack(planes, axis=-1)


def _of_scenery(shares: FloatArray) -> FloatArray:
    """Return how far each cell (r, c, 3) is scenery with a colour of its own, wall, and floor."""
    if not shares.shape[2]:
        return np.zeros((*shares.shape[:2], 3), np.float32)
    own = [number for number, name in enumerate(USUAL) if name not in ROOMS]
    rooms = [shares[..., list(USUAL).index(name)] for name in ROOMS]
    return np.stack([shares[..., own].sum(axis=2), *rooms], axis=2)


def _pool(labels: NDArray[np.int32], weights: FloatArray, said: FloatArray, found: Findings, cell_px: int) -> _Pooled:
    """Average what cells (r, c, B + L) say over areas, ink counting less, and over all hair of one face."""
    count, (height, width), (rows, columns) = len(found.areas.sizes), labels.shape, said.shape[:2]
    # Every other pixel tells as much as all.
    y, x = np.arange(0, height, 2), np.arange(0, width, 2)
    cells = (y // cell_px)[:, None] * columns + x // cell_px
    heavy = weights[::2, ::2].ravel() + np.float32(1e-3)
    key = labels[::2, ::2].ravel().astype(np.int64) * (rows * columns) + cells.ravel()
    met, pair = np.unique(key, return_inverse=True)
    share = links_of(*np.divmod(met, rows * columns), np.bincount(pair, heavy), count)
    total = share.totals()
    summed = share.sums(said.reshape(rows * columns, -1))
    means = np.asarray(summed / np.maximum(total, 1e-6)[:, None], np.float32)
    missed = total == 0  # too small for the canvas: what the page says
    means[missed] = said.mean(axis=(0, 1))
    told = len(_Pooled._fields) - 1
    for face in range(len(found.faces)):
        hair = found.hair_of == face
        if hair.any():
            means[hair, :-told] = np.average(means[hair, :-told], axis=0, weights=found.areas.sizes[hair])
    return _Pooled(means[:, :-told], *means[:, -told:].T)


def _with_kin(chances: FloatArray, found: Findings, is_skin: Mask) -> FloatArray:
    """Let small areas (n, B) listen to neighbours of the same tone, but for skin: tufts of a head, folds of a coat."""
    kin = found.kin.where(~is_skin[found.kin.other])
    heard = kin.totals()[:, None]
    small = ramp(found.areas.sizes / found.areas.labels.size, *KIN_SIZES[::-1])[:, None]
    share = KIN_SHARE * small * (heard > 0) * ~is_skin[:, None]
    said = kin.sums(chances) / np.maximum(heard, 1e-6)
    return np.asarray(chances + (said - chances) * share, np.float32)


def _as_rooms(chances: FloatArray, found: Findings, which: Mask) -> FloatArray:
    """Let some areas (n,) of each panel agree on chances (n, B), those most that are about as light."""
    tones = np.linspace(0, 1, ROOM_LEVELS)
    near = np.exp(-(((tones[:, None] - tones) / ROOM_TONES) ** 2)).astype(np.float32)
    level = np.rint(found.areas.tone.clip(0, 1) * (ROOM_LEVELS - 1)).astype(np.intp)
    agreed: FloatArray = chances.copy()
    for panel in np.unique(found.panel_of[which]):
        inside = np.flatnonzero(which & (found.panel_of == panel))
        sizes = found.areas.sizes[inside].astype(np.float32)
        rooms = links_of(level[inside], np.arange(len(inside)), sizes, ROOM_LEVELS)
        heard = (near @ rooms.sums(chances[inside])) / np.maximum(near @ rooms.totals(), 1e-6)[:, None]
        agreed[inside] += ROOM_SHARE * (heard[level[inside]] - chances[inside])
    return agreed


def _skin_areas(found: Findings, pooled: _Pooled, shades: NDArray[np.floating]) -> Mask:
    """Say which areas (n,) are skin: faces, and what label and shades of skin (n,) say."""
    areas = found.areas
    wanted = SKIN_CHANCE + EDGE_CHANCE * (areas.sides.max(axis=1) > EDGE_SHARE)
    wanted = np.where(found.is_near, NEAR_CHANCE, wanted)
    deepest = np.where(found.is_near, SHADOW_TONE, SKIN_TONE)
    may_be = (
        (areas.tone > deepest)
        & ~areas.is_black
        & (found.hair_of < 0)
        & (areas.sizes < LARGEST_SKIN * areas.labels.size)
    )
    rivalry = np.where(shades > AGREED_SHADES, CLOSE_RIVALRY, RIVALRY)
    rivalry_of_cloth = np.where(shades > SURE_SHADES, BARE_RIVALRY, rivalry)
    rivalry_of_cloth = np.where(_is_toned_cloth(found, pooled), TONED_RIVALRY, rivalry_of_cloth)
    is_likely = (
        (pooled.skin > wanted)
        & (pooled.skin > rivalry * pooled.hair)
        & (pooled.skin > rivalry_of_cloth * pooled.garment)
        & (pooled.skin > GROUND_SHARE * pooled.ground)
        & (pooled.paper < SKIN_PAPER)
    )
    is_skin = found.is_face | (may_be & is_likely)
    return np.asarray(is_skin | _enclosed(found, pooled, is_skin), np.bool_)


def _garments(pooled: _Pooled) -> Mask:
    """Say which areas (n,) may be garments."""
    return (pooled.garment > GARMENT_CHANCE) & (pooled.garment > GROUND_RIVALRY * pooled.ground)


def _is_toned_cloth(found: Findings, pooled: _Pooled) -> Mask:
    """Say which toned areas (n,) are clothes rather than shaded skin, if the two are about as likely."""
    may_be = _garments(pooled) & (found.areas.tone < PAPER_TONES[0])
    around = found.borders.where(~found.areas.is_black[found.borders.other])
    is_cloth = (may_be & (pooled.skin < TONED_RIVALRY * pooled.garment)).astype(np.float32)
    beside = around.sums(is_cloth) / np.maximum(around.totals(), 1)
    return may_be & (found.is_near | (beside > BESIDE_CLOTH) | (pooled.garment > SURE_CLOTH))


def _enclosed(found: Findings, pooled: _Pooled, is_skin: Mask) -> Mask:
    """Say which small areas (n,) lie in skin and are nothing else that we know: lips, folds, what strokes cut off."""
    areas = found.areas
    around = found.borders.where(~areas.is_black[found.borders.other])
    share = around.sums(is_skin.astype(np.float32)) / np.maximum(around.totals(), 1)
    may_be = (areas.tone > SKIN_TONE) & ~areas.is_black & (areas.sizes < ENCLOSED_SIZE * areas.labels.size)
    is_other = (found.hair_of >= 0) | (pooled.hair > HAIR_CHANCE) | (pooled.paper > PAPER_CHANCE)
    return may_be & (share > ENCLOSED_SHARE) & ~is_other & (pooled.eye < EYE_CHANCE) & ~is_skin


def _bareness(labels: NDArray[np.int32], ink: FloatArray, count: int) -> FloatArray:
    """Say how far areas (count,) are free of strokes, from 0 to 1: hatched hair is no bare paper, whatever its tone."""
    # Not along the border, where the outline is.
    spots, near = labels.astype(np.float32), np.ones((5, 5), np.uint8)
    inner = (cv2.dilate(spots, near) == labels) & (cv2.erode(spots, near) == labels)
    pixels = np.bincount(labels[inner], minlength=count)
    clear = np.bincount(labels[inner], ink[inner] > CLEAR_INK, count)
    bare = ramp(clear / np.maximum(pixels, 1), *CLEAR_SHARES)
    return np.where(pixels < SMALLEST_HATCHED_PX, np.float32(1), bare)
