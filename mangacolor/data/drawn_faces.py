"""What a pen adds to faces: wrinkles, hatching, stubble, blushes, tears and sweat; and heads without hair.

They are skin, whatever is drawn on them.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawing.cloth_folds import fold_lines
from mangacolor.data.drawing.hatched_shadows import fine_strokes
from mangacolor.data.drawing.strokes_ruled import smooth_noise
from mangacolor.data.figures.store import Drawing
from mangacolor.data.figures_framed import whose

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

MARKED = 0.4
"""How often faces have marks."""

MARKS = {"wrinkles": 0.2, "eye lines": 0.3, "hatching": 0.14, "stubble": 0.12, "blush": 0.1, "drops": 0.14}
"""Which marks, and how often; a face has one or two kinds of them."""

LEAST_PX = 300
"""Faces of fewer pixels have no marks."""

FINER = 2
"""Marks are drawn at so many times the size and made smaller, for lines thinner than a pixel."""

BALD = 0.35
"""How often people have no hair, where theirs is short enough: one in twenty-five."""

ROUND = 0.93
"""Share of its convex hull that a head fills whose hair is so short that its outline is that of a bald one."""

ONE_TONE = 0.06
"""How often a whole drawing lies under one tone: night, back light, a face on television."""

SCREENED = 0.02
"""How often lines of a television's screen run over it."""


def face_marks(drawing: Drawing, rng: np.random.Generator) -> FloatArray:
    """Draw marks on faces.

    Args:
        drawing: As `figures_framed.frame` shows it.
        rng: Chooses whether and which.

    Returns:
        How much of each pixel is covered, (H, W) in [0, 1]; 0 outside the skin of faces.
    """
    cover = np.zeros(drawing.ink.shape, np.float32)
    if rng.random() >= MARKED:
        return cover
    face = whose(drawing, "place", ("face",))
    if face.sum() < LEAST_PX:
        return cover
    eyes = _eyes(drawing)
    for mark in rng.choice(list(MARKS), int(rng.integers(1, 3)), replace=False, p=list(MARKS.values())):
        if mark == "wrinkles":
            more = fold_lines(face, rng)
        elif mark == "hatching":
            reach = 0.4 * math.sqrt(float(face.sum()))
            shadow = smooth_noise(face.shape, (reach, reach), rng) > rng.uniform(0.3, 1.0)
            more = fine_strokes(face & shadow, rng) if (face & shadow).any() else cover
        elif mark == "stubble":
            more = _stubble(drawing, face, rng)
        else:
            more = _by_eyes(str(mark), face, eyes, rng)
        cover = np.maximum(cover, more)
    return np.asarray(cover * face, np.float32)


def _eyes(drawing: Drawing) -> list[tuple[float, float, float]]:
    """Return middles and widths of the eyes, x, y and width in pixels."""
    seen = whose(drawing, "kind", ("iris", "eye_white")).astype(np.uint8)
    _, _, stats, middles = cv2.connectedComponentsWithStats(cv2.dilate(seen, np.ones((3, 3), np.uint8)))
    return [
        (float(x), float(y), float(max(line[cv2.CC_STAT_WIDTH], line[cv2.CC_STAT_HEIGHT])))
        for (x, y), line in zip(middles[1:], stats[1:], strict=True)
        if line[cv2.CC_STAT_AREA] >= 16
    ]


def _stubble(drawing: Drawing, face: Mask, rng: np.random.Generator) -> FloatArray:
    """Draw dots around the mouth, or in some patch of a face whose mouth is not seen."""
    mouth = whose(drawing, "kind", ("lips", "mouth", "teeth"))
    reach = math.sqrt(float(face.sum()))
    near = smooth_noise(face.shape, (0.4 * reach, 0.4 * reach), rng) - np.float32(rng.uniform(0.2, 0.9))
    if mouth.any():
        far = cv2.distanceTransform((~mouth).astype(np.uint8), cv2.DIST_L2, 3)
        near = np.asarray(near + 1 - far / np.float32(rng.uniform(0.3, 0.5) * reach), np.float32)
    grain = cv2.GaussianBlur(rng.standard_normal(face.shape, dtype=np.float32), (0, 0), float(rng.uniform(0.45, 0.8)))
    grain = grain / np.float32(max(float(grain.std()), 1e-6))
    dots = (3 * (grain - np.float32(rng.uniform(1.2, 2.0)))).clip(0, 1)
    return np.asarray(dots * near.clip(0, 1) ** 0.5, np.float32)


def _by_eyes(mark: str, face: Mask, eyes: list[tuple[float, float, float]], rng: np.random.Generator) -> FloatArray:
    """Draw what lies by the eyes; where none are seen, anywhere on the face."""
    size = 0.3 * math.sqrt(float(face.sum()))
    if not eyes:
        rows, columns = np.nonzero(face)
        at = int(rng.integers(len(rows)))
        eyes = [(float(columns[at]), float(rows[at]), size)]
    canvas = np.zeros((FINER * face.shape[0], FINER * face.shape[1]), np.uint8)
    for x, y, width in eyes[:4]:
        width = min(width, 1.5 * size)
        _MARKS_BY_EYES[mark](canvas, (x, y), width, rng)
    cover = cv2.resize(canvas, face.shape[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(cover.astype(np.float32) / 255, np.float32)


def _curve(canvas: NDArray[np.uint8], points: NDArray[np.float64], nib_px: float, *, closed: bool = False) -> None:
    fixed = [(FINER * 16 * points).round().astype(np.int32)]
    cv2.polylines(canvas, fixed, closed, 255, max(1, round(FINER * nib_px)), cv2.LINE_AA, 4)


def _eye_lines(canvas: NDArray[np.uint8], eye: tuple[float, float], width: float, rng: np.random.Generator) -> None:
    """Draw folds under and over an eye, and crow's feet beside it."""
    nib = rng.uniform(0.5, 1.2)
    for ring in range(int(rng.integers(1, 4))):
        start = rng.uniform(0.05, 0.35) * math.pi
        angles = np.linspace(start, start + rng.uniform(0.25, 0.6) * math.pi, 10)
        if rng.random() < 0.3:
            angles = -angles
        far = width * (0.62 + 0.16 * ring)
        _curve(canvas, np.stack([eye[0] + far * np.cos(angles), eye[1] + 0.75 * far * np.sin(angles)], 1), nib)
    way = float(rng.choice([-1, 1]))
    for turn in np.linspace(-0.4, 0.5, int(rng.integers(0, 5))):
        along = np.array([0.65, rng.uniform(0.85, 1.1)]) * width
        _curve(canvas, np.stack([eye[0] + way * along * math.cos(turn), eye[1] + along * math.sin(turn)], 1), nib)


def _blush(canvas: NDArray[np.uint8], eye: tuple[float, float], width: float, rng: np.random.Generator) -> None:
    """Draw short oblique strokes beneath an eye."""
    number = int(rng.integers(3, 10))
    lean, length, nib = rng.uniform(-0.8, 0.8), width * rng.uniform(0.15, 0.4), rng.uniform(0.5, 1.1)
    for across in np.linspace(-0.5, 0.5, number) * width * rng.uniform(0.7, 1.4):
        x, y = eye[0] + across, eye[1] + width * (0.8 + rng.normal(0, 0.04))
        ends = np.array([(x, y), (x + lean * length, y + length)])
        _curve(canvas, ends, nib)


def _drops(canvas: NDArray[np.uint8], eye: tuple[float, float], width: float, rng: np.random.Generator) -> None:
    """Draw a tear that runs down from an eye, or drops of sweat."""
    nib = rng.uniform(0.5, 1.2)
    if rng.random() < 0.4:
        down = np.linspace(0.3, rng.uniform(0.8, 2.2), 12)
        bow = rng.normal(0, 0.1)
        for side in (0, rng.uniform(0.1, 0.35)):
            run = eye[0] + width * (side + bow * down**2 + 0.03 * np.sin(7 * down + side))
            _curve(canvas, np.stack([run, eye[1] + width * down], 1), nib)
        return
    for _ in range(int(rng.integers(1, 5))):
        length = width * rng.uniform(0.15, 0.45)
        x, y = eye[0] + rng.normal(0, 1.0) * width, eye[1] + rng.normal(0, 1.0) * width
        turn = np.linspace(0, 2 * math.pi, 14)
        wide = 0.28 * np.sin(turn) * (1 - np.cos(turn)) / 1.3
        _curve(canvas, np.stack([x + length * wide, y - 0.5 * length * np.cos(turn)], 1), nib, closed=True)


_MARKS_BY_EYES = {"eye lines": _eye_lines, "blush": _blush, "drops": _drops}


def as_bald(drawing: Drawing) -> Drawing:
    """Take the hair of people away whose hair is close to the head: it becomes skin of the face, without lines.

    Args:
        drawing: Of people.

    Returns:
        The drawing with that hair changed; the drawing itself where all hair is long or no face shows.
    """
    parts, ink, light = list(drawing.parts), drawing.ink, drawing.light
    changed = np.zeros(ink.shape, bool)
    for number, part in enumerate(drawing.parts):
        if part.kind != "hair":
            continue
        hair = drawing.part == number
        face = whose(drawing, "place", ("face",)) & whose(drawing, "person", (part.person,))
        if not face.any() or not hair.any() or not _is_short(hair, face):
            continue
        parts[number] = part._replace(kind="skin", place="face")
        changed |= hair
    if not changed.any():
        return drawing
    skin = np.array([part.place == "face" for part in parts])[drawing.part]
    inner = cv2.erode((changed | skin).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    near = cv2.dilate(changed.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    wiped = inner & near
    ink = np.where(wiped, 1, ink).astype(np.float32)
    smooth = cv2.GaussianBlur(light, (0, 0), 0.02 * len(light)).clip(0.7, 1.1)
    return Drawing(ink, drawing.part, np.where(changed, smooth, light).astype(np.float32), tuple(parts))


def _is_short(hair: Mask, face: Mask) -> bool:
    """Say whether hair reaches no lower than the face and stands out little."""
    rows, face_rows = (np.flatnonzero(mask.any(axis=1)) for mask in (hair, face))
    tall = np.ptp(face_rows) + 1
    if rows[-1] > face_rows[-1] - 0.15 * tall or rows[0] < face_rows[0] - 0.6 * tall or hair.sum() > 1.5 * face.sum():
        return False
    outlines, _ = cv2.findContours((hair | face).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    outline = max(outlines, key=cv2.contourArea)
    return bool(cv2.contourArea(outline) > ROUND * cv2.contourArea(cv2.convexHull(outline)))


def under_one_tone(
    tone: FloatArray, colour: FloatArray, is_figure: Mask, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Lay, now and then, one tone over all of a figure.

    Args:
        tone: (H, W) in [0, 1].
        colour: (H, W, 3) in [0, 1].
        is_figure: (H, W).
        rng: Chooses whether, how dark, and whether face and clothes become alike.

    Returns:
        Tone and colour; outside the figure as they were. Colours keep their hue, a little darker under a tone.
    """
    if rng.random() >= ONE_TONE:
        return tone, colour
    level = np.float32(rng.uniform(0.4, 0.88))
    flat = np.minimum(tone, level) if rng.random() < 0.5 else tone * level
    if rng.random() < 0.4:  # face and clothes alike
        flat = np.where(tone > 0.15, level, tone)
    darker = np.float32(1 - 0.35 * (1 - level) * rng.random())
    painted = np.where(is_figure[..., None], colour * darker, colour)
    return np.asarray(np.where(is_figure, flat, tone), np.float32), np.asarray(painted, np.float32)


def screen_lines(
    ink: FloatArray, tone: FloatArray, is_figure: Mask, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Run, now and then, the lines of a television's screen over a figure: white ones cut its lines, others are grey.

    Args:
        ink: (H, W) in [0, 1], 1 = none.
        tone: (H, W) in [0, 1].
        is_figure: (H, W).
        rng: Chooses whether, which, and how far apart.

    Returns:
        Ink and tone; outside the figure as they were.
    """
    if rng.random() >= SCREENED:
        return ink, tone
    rows = np.arange(len(tone), dtype=np.float32)[:, None]
    wave = (np.float32(0.5) + np.cos(rows * np.float32(2 * math.pi / rng.uniform(2.5, 7.0)))).clip(0, 1)
    cover = wave * is_figure * np.float32(rng.uniform(0.3, 0.9))
    is_white = rng.random() < 0.6
    to = np.float32(1.0 if is_white else rng.uniform(0.2, 0.7))
    lined = np.asarray(tone + (to - tone) * cover, np.float32)
    return np.asarray(ink + (1 - ink) * cover, np.float32) if is_white else ink, lined
