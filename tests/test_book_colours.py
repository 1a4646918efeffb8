"""Colours that a book keeps.

Oracles: the contract of `KeptColours` on pages drawn here, whose areas and tones are known, with chances written by
hand; and that of `Order.keeps_colours`.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from area_kinds_told import kinds_told

from mangacolor.books import open_source
from mangacolor.books.shards import parse_shard
from mangacolor.colorize.class_colours import ClassColours
from mangacolor.colorize.findings import find
from mangacolor.colorize.kept_colours import KeptColours, Survey, keep, of_page_alone
from mangacolor.colorize.options import ColorizeOptions
from mangacolor.colorize.order import Order
from mangacolor.image.color import chroma_bins
from mangacolor.page.ink import Separation

SIZE, SHARE = 320, 0.9
BINS = chroma_bins()
FLAT = np.full(len(BINS), 1 / len(BINS), np.float32)
BOX = (140, 100, 180, 220)
LOCK_EDGE = (130, 140), (130, 180)
YELLOW, RED = (0.0, 0.105), (0.105, 0.035)


def page(tone, leans_to=None, *, beside_black=None, lock=None):
    """What is told of a page with hair in a box, drawn in a tone.

    Perhaps it lies in black hair or touches black clothes; a lock of it, the left quarter behind a line, may have
    another tone.
    """
    ink, shades = np.ones((SIZE, SIZE), np.float32), np.ones((SIZE, SIZE), np.float32)
    top, left, bottom, right = BOX
    cv2.rectangle(ink, (left, top), (right, bottom), 0.0, 3)
    if beside_black == "clothes":
        ink[bottom : bottom + 40, left : left + 24] = 0
    if beside_black == "hair":
        ink[top - 20 : bottom + 20, left - 60 : left] = ink[top - 20 : bottom + 20, right : right + 60] = 0
    shades[top:bottom, left:right] = tone
    if lock is not None:
        cv2.line(ink, LOCK_EDGE[0], LOCK_EDGE[1], 0.0, 3)
        shades[top:bottom, left : LOCK_EDGE[0][0]] = lock
    found = find(Separation(ink, shades), lambda _: [])
    count = len(found.areas.sizes)
    is_hair = np.zeros(count, bool)
    is_hair[[hair_at(found), lock_at(found)]] = True
    if beside_black == "hair":
        is_hair |= found.areas.is_black
    chances = np.tile(FLAT, (count, 1))
    if leans_to is not None:
        chances[hair_at(found)] *= 0.7
        chances[hair_at(found), np.linalg.norm(BINS - leans_to, axis=1).argmin()] += 0.3
    return found, kinds_told(chances, is_hair=is_hair), ClassColours(BINS, FLAT[None, None])


def hair_at(found):
    top, left, bottom, right = BOX
    return int(found.areas.labels[(top + bottom) // 2, (left + right) // 2])


def lock_at(found):
    return int(found.areas.labels[(BOX[0] + BOX[2]) // 2, (BOX[1] + LOCK_EDGE[0][0]) // 2])


def book_of(*pages):
    survey = Survey()
    for one in pages:
        survey(*one)
    return KeptColours(keep(survey.things), SHARE)


def colour_of(choose, shown):
    chosen = choose(*shown)
    area = hair_at(shown[0])
    return chosen.colours[area], float(chosen.share[area])


def test_hair_in_one_tone_has_one_colour_whatever_its_pages_lean_to():
    pages = page(0.9, YELLOW), page(0.85, RED)
    alone = [colour_of(of_page_alone, one) for one in pages]
    assert np.abs(alone[0][0] - alone[1][0]).sum() > 0.05
    kept = [colour_of(book_of(*pages), one) for one in pages]
    np.testing.assert_array_equal(kept[0][0], kept[1][0])
    assert [share for _, share in kept] == [np.float32(SHARE)] * 2


def test_hair_in_a_tone_that_the_book_has_not_is_left_to_the_page():
    shown = page(0.2, RED)
    colour, share = colour_of(book_of(page(0.95, YELLOW)), shown)
    assert share == 0
    np.testing.assert_array_equal(colour, colour_of(of_page_alone, shown)[0])


def test_the_gloss_of_black_hair_is_not_the_light_hair_of_the_book():
    light, gloss = page(1.0), page(1.0, beside_black="hair")
    for book in (book_of(light), book_of(light, gloss)):
        assert colour_of(book, gloss)[0][0] < colour_of(book, light)[0][0] - 0.3


def test_light_hair_beside_black_clothes_is_light_hair_of_the_book():
    light, beside = page(1.0, YELLOW), page(1.0, YELLOW, beside_black="clothes")
    book = book_of(light)
    np.testing.assert_array_equal(colour_of(book, beside)[0], colour_of(book, light)[0])


def test_a_head_has_one_colour_whatever_the_tones_of_its_locks():
    light, head = page(1.0, YELLOW), page(0.4, lock=0.95)
    choose = book_of(light, head, page(0.4))
    chosen = choose(*head)
    whole, lock = hair_at(head[0]), lock_at(head[0])
    assert whole != lock
    np.testing.assert_array_equal(chosen.colours[whole], chosen.colours[lock])
    assert np.abs(chosen.colours[lock] - colour_of(choose, light)[0]).sum() > 0.05


@pytest.fixture
def sources(tmp_path):
    """A book, a folder and a page."""
    folder = tmp_path / "chapter"
    folder.mkdir()
    for name in ("1.png", "2.png"):
        cv2.imwrite(str(folder / name), np.zeros((8, 8), np.uint8))
    with zipfile.ZipFile(tmp_path / "book.cbz", "w") as archive:
        for path in folder.iterdir():
            archive.write(path, path.name)
    return {path.suffix: open_source(path) for path in (tmp_path / "book.cbz", folder, folder / "1.png")}


@pytest.mark.parametrize(
    ("order", "keeps"),
    [
        ({}, {".cbz", ""}),
        ({"in_parts": True}, {".cbz"}),
        ({"shard": parse_shard("1/2")}, {".cbz"}),
        ({"cache": Path("cache")}, set()),
        ({"options": ColorizeOptions(consistent=True), "cache": Path("cache"), "in_parts": True}, {".cbz", ""}),
        ({"options": ColorizeOptions(consistent=False)}, set()),
    ],
)
def test_books_and_whole_folders_keep_their_colours_unless_somebody_says_otherwise(sources, order, keeps):
    order = Order(**{"options": ColorizeOptions(), **order})
    assert {name for name, source in sources.items() if order.keeps_colours(source)} == keeps
