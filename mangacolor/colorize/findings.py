"""What is found on a page before colours are decided on: areas between its lines, and faces among them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.image import resize
from mangacolor.page.areas import Areas, Contacts, Links, contacts_of, find_areas, links_of, runs_of
from mangacolor.page.extent import pages_shown
from mangacolor.page.faces import Face, FaceDetector
from mangacolor.page.ink import Separation

Mask = NDArray[np.bool_]

LARGEST_PIXELS = 3_000_000
"""Pixels of the largest copy of one page on which areas are looked for: in finer scans lines are wider than areas
expect. Double pages and strips have more."""

FACE_TONE = 0.7
"""Areas darker than this are no face, whatever of one lies in them: hair, a mask, glasses."""

LARGEST_FACE = 2.5
"""Largest area of a face, and of one tuft of its hair, in areas of the face's box: larger ones leak into something."""

LEAST_INSIDE = 0.3
"""Share of an area that lies in the face's box at least, for it to be the face."""


ALIKE_TONES = 0.1
"""Difference of tones from which on neighbouring areas are other things."""

LEAST_HEAD = 0.75
HEAD = (-0.5, -0.28, -0.15, 0.28)
"""Share of an area that lies around a face at least, to be its hair, and how far that box reaches beyond the top, left,
bottom and right of the face's, in heights of it. What lies behind a head is larger."""

FEATURE_REACH = 0.17
LARGEST_FEATURE = 0.08
"""Areas that begin so near to an eye or the mouth, in heights of the face, and are no larger than this share of its box
are the white of an eye, an iris, teeth."""

SMALLEST_MOUTH = 0.004
"""Share of the box of a face from which on what lies at its mouth is one that is open, and no stroke."""

_KEPT_BY_PARTS = ("closedness", "radii", "is_black")
"""What parts of an area have of the whole."""

LEAST_IRIS = 0.9
"""Tone from which on what lies in an eye is its white."""

LEAST_NEAR = 0.6
FOREHEAD, NECK = 0.35, 0.45
"""Share of an area near a face that lies between its brows and its throat; and how far below its top and bottom these
lie, in heights of the face's box."""


class Findings(NamedTuple):
    """What a page shows.

    Attributes:
        areas: Areas between its lines, at the size of the page or of a smaller copy.
        faces: Faces, likeliest first.
        is_face: (n,) which areas are the skin of a face.
        is_near: (n,) which areas may be in the shadow of a face, or be its neck: they lie on it or just below.
        hair_of: (n,) the number of the face whose hair an area is; -1 for others.
        kin: How much of its border each area shares with others of about its tone; the links of one area sum to 1.
        borders: Pixels of border that each area shares with each other one.
        panel_of: (n,) the number of the panel in which most of an area lies; 0 is none, or unknown.
        panel_boxes: (p, 4) top, left, bottom and right of each panel, the first being none.
    """

    areas: Areas
    faces: tuple[Face, ...]
    is_face: Mask
    is_near: Mask
    hair_of: NDArray[np.intp]
    kin: Links
    borders: Links
    panel_of: NDArray[np.intp]
    panel_boxes: NDArray[np.int64]


def find(page: Separation, detector: FaceDetector) -> Findings:
    """Find areas and faces on a page (H, W) taken apart, and say which areas are faces and their hair.

    A page of more than `LARGEST_PIXELS` is looked at smaller, and what is found has the size of that copy.
    """
    scale = math.sqrt(pages_shown(page.ink.shape) * LARGEST_PIXELS / page.ink.size)
    if scale < 1:
        size = [max(1, round(side * scale)) for side in page.ink.shape]
        page = Separation(*(resize(plane, *size).clip(0, 1) for plane in page))
    areas = find_areas(page.ink, page.tone)
    faces = tuple(detector(page.ink * page.tone))
    is_face = np.zeros(len(areas.sizes), np.bool_)
    is_near = np.zeros(len(areas.sizes), np.bool_)
    hair_of = np.full(len(areas.sizes), -1, np.intp)
    for number, face in reversed(list(enumerate(faces))):  # what two faces claim goes to the likelier one
        features = _features(face, areas)
        near = (share_inside(_around(face), areas) > LEAST_NEAR) & ~features
        head = (share_inside(head_of(face), areas) > LEAST_HEAD) & ~near & ~features
        is_near |= near
        hair_of[head & ~areas.is_black] = number
        skin, hair = _areas_of(face, areas)
        is_face[skin] = True
        hair_of[hair] = number
    hair_of[is_face | is_near] = -1
    borders = _borders(areas)
    nowhere = np.zeros(len(areas.sizes), np.intp)
    is_near &= ~areas.is_black
    no_boxes = np.zeros((1, 4), np.int64)
    return Findings(
        areas=areas, faces=faces, is_face=is_face, is_near=is_near, hair_of=hair_of, kin=_kin(borders, areas),
        borders=borders, panel_of=nowhere, panel_boxes=no_boxes,
    )  # fmt: skip


def in_panels(found: Findings, panels: NDArray[np.integer]) -> Findings:
    """Say in which panel areas lie.

    Args:
        found: What a page shows.
        panels: (h, w) number of the panel of each pixel, at any size; 0 is none.
    """
    labels = found.areas.labels
    fitted = cv2.resize(panels.astype(np.int32), labels.shape[::-1], interpolation=cv2.INTER_NEAREST)
    areas, count = len(found.areas.sizes), int(panels.max()) + 1
    parts = runs_of(np.asarray(labels * count + fitted, np.int32))
    pixels = np.bincount(parts.labels, parts.lengths, areas * count)
    boxes = parts._replace(labels=parts.labels % count).boxes(count)
    return found._replace(panel_of=pixels.reshape(areas, count).argmax(axis=1), panel_boxes=boxes)


def with_parts(found: Findings, parts: Sequence[tuple[int, Mask]], page: Separation) -> Findings:
    """Make parts of areas areas of their own, with the numbers from the last one on.

    Args:
        found: What a page shows.
        parts: The area that each is a part of, and where (h, w) it is, at the size of `page`; they are skin.
        page: Ink and tone (h, w).
    """
    old, labels = found.areas, found.areas.labels.copy()
    parents = [area for area, _ in parts]
    for number, (area, part) in enumerate(parts, len(old.sizes)):
        whole = cv2.resize(part.view(np.uint8), labels.shape[::-1], interpolation=cv2.INTER_NEAREST).view(np.bool_)
        labels[whole & (labels == area)] = number
    count = len(old.sizes) + len(parts)
    runs = runs_of(labels)
    tone = np.append(old.tone, old.tone[parents])
    for number in (*parents, *range(len(old.sizes), count)):
        shown = cv2.resize((labels == number).view(np.uint8), page.ink.shape[::-1], interpolation=cv2.INTER_NEAREST)
        weights = shown * page.ink * page.ink
        tone[number] = np.average(page.tone, weights=weights) if weights.any() else tone[number]
    edges = (labels[0], labels[:, -1], labels[-1], labels[:, 0])
    sides = np.stack([np.bincount(edge, minlength=count) / len(edge) for edge in edges], axis=1)
    grown = {name: np.append(getattr(old, name), getattr(old, name)[parents]) for name in _KEPT_BY_PARTS}
    areas = old._replace(
        labels=labels, sizes=np.bincount(runs.labels, runs.lengths, count).astype(np.int64), tone=tone,
        sides=sides.astype(np.float32), boxes=runs.boxes(count),
        contacts=_still_open(contacts_of(labels, np.zeros(labels.shape, np.bool_)), old.contacts, parents), **grown,
    )  # fmt: skip
    borders = _borders(areas)
    is_face, hair_of = found.is_face.copy(), np.append(found.hair_of, np.full(len(parts), -1))
    is_face[parents] = False
    return found._replace(
        areas=areas, borders=borders, kin=_kin(borders, areas), hair_of=hair_of,
        is_face=np.append(is_face, found.is_face[parents]), is_near=np.append(found.is_near, found.is_near[parents]),
        panel_of=np.append(found.panel_of, found.panel_of[parents]),
    )  # fmt: skip


def _still_open(contacts: Contacts, old: Contacts, parted: Sequence[int]) -> Contacts:
    """Return contacts that are open where they were, but for those of areas that were parted: they have lines."""
    count = int(contacts.pairs.max(initial=0)) + 1
    keys, known = (pairs @ (count, 1) for pairs in (contacts.pairs, old.pairs))
    _, at, where = np.intersect1d(keys, known, assume_unique=True, return_indices=True)
    open_px = np.zeros(len(keys), np.int64)
    open_px[at] = old.open_px[where]
    open_px[np.isin(contacts.pairs, parted).any(axis=1)] = 0
    return contacts._replace(open_px=open_px)


def _borders(areas: Areas) -> Links:
    """Return how many pixels of border areas share; see `Findings`."""
    one, other = areas.contacts.pairs.T
    return links_of(np.r_[one, other], np.r_[other, one], np.tile(areas.contacts.total_px, 2), len(areas.sizes))


def _kin(borders: Links, areas: Areas) -> Links:
    """Return how much of its border every area shares with others of about its tone; see `Findings`."""
    tones = drawn_tones(areas)
    alike = borders.where(np.abs(tones[borders.one] - tones[borders.other]) < ALIKE_TONES)
    total = np.maximum(alike.totals(), np.float32(1))
    return alike._replace(weights=np.asarray(alike.weights / total[alike.one], np.float32))


def border_shares(found: Findings, which: Mask, *, but_blacks: bool = False) -> NDArray[np.float32]:
    """Return the share of the border of each area (n,) that touches some areas; perhaps but for solid blacks."""
    borders = found.borders.where(~found.areas.is_black[found.borders.other]) if but_blacks else found.borders
    return np.asarray(borders.sums(which) / np.maximum(borders.totals(), 1), np.float32)


def drawn_tones(areas: Areas) -> NDArray[np.float32]:
    """Return how light areas (n,) are drawn: solid blacks are ink, and have no tone of their own."""
    return np.where(areas.is_black, np.float32(0), areas.tone)


def _around(face: Face) -> tuple[int, int, int, int]:
    """Return the box of a face and its neck."""
    top, left, bottom, right = face.box
    side = bottom - top
    return top + round(FOREHEAD * side), left, bottom + round(NECK * side), right


def middles_of(boxes: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the middles (..., 2), row and column, of boxes (..., 4)."""
    return np.asarray((boxes[..., :2] + boxes[..., 2:]) / 2, np.float64)


def window_of(box: NDArray[np.integer], scale: float, margin: int) -> tuple[slice, slice]:
    """Return the rows and columns of a box (4,) at another scale, with a margin in pixels."""
    top, left, bottom, right = (int(side) for side in np.rint(box * scale))
    return slice(max(0, top - margin), bottom + margin), slice(max(0, left - margin), right + margin)


def head_of(face: Face) -> tuple[int, int, int, int]:
    """Return the box of a face and the hair around it."""
    side = face.box[2] - face.box[0]
    top, left, bottom, right = (round(edge + reach * side) for edge, reach in zip(face.box, HEAD, strict=True))
    return max(0, top), max(0, left), bottom, right


def eyes_of(face: Face, areas: Areas) -> Mask:
    """Return which areas (n,) are the irises of a face: small, toned, in its eyes."""
    return _lie_at((face.left_eye, face.right_eye), face, areas) & (areas.tone < LEAST_IRIS) & ~areas.is_black


def mouths_of(face: Face, areas: Areas) -> Mask:
    """Return which areas (n,) are the open mouth of a face: not too small, at its place."""
    side = face.box[2] - face.box[0]
    return _lie_at((face.mouth,), face, areas) & (areas.sizes > SMALLEST_MOUTH * side * side) & ~areas.is_black


def _features(face: Face, areas: Areas) -> Mask:
    """Return which areas (n,) are parts of the eyes and the mouth."""
    return _lie_at((face.left_eye, face.right_eye, face.mouth), face, areas)


def _lie_at(points: Sequence[tuple[float, float]], face: Face, areas: Areas) -> Mask:
    """Return which areas (n,) are small and lie at some points (x, y) of a face."""
    side = face.box[2] - face.box[0]
    middles = middles_of(areas.boxes)
    spots = np.array([point[::-1] for point in points])
    distance = np.linalg.norm(middles[:, None] - spots, axis=2).min(axis=1)
    return np.asarray((distance < FEATURE_REACH * side) & (areas.sizes < LARGEST_FEATURE * side * side), np.bool_)


def share_inside(box: tuple[int, int, int, int], areas: Areas) -> NDArray[np.float64]:
    """Return the share (n,) of every area that lies in a box."""
    top, left, bottom, right = box
    inside = np.bincount(areas.labels[top:bottom, left:right].ravel(), minlength=len(areas.sizes))
    return inside / areas.sizes


def _areas_of(face: Face, areas: Areas) -> tuple[list[int], list[int]]:
    """Return the areas that are the skin of a face, and those that are its hair."""
    top, left, bottom, right = face.box
    most = LARGEST_FACE * (bottom - top) * (right - left)
    inside = share_inside(face.box, areas)

    def hit(points: tuple[tuple[float, float], ...]) -> list[int]:
        found = {int(areas.labels[int(y), int(x)]) for x, y in points}
        return [area for area in found if areas.sizes[area] < most and not areas.is_black[area]]

    skin = [
        area
        for area in hit((*face.cheeks, face.nose, face.chin, face.forehead))
        if areas.tone[area] > FACE_TONE and inside[area] > LEAST_INSIDE
    ]
    return skin, [area for area in hit(face.hair) if area not in skin]
