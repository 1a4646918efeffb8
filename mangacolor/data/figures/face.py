"""Faces as they are drawn: eyes, brows, nose and mouth on a sheet that is laid on the front of a head.

The unit is the height from chin to eyes; the origin lies between the eyes.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from mangacolor.data.figures.eyes import EYE_WHITE, HAIR, IRIS, LIPS, MOUTH, TEETH, TONGUE, draw_eyes
from mangacolor.data.figures.geometry import FloatArray
from mangacolor.data.figures.scene import Decal, Scene
from mangacolor.data.figures.sheet import Sheet, curve, ellipse
from mangacolor.data.figures.store import Part

LEFT, RIGHT, BOTTOM, TOP = -1.15, 1.15, -1.25, 1.1
SCALE = 400
"""Pixels of the sheet for the height from chin to eyes: more than a face has in a picture."""

KINDS = {EYE_WHITE: "eye_white", IRIS: "iris", MOUTH: "mouth", TEETH: "teeth", TONGUE: "tongue", LIPS: "lips"}

LEAST_SHARE = 0.3
"""The sheet lies where the skin belongs to the front of the face at least this much."""

WORN_PART = HAIR + 1
WORN = {"nothing": 0.87, "glasses": 0.09, "mask": 0.025, "patch": 0.015}
"""What is worn on the face, and how often."""

MOUTH_KINDS = {"line": 0.3, "lips": 0.2, "open": 0.2, "small": 0.12, "cat": 0.04, "clenched": 0.07, "pout": 0.07}

FRECKLES, BLUSH, BEARD, CHEEK_LINES = 0.06, 0.2, 0.14, 0.12
"""Chances of freckles, of strokes on the cheeks, of beards of men, and of lines from nose to mouth."""


def draw_face(
    scene: Scene, skin: int, hair: int, person: int, feminine: float, line_px: float, rng: np.random.Generator
) -> Decal:
    """Draw a face by chance and return it as a decal for the face's skin.

    Args:
        scene: Gets the parts of the face.
        skin: Number of the face's skin.
        hair: Number of the hair, for brows that are no ink.
        person: Whose face it is.
        feminine: 0 to 1; larger eyes and longer lashes above a half.
        line_px: Width of a line, in pixels of the sheet.
        rng: Source of everything random.
    """
    wears = str(rng.choice(list(WORN), p=list(WORN.values())))
    numbers = {local: scene.add_part(Part(kind, person=person)) for local, kind in KINDS.items()}
    sheet = Sheet(LEFT, RIGHT, BOTTOM, TOP, SCALE)
    line, is_female = max(0.9 * line_px, 1.6), feminine > 0.5
    if not is_female and rng.random() < BEARD:
        _beard(sheet, line, rng)
    eye_x, lid = draw_eyes(sheet, is_female, line, rng)
    if rng.random() < BLUSH:
        _blush(sheet, eye_x, lid, line)
    if rng.random() < FRECKLES:
        _freckles(sheet, eye_x, lid, line, rng)
    if wears == "mask":
        _mask(sheet, line, rng)
    else:
        _nose(sheet, line, rng)
        _mouth(sheet, line, is_female, rng)
    if rng.random() < CHEEK_LINES:
        _cheek_lines(sheet, line, rng)
    if wears in ("glasses", "patch"):
        _glasses(sheet, eye_x, line, wears == "patch", rng)
    if wears != "nothing":
        numbers[WORN_PART] = scene.add_part(Part("garment", person=person, what=wears))
    return sheet.decal((skin,), {**numbers, HAIR: hair}, LEAST_SHARE)


def _glasses(sheet: Sheet, eye_x: float, line: float, is_patch: bool, rng: np.random.Generator) -> None:
    """Draw glasses, round or square, or a patch over one eye."""
    wide, high, y = rng.uniform(0.24, 0.34), rng.uniform(0.17, 0.3), -0.1 + rng.uniform(-0.05, 0.03)
    bow = rng.uniform(0.5, 1.0)  # 1 for ellipses, less for squares
    angle = np.linspace(0, 2 * np.pi, 60)
    disc = np.stack([np.sign(c) * np.abs(c) ** bow for c in (np.cos(angle), np.sin(angle))], axis=1)
    band = 2.2 * line / SCALE
    if is_patch:
        sheet.ink[sheet.mask(disc * [wide, high] + [eye_x, y]) > 0] = 0
        sheet.fill(disc * [wide, high] + [eye_x, y], WORN_PART)
        _outline(sheet, disc * [wide, high] + [eye_x, y], line)
        for end in ([-1.1, 0.6], [1.1, 0.35]):
            sheet.stroke(np.linspace([eye_x, y + 0.5 * high], end, 20), 1.5 * line, 1.5 * line, 1.5 * line)
        return
    for side in (-1, 1):
        outer, inner = (disc * [wide + d, high + d] + [eye_x * side, y] for d in (band / 2, -band / 2))
        ring = (sheet.mask(outer) > 0) & (sheet.mask(inner) == 0)
        sheet.part[ring] = WORN_PART
        _outline(sheet, outer, 0.6 * line)
        _outline(sheet, inner, 0.6 * line)
        hinge = [side * (eye_x + wide), y + 0.3 * high]
        sheet.stroke(np.linspace(hinge, [side * 1.1, y + 0.05], 20), line, line, line)
    sheet.stroke(curve([[wide - eye_x, y], [0, y + 0.08], [eye_x - wide, y]]), line, line, line)


def _mask(sheet: Sheet, line: float, rng: np.random.Generator) -> None:
    """Draw a cloth over nose and mouth."""
    top, wide = -0.3 + rng.uniform(-0.05, 0.05), rng.uniform(0.5, 0.62)
    outline = np.concatenate([
        curve([[-wide, top - 0.08], [0, top + 0.14], [wide, top - 0.08]]),
        curve([[wide, top - 0.08], [0.95 * wide, -0.75], [0.4, -1.15], [0, -1.2]]),
        curve([[0, -1.2], [-0.4, -1.15], [-0.95 * wide, -0.75], [-wide, top - 0.08]]),
    ])  # fmt: skip
    sheet.fill(outline, WORN_PART)
    _outline(sheet, outline, line)
    for y in (top - 0.2, top - 0.4)[: int(rng.integers(0, 3))]:
        sheet.stroke(curve([[-0.9 * wide, y - 0.06], [0, y + 0.05], [0.9 * wide, y - 0.06]]), 1, 0.7 * line, 1)
    for side in (-1, 1):
        sheet.stroke(np.linspace([side * wide, top - 0.1], [side * 1.1, top + 0.15], 12), line, line, line)


def _outline(sheet: Sheet, outline: FloatArray, line: float) -> None:
    """Ink the line around an outline, even in width."""
    for start, end in pairwise(np.concatenate([outline, outline[:1]])):
        sheet.stroke(np.linspace(start, end, 4), line, line, line)


def _blush(sheet: Sheet, eye_x: float, lid: float, line: float) -> None:
    """Draw a few short strokes on each cheek."""
    for side in (-1, 1):
        for k in range(3):
            x = side * eye_x - 0.08 + 0.08 * k
            sheet.stroke([[x, lid - 0.16], [x + 0.035, lid - 0.1]], 1, 0.6 * line, 1)


def _freckles(sheet: Sheet, eye_x: float, lid: float, line: float, rng: np.random.Generator) -> None:
    for side in (-1, 1):
        for _ in range(int(rng.integers(3, 8))):
            x, y = side * eye_x + rng.normal(0, 0.09), lid - 0.13 + rng.normal(0, 0.04)
            sheet.blacken(ellipse(x, y, 0.4 * line / SCALE, 0.4 * line / SCALE, 12))


def _cheek_lines(sheet: Sheet, line: float, rng: np.random.Generator) -> None:
    """Draw lines from the nose past the mouth."""
    out, low = rng.uniform(0.26, 0.36), rng.uniform(-0.75, -0.6)
    for side in (-1, 1):
        sheet.stroke(curve([[0.14, -0.42], [out, -0.5], [out, low]]) * [side, 1], 1, 0.7 * line, 1)


def _beard(sheet: Sheet, line: float, rng: np.random.Generator) -> None:
    """Draw a beard around the chin, a goatee, a moustache or stubble."""
    kind = str(rng.choice(["full", "goatee", "moustache", "stubble"]))
    if kind == "stubble":
        for _ in range(int(rng.integers(25, 60))):
            x, y = rng.uniform(-0.45, 0.45), rng.uniform(-1.0, -0.78)
            sheet.stroke([[x, y], [x + 0.01, y - 0.02]], 0.6 * line, 0.6 * line, 0.5 * line)
        return
    outlines = {
        "full": [[-0.75, -0.3], [-0.6, -0.62], [-0.3, -0.8], [0, -0.84], [0.3, -0.8], [0.6, -0.62], [0.75, -0.3],
                 [0.8, -1.2], [-0.8, -1.2]],
        "goatee": [[-0.2, -0.84], [0, -0.8], [0.2, -0.84], [0.16, -1.2], [-0.16, -1.2]],
        "moustache": [[-0.3, -0.62], [0, -0.53], [0.3, -0.62], [0.24, -0.66], [0, -0.6], [-0.24, -0.66]],
    }  # fmt: skip
    outline = np.array(outlines[kind])
    sheet.fill(outline, HAIR)
    _outline(sheet, outline, line)
    for _ in range(12 if kind != "moustache" else 0):
        x, y = rng.uniform(-0.5, 0.5) * (1 if kind == "full" else 0.3), rng.uniform(-1.0, -0.84)
        sheet.stroke([[x, y], [x * 1.02, y - 0.1]], 1, 0.6 * line, 1)


def _nose(sheet: Sheet, line: float, rng: np.random.Generator) -> None:
    y = -0.44 + rng.uniform(-0.03, 0.03)
    side = 1 if rng.random() < 0.5 else -1
    kind = int(rng.integers(7))
    paths: tuple[list[FloatArray], ...] = (
        [curve([[0.03, y + 0.06], [0.06, y - 0.02], [0.0, y - 0.03]])],
        [curve([[-0.035, y], [0.0, y - 0.025], [0.035, y]])],
        [curve([[-0.01, y + 0.28], [0.03, y + 0.1], [0.07, y - 0.02], [0.0, y - 0.04]])],
        [curve([[-0.012, y], [0, y - 0.004], [0.012, y]])],
        [
            curve([[-0.05, y + 0.01], [-0.03, y - 0.02], [-0.015, y]]),
            curve([[0.015, y], [0.03, y - 0.02], [0.05, y + 0.01]]),
        ],
        [
            curve([[0.06, y + 0.45], [0.03, y + 0.2], [0.09, y]]),
            curve([[0.09, y], [0.04, y - 0.05], [-0.03, y - 0.02]]),
        ],
        [],
    )
    for path in paths[kind]:
        sheet.stroke(path * [side, 1], 1, 1.1 * line, 0.5 * line)
    if kind == 6:  # a small shadow of strokes
        for k in range(4):
            start = np.array([0.01 + 0.015 * k, y + 0.08 - 0.035 * k])
            sheet.stroke(np.stack([start, start + np.array([0.05, 0.03])]) * [side, 1], 1, 0.7 * line, 1)


def _mouth(sheet: Sheet, line: float, is_female: bool, rng: np.random.Generator) -> None:
    y, half = -0.68 + rng.uniform(-0.03, 0.03), rng.uniform(0.13, 0.27)
    kind = str(rng.choice(list(MOUTH_KINDS), p=list(MOUTH_KINDS.values())))
    smile, skew = rng.uniform(-0.05, 0.06), rng.uniform(-0.03, 0.03)
    if kind == "cat":
        for side in (-1, 1):
            sheet.stroke(curve([[0, y], [0.06 * side, y - 0.07], [0.13 * side, y + 0.01]]), 0.6 * line, line, 1)
        return
    if kind == "pout":
        sheet.stroke(curve([[-0.05, y], [0, y + 0.03 + smile], [0.05, y]]), 0.8 * line, 1.1 * line, 0.8 * line)
        return
    if kind == "clenched":
        _clenched(sheet, line, y, half, rng.uniform(0.06, 0.13))
        return
    if kind in ("line", "lips"):
        if kind == "lips" and is_female:
            ends = ([-0.8 * half, y + 0.5 * smile], [0.8 * half, y + 0.5 * smile])
            upper, lower = curve([ends[0], [0, y + 0.05], ends[1]]), curve([ends[1], [0, y - 0.1], ends[0]])
            sheet.fill(np.concatenate([upper, lower]), LIPS)
            sheet.stroke(lower[5:35], 1, 0.6 * line, 1)
        left, right = [-half, y + smile - skew], [half, y + smile + skew]
        middle = [[-0.3 * half, y - 0.6 * smile], [0.3 * half, y - 0.6 * smile]]
        sheet.stroke(curve([left, *middle, right]), 0.7 * line, 1.1 * line, 0.7 * line)
        if rng.random() < 0.6:
            sheet.stroke([[-0.05, y - 0.1], [0, y - 0.106], [0.05, y - 0.1]], 1, 0.8 * line, 1)
        return
    _open_mouth(
        sheet, line, y, half, smile, rng.uniform(0.06, 0.24) * (1 if kind == "open" else 0.7), rng.random() < 0.55
    )


def _clenched(sheet: Sheet, line: float, y: float, half: float, high: float) -> None:
    """Draw a mouth that shows both rows of teeth."""
    upper = curve([[-half, y], [0, y + high], [half, y]])
    lower = curve([[half, y], [0, y - high], [-half, y]])
    sheet.fill(np.concatenate([upper, lower]), TEETH)
    for path in (upper, lower, np.array([[-half, y], [0, y - 0.01], [half, y]])):
        sheet.stroke(path, 0.7 * line, 1.1 * line, 0.7 * line)
    for x in np.linspace(-0.6, 0.6, 5) * half:
        sheet.stroke([[x, y + 0.4 * high], [x, y - 0.4 * high]], 1, 0.5 * line, 1)


def _open_mouth(sheet: Sheet, line: float, y: float, half: float, smile: float, depth: float, teeth: bool) -> None:
    left, right = [-half, y + smile], [half, y + smile]
    upper = curve([left, [0, y + smile - 0.03], right])
    lower = curve([right, [0.7 * half, y - 1.6 * depth], [-0.7 * half, y - 1.6 * depth], left])
    inside = np.concatenate([upper, lower])
    sheet.fill(inside, MOUTH)
    mouth = sheet.mask(inside) > 0
    tongue = sheet.mask(ellipse(0, y - 1.15 * depth, 0.55 * half, 0.45 * depth)) > 0
    sheet.part[tongue & mouth] = TONGUE
    if teeth:
        edge = curve([[0.7 * half, y + smile - 0.05], [0, y + smile - 0.09], [-0.7 * half, y + smile - 0.05]])
        row = curve([[-0.85 * half, y + smile], [0, y + smile - 0.03], [0.85 * half, y + smile]])
        sheet.part[(sheet.mask(np.concatenate([row, edge])) > 0) & mouth] = TEETH
        sheet.stroke(edge, 1, 0.6 * line, 1)
    sheet.stroke(upper, line, 1.2 * line, line)
    sheet.stroke(lower, 0.7 * line, line, 0.7 * line)
