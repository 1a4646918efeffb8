"""Oracles: the coverage a tone was drawn with, and the promise to leave all else alone."""

import cv2
import numpy as np
import pytest

from mangacolor.screentone import flatten_screentone

CELL_PX = 2.3


def dots(coverage, period_px, angle_deg, side=240):
    """Round dots of a given coverage, antialiased by drawing them four times too large."""
    y, x = np.mgrid[: side * 4, : side * 4] / 4
    angle = np.deg2rad(angle_deg)
    u = (x * np.cos(angle) + y * np.sin(angle)) / period_px % 1 - 0.5
    v = (y * np.cos(angle) - x * np.sin(angle)) / period_px % 1 - 0.5
    distance = np.hypot(u, v)
    ink = distance <= np.quantile(distance, coverage)
    return cv2.resize(1 - ink.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("period_px", [5, 6.5, 8])
@pytest.mark.parametrize("coverage", [0.15, 0.35, 0.6])
def test_dots_become_the_grey_they_were_drawn_for(period_px, coverage):
    page = dots(coverage, period_px, 45)
    flat = flatten_screentone(page, CELL_PX)[30:-30, 30:-30]
    assert page.std() > 0.25
    assert flat.std() < 0.06
    assert flat.mean() == pytest.approx(1 - coverage, abs=0.02)


def test_lettering_on_paper_is_left_alone():
    page = np.full((200, 300), 255, np.uint8)
    for baseline in range(30, 190, 20):
        cv2.putText(page, "THE WIND SMELLS OF SALT?!", (8, baseline), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 0, 1, cv2.LINE_AA)
    page = page.astype(np.float32) / 255
    np.testing.assert_array_equal(flatten_screentone(page, CELL_PX), page)


def test_hatching_lines_and_flats_are_left_alone():
    hatched = np.ones((200, 200), np.float32)
    hatched[:, ::9] = 0
    lines = np.ones((200, 200), np.float32)
    lines[50:53], lines[:, 120:122], lines[150:] = 0, 0.2, 0.5
    for page in (hatched, lines, np.ones((64, 64), np.float32), np.zeros((1, 1), np.float32)):
        np.testing.assert_array_equal(flatten_screentone(page, CELL_PX), page)


def test_a_line_through_tone_stays_black_and_the_paper_beyond_stays_white():
    page = dots(0.35, 7, 45)
    page[:, 118:122] = 0
    page[:, 122:] = 1
    flat = flatten_screentone(page, CELL_PX)
    assert flat[40:200, 119:121].max() < 0.05
    assert flat[40:200, 128:].min() > 0.98
    assert flat[40:200, 60:100].std() < 0.06


def test_bands_agree_with_the_whole(monkeypatch):
    page = dots(0.4, 6, 30)
    whole = flatten_screentone(page, CELL_PX)
    monkeypatch.setattr("mangacolor.screentone.BAND_ROWS", 50)
    assert np.abs(flatten_screentone(page, CELL_PX) - whole).mean() < 0.01
