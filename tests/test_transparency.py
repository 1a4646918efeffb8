"""Pages that are transparent somewhere.

Oracle: the same drawing on white paper, by Pillow's `alpha_composite`; files as painting programs write them, where
a layer of lines is black everywhere and its alpha is the drawing; the alpha that a cut-out page came with.
"""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mangacolor.cli import run
from mangacolor.image import as_decoded, decode
from mangacolor.image.transparency import on_paper


def drawing(*, night=False):
    """A figure with a dark coat, a tone and a sky of lines; or at night, where nearly all is black."""
    page = Image.new("L", (420, 560), 0 if night else 255)
    draw = ImageDraw.Draw(page)
    draw.rectangle((16, 16, 403, 543), outline=0, width=4)
    draw.ellipse((150, 80, 270, 220), fill=255, outline=0, width=4)
    draw.polygon([(120, 480), (150, 230), (270, 230), (300, 480)], fill=40, outline=0, width=4)
    draw.rectangle((310, 300, 380, 480), fill=190, outline=0, width=3)
    for line in range(30, 110, 12):
        draw.line((30, line, 390, line), fill=255 if night else 0, width=2)
    return page


def as_lines(page):
    """The page as a layer of lines: black, and as opaque as it is dark."""
    picture = Image.new("LA", page.size)
    picture.putalpha(Image.eval(page, lambda value: 255 - value))
    return picture


def saved(image):
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def on_white(image):
    paper = Image.new("RGBA", image.size, "white")
    return np.asarray(Image.alpha_composite(paper, image.convert("RGBA")).convert("RGB")).astype(int)


@pytest.mark.parametrize("night", [False, True])
@pytest.mark.parametrize("strength", [255, 100])
@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_lines_on_nothing_lie_on_white(mode, strength, night):
    lines = as_lines(drawing(night=night))
    lines.putalpha(Image.eval(lines.getchannel("A"), lambda value: value * strength // 255))
    lines = lines.convert(mode)
    for found in (decode(saved(lines)), as_decoded(lines), as_decoded(np.asarray(lines.convert("RGBA")))):
        assert found.alpha is None
        assert np.abs(found.rgb.astype(int) - on_white(lines)).max() <= 1
        assert [note.kind for note in found.notes] == ["transparent"]


def cut_out_figure():
    figure = drawing().convert("RGBA")
    mask = Image.new("L", figure.size, 0)
    ImageDraw.Draw(mask).polygon([(110, 490), (140, 230), (140, 70), (280, 70), (280, 230), (310, 490)], fill=255)
    figure.putalpha(mask)
    return figure


def page_without_its_first_rows():
    page = drawing(night=True).convert("RGBA")
    page.paste((0, 0, 0, 0), (0, 0, 420, 60))
    return page


def rounded_page():
    page = drawing().convert("RGBA")
    mask = Image.new("L", page.size, 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, 419, 559), 60, fill=255)
    page.putalpha(mask)
    return page


def dark_sprite():
    sprite = Image.new("RGBA", (300, 300))
    ImageDraw.Draw(sprite).ellipse((100, 60, 200, 280), fill=(20, 30, 120, 255))
    return sprite


@pytest.mark.parametrize("make", [cut_out_figure, page_without_its_first_rows, rounded_page, dark_sprite])
def test_what_is_cut_out_keeps_its_alpha_and_shows_nothing_hidden(make):
    image = make()
    rgba = np.asarray(image)
    found = decode(saved(image))
    np.testing.assert_array_equal(found.alpha, rgba[..., 3])
    np.testing.assert_array_equal(found.rgb[rgba[..., 3] > 0], rgba[rgba[..., 3] > 0, :3])
    assert found.rgb[rgba[..., 3] == 0].min() == 255
    assert not found.notes


@pytest.mark.parametrize("alpha", [0, 100, 255])
def test_alpha_that_is_the_same_everywhere_stays(alpha):
    rgb = np.dstack([np.asarray(drawing())] * 3)
    _, kept, is_laid = on_paper(rgb, np.full(rgb.shape[:2], alpha, np.uint8))
    assert not is_laid
    assert (kept == alpha).all()


def test_lines_on_nothing_are_coloured_on_white_which_is_told(tmp_path, capsys):
    as_lines(drawing()).save(tmp_path / "lines.png")
    assert run(["colorize", str(tmp_path / "lines.png"), "-o", str(tmp_path / "out.png"), "--json"]) == 0
    page, _ = map(json.loads, capsys.readouterr().out.splitlines())
    assert page["status"] == "colored"
    assert [note["kind"] for note in page["notes"]] == ["transparent"]
    done = Image.open(tmp_path / "out.png")
    assert done.mode == "RGB"
    assert np.ptp(np.asarray(done).astype(int), axis=2).max() > 20, "it is in colour"
    assert np.asarray(done.convert("L"))[16:20, 100:300].max() < 60, "its lines are black"
