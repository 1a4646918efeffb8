"""Statues and busts, made of drawings of people: a face of bronze or stone is no skin, and its coat no garment."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.data.drawing.hatched_shadows import fine_strokes
from mangacolor.data.drawing.strokes_ruled import smooth_noise
from mangacolor.data.figures.store import Drawing, Part
from mangacolor.data.figures_framed import whose
from mangacolor.data.figures_painted import SHADED

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

AS_BUST = 0.7
"""How often only head and shoulders are kept."""

LEAST_FACE_PX = 200
"""Pixels of a face without which nobody takes it for a statue: a hand of stone looks like any hand."""

BLANK_EYES = 0.6
"""How often eyes have no pupils."""

STROKED = 0.8
"""How often its shadows are strokes, as metal and rough stone are drawn."""


def as_statue(drawing: Drawing, rng: np.random.Generator) -> Drawing:
    """Turn the person that shows most of a drawing into a statue or a bust, on a pedestal where there is room for one.

    Args:
        drawing: Square, of people.
        rng: Chooses what is kept, how it is shaded, and the pedestal.

    Returns:
        A drawing of the same size; its parts are the ground and one or two of the kind "statue", and no person's. The
        drawing itself where no face shows.
    """
    person, body = _largest(drawing)
    face = whose(drawing, "place", ("face",)) & whose(drawing, "person", (person,))
    if face.sum() < LEAST_FACE_PX:
        return drawing
    if rng.random() < AS_BUST:
        body &= _bust(face, body, rng)
    ink, light = drawing.ink.copy(), drawing.light
    if rng.random() < BLANK_EYES:
        eyes = whose(drawing, "kind", ("iris", "eye_white")).astype(np.uint8)
        ink[cv2.erode(eyes, np.ones((3, 3), np.uint8)) > 0] = 1
    rim = cv2.dilate(body.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    ink = np.where(rim, ink, 1)
    contours, _ = cv2.findContours(body.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    ink = np.asarray(cv2.drawContours(np.ascontiguousarray(ink, np.float32), contours, -1, 0.0, 2, cv2.LINE_AA))
    light = np.where(body, (1 - (1 - light) * rng.uniform(1.2, 2.2)).clip(0.3, 1.5), 1)
    shadow = body & ((light < SHADED) | _turned_away(ink, body, rng))
    if rng.random() < STROKED:
        ink = ink * (1 - fine_strokes(shadow, rng))
    light = np.where(shadow, light * rng.uniform(0.6, 0.9), light)
    statue = Drawing(
        np.asarray(ink.clip(0, 1), np.float32), body.astype(np.uint8), np.asarray(light, np.float32),
        (Part("ground"), Part("statue")),
    )  # fmt: skip
    return _on_pedestal(statue, rng)


def _turned_away(ink: FloatArray, body: Mask, rng: np.random.Generator) -> Mask:
    """Return what is turned away from a lamp at one side, and the hollows, where many lines lie."""
    side = len(ink)
    rows, columns = np.nonzero(body)
    angle = rng.uniform(0, 2 * math.pi)
    reach = rng.uniform(0.02, 0.08) * side
    shift = np.array([[1, 0, reach * math.cos(angle)], [0, 1, reach * math.sin(angle)]], np.float64)
    moved = cv2.warpAffine(body.astype(np.uint8), shift, (side, side)) > 0
    hollow = cv2.GaussianBlur(ink, (0, 0), 0.012 * side) < rng.uniform(0.7, 0.92)
    across = (np.arange(side)[:, None] - rows.mean()) * math.sin(angle) + (np.arange(side) - columns.mean()) * math.cos(
        angle
    )
    uneven = smooth_noise(ink.shape, (0.08 * side, 0.04 * side), rng) * 0.12 * side
    return np.asarray(~moved | hollow | (-across + uneven > rng.uniform(0, 0.3) * side), np.bool_)


def _largest(drawing: Drawing) -> tuple[int, Mask]:
    """Return who covers most pixels, and where that person is."""
    persons = np.array([part.person for part in drawing.parts])[drawing.part]
    counts = np.bincount(persons[persons >= 0], minlength=1)
    person = int(counts.argmax())
    return person, np.asarray((persons == person) & (drawing.part > 0))


def _bust(face: Mask, body: Mask, rng: np.random.Generator) -> Mask:
    """Return what a bust keeps: all above a rounded or straight cut through the chest."""
    rows, columns = np.nonzero(face)
    high = float(np.ptp(rows)) + 1
    low = rows.max() + high * rng.uniform(0.3, 1.1)
    middle, half = columns.mean(), high * rng.uniform(0.8, 1.5)
    across = (np.arange(body.shape[1]) - middle) / half
    curve = low - high * rng.choice([0.0, rng.uniform(0.1, 0.8)]) * across**2
    kept = np.arange(body.shape[0])[:, None] < curve
    return np.asarray(kept & (np.abs(across) < 1.0))


def _on_pedestal(statue: Drawing, rng: np.random.Generator) -> Drawing:
    """Set a statue on a block of stone where its foot is free; it is made smaller where that needs room."""
    side = len(statue.part)
    rows, columns = np.nonzero(statue.part)
    if columns.min() == 0 or columns.max() == side - 1 or rows.max() >= side - 2:
        return statue
    foot = rng.uniform(0.55, 0.85) * side
    scale = min(1.0, foot / (rows.max() + 1))
    move = np.array([[scale, 0, (1 - scale) * columns.mean()], [0, scale, 0]], np.float64)
    foot = (rows.max() + 1) * scale
    ink = cv2.warpAffine(statue.ink, move, (side, side), flags=cv2.INTER_AREA, borderValue=(1.0,))
    part = cv2.warpAffine(statue.part, move, (side, side), flags=cv2.INTER_NEAREST)
    light = cv2.warpAffine(statue.light, move, (side, side), flags=cv2.INTER_LINEAR, borderValue=(1.0,))
    middle = float(np.mean(np.nonzero(part[max(0, math.floor(foot) - 12) :].any(axis=0))[0]))
    half = max(0.06 * side, rng.uniform(0.25, 0.6) * float(np.ptp(columns)) * scale)
    top, edges = foot - 4, []
    while top < side:
        bottom = top + rng.choice([rng.uniform(0.02, 0.06), rng.uniform(0.1, 0.5)]) * side
        edges.append((middle - half, top, middle + half, bottom))
        top, half = bottom, half * rng.choice([rng.uniform(0.7, 0.95), rng.uniform(1.05, 1.4)])
    for left, top, right, bottom in edges[::-1]:
        start, end = ((round(left), round(top)), (round(right), round(bottom)))
        for plane, value in ((part, 2), (ink, 1), (light, 1)):
            cv2.rectangle(plane, start, end, value, -1)
        shadow = (round(left + rng.uniform(0.6, 0.9) * (right - left)), start[1])
        cv2.rectangle(light, shadow, end, rng.uniform(0.6, 0.9), -1)
        cv2.rectangle(ink, start, end, 0, 2)
    return Drawing(
        np.asarray(ink, np.float32), np.asarray(part, np.uint8), np.asarray(light, np.float32),
        (*statue.parts, Part("statue")),
    )  # fmt: skip
