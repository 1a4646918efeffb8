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

EDGE_SHARE = 0.12
"""Share of an edge of the page from which on an area runs along it."""

RIVALRY = 0.41
"""Share of the chance of hair and of garment that the chance of skin has at least: drawings that taught the labels show
more cloth than skin."""

CLOSE_RIVALRY = 0.24
"""The same of garments where the shades of skin agree: on bare arms, not on the lapel of a white coat. Fair hair has
the shades of skin, too."""

AGREED_SHADES = 0.36
"""Chance of all shades of skin together, as colours, from which on they agree."""

BARE_RIVALRY = 0.19
"""The same of garments where they surely do: on foreheads and ears, which have few lines, as cloth does."""

SURE_SHADES = 0.49
"""Chance of all shades of skin from which on they surely do."""

TONED_RIVALRY = 0.65
"""The same of garments where skin would be shaded and cloth is near: a collar under a neck is toned, skin is mostly
bare."""

BESIDE_CLOTH = 0.3
"""Share of its border that a toned area has with clothes from which on it may be one wherever it lies: lips and the
shadows of a face may look like cloth."""

SURE_CLOTH = 0.5
"""The chance of a garment from which on it may be one as well."""

GROUND_SHARE = 0.35
"""Share of the chance of ground that the chance of skin has at least: balloons without a known outline, bare walls."""

FAR_SHARE = 0.55
"""The same of large bare areas far from every face: grounds and balloons in the colour of skin."""

FAR = 2.75
"""Heights of a face from its middle on which an area is far from it. On pages without a face all areas are far."""

LEAST_FAR = 0.0012
"""Share of the page from which on such an area is large."""

MAY_BE_FACE = 0.5
"""Chance of an animal from which on what is far is left alone: faces that nobody finds may look like animals."""

CLOTH_RIVALRY = 1.41
"""Times the chance of skin from which on the chance of a garment makes it one, far from every face."""

LEAST_PEAK = 0.33
"""What nowhere looks more like skin than this may be cloth, collar or ground."""

MOST_SKIN_BESIDE = 0.12
"""Share of its border with skin from which on distant cloth is part of a hand that nobody found."""

MOST_HAIR_BESIDE = 0.2
"""Share of its border with hair from which on it is part of a head that nobody found."""

MOSTLY_SKIN = 0.78
"""What lies by a face or just below it, and nowhere looks more like skin than `LEAST_PEAK`, is skin from this share of
its border with skin on: collars and grounds lie there, too."""

PAPER_CHANCE = 0.2
"""Chance of paper from which on an area is a balloon or a gutter, and nothing else."""

SKIN_PAPER = 0.35
"""The same of what looks like skin otherwise."""

SKIN_TONE = 0.6
"""Darker areas are no skin, but skin in deep shadow."""

SHADOW_TONE = 0.4
"""The same on a face and just below it, where shadow and neck are."""

NEAR_CHANCE = 0.04
"""Chance of skin that is enough there."""

LARGEST_SKIN = 0.12
"""Share of the page up to which an area may be skin."""

ENCLOSED_SIZE = 0.002
"""Share of the page up to which an area that skin encloses is skin whatever the label says: collars are larger."""

ENCLOSED_SHARE = 0.66
"""Share of its border, solid blacks left out, from which on skin encloses it: collars are open."""

EYE_CHANCE = 0.2
"""Chance of an eye up to which that holds."""

CHEEK_SIZE = 0.01
"""Share of the page up to which a bare cheek or brow that lines part from the face is skin."""

CHEEK_SHARE = 0.85
"""Share of its border that it has with skin at least."""

CHEEK_CHANCE = 0.15
"""Chance of skin that it has at least."""

SURE_LABEL = 0.5
"""Chance of hair from which on what lies where a face is looked for is a fringe, and of ground from which on what lies
where its hair is looked for is behind it."""

SURE_RIVALRY = 0.3
"""Share of that chance that the chance of the face, or of hair, has at most then."""

NO_HAIR = 0.12
"""Chance of hair up to which nothing is hair, wherever a face has it."""

RATHER_SKIN = 1.15
"""Times the chance of hair from which on the chance of skin makes what lies there a forehead or an ear."""

MAY_BE_SKIN = 0.15
"""Chance of skin that a forehead or an ear has at least."""

GROUND_OVER_SKIN = 1.6
"""Times the chance of skin that the chance of ground is at most for one. That of a garment is less."""

HAIR_CHANCE = 0.3
"""Chance of hair from which on an area is hair, unless it is skin."""

GARMENT_CHANCE = 0.35
"""Chance of a garment from which on it is one, unless it is skin."""

GROUND_RIVALRY = 1.4
"""Times the chance of ground that the chance of a garment is at least: a ground in the colour of a coat is plainer to
the eye than a coat left out."""


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
