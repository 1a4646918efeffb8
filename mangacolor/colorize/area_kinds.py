"""What the areas of a page are: skin, hair, garments, paper; by what the generator says of them and what was found."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.backdrops import backdrops
from mangacolor.colorize.between_locks import brows, ears
from mangacolor.colorize.findings import Findings, border_shares
from mangacolor.colorize.hair_areas import hair_areas, sure_hair
from mangacolor.colorize.hues import skin_classes
from mangacolor.colorize.likelihoods import ramp
from mangacolor.colorize.paper import AREA_PAPER_TONES
from mangacolor.colorize.pooled import Pooled, as_one_hair, pool
from mangacolor.colorize.simple_faces import simple_faces
from mangacolor.colorize.skin_areas import (
    GARMENT_CHANCE,
    HAIR_CHANCE,
    MAY_BE_SKIN,
    PAPER_CHANCE,
    garments,
    heeding_labels,
    skin_areas,
)
from mangacolor.colorize.things import things_of
from mangacolor.colorize.unbroken_skin import unbroken_skin
from mangacolor.models.backend import Guess, Traits
from mangacolor.page.areas import groups_of, links_of, runs_of
from mangacolor.page.ink import Separation

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

FUR_CHANCE, SURE_FUR = 0.4, 0.74
OWN_FUR = 0.55
SEEN_SHARE, OTHER_FUR, FUR_RIVALRY, FUR_OVER_SKIN = 0.004, 0.27, 0.7, 1.3
"""Chance of an animal from which on areas that touch are one, if any of them has the second: a cat is sure of its face
or its back, and cartoon people never are; and the chance from which on skin may be as likely. Where animals that surely
are some have the first share of a page, there are others: from the second chance on, if it is so large a share of that
of garments and hair, and so many times that of skin."""

IRIS_CHANCE = 0.5
"""Chance of an eye from which on an area is part of an iris: only large faces have any."""

FOLD_SHARE, FOLD_CHANCE = 0.25, 0.1
"""Share of its border that a toned area has with clothes of solid black, and its chance of a garment, from which on it
is their gloss, whatever else it looks like."""

SAME_SCREEN = 0.8
SCREEN_LEVELS = 40
"""How many times the chance of ground that of a garment is at least where clothes of the same panel have the same
screen, and the tones that are told apart for that: half of a coat is cut off by an edge, and looks like a wall."""

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

BARE_TONE, BARE_CHANCE, SMALLEST_GROUND = 0.97, 0.5, 0.001
MOST_PAPER, MOST_GARMENT, MOST_ANIMAL = 0.12, 0.2, 0.3
"""Tone, chance of ground and share of the page from which on an area is bare ground, and the chances of all else up to
which it is."""

STREET_GROUND, STREET_FLOOR, MOST_SKY = 0.6, 0.1, 0.1
"""Chances of ground and of a floor from which on an area is a floor, and share of sky, water and leaves up to which."""

SHADED_SKIN, MAY_BE_FUR, SHADED_TONE, LEAST_BARE = 0.55, 0.25, 0.9, 0.85
"""Chance of skin from which on skin takes a shadow if it is no face, chance of an animal up to which, and tone and
bareness from which on: where somebody has drawn shadows, they are there."""

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
        is_fur: (n,) animals with a tone of their own; bare ones may be white.
        is_paper: (n,) balloons and gutters.
        is_bare_cloth: (n,) clothes and fur of bare paper.
        is_plain: (n,) toned, and none of these.
        is_known: (n,) how far it is scenery whose colour is known.
        bareness: (n,) how far an area is free of strokes.
        is_backdrop: (n,) bare paper behind people.
        ground: (n,) how likely each is ground.
        is_eye: (n,) parts of irises.
        is_bare_ground: (n,) ground of bare paper that is nothing else.
        is_street: (n,) ground that is rather a floor than a wall, and neither sky nor water.
        casts_shadow: (n,) what is surely hair, in solid black as well.
        takes_shadow: (n,) what is surely skin, bare and without strokes.
        thing_of: (n,) the number of the largest piece of the toned thing that each is a piece of, or its own.
    """

    chances: FloatArray
    is_skin: Mask
    is_hair: Mask
    is_dressed: Mask
    is_fur: Mask
    is_paper: Mask
    is_bare_cloth: Mask
    is_plain: Mask
    is_known: FloatArray
    bareness: FloatArray
    is_backdrop: Mask
    ground: FloatArray
    is_eye: Mask
    is_bare_ground: Mask
    is_street: Mask
    casts_shadow: Mask
    takes_shadow: Mask
    thing_of: NDArray[np.intp]


def kinds_of(
    guess: Guess,
    chances: FloatArray,
    scenery: FloatArray,
    page: Separation,
    found: Findings,
    labels: NDArray[np.int32],
    traits: Traits,
    paper: Mask | None = None,
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
        paper: (H, W) what stays white whatever is decided, at any size; None is nothing.
    """
    pooled = pool(guess, chances, scenery, page.ink * page.ink, found, labels, traits)
    found, had_hair = heeding_labels(found, pooled), found.hair_of >= 0
    pooled = as_one_hair(pooled, found)
    shades = (
        np.zeros(len(pooled.skin)) if traits.bins is None else pooled.chances[:, skin_classes(traits.bins)].sum(axis=1)
    )
    is_animal = _animals(found, pooled)
    is_eye = pooled.eye > IRIS_CHANCE
    may_be_hair = (found.hair_of >= 0) | (pooled.hair > HAIR_CHANCE)
    is_skin = skin_areas(found, pooled, shades) | simple_faces(found, pooled, labels, page.ink, may_be_hair)
    is_skin |= unbroken_skin(found, pooled, labels, page.ink, is_skin)
    is_off_hair = had_hair & (found.hair_of < 0)
    is_skin &= ~is_animal & ~is_eye & ~(is_off_hair & (pooled.skin < MAY_BE_SKIN))
    is_paper = (pooled.paper > PAPER_CHANCE) & ~is_skin & (found.hair_of < 0)
    is_hair = hair_areas(found, pooled, ~is_skin & ~is_paper) & ~is_animal
    may_be_ear = is_off_hair & ~(is_skin | is_paper | is_hair | is_animal)
    is_skin |= (brows(found, pooled, is_skin, is_hair) | ears(found, pooled, may_be_ear, is_skin)) & ~is_eye
    is_hair &= ~is_skin
    is_fur = is_animal & ~is_paper & (found.areas.tone < AREA_PAPER_TONES[0])
    is_garment = garments(pooled)
    is_dressed = is_garment & ~is_skin & ~is_paper & ~is_hair & ~is_animal & (found.areas.tone < AREA_PAPER_TONES[0])
    bareness = _bareness(labels, page.ink, len(found.areas.sizes))
    is_plain = (found.areas.tone < AREA_PAPER_TONES[0]) & ~found.areas.is_black
    is_plain &= ~(is_skin | is_hair | is_dressed | is_fur | is_paper)
    is_fold = (border_shares(found, found.areas.is_black & is_dressed) > FOLD_SHARE) & (pooled.garment > FOLD_CHANCE)
    is_half = _has_screen_of(is_dressed & ~found.areas.is_black, found)
    is_half &= (pooled.garment > SAME_SCREEN * pooled.ground) & (pooled.garment > GARMENT_CHANCE)
    is_dressed |= is_plain & (is_fold | is_half)
    is_plain &= ~is_dressed
    is_room = is_plain & (pooled.ground > ROOM_CHANCE) & (pooled.scenery < ROOM_CHANCE)
    agreed, is_floor = _with_kin(pooled.chances, found, is_skin), pooled.floor > ROOM_CHANCE
    for part in (is_room & is_floor, is_room & ~is_floor):
        agreed = _as_rooms(agreed, found, part)
    is_cloth = (pooled.garment > np.maximum(GARMENT_CHANCE, pooled.ground)) & ~(is_skin | is_hair | is_dressed)
    is_bare_cloth = (is_cloth | is_animal) & ~is_paper & (found.areas.tone >= AREA_PAPER_TONES[0])
    is_known = (pooled.scenery + pooled.wall + pooled.floor) * ~(is_skin | is_hair | is_paper | is_bare_cloth | is_fur)
    nothing_else = ~(is_skin | is_hair | is_fur | is_paper | is_bare_cloth)
    is_behind = backdrops(found, pooled, nothing_else, _shares_in(paper, found))
    return AreaKinds(
        chances=agreed, is_skin=is_skin, is_hair=is_hair, is_dressed=is_dressed, is_fur=is_fur, is_paper=is_paper,
        is_bare_cloth=is_bare_cloth, is_plain=is_plain, is_known=is_known, bareness=bareness, is_backdrop=is_behind,
        ground=pooled.ground, is_eye=is_eye, is_bare_ground=_bare_grounds(found, pooled, nothing_else & ~is_behind),
        is_street=_streets(pooled) & nothing_else, casts_shadow=sure_hair(is_hair, found, pooled),
        takes_shadow=_sure_skin(is_skin & (bareness > LEAST_BARE), found, pooled),
        thing_of=things_of(found, pooled, is_plain | is_dressed),
    )  # fmt: skip


def without_backdrops(kinds: AreaKinds) -> AreaKinds:
    """Return the same with no bare paper that could be painted."""
    nowhere = np.zeros_like(kinds.is_backdrop)
    return kinds._replace(is_backdrop=nowhere, is_bare_ground=nowhere)


def _streets(pooled: Pooled) -> Mask:
    """Say which areas (n,) are ground, and rather a floor than a wall or any scenery with a colour of its own."""
    is_floor = (pooled.floor > STREET_FLOOR) & (pooled.floor > pooled.wall) & (pooled.scenery < MOST_SKY)
    return np.asarray(is_floor & (pooled.ground > STREET_GROUND), np.bool_)


def _sure_skin(may_be: Mask, found: Findings, pooled: Pooled) -> Mask:
    """Say which areas (n,) are surely skin, of bare paper."""
    is_sure = (found.is_face | (pooled.skin > SHADED_SKIN)) & (pooled.animal < MAY_BE_FUR)
    return np.asarray(may_be & is_sure & (found.areas.tone > SHADED_TONE), np.bool_)


def _bare_grounds(found: Findings, pooled: Pooled, may_be: Mask) -> Mask:
    """Say which areas (n,) are ground of bare paper, and neither balloons, cloth nor animals by any chance."""
    is_bare = may_be & (found.areas.tone > BARE_TONE) & ~found.areas.is_black & (found.panel_of > 0)
    is_bare &= (found.areas.sizes > SMALLEST_GROUND * found.areas.labels.size) & (pooled.ground > BARE_CHANCE)
    is_bare &= (pooled.paper < MOST_PAPER) & (pooled.garment < MOST_GARMENT) & (pooled.animal < MOST_ANIMAL)
    return np.asarray(is_bare, np.bool_)


def _animals(found: Findings, pooled: Pooled) -> Mask:
    """Say which areas (n,) are animals: those that touch one that surely is, and are likely enough themselves."""
    may_be = (pooled.animal > FUR_CHANCE) & ((pooled.animal > OWN_FUR) | (pooled.animal > pooled.skin))
    inside = np.flatnonzero(may_be & ~found.areas.is_black)
    touching = found.borders.among(inside)
    group = groups_of(touching.one, touching.other, len(inside))
    surest = np.zeros(len(inside), np.float32)
    np.maximum.at(surest, group, pooled.animal[inside])
    is_animal = np.zeros(len(may_be), np.bool_)
    is_animal[inside] = surest[group] > SURE_FUR
    if found.areas.sizes[is_animal].sum() < SEEN_SHARE * found.areas.labels.size:
        return is_animal
    is_another = (pooled.animal > OTHER_FUR) & (pooled.animal > FUR_RIVALRY * np.maximum(pooled.garment, pooled.hair))
    is_another &= (pooled.animal > pooled.ground) & (pooled.animal > FUR_OVER_SKIN * pooled.skin)
    return is_animal | (is_another & ~found.areas.is_black)


def _has_screen_of(which: Mask, found: Findings) -> Mask:
    """Say which areas (n,) have about the tone of some of their panel."""
    level = np.rint(found.areas.tone * SCREEN_LEVELS).astype(np.intp)
    key = found.panel_of * (SCREEN_LEVELS + 3) + level + 1
    return np.asarray(np.isin(key, (key[which][:, None] + (-1, 0, 1)).ravel()), np.bool_)


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


def _shares_in(mask: Mask | None, found: Findings) -> NDArray[np.float64]:
    """Return the share (n,) of every area that a mask (H, W) holds, at any size."""
    labels, count = found.areas.labels, len(found.areas.sizes)
    if mask is None:
        return np.zeros(count)
    held = cv2.resize(mask.view(np.uint8), labels.shape[::-1], interpolation=cv2.INTER_NEAREST).view(np.bool_)
    return np.asarray(np.bincount(labels[held], minlength=count) / found.areas.sizes)


def _bareness(labels: NDArray[np.int32], ink: FloatArray, count: int) -> FloatArray:
    """Say how far areas (count,) are free of strokes, from 0 to 1: hatched hair is no bare paper, whatever its tone."""
    # Not along the border, where the outline is.
    spots, near = labels.astype(np.float32), np.ones((5, 5), np.uint8)
    inner = (cv2.dilate(spots, near) == spots) & (cv2.erode(spots, near) == spots)
    runs = runs_of(labels)
    pixels, clear = (runs.sums(where, count) for where in (inner, inner & (ink > CLEAR_INK)))
    bare = ramp(clear / np.maximum(pixels, 1), *CLEAR_SHARES)
    return np.where(pixels < SMALLEST_HATCHED_PX, np.float32(1), bare)
