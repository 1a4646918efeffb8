"""Screens and strokes that tests draw, of which all is known."""

from __future__ import annotations

import math

import cv2
import numpy as np

SIDE = 256


def screen(period, degrees, dark=0.2, side=SIDE):
    """Round dots on a lattice, antialiased, and the two sides of their cell (dy, dx)."""
    y, x = np.mgrid[: side * 4, : side * 4] / 4
    turn = math.radians(degrees)
    across = (x * math.cos(turn) + y * math.sin(turn)) / period
    along = (y * math.cos(turn) - x * math.sin(turn)) / period
    far = np.hypot(across - np.rint(across), along - np.rint(along)) * period
    fine = (far > period * math.sqrt(dark / math.pi)).astype(np.float32)
    cell = period * np.array([(math.sin(turn), math.cos(turn)), (math.cos(turn), -math.sin(turn))])
    return cv2.resize(fine, (side, side), interpolation=cv2.INTER_AREA), cell


def flattened(page):
    return np.full_like(page, page.mean())


EVERYWHERE = np.ones((SIDE, SIDE), np.bool_)


def drawn_over(period, dark=0.15):
    """A screen with three strokes over it: page, dots and strokes."""
    dots, _ = screen(period, 30, dark)
    strokes = np.full((SIDE, SIDE), 255, np.uint8)
    for start, end in (((10, 30), (240, 90)), ((20, 220), (230, 120)), ((120, 10), (160, 240))):
        cv2.line(strokes, start, end, 0, 2, cv2.LINE_AA)
    strokes = strokes.astype(np.float32) / 255
    return dots * strokes, dots, strokes
