"""Which areas of a page are skin: faces, and what label and shades of skin say against all else that it may be."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.findings import Findings, border_shares, middles_of
from mangacolor.colorize.paper import AREA_PAPER_TONES
from mangacolor.colorize.pooled import SKIN_CHANCE, Pooled

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

EDGE_CHANCE = 0.2
"""How much more chance of skin is asked of an area that runs along an edge of the page, as grounds do."""

RIVALRY = 0.41
CLOSE_RIVALRY, AGREED_SHADES = 0.24, 0.36
"""Share of the chance of hair and of garment that the chance of skin has at least: drawings that taught the labels show
more cloth than skin. The second will do for garments where all shades of skin together have so much of a chance as
colours: on bare arms, not on the lapel of a white coat. Fair hair has the shades of skin, too."""

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

FAR, FAR_SHARE, LEAST_FAR, MAY_BE_FACE = 2.75, 0.55, 0.0012, 0.5
"""The same of bare areas whose middle is so many heights of a face away from every face, and that have so large a share
of the page at least: grounds and balloons in the colour of skin. On pages without a face all areas are far. Faces that
nobody finds may look like animals; what has the last chance of one is left alone."""

CLOTH_RIVALRY, LEAST_PEAK = 1.41, 0.33
MOST_SKIN_BESIDE, MOST_HAIR_BESIDE = 0.12, 0.2
"""As far from every face, what is a garment by `CLOTH_RIVALRY` times the chance of skin, and nowhere looks more like
skin than `LEAST_PEAK`, is none; but what has so large a share of its border with skin, or with hair, is part of a hand
or of a head that nobody found."""

MOSTLY_SKIN = 0.78
"""What lies by a face or just below it, and nowhere looks more like skin than `LEAST_PEAK`, is skin from this share of
its border with skin on: collars and grounds lie there, too."""

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

ENCLOSED_SIZE, ENCLOSED_SHARE, EYE_CHANCE = 0.002, 0.66, 0.2
"""Share of the page up to which an area is skin if this share of its border is, solid blacks left out, whatever the
label says, and chance of an eye up to which that holds. Collars are larger, and open."""

CHEEK_SIZE, CHEEK_SHARE, CHEEK_CHANCE = 0.01, 0.85, 0.15
"""The same of a bare cheek or brow that lines part from the face, and the chance of skin that it has at least."""

SURE_LABEL, SURE_RIVALRY = 0.5, 0.3
"""Chance of hair from which on what lies where a face is looked for is a fringe, and of ground from which on what lies
where its hair is looked for is behind it, if the chance of the face, or of hair, has less than this share of it."""

NO_HAIR, RATHER_SKIN, MAY_BE_SKIN, GROUND_OVER_SKIN = 0.12, 1.15, 0.15, 1.6
"""Chance of hair up to which nothing is hair, wherever a face has it. What lies there is a forehead or an ear where the
chance of skin is so many times that of hair, from what chance on, and that of ground at most so many times it, and that
of a garment less."""

HAIR_CHANCE, GARMENT_CHANCE = 0.3, 0.35
GROUND_RIVALRY = 1.4
"""Chance of the labels from which on an area is hair or a garment, unless it is skin, and how many times the chance of
ground that of a garment is at least: a ground in the colour of a coat is plainer to the eye than a coat left out."""


def heeding_labels(found: Findings, pooled: Pooled) -> Findings:
    """Return findings in which the label decides between the skin and the hair of a face, where it is sure.

    What lies where a face has its hair, and does not look like any, is none: letters, collars, what is behind a head.
    """
    is_fringe = (pooled.hair > SURE_LABEL) & (pooled.skin < SURE_RIVALRY * pooled.hair)
    is_behind = (pooled.ground > SURE_LABEL) & (pooled.hair < SURE_RIVALRY * pooled.ground)
    is_rather_skin = (pooled.skin > np.maximum(MAY_BE_SKIN, RATHER_SKIN * pooled.hair)) & (pooled.skin > pooled.garment)
    is_rather_skin &= pooled.ground < GROUND_OVER_SKIN * pooled.skin
    # Without a label of hair its chance is 0 everywhere.
    is_none = ((pooled.hair < NO_HAIR) & pooled.hair.any()) | is_rather_skin | is_behind
    return found._replace(is_face=found.is_face & ~is_fringe, hair_of=np.where(is_none, -1, found.hair_of))


def skin_areas(found: Findings, pooled: Pooled, shades: NDArray[np.floating]) -> Mask:
    """Say which areas are skin.

    Args:
        found: Areas and faces of the page.
        pooled: What is said of its n areas.
        shades: (n,) how likely all shades of skin are together.

    Returns:
        (n,) faces, what is skin rather than anything else, and what little lies in skin.
    """
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
    rivalry_of_cloth = np.where(shades > AGREED_SHADES, CLOSE_RIVALRY, RIVALRY)
    rivalry_of_cloth = np.where(shades > SURE_SHADES, BARE_RIVALRY, rivalry_of_cloth)
    rivalry_of_cloth = np.where(_is_toned_cloth(found, pooled), TONED_RIVALRY, rivalry_of_cloth)
    is_large = (areas.tone >= AREA_PAPER_TONES[0]) & (areas.sizes >= LEAST_FAR * areas.labels.size)
    share_of_ground = np.where(is_large & _is_far_from_faces(found, pooled), FAR_SHARE, GROUND_SHARE)
    is_likely = (
        (pooled.skin > wanted)
        & (pooled.skin > RIVALRY * pooled.hair)
        & (pooled.skin > rivalry_of_cloth * pooled.garment)
        & (pooled.skin > share_of_ground * pooled.ground)
        & (pooled.paper < SKIN_PAPER)
    )
    is_skin = found.is_face | (may_be & is_likely)
    is_skin &= ~_distant_cloth(found, pooled, is_skin)
    is_skin &= ~_beside_faces(found, pooled, is_skin)
    return np.asarray(is_skin | _enclosed(found, pooled, is_skin), np.bool_)


def garments(pooled: Pooled) -> Mask:
    """Say which areas (n,) may be garments."""
    return (pooled.garment > GARMENT_CHANCE) & (pooled.garment > GROUND_RIVALRY * pooled.ground)


def _is_far_from_faces(found: Findings, pooled: Pooled) -> Mask:
    """Say which areas (n,) are far from every face, and no animals, which faces may look like."""
    is_far = pooled.animal < MAY_BE_FACE
    middles = middles_of(found.areas.boxes)
    for face in found.faces:
        off = middles - middles_of(np.array(face.box))
        is_far &= np.hypot(*off.T) >= FAR * (face.box[2] - face.box[0])
    return np.asarray(is_far, np.bool_)


def _distant_cloth(found: Findings, pooled: Pooled, is_skin: Mask) -> Mask:
    """Say which areas (n,) that were taken for skin are clothes, far from every face."""
    may_be = is_skin & ~found.is_face & ~found.is_near & _is_far_from_faces(found, pooled)
    may_be &= (pooled.garment > CLOTH_RIVALRY * pooled.skin) & (pooled.skin_peak < LEAST_PEAK)
    skin = border_shares(found, is_skin & ~may_be, but_blacks=True)
    hair = border_shares(found, pooled.hair > HAIR_CHANCE, but_blacks=True)
    return np.asarray(may_be & (skin < MOST_SKIN_BESIDE) & (hair < MOST_HAIR_BESIDE), np.bool_)


def _beside_faces(found: Findings, pooled: Pooled, is_skin: Mask) -> Mask:
    """Say which areas (n,) that were taken for necks are what else lies by a face: collars, grounds."""
    may_be = is_skin & found.is_near & ~found.is_face & (pooled.skin_peak < LEAST_PEAK)
    return np.asarray(may_be & (border_shares(found, is_skin & ~may_be, but_blacks=True) < MOSTLY_SKIN), np.bool_)


def _is_toned_cloth(found: Findings, pooled: Pooled) -> Mask:
    """Say which toned areas (n,) are clothes rather than shaded skin, if the two are about as likely."""
    may_be = garments(pooled) & (found.areas.tone < AREA_PAPER_TONES[0])
    beside = border_shares(found, may_be & (pooled.skin < TONED_RIVALRY * pooled.garment), but_blacks=True)
    return may_be & (found.is_near | (beside > BESIDE_CLOTH) | (pooled.garment > SURE_CLOTH))


def _enclosed(found: Findings, pooled: Pooled, is_skin: Mask) -> Mask:
    """Say which areas (n,) lie in skin and are nothing else that we know: lips, folds, cheeks, what strokes cut off."""
    areas = found.areas
    share = border_shares(found, is_skin, but_blacks=True)
    size = areas.sizes / areas.labels.size
    is_small = (areas.tone > SKIN_TONE) & (size < ENCLOSED_SIZE) & (share > ENCLOSED_SHARE)
    is_cheek = (areas.tone >= AREA_PAPER_TONES[0]) & (size < CHEEK_SIZE) & (share > CHEEK_SHARE)
    is_cheek &= pooled.skin > CHEEK_CHANCE
    is_other = (found.hair_of >= 0) | (pooled.hair > HAIR_CHANCE) | (pooled.paper > PAPER_CHANCE) | areas.is_black
    return (is_small | is_cheek) & ~is_other & (pooled.eye < EYE_CHANCE) & ~is_skin
