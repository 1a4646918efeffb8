"""What people wear: tops, trousers, skirts, dresses, jackets, suits and shoes, chosen by chance.

Arms and legs are bare more often than in life: they are what networks know least.
"""

from __future__ import annotations

import numpy as np

from mangacolor.data.figures.details import OPEN_NECKS, choose_front, sew
from mangacolor.data.figures.garments import ARM, ARM_UNIT, ARMS_FROM, SKIRT_RADIUS, Wardrobe
from mangacolor.data.figures.geometry import step
from mangacolor.data.figures.patterns import Pattern, PatternKind
from mangacolor.data.figures.store import Part

SLEEVES = (0.12, 0.35, 0.5, 0.8, 1.2, 1.9, 1.93)
SLEEVE_CHANCES = (0.12, 0.3, 0.2, 0.1, 0.08, 0.1, 0.1)
"""How far sleeves go: 1 is the elbow, 2 the wrist."""

LOWER = ("trousers", "skirt", "dress", "shorts")
LOWER_CHANCES = {True: (0.12, 0.33, 0.2, 0.35), False: (0.35, 0.0, 0.0, 0.65)}
"""What is worn below, by whether the body is female."""

SKIRT_LENGTHS = (0.36, 0.42, 0.46, 0.54, 0.8)
"""From hip to ankle."""

SUIT, SHOES, STOCKINGS, JACKET, COLLAR, TRIM = 0.2, 0.78, 0.25, 0.3, 0.18, 0.35
"""Chances of a whole suit, shoes, stockings under a skirt, an open jacket, a collar otherwise, and a border."""

WOVEN, PLEATS, CUFFS = 0.28, 0.5, 0.3
"""Chances of a woven pattern, of pleats in a skirt, and of cuffs."""


def dress(wardrobe: Wardrobe, rng: np.random.Generator) -> str:
    """Choose clothes and put them on; returns what they are, in a few words."""
    suits = [name for name in wardrobe.pack.items if _is_suit(name, wardrobe.body.is_female)]
    hem: float | None = wardrobe.heights.ankle + 0.1
    stockings: int | None = None
    if suits and rng.random() < SUIT:
        outfit = str(rng.choice(suits))
        wardrobe.wear("suit", outfit)
        hem = None if "female" in outfit else hem
    else:
        lower = str(rng.choice(LOWER, p=LOWER_CHANCES[wardrobe.body.is_female]))
        sleeve = float(rng.choice(SLEEVES, p=SLEEVE_CHANCES))
        outfit = f"{lower} {sleeve:.2f}"
        is_tucked = lower in ("skirt", "dress") or rng.random() < 0.35
        waist = wardrobe.heights.waist + rng.uniform(-0.6, 0.1)
        trim = float(rng.uniform(0.15, 0.35)) if rng.random() < TRIM else None
        if lower in ("trousers", "shorts"):
            hem = _trousers(wardrobe, lower, waist, is_tucked, rng)
        else:
            skirt_trim = trim if lower == "dress" else float(rng.uniform(0.15, 0.4)) if rng.random() < TRIM else None
            stockings = _skirt(wardrobe, lower, waist, skirt_trim, rng)
            hem = None if stockings is None else wardrobe.heights.ankle - 0.1
        _top(wardrobe, sleeve, is_tucked, trim, rng)
        if rng.random() < JACKET:
            outfit += " jacket"
            _jacket(wardrobe, rng)
        elif rng.random() < COLLAR / (1 - JACKET):
            _collar(wardrobe, rng)
    shoes = [name for name in wardrobe.pack.items if name.startswith("clothes_shoes")]
    if shoes and rng.random() < SHOES:
        _shoes(wardrobe, str(rng.choice(shoes)), hem, stockings)
    return outfit


def needs_calm(outfit: str) -> bool:
    """Say whether an outfit is a skirt, which stands wrong in wide poses: it is moved with the legs, not draped."""
    return any(word in outfit for word in ("skirt", "dress", "female_elegant"))


def _is_suit(name: str, is_female: bool) -> bool:
    return name.startswith("clothes_female" if is_female else "clothes_male") and "sportsuit" not in name


def _trousers(wardrobe: Wardrobe, lower: str, waist: float, is_tucked: bool, rng: np.random.Generator) -> float | None:
    heights, y = wardrobe.heights, wardrobe.body.vertices[:, 1]
    is_long = lower == "trousers"
    end = heights.ankle + rng.uniform(-0.1, 0.9) if is_long else heights.knee + rng.uniform(-0.2, 1.8)
    kept = wardrobe.off_arms(np.minimum(waist - y, y - end))
    wide = rng.uniform(0.02, 0.35)
    wardrobe.cut(lower, wardrobe.pack.tights, kept, 0.05 + wide * step(heights.hip, heights.knee, y) + 0.12 * is_tucked)
    return float(end) if is_long else None


def _skirt(wardrobe: Wardrobe, lower: str, waist: float, trim: float | None, rng: np.random.Generator) -> int | None:
    """Cut a skirt, shorts below it, and perhaps stockings, whose place among the garments is returned."""
    heights, y, tights = wardrobe.heights, wardrobe.body.vertices[:, 1], wardrobe.pack.tights
    end = heights.hip + (heights.ankle - heights.hip) * rng.choice(SKIRT_LENGTHS)
    part = wardrobe.cut(lower, wardrobe.pack.skirt, np.minimum(waist - y, y - end), 0.16, covers=False, trim=trim)
    if rng.random() < WOVEN:
        _weave(wardrobe, lower, part, rng)
    if rng.random() < PLEATS:
        _add_pattern(wardrobe, lower, "", part, "pleats", SKIRT_RADIUS * 2 * np.pi / rng.integers(12, 32), 1)
    below = np.minimum(waist - 0.2 - y, y - (heights.hip - 1.2))
    wardrobe.cut("shorts", tights, wardrobe.off_arms(below), 0.03)
    if rng.random() >= STOCKINGS:
        return None
    share = rng.choice([0.3, 0.75, 1.0])
    top = heights.ankle + (heights.hip - heights.ankle) * share
    wardrobe.cut("stockings", tights, wardrobe.off_arms(top - y), 0.02)
    return len(wardrobe.garments) - 1


def _top(wardrobe: Wardrobe, sleeve: float, is_tucked: bool, trim: float | None, rng: np.random.Generator) -> None:
    heights, arm = wardrobe.heights, wardrobe.arm
    x, y, z = wardrobe.body.vertices.T
    front = choose_front(rng)
    is_open = front in OPEN_NECKS
    neck = heights.neck - (rng.uniform(0.0, 0.5) if is_open else 0.05) - 0.15
    depth = rng.uniform(0, 1.2) if is_open and rng.random() < 0.5 else 0
    neckline = neck + 0.54 * step(0.3, 1.0, np.abs(x)) - y - depth * np.clip(0.9 - np.abs(x), 0, 1) * (z > 0)
    hem = heights.hip + (0.4 if is_tucked else rng.uniform(-0.9, 0.3))
    sleeves = np.where(arm > 0.02, (sleeve - wardrobe.sleeve) * 2.6, 9)
    kept = np.minimum(np.minimum(neckline, y - hem + 20 * (arm > ARM)), sleeves)
    loose = rng.uniform(0.06, 0.22) * 0.7
    cuff = rng.uniform(0.0, 0.25) if sleeve < 1.5 else rng.uniform(0, 0.15)
    distance = loose + cuff * step(0.2, 1.0, wardrobe.sleeve / max(sleeve, 0.4)) * (arm > ARM)
    if not is_tucked:
        distance = distance + 0.1 * step(heights.waist, hem, y) * (arm < ARM)
    part = wardrobe.cut("top", wardrobe.pack.tights, kept, distance, trim=trim)
    if front in ("plain", "shirt", "kimono") and rng.random() < WOVEN:
        _weave(wardrobe, "top", part, rng)
    if front == "kimono":
        _add_pattern(wardrobe, "top", "sash", part, "band", heights.waist - 0.5, heights.waist + rng.uniform(0.2, 0.9))
    if sleeve > 0.9 and rng.random() < CUFFS:
        end = heights.shoulder - ARM_UNIT * sleeve
        _add_pattern(wardrobe, "top", "cuff", part, "band", end - 9, end + rng.uniform(0.25, 0.6), ARMS_FROM)
    sew(wardrobe, "top", part, front, rng)


def _jacket(wardrobe: Wardrobe, rng: np.random.Generator) -> None:
    """Cut a jacket that is open at the front."""
    heights, arm = wardrobe.heights, wardrobe.arm
    x, y, z = wardrobe.body.vertices.T
    open_by, sleeve = rng.uniform(0.25, 0.7), rng.choice([1.3, 1.92])
    hem = heights.hip + rng.uniform(-1.2, 0.4)
    kept = np.minimum(heights.neck - 0.25 - y + 0.3 * step(0.3, 1, np.abs(x)), y - hem + 20 * (arm > ARM))
    kept = np.minimum(kept, np.where(arm > 0.02, (sleeve - wardrobe.sleeve) * 2.6, 9))
    opening = np.abs(x) - open_by * (0.5 + 0.5 * step(heights.neck, heights.waist, y))
    kept = np.where((z > 0) & (arm < 0.5), np.minimum(kept, opening), kept)
    distance = 0.26 + 0.1 * step(heights.waist, hem, y) + 0.08 * (arm > ARM)
    trim = 0.12 if rng.random() < 0.4 else None
    wardrobe.cut("jacket", wardrobe.pack.tights, kept, distance, covers=False, trim=trim)


def _weave(wardrobe: Wardrobe, what: str, part: int, rng: np.random.Generator) -> None:
    """Give a garment stripes, a check or dots."""
    kind = ("across", "along", "check", "dots")[int(rng.choice(4, p=[0.4, 0.15, 0.3, 0.15]))]
    period = rng.uniform(0.25, 1.0)
    share = rng.uniform(0.2, 0.6) if kind != "check" else rng.uniform(0.12, 0.35)
    name = {"check": "check", "dots": "dots"}.get(kind, "stripe")
    _add_pattern(wardrobe, what, name, part, kind, period, share, rng.uniform(0, 1))  # type: ignore[arg-type]


def _add_pattern(
    wardrobe: Wardrobe,
    what: str,
    name: str,
    part: int,
    kind: PatternKind,
    period: float,
    share: float,
    shift: float = 0,
) -> None:
    scene = wardrobe.scene
    number = scene.add_part(Part("garment", person=wardrobe.person, what=f"{what} {name}")) if name else part
    scene.patterns.setdefault(part, []).append(Pattern(kind, number, float(period), float(share), shift))


def _collar(wardrobe: Wardrobe, rng: np.random.Generator) -> None:
    neck, y = wardrobe.heights.neck, wardrobe.body.vertices[:, 1]
    kept = np.minimum(neck + 0.28 - y, y - (neck - rng.uniform(0.25, 0.5)))
    wardrobe.cut("collar", wardrobe.pack.tights, wardrobe.off_arms(kept), rng.uniform(0.16, 0.3), covers=False)


def _shoes(wardrobe: Wardrobe, item: str, hem: float | None, stockings: int | None) -> None:
    """Put on shoes with their socks, which end below a hem; stockings end above the shoes."""
    wardrobe.wear("shoes", item)
    if stockings is not None:
        y = wardrobe.garments[stockings].coordinates[:, 1]
        wardrobe.shorten(stockings, y - wardrobe.heights.ankle + 0.05)
    if hem is not None:
        wardrobe.shorten(-1, hem + 0.05 - wardrobe.garments[-1].piece.vertices[:, 1])
