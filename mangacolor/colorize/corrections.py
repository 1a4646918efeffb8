"""Corrections of a page by hand: a list of small steps that can be saved, taken back, and replayed on the page."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from mangacolor.colorize.hints import Hint, Hints, hex_colour
from mangacolor.colorize.strokes import Point, along, distance
from mangacolor.errors import BadInputError

Kind = Literal["fill", "brush", "erase", "lock", "reference", "reset"]

KEYS: dict[Kind, tuple[str, ...]] = {
    "fill": ("x", "y", "color"),
    "brush": ("points", "radius", "color"),
    "erase": ("points", "radius"),
    "lock": ("x", "y", "locked"),
    "reference": ("name",),
    "reset": (),
}
"""What a step of each kind says; docs/studio.md has the meaning. A fill may also say `alone`."""

MOST_POINTS = 2000
"""Points of one stroke: a hand that draws for half a minute sends fewer."""

FARTHEST_PX = 1_000_000
"""How far from the corner of the page a stroke may go, and how wide a brush may be: no page is so large."""

SPACING = 0.5
"""Radii between the points of a stroke that are kept: what an eraser takes away, it takes point by point."""

LEAST_SPACING = 0.005
WITHOUT_AREA = 0.03
"""Shares of the page's short side: between such points at least, and the radius of a fill where no areas are known."""

_ADVICE = 'Steps look like {"kind": "fill", "x": 120, "y": 80, "color": "#d03030"}; see docs/studio.md.'


@dataclass(frozen=True)
class Step:
    """One thing that somebody did to a page, in pixels of it.

    Attributes:
        kind: `fill` gives an area a colour, and what is like it; `brush` paints along a stroke; `erase` takes fills
            and strokes away that a stroke meets; `lock` keeps the colours of an area, or sets it free; `reference` has
            the page follow a picture; `reset` takes all fills and strokes away.
        points: Where; one point for `fill` and `lock`.
        radius: Of the brush.
        rgb: The colour asked for, sRGB bytes.
        locked: Whether `lock` locks.
        name: Of the reference; None for none.
        alone: Whether nothing follows a fill.
    """

    kind: Kind
    points: tuple[Point, ...] = ()
    radius: float = 0.0
    rgb: tuple[int, int, int] = (0, 0, 0)
    locked: bool = True
    name: str | None = None
    alone: bool = False


def fills_at(hints: Sequence[Hint], page: tuple[int, ...]) -> list[Step]:
    """Return the steps that hints ask for: what each lies in is filled, and what looks like it follows.

    Raises:
        BadInputError: A hint lies off the page (H, W, ...).
    """
    spots = Hints(tuple(hints), (page[0], page[1])).spots
    return [Step("fill", ((spot.x, spot.y),), rgb=spot.rgb) for spot in spots]


def read_step(said: Any, what: str) -> Step:
    """Read one step from what JSON says.

    Args:
        said: An object with `kind` and what `KEYS` has for it.
        what: What error messages call it.

    Raises:
        BadInputError: It says something else.
    """
    kind = said.get("kind") if isinstance(said, dict) else None
    if not isinstance(kind, str) or kind not in get_args(Kind):
        raise BadInputError(f"{what} has no kind of {', '.join(get_args(Kind))}.", advice=_ADVICE)
    keys = KEYS[cast("Kind", kind)]
    if said.keys() - {"alone" if kind == "fill" else ""} != {"kind", *keys}:
        raise BadInputError(f"{what}: {kind} needs {', '.join(keys) or 'nothing'}, and no more.", advice=_ADVICE)
    points: tuple[Point, ...] = ()
    if "x" in keys:
        points = (_point((said["x"], said["y"]), what),)
    elif "points" in keys:
        if not isinstance(said["points"], list) or not 1 <= len(said["points"]) <= MOST_POINTS:
            raise BadInputError(f"{what}: points are a list of 1 to {MOST_POINTS} pairs.", advice=_ADVICE)
        points = tuple(_point(one, what) for one in said["points"])
    radius = said.get("radius", 0.0)
    if not _is_number(radius) or radius < 0:
        raise BadInputError(f"{what}: radius is a number of pixels, up to {FARTHEST_PX}.", advice=_ADVICE)
    if not isinstance(said.get("locked", True), bool):
        raise BadInputError(f"{what}: locked is true or false.", advice=_ADVICE)
    if not isinstance(said.get("alone", False), bool):
        raise BadInputError(f"{what}: alone is true or false.", advice=_ADVICE)
    name = said.get("name")
    if name is not None and not isinstance(name, str):
        raise BadInputError(f"{what}: name is a text, or null.", advice=_ADVICE)
    rgb = hex_colour(said["color"], what, _ADVICE) if "color" in keys else (0, 0, 0)
    alone = said.get("alone", False)
    return Step(cast("Kind", kind), points, float(radius), rgb, said.get("locked", True), name, alone)


def read_steps(said: Any, what: str) -> list[Step]:
    """Read a list of steps from what JSON says; see `read_step`.

    Raises:
        BadInputError: It says something else.
    """
    if not isinstance(said, list):
        raise BadInputError(f"{what} holds no list of steps.", advice=_ADVICE)
    return [read_step(one, f"{what}: step {number}") for number, one in enumerate(said, 1)]


def parse_steps(text: bytes | str, what: str) -> list[Step]:
    """Read a list of steps from JSON text; see `read_step`.

    Raises:
        BadInputError: It is no JSON, or says something else.
    """
    try:
        return read_steps(json.loads(text), what)
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"{what} is no JSON: {error}.", advice=_ADVICE) from error


def says_steps(text: bytes | str) -> bool:
    """Say whether JSON text is a list of steps rather than of hints, or anything else."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(said, list) and any(isinstance(one, dict) and "kind" in one for one in said)


def told(step: Step) -> dict[str, Any]:
    """Return a step as JSON has it; `read_step` reads it back."""
    said: dict[str, Any] = {
        "points": [list(point) for point in step.points], "radius": step.radius,
        "color": "#{:02x}{:02x}{:02x}".format(*step.rgb), "locked": step.locked, "name": step.name,
    }  # fmt: skip
    if step.points:
        said["x"], said["y"] = step.points[0]
    alone = {"alone": True} if step.alone else {}
    return {"kind": step.kind, **{key: said[key] for key in KEYS[step.kind]}, **alone}


def check_on_page(step: Step, width: int, height: int) -> None:
    """Refuse a fill or a lock off the page; strokes may leave it.

    Raises:
        BadInputError: It lies off the page.
    """
    if step.kind in ("fill", "lock"):
        ((x, y),) = step.points
        if not (0 <= x < width and 0 <= y < height):
            raise BadInputError(
                f"The point {x:g}, {y:g} lies off the page of {width} x {height} pixels.",
                advice="Steps count in pixels of the page, x from the left and y from the top.",
            )


AreaAt = Callable[[float, float], int]
"""Says which area lies at x, y of the page; 0 and above, and -1 where none does."""


@dataclass(frozen=True)
class Fill:
    """An area that gets a colour: the point that was clicked, the area there, and whether none follows it."""

    x: float
    y: float
    rgb: tuple[int, int, int]
    area: int
    alone: bool = False


@dataclass(frozen=True)
class Dab:
    """A point of a stroke that paints: with the radius of the brush, and the number of the step that drew it."""

    x: float
    y: float
    rgb: tuple[int, int, int]
    radius: float
    stroke: int


@dataclass(frozen=True)
class Corrections:
    """What a list of steps comes to.

    Attributes:
        fills: Areas that get a colour, in order.
        dabs: What is painted over them, in order.
        locks: Areas that keep their colours, each with the number of steps that were done when it was locked.
        reference: Name of the picture that is followed; None for none.
    """

    fills: tuple[Fill, ...] = ()
    dabs: tuple[Dab, ...] = ()
    locks: tuple[tuple[int, int], ...] = ()
    reference: str | None = None

    @property
    def hints(self) -> list[Hint]:
        """Spots whose colours the steps say."""
        spots: tuple[Fill | Dab, ...] = (*self.fills, *self.dabs)
        return [Hint(one.x, one.y, one.rgb) for one in spots]


def replay(steps: Sequence[Step], area_at: AreaAt, width: int, height: int) -> Corrections:
    """Do steps one after the other.

    A fill takes the place of all that was done to its area, and a stroke that of older strokes under it. Where no area
    is, a fill is a dab of the brush.

    Args:
        steps: In order.
        area_at: Which area lies where.
        width: Of the page, in pixels.
        height: Of the page, in pixels.
    """
    fills: list[Fill] = []
    dabs: list[Dab] = []
    locks: dict[int, int] = {}
    reference: str | None = None
    for number, step in enumerate(steps):
        if step.kind == "fill":
            ((x, y),) = step.points
            area = area_at(x, y)
            if area < 0:
                dabs.append(Dab(x, y, step.rgb, WITHOUT_AREA * min(width, height), number))
                continue
            dabs = [one for one in dabs if area_at(one.x, one.y) != area]
            fills = [*(one for one in fills if one.area != area), Fill(x, y, step.rgb, area, step.alone)]
        elif step.kind in ("brush", "erase"):
            dabs = [one for one in dabs if distance(one.x, one.y, step.points) > step.radius]
            if step.kind == "erase":
                fills = [one for one in fills if distance(one.x, one.y, step.points) > step.radius]
            else:
                spacing = max(LEAST_SPACING * min(width, height), SPACING * step.radius)
                spots = along(step.points, spacing, width, height)
                dabs += [Dab(x, y, step.rgb, step.radius, number) for x, y in spots]
        elif step.kind == "lock":
            area = area_at(*step.points[0])
            if not step.locked:
                locks.pop(area, None)
            elif area >= 0:
                locks.setdefault(area, number)
        elif step.kind == "reference":
            reference = step.name
        else:
            fills, dabs = [], []
    return Corrections(tuple(fills), tuple(dabs), tuple(locks.items()), reference)


def _point(pair: Any, what: str) -> Point:
    if not isinstance(pair, (list, tuple)) or len(pair) != 2 or not all(_is_number(one) for one in pair):
        raise BadInputError(f"{what}: x and y must be numbers, up to {FARTHEST_PX}.", advice=_ADVICE)
    return float(pair[0]), float(pair[1])


def _is_number(value: Any) -> bool:
    """Say whether JSON has a number of pixels; it knows numbers that are none, and such of a thousand digits."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= FARTHEST_PX
