"""Which parts of a page are lettering, and which white areas are balloons.

Oracle: pages drawn here, so that where text and balloons are is known; pages without any text, on which nothing may be
found; and the same page at other resolutions.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from mangacolor.page.areas import find_areas
from mangacolor.page.balloons import find_lettering, without_neighbours
from mangacolor.page.text_pages import is_text_only

HEIGHT, WIDTH = 1100, 780
WORDS = ["WHO LEFT THE GATE OPEN TONIGHT", "AND WHERE DID ALL THE", "HORSES GO BEFORE DAWN?"]
# Squares with strokes in them stand in for kanji: no font with Japanese is needed.
STROKES = np.random.default_rng(7).integers(0, 16, (40, 4, 4))


def letters(image, lines, x, y, size):
    """Set lines of Latin centred on (x, y)."""
    pen = ImageDraw.Draw(image)
    face = ImageFont.load_default(size)
    for index, line in enumerate(lines):
        pen.text((x, y + 1.25 * size * (index - (len(lines) - 1) / 2)), line, 0, face, anchor="mm")


def columns(page, count, rows, x, y, size):
    """Set columns of drawn characters centred on (x, y)."""
    for column in range(count):
        for row in range(rows - (column == count - 1)):
            left = round(x + (column - count / 2) * 1.3 * size)
            top = round(y + (row - rows / 2) * size)
            step = size // 5
            for a, b, c, d in STROKES[(7 * column + row) % len(STROKES)]:
                start, end = (left + a % 4 * step, top + b % 4 * step), (left + c % 4 * step, top + d % 4 * step)
                cv2.line(page, start, end, 0.0, max(1, size // 9), cv2.LINE_AA)


def balloon(page, x, y, half_width, half_height):
    cv2.ellipse(page, (x, y), (half_width, half_height), 0, 0, 360, 1.0, -1)
    cv2.ellipse(page, (x, y), (half_width, half_height), 0, 0, 360, 0.0, 3, cv2.LINE_AA)


def face(page, x, y, size):
    """An outlined head with hair, brows, eyes, blush, nose and mouth, on bare paper."""
    cv2.ellipse(page, (x, y), (size, round(1.2 * size)), 0, 0, 360, 1.0, -1)
    cv2.ellipse(page, (x, y), (size, round(1.2 * size)), 0, 0, 360, 0.0, 3, cv2.LINE_AA)
    for side in (-1, 1):
        eye = x + side * size // 2
        cv2.ellipse(page, (eye, y), (size // 5, size // 4), 0, 0, 360, 0.0, 3, cv2.LINE_AA)
        cv2.circle(page, (eye, y), size // 8, 0.0, -1)
        cv2.ellipse(page, (eye, y - size // 3), (size // 4, size // 12), 0, 180, 360, 0.0, 3, cv2.LINE_AA)
        for stroke in range(4):
            left = eye + (stroke - 2) * size // 12
            cv2.line(page, (left, y + size // 2), (left + size // 20, y + size // 3), 0.0, 2, cv2.LINE_AA)
    cv2.line(page, (x, y + size // 6), (x - size // 12, y + size // 3), 0.0, 2, cv2.LINE_AA)
    cv2.ellipse(page, (x, y + 2 * size // 3), (size // 4, size // 10), 0, 0, 180, 0.0, 3, cv2.LINE_AA)


def speaking_page():
    """Ink and tone of a page with a face, three texts in balloons and captions, and the truth of where they are."""
    ink, tone = np.ones((HEIGHT, WIDTH), np.float32), np.ones((HEIGHT, WIDTH), np.float32)
    for top, bottom in ((30, 520), (545, 1070)):
        tone[top:bottom, 30:750] = 0.7
        cv2.rectangle(ink, (30, top), (750, bottom), 0.0, 4)
    tone[300:500, 100:330] = 1  # a white field without a frame is no balloon
    face(ink, 560, 850, 130)
    cv2.ellipse(tone, (560, 850), (130, 156), 0, 0, 360, 1.0, -1)
    truth = np.zeros(ink.shape, np.uint8)
    for x, y, a, b in ((250, 160, 190, 80), (620, 300, 80, 150)):
        balloon(ink, x, y, a, b)
        for plane, value in ((tone, 1.0), (truth, 1)):
            cv2.ellipse(plane, (x, y), (a, b), 0, 0, 360, value, -1)
    ink[600:680, 60:420], tone[600:680, 60:420], truth[600:680, 60:420] = 1, 1, 1
    cv2.rectangle(ink, (60, 600), (420, 680), 0.0, 3)
    columns(ink, 3, 8, 620, 300, 22)
    image = Image.fromarray((255 * ink).astype(np.uint8))
    letters(image, WORDS, 250, 160, 17)
    letters(image, ["THE NEXT MORNING"], 240, 640, 24)
    return np.asarray(image).astype(np.float32) / 255, tone, truth > 0


def test_balloons_and_captions_are_found_and_nothing_else():
    ink, tone, truth = speaking_page()
    boxes, paper = find_lettering(ink, tone)
    assert paper.shape == ink.shape
    assert paper.dtype == np.bool_
    assert len(boxes) == 3
    assert paper[truth].mean() > 0.9  # recall; outlines are not paper
    assert not paper[cv2.dilate(truth.astype(np.uint8), np.ones((5, 5))) == 0].any()
    for middle in ((160, 250), (300, 620), (640, 240)):
        assert any(top < middle[0] < bottom and left < middle[1] < right for top, left, bottom, right in boxes)


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_the_resolution_of_the_scan_does_not_matter(scale):
    ink, tone, _ = speaking_page()
    size = (round(WIDTH * scale), round(HEIGHT * scale))
    boxes, paper = find_lettering(ink, tone)
    other_boxes, other = find_lettering(*(cv2.resize(p, size, interpolation=cv2.INTER_AREA) for p in (ink, tone)))
    assert len(other_boxes) == len(boxes)
    ordered, scaled = np.sort(boxes, axis=0), np.sort(np.array(other_boxes) / scale, axis=0)
    assert np.abs(ordered - scaled).max() <= 6
    back = cv2.resize(other.astype(np.uint8), (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST) > 0
    assert (paper ^ back).sum() < 0.08 * paper.sum()


@pytest.mark.parametrize("smaller", [1, 2])
def test_what_holds_no_letters_is_no_balloon(smaller):
    """Contract: an arm whose outline the copy loses is no part of the balloon beside it; areas may be small."""
    ink = np.ones((2 * HEIGHT, 2 * WIDTH), np.float32)
    for top, bottom in ((200, 500), (500, 800)):
        cv2.rectangle(ink, (300, top), (900, bottom), 0.0, 4)
    ink[490:510, 310:890] = 1
    ink[500, 304:897] = 0.3
    image = Image.fromarray((255 * ink).astype(np.uint8))
    letters(image, WORDS, 600, 350, 34)
    ink, tone = np.asarray(image).astype(np.float32) / 255, np.ones_like(ink)
    lettering = find_lettering(ink, tone)
    assert lettering.paper[330:370, 310:320].all()
    assert lettering.paper[600:700, 400:800].all()  # the leak
    size = (2 * WIDTH // smaller, 2 * HEIGHT // smaller)
    areas = find_areas(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.ones(size[::-1], np.float32))
    paper = without_neighbours(lettering, areas)
    assert not (paper & ~lettering.paper).any()
    assert not paper[520:790, 320:880].any()
    above = np.s_[:480]
    assert (paper[above] == lettering.paper[above]).mean() > 0.999


def test_what_is_washed_is_no_balloon():
    """Contract: letters in a field under a wash are tufts of grass; a few shaded pixels do no harm."""
    ink, tone, truth = speaking_page()
    specks = np.random.default_rng(0).random(tone.shape) < 0.03
    assert len(find_lettering(ink, np.where(specks, 0.92, tone).astype(np.float32)).boxes) == 3
    wash = np.linspace(0.91, 0.96, WIDTH, dtype=np.float32)[None]
    assert find_lettering(ink, np.where(truth, np.minimum(tone, wash), tone)).boxes == ()


def drawings():
    """White areas framed in ink, with islands of ink that are no letters."""
    rng = np.random.default_rng(3)
    for name in ("face", "dots", "windows", "leaves", "hatching", "stars", "empty"):
        page = np.ones((HEIGHT, WIDTH), np.float32)
        if name != "face":
            cv2.rectangle(page, (200, 200), (500, 480), 0.0, 4)
        if name == "face":
            for x, y, size in ((220, 250, 120), (560, 300, 60), (300, 700, 170), (640, 800, 40)):
                face(page, x, y, size)
        elif name == "dots":
            for y, x in np.ndindex(18, 20):
                cv2.circle(page, (220 + 14 * x, 220 + 14 * y), 4, 0.0, -1, cv2.LINE_AA)
        elif name == "windows":
            for y, x in np.ndindex(6, 7):
                cv2.rectangle(page, (225 + 38 * x, 225 + 42 * y), (245 + 38 * x, 250 + 42 * y), 0.0, 2)
        elif name == "leaves":
            for x, y, turn in rng.uniform((220, 220, 0), (480, 460, 180), (60, 3)):
                cv2.ellipse(page, (int(x), int(y)), (8, 3), turn, 0, 360, 0.0, 1, cv2.LINE_AA)
        elif name == "hatching":
            for x in range(220, 480, 9):
                cv2.line(page, (x, 300 + x % 5), (x - 10, 340 - x % 7), 0.0, 2, cv2.LINE_AA)
        elif name == "stars":
            for x, y, size in rng.uniform((215, 215, 1), (485, 465, 7), (40, 3)):
                cv2.circle(page, (int(x), int(y)), int(size), 0.0, -1, cv2.LINE_AA)
        yield pytest.param(page, id=name)


@pytest.mark.parametrize("page", list(drawings()))
@pytest.mark.parametrize("scale", [0.6, 1.0, 1.7])
def test_drawings_are_not_lettering(page, scale):
    page = cv2.resize(page, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    boxes, paper = find_lettering(page, np.ones_like(page))
    assert boxes == ()
    assert not paper.any()
    assert not is_text_only(page)


def test_text_on_tone_or_on_the_bare_page_has_no_balloon():
    image = Image.new("L", (WIDTH, HEIGHT), 255)
    letters(image, WORDS, 400, 500, 24)
    ink = np.asarray(image).astype(np.float32) / 255
    for tone in (1.0, 0.6):
        assert not find_lettering(ink, np.full_like(ink, tone)).paper.any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (40, 40), (3000, 200)])
def test_tiny_and_thin_pages_have_an_answer(shape):
    for value in (0.0, 1.0):
        page = np.full(shape, value, np.float32)
        assert find_lettering(page, np.ones_like(page)).paper.shape == shape
        assert not is_text_only(page)


def test_planes_must_match():
    with pytest.raises(ValueError, match="one size"):
        find_lettering(np.ones((4, 4), np.float32), np.ones((4, 5), np.float32))


def written_page(size=22):
    image = Image.new("L", (WIDTH, HEIGHT), 255)
    letters(image, ["Afterword"], WIDTH // 2, 120, 2 * size)
    letters(image, [WORDS[index % 3].capitalize() for index in range(20)], WIDTH // 2, 520, size)
    return np.asarray(image).astype(np.float32) / 255


@pytest.mark.parametrize("scale", [0.7, 1.0, 2.0])
def test_pages_of_text_are_text_only(scale):
    page = cv2.resize(written_page(), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    assert is_text_only(page)
    assert is_text_only(1 - page)
    assert is_text_only(0.15 + 0.65 * page)  # faded print on dark paper
    columned = np.ones((HEIGHT, WIDTH), np.float32)
    columns(columned, 14, 30, WIDTH // 2, HEIGHT // 2, 26)
    assert is_text_only(columned)


def test_one_drawing_makes_a_page_of_text_a_page_to_colour():
    for drawing in ("panel", "head", "tone", "dots"):
        page = written_page()
        if drawing == "panel":
            cv2.rectangle(page, (560, 900), (720, 1040), 0.0, 2)
        elif drawing == "head":
            face(page, 390, 970, 60)
        elif drawing == "tone":
            page[900:1000, 300:480] = 0.75
        else:
            page[900:1000, 300:480] = np.indices((100, 180)).sum(axis=0) // 3 % 2
        assert not is_text_only(page), drawing


@pytest.mark.slow
def test_fields_of_screentone_are_no_text():
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    for period in (4, 7, 12):
        for angle in (0, 15, 45):
            turn = np.deg2rad(angle)
            u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
            wave = np.cos(2 * np.pi * u / period) + np.cos(2 * np.pi * v / period)
            for level in (-0.8, 0.3, 1.0):
                page = np.clip((level - wave) * 4 + 0.5, 0, 1).astype(np.float32)
                assert not is_text_only(page), (period, angle, level)
                assert not find_lettering(page, np.ones_like(page)).paper.any()
