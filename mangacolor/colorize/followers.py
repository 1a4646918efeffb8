"""Which areas of a page follow when one of them gets another colour: more of the same hair, or of the same cloth."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.area_kinds import AreaKinds
from mangacolor.colorize.class_colours import ClassColours
from mangacolor.colorize.findings import Findings
from mangacolor.colorize.free_colours import drawn_together
from mangacolor.colorize.kept_colours import Choose, Chosen, SeeIn
from mangacolor.colorize.looks import Look, looks_of, seen_in
from mangacolor.page.areas import groups_of

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

LEAST_ALIKE = 0.4
"""Dot product of what is seen in two looks from which on one may follow the other. It tells hair from what is none, and
not whose it is: on eleven manga pages the hair of one person had 0.58 to 0.63, that of two 0.41 to 0.84."""

SAME_COLOUR = 0.06
"""Distance in OKLab a, b up to which two looks have one colour on the page as it was: who sees them as the same."""

SAME_TONE = 0.15
"""Difference of tones from which on two looks are drawn as different things."""

LEAST_WITHIN, BELOW_BROWS = 0.8, 0.08
"""Share of an area that lies within the box of a face at least, for it to be of the face whatever it was taken for, and
how far that begins below the top of the box, in heights of it. Eyes and shadows of a fringe are found as tufts of hair;
the tips of the fringe itself begin higher. Looked at on two drawn heads."""

LARGEST_FOLLOWER = 0.03
"""Share of the page up to which an area may follow without being the hair of a face: larger ones are grounds that were
taken for hair or cloth."""


class FaceAreas(NamedTuple):
    """What areas (n,) have to do with faces that were found.

    Attributes:
        hair: Which are the hair of one.
        rest: Which are the rest of one: skin, eyes, shadows on them, neck.
    """

    hair: Mask = np.zeros(0, np.bool_)
    rest: Mask = np.zeros(0, np.bool_)


def face_areas_of(found: Findings) -> FaceAreas:
    """Say which areas of a page are the hair of a face, and which are the rest of one."""
    areas = found.areas
    rest = found.is_face | found.is_near
    for face in found.faces:
        top, left, bottom, right = (max(0, edge) for edge in face.box)
        brows = top + round(BELOW_BROWS * (bottom - top))
        inside = np.bincount(areas.labels[brows:bottom, left:right].ravel(), minlength=len(areas.sizes))
        rest = rest | (inside > LEAST_WITHIN * areas.sizes)
    return FaceAreas(found.hair_of >= 0, rest)


def wholes_of(found: Findings, kinds: AreaKinds) -> NDArray[np.intp]:
    """Return for each area (n,) the number of the whole that it is a piece of, or -1.

    Wholes are heads of hair, whatever the tones of their locks, and skin that touches: a face, its neck and its ears.
    """
    whole = np.full(len(found.areas.sizes), -1, np.intp)
    skin = np.flatnonzero(kinds.is_skin & ~kinds.is_eye)
    touching = found.borders.among(skin)
    whole[skin] = groups_of(touching.one, touching.other, len(skin))
    count = len(skin)
    for number, head in enumerate(drawn_together("hair", np.flatnonzero(kinds.is_hair), found), count):
        whole[head.areas] = number
    return whole


class Noting:
    """Chooses colours as another does, and notes what the page shows.

    Args:
        choose: The other.
        describes: Whether what is seen can be told.
    """

    def __init__(self, choose: Choose, *, describes: bool) -> None:
        self._choose, self._describes = choose, describes
        self.looks: list[Look] = []
        self.faces = FaceAreas()
        self.wholes: NDArray[np.intp] = np.zeros(0, np.intp)
        self.seen: FloatArray | None = None

    def __call__(self, found: Findings, kinds: AreaKinds, colours: ClassColours, sight: SeeIn | None = None) -> Chosen:
        """See `Choose`."""
        self.looks, self.faces, self.wholes = looks_of(found, kinds), face_areas_of(found), wholes_of(found, kinds)
        if self._describes and sight is not None:
            known = sight()
            self.seen = seen_in(self.looks, found, known)
            return self._choose(found, kinds, colours, lambda: known)
        return self._choose(found, kinds, colours, sight)


class Followers:
    """Says which areas follow which.

    Args:
        looks: Hair and garments of the page.
        seen: (T, D) what is seen in them, in rows of length 1; None where that cannot be told.
        colours: (n, 2) OKLab a, b of the areas as the page was.
        sizes: (n,) pixels of each.
        faces: What areas have to do with faces.
        wholes: (n,) what each is a piece of, see `wholes_of`.
    """

    def __init__(
        self,
        looks: list[Look],
        seen: FloatArray | None,
        colours: FloatArray,
        sizes: NDArray[np.intp],
        faces: FaceAreas,
        wholes: NDArray[np.intp],
    ) -> None:
        self._looks, self._faces, self._wholes = looks, faces, wholes
        self._is_thing = sizes <= LARGEST_FOLLOWER * sizes.sum()
        self._look_of = {int(area): number for number, look in enumerate(looks) for area in look.areas}
        self._alike = np.eye(len(looks), dtype=bool)
        if not looks or seen is None:
            return
        chroma = np.array([np.average(colours[one.areas], axis=0, weights=sizes[one.areas] + 1) for one in looks])
        tones, kinds = np.array([one.tone for one in looks]), np.array([one.kind for one in looks])
        self._alike |= (
            (seen @ seen.T >= LEAST_ALIKE)
            & (np.linalg.norm(chroma[:, None] - chroma, axis=2) <= SAME_COLOUR)
            & (np.abs(tones[:, None] - tones) <= SAME_TONE)
            & (kinds[:, None] == kinds)
        )

    def of(self, area: int) -> NDArray[np.intp]:
        """Return the areas that get the colour of one, itself among them; no part of a face follows hair."""
        look, pieces = self._look_of.get(area), self._pieces(np.array([area]))
        if look is None:
            return pieces
        areas = np.concatenate([self._looks[number].areas for number in np.flatnonzero(self._alike[look])])
        follows = areas[(self._faces.hair if self._faces.hair[area] else self._is_thing)[areas]]
        if self._looks[look].kind == "hair":
            follows = self._pieces(np.union1d(follows, pieces))
            is_hair = self._faces.hair | self._is_thing
            follows = follows[(is_hair & ~self._faces.rest)[follows]]
        return np.union1d(follows, area)

    def _pieces(self, areas: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return all pieces of the wholes that some areas are of, and these themselves."""
        wholes = np.unique(self._wholes[areas])
        return np.union1d(areas, np.flatnonzero(np.isin(self._wholes, wholes[wholes >= 0])))
