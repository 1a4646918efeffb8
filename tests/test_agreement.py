"""Whether a page as it was drawn and one in colour belong together.

Oracle: the pages of examples/, each with itself in colour and with every other.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest

from mangacolor.data.agreement import checked_gray
from mangacolor.errors import BadInputError
from mangacolor.image import read_image, to_gray

PAGES = sorted(Path("examples/pages").glob("*.png"))
ONE_SIZE = PAGES[:3]


def drawn(path):
    return read_image(path).rgb


def in_colour(path):
    """A page under colours that run over it, as a colourist's would."""
    rgb = drawn(path)
    down, along = np.linspace(0, 1, rgb.shape[0])[:, None], np.linspace(0, 1, rgb.shape[1])[None]
    paint = np.stack([1 - 0.4 * down * along, 0.75 + 0.25 * down + 0 * along, 1 - 0.5 * along + 0 * down], axis=2)
    return np.rint(rgb * paint).astype(np.uint8)


def cropped(rgb):
    """A scan that lost a hundredth on every side."""
    height, width = rgb.shape[:2]
    rows, columns = height // 100, width // 100
    return cv2.resize(rgb[rows:-rows, columns:-columns], (width, height), interpolation=cv2.INTER_AREA)


def screened(rgb):
    """Every tone in dots."""
    rows, columns = np.indices(rgb.shape[:2]) * (2 * np.pi / 7)
    dots = to_gray(rgb) > (np.cos(rows) * np.cos(columns) + 1) / 2
    return np.where(dots[..., None], 255, 0).astype(np.uint8).repeat(3, axis=2)


def scanned(rgb):
    """Out of focus, on grey paper, in the shadow of a spine."""
    soft = cv2.GaussianBlur(rgb, (0, 0), 2).astype(float) * 0.7 + 40
    return np.rint(soft - np.linspace(0, 60, rgb.shape[1])[None, :, None]).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("way", [lambda rgb: rgb, cropped, screened, scanned], ids=["as is", "cropped", "dots", "scan"])
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_agrees_with_its_own_colours(path, way):
    assert checked_gray(way(drawn(path)), in_colour(path), "page.png").shape == drawn(path).shape[:2]


@pytest.mark.parametrize(("gray", "colour"), list(itertools.permutations(ONE_SIZE, 2)), ids=lambda path: path.stem)
def test_another_page_is_refused_with_the_number(gray, colour):
    told = r"page\.png: .*agree by 0\.[0-3]\d, and 0\.45 is the least\.\nGive the page"
    with pytest.raises(BadInputError, match=told):
        checked_gray(drawn(gray), in_colour(colour), "page.png")
