"""What the examples of a series show: how each looks to the generator, as areas of pages are compared with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.area_kinds import AreaKinds
from mangacolor.colorize.class_colours import ClassColours
from mangacolor.colorize.colorizer import Colorizer
from mangacolor.colorize.findings import Findings, drawn_tones
from mangacolor.colorize.kept_colours import Chosen, SeeIn, of_page_alone
from mangacolor.colorize.looks import Look, by_tones, looks_of, seen_in
from mangacolor.colorize.places import PLACE, places_of
from mangacolor.data.agreement import checked_gray
from mangacolor.errors import BadInputError
from mangacolor.image import read_image
from mangacolor.page.kinds import is_colored
from mangacolor.series import EYES, HAIR, SKIN, Example, Learnt, Part, Series, example_digest


def learn_examples(colorizer: Colorizer, series: Series, known: Learnt | None = None) -> Learnt:
    """Look at the examples of a series as the generator sees them.

    Args:
        colorizer: Has the generator.
        series: Has the examples.
        known: What was learnt before by the same weights: a picture is looked at only for examples that are new.
    """
    by_picture: defaultdict[tuple[Path, Path | None], list[Example]] = defaultdict(list)
    entries: list[tuple[str, str, str, float, NDArray[Any], Sequence[int]]] = []
    for example in series.examples:
        key = example_digest(example)
        rows = [row for row, one in enumerate(known.examples) if one == key] if known else []
        if known and rows:
            for row in rows:
                colour = [int(value) for value in known.colours[row]]
                entries.append(
                    (key, known.parts[row], known.kinds[row], float(known.tones[row]), known.seen[row], colour)
                )
        elif example.part.name not in SKIN + EYES:
            by_picture[example.picture, example.drawn].append(example)
    for (picture, drawn), examples in by_picture.items():
        rgb = read_image(picture).rgb
        is_drawn = drawn is not None or not is_colored(rgb)
        page = _Looker()
        colorizer.choosing(page).look(rgb if drawn is None else _as_drawn(drawn, rgb))
        assert page.found is not None, "areas decide, so that they are found"
        chosen = [(one, look) for one in examples for look in page.looks_at(one, rgb.shape, examples)]
        seen = seen_in([look for _, look in chosen], page.found, page.sight)
        for (one, look), row in zip(chosen, seen, strict=True):
            spelt = f"{one.part.kind}.{one.part}"
            key = example_digest(one)
            tone = look.tone if is_drawn else np.nan
            entries.append((key, spelt, look.kind, tone, row, _colour_in(rgb, look, page.found)))
    width = len(entries[0][4]) if entries else 0
    return Learnt(
        tuple(one[1] for one in entries),
        tuple(one[2] for one in entries),
        np.array([one[3] for one in entries], np.float32),
        np.array([one[4] for one in entries], np.float16).reshape(len(entries), width),
        np.array([one[5] for one in entries], np.int16).reshape(len(entries), 3),
        tuple(one[0] for one in entries),
    )


def _as_drawn(drawn: Path, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Read a picture as it was drawn, (H, W, 3), which must be the same as one in colour."""
    return np.repeat(checked_gray(read_image(drawn).rgb, rgb, str(drawn))[..., None], 3, axis=2)


class _Looker:
    """Notes what a picture shows instead of choosing colours for it."""

    def __init__(self) -> None:
        self.found: Findings | None = None

    def __call__(self, found: Findings, kinds: AreaKinds, colours: ClassColours, sight: SeeIn | None = None) -> Chosen:
        if sight is not None:
            self.found, self.sight = found, sight()
            self.looks = [part for look in looks_of(found, kinds) for part in by_tones(look, found)]
            self.looks += places_of(found, kinds)
        return of_page_alone(found, kinds, colours)

    def looks_at(self, example: Example, shape: tuple[int, ...], among: Sequence[Example] = ()) -> list[Look]:
        """Return what an example shows: what lies at its points, or in a crop the largest thing of its kind.

        Where hair holds points of other parts, too, as that of two heads that touch may, the area at the point is taken
        alone.

        Args:
            example: One of the examples of the picture.
            shape: Of the picture, (H, W, ...).
            among: All of them.
        """
        assert self.found is not None
        kind = _kind_of(example.part)
        sizes = self.found.areas.sizes
        if not example.points:
            fitting = [look for look in self.looks if look.kind == kind]
            if fitting:
                return [max(fitting, key=lambda look: int(sizes[look.areas].sum()))]
            return [self._alone(int(np.where(self.found.areas.is_black, 0, sizes).argmax()), kind)]
        others = [area for one in among if one.part != example.part for area in self._areas_at(one, shape)]
        looks = []
        for area in self._areas_at(example, shape):
            there = [look for look in self.looks if area in look.areas]
            is_shared = any(look.kind == "hair" and np.isin(others, look.areas).any() for look in there)
            looks += [self._alone(area, kind)] if is_shared or not there else [there[0]._replace(kind=kind)]
        return looks

    def _areas_at(self, example: Example, shape: tuple[int, ...]) -> list[int]:
        assert self.found is not None
        labels, areas = self.found.areas.labels, []
        for x, y in example.points:
            if x >= shape[1] or y >= shape[0]:
                raise BadInputError(
                    f"{example.picture}: the point {x}, {y} of {example.part} lies off its {shape[1]} × {shape[0]}.",
                    advice="Points are columns and rows, in pixels of the picture.",
                )
            areas.append(int(labels[int(y * labels.shape[0] / shape[0]), int(x * labels.shape[1] / shape[1])]))
        return areas

    def _alone(self, area: int, kind: str) -> Look:
        assert self.found is not None
        return Look(kind, np.array([area]), float(drawn_tones(self.found.areas)[area]))


def _kind_of(part: Part) -> str:
    """Return the kind of look that a part has."""
    if part.kind == "place":
        return PLACE
    return "hair" if part.name in HAIR else "garment"


def _colour_in(rgb: NDArray[np.uint8], look: Look, found: Findings) -> list[int]:
    """Return the colour that a look has in a coloured picture, -1 in a grey one."""
    if not is_colored(rgb):
        return [-1, -1, -1]
    labels = found.areas.labels
    rows, columns = np.nonzero(np.isin(labels, look.areas))
    at = rows * rgb.shape[0] // labels.shape[0], columns * rgb.shape[1] // labels.shape[1]
    return [int(value) for value in np.median(rgb[at], axis=0)]
