"""Oracles: the contract of `Colorizer` (size, kind, ink), Pillow's own size and mode, and invariants over any size."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mangacolor import Colorizer
from mangacolor.errors import BadInputError, ModelFileError, OutOfMemoryError, UsageError
from mangacolor.inference import colorize_pages
from mangacolor.inference.colorizer import chosen_short_side, working_size
from mangacolor.pages import open_sinks, open_source
from mangacolor.tone import is_colored

PAPER, LINE = 255, 0


def drawn_page(height=90, width=70):
    page = np.full((height, width), PAPER, np.uint8)
    page[height // 4, :] = LINE
    page[:, width // 3] = LINE
    page[height // 2 :, width // 2 :] = 150
    return page


@pytest.fixture(scope="module")
def colorizer(tiny_weights):
    return Colorizer(tiny_weights)


@pytest.mark.parametrize(
    ("image", "shape"),
    [
        (drawn_page(), (90, 70, 3)),
        (drawn_page()[..., None], (90, 70, 3)),
        (np.repeat(drawn_page()[..., None], 3, 2), (90, 70, 3)),
        (np.repeat(drawn_page()[..., None], 4, 2), (90, 70, 4)),
        (drawn_page().astype(np.float32) / 255, (90, 70, 3)),
        (drawn_page().astype(np.uint16) * 257, (90, 70, 3)),
        (drawn_page() > 128, (90, 70, 3)),
    ],
)
def test_arrays_come_back_as_uint8_of_their_size(colorizer, image, shape):
    page = colorizer.colorize(image)
    assert page.dtype == np.uint8
    assert page.shape == shape


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_pillow_images_come_back_as_pillow_images(colorizer, mode):
    source = Image.fromarray(drawn_page())
    image = Image.fromarray(drawn_page().astype(np.uint16) * 257) if mode == "I;16" else source.convert(mode)
    page = colorizer.colorize(image)
    assert isinstance(page, Image.Image)
    assert page.size == image.size
    assert page.mode == ("RGBA" if mode in ("LA", "RGBA") else "RGB")


@settings(max_examples=12, deadline=None)
@given(height=st.integers(1, 200), width=st.integers(1, 200))
def test_any_size_comes_back_as_it_was(tiny_weights, height, width):
    page = np.random.default_rng(height * 1000 + width).integers(0, 256, (height, width), dtype=np.uint8)
    assert Colorizer(tiny_weights, size=48, force=True).colorize(page).shape == (height, width, 3)


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (2500, 9), (4, 4)])
def test_odd_sizes(tiny_weights, size):
    assert Colorizer(tiny_weights, force=True).colorize(np.full(size, 200, np.uint8)).shape == (*size, 3)


def test_pages_too_large_to_spread_at_once_keep_their_size_and_lines(tiny_weights, monkeypatch):
    monkeypatch.setattr("mangacolor.inference.colorizer.SPREAD_PIXELS", 20_000)
    monkeypatch.setattr("mangacolor.inference.colorizer.COMPOSE_ROWS", 37)
    source = drawn_page(300, 200)
    page = Colorizer(tiny_weights, size=64, force=True).colorize(source)
    assert page.shape == (300, 200, 3)
    assert page[source == LINE].max() <= 2


def test_black_lines_stay_black_and_nothing_outshines_the_page(colorizer):
    """The ink is multiplied over the colour: where the page is black the output is."""
    source = drawn_page()
    page = colorizer.colorize(source)
    assert page[source == LINE].max() <= 2


def test_without_a_seed_always_the_same_with_one_repeatable(tiny_weights):
    page = drawn_page()
    plain = Colorizer(tiny_weights)
    np.testing.assert_array_equal(plain.colorize(page), plain.colorize(page))
    noisy = [Colorizer(tiny_weights, seed=seed).colorize(page) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(noisy[0], noisy[1])
    assert (noisy[0] != noisy[2]).any()


def test_coloured_and_blank_pages_pass_unchanged_unless_forced(tiny_weights):
    coloured = np.zeros((60, 60, 3), np.uint8)
    coloured[:, :30], coloured[:, 30:] = (230, 40, 40), (30, 60, 220)
    assert is_colored(coloured)
    np.testing.assert_array_equal(Colorizer(tiny_weights).colorize(coloured), coloured)
    assert (Colorizer(tiny_weights, force=True).colorize(coloured) != coloured).any()
    blank = np.full((60, 60, 3), 250, np.uint8)
    np.testing.assert_array_equal(Colorizer(tiny_weights).colorize(blank), blank)


def test_alpha_is_kept(colorizer):
    alpha = np.random.default_rng(0).integers(0, 256, (90, 70), dtype=np.uint8)
    rgba = np.dstack([*[drawn_page()] * 3, alpha])
    np.testing.assert_array_equal(colorizer.colorize(rgba)[..., 3], alpha)


@pytest.mark.parametrize("image", [np.zeros((0, 4)), np.full((4, 4), np.nan), np.zeros((4, 4, 2)), "page.png"])
def test_what_is_no_image_is_refused(colorizer, image):
    with pytest.raises(BadInputError):
        colorizer.colorize(image)


def test_the_working_size_never_enlarges_and_keeps_the_shape():
    assert working_size((1500, 1050), 448) == (640, 448)
    assert [chosen_short_side((3 * side, side)) for side in (50, 1000, 6000)] == [160, 420, 448]
    assert working_size((100, 50), 448) == (100, 50)
    height, width = working_size((60_000, 800), 448)
    assert height * width <= 3_100_000
    assert height / width == pytest.approx(75, rel=0.02)


def test_out_of_memory_halves_the_working_size_then_gives_up(tiny_weights, monkeypatch, caplog):
    colorizer = Colorizer(tiny_weights)
    predict, tried = colorizer.predict, []

    def scarce(gray):
        tried.append(min(gray.shape))
        if min(gray.shape) > 150:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return predict(gray)

    monkeypatch.setattr(colorizer, "predict", scarce)
    assert colorizer.colorize(drawn_page(700, 500)).shape == (700, 500, 3)
    assert tried == [210, 105]
    assert "Out of memory" in caplog.text
    monkeypatch.setattr(colorizer, "predict", lambda gray: (_ for _ in ()).throw(torch.OutOfMemoryError("no")))
    with pytest.raises(OutOfMemoryError):
        colorizer.colorize(drawn_page())


def test_a_bug_is_not_mistaken_for_lack_of_memory(tiny_weights, monkeypatch):
    colorizer = Colorizer(tiny_weights)
    monkeypatch.setattr(colorizer, "predict", lambda gray: (_ for _ in ()).throw(RuntimeError("shapes differ")))
    with pytest.raises(RuntimeError, match="shapes differ"):
        colorizer.colorize(drawn_page())


def test_wrong_options(tiny_weights, tmp_path):
    with pytest.raises(UsageError):
        Colorizer(tiny_weights, size=8)
    with pytest.raises(UsageError):
        Colorizer(tiny_weights, device="tpu")
    with pytest.raises(ModelFileError):
        Colorizer(tmp_path / "none.safetensors")


def test_one_bad_page_stops_nothing(colorizer, tmp_path):
    chapter = tmp_path / "chapter"
    chapter.mkdir()
    for name in ("1.png", "3.png"):
        Image.fromarray(drawn_page()).save(chapter / name)
    (chapter / "2.png").write_bytes(b"\x89PNG broken")
    sources = [open_source(chapter)]
    results = list(colorize_pages(colorizer, sources, open_sinks(sources)))
    assert [(result.name, result.status) for result in results] == [
        ("1.png", "colored"),
        ("2.png", "failed"),
        ("3.png", "colored"),
    ]
    assert "2.png" in results[1].error
    assert sorted(path.name for path in (tmp_path / "chapter_color").iterdir()) == ["1.png", "3.png"]


def test_a_page_in_colour_is_copied_byte_for_byte(colorizer, tmp_path):
    coloured = np.zeros((60, 60, 3), np.uint8)
    coloured[:, :30], coloured[:, 30:] = (230, 40, 40), (30, 60, 220)
    cover = tmp_path / "cover.jpg"
    Image.fromarray(coloured).save(cover, comment=b"kept")
    sources = [open_source(cover)]
    (result,) = colorize_pages(colorizer, sources, open_sinks(sources))
    assert result.status == "already_colored"
    assert result.output.read_bytes() == cover.read_bytes()
