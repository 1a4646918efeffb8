"""Oracles: the contract of `Colorizer` (size, kind, ink), Pillow's own size and mode, and invariants over any size."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import draw_art, greyed, save_image
from PIL import Image, ImageDraw, ImageFont
from stubs import BrokenBackend, PlainBackend, ScarceBackend, with_backend

from mangacolor import Colorizer
from mangacolor.books import open_sinks, open_source
from mangacolor.colorize.cells import PageCells
from mangacolor.colorize.corrections import Step
from mangacolor.colorize.engine import Room
from mangacolor.colorize.hints import Hint
from mangacolor.colorize.options import ColorizeOptions
from mangacolor.colorize.references import References
from mangacolor.colorize.run import colorize_pages
from mangacolor.colorize.sizes import WORKING_SHORT_SIDES, chosen_short_side, working_size
from mangacolor.config import GeneratorConfig
from mangacolor.errors import BadInputError, ModelFileError, OutOfMemoryError, UsageError
from mangacolor.evaluate import metrics
from mangacolor.image import as_decoded, float_from_pixels, pixels_from_float, resize, to_gray
from mangacolor.image.color import oklab_from_srgb, srgb_from_oklab
from mangacolor.models.nn import build_network
from mangacolor.models.nn.recall import describe_cells
from mangacolor.models.tensors import to_tensor
from mangacolor.models.torch_backend import paint_in_bands
from mangacolor.models.weight_files import SEPARATOR_VARIABLE
from mangacolor.models.weights import save_weights
from mangacolor.page.ink import Separation, condition_array
from mangacolor.page.kinds import is_colored

PAPER, LINE = 255, 0


@pytest.fixture(scope="module", autouse=True)
def _separator(tiny_separator):
    """Hypothesis and module fixtures need more than one test, so this stand-in lives as long as the module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SEPARATOR_VARIABLE, str(tiny_separator))
        yield


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


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(height=st.integers(1, 200), width=st.integers(1, 200))
def test_any_size_comes_back_as_it_was(tiny_weights, height, width):
    page = np.random.default_rng(height * 1000 + width).integers(0, 256, (height, width), dtype=np.uint8)
    assert Colorizer(tiny_weights, size=48, force=True).colorize(page).shape == (height, width, 3)


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (2500, 9), (4, 4)])
def test_odd_sizes(tiny_weights, size):
    assert Colorizer(tiny_weights, force=True).colorize(np.full(size, 200, np.uint8)).shape == (*size, 3)


def test_pages_too_large_to_spread_at_once_keep_their_size_and_lines(tiny_weights, monkeypatch):
    monkeypatch.setattr("mangacolor.colorize.finish.SPREAD_PIXELS", 20_000)
    monkeypatch.setattr("mangacolor.page.ink.COMPOSE_ROWS", 37)
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
    """Contract of `seed`, seen in what the generator paints: the noise of an untrained one is lost in what follows."""
    page = drawn_page()
    plain = Colorizer(tiny_weights)
    np.testing.assert_array_equal(plain.colorize(page), plain.colorize(page))
    seen = condition_array(Separation(np.float32(page / 255), np.ones(page.shape, np.float32)))[None]
    before = torch.get_rng_state()
    noisy = [plain.engine.backend.generate(seen, seed=seed)[0].colour for seed in (1, 1, 2, None, None)]
    assert np.array_equal(noisy[0], noisy[1])
    assert not np.array_equal(noisy[0], noisy[2])
    assert np.array_equal(noisy[3], noisy[4])
    assert torch.equal(torch.get_rng_state(), before), "whoever else uses torch keeps its noise"


def test_coloured_and_blank_pages_pass_unchanged_unless_forced(tiny_weights):
    coloured = np.zeros((60, 60, 3), np.uint8)
    coloured[:, :30], coloured[:, 30:] = (230, 40, 40), (30, 60, 220)
    assert is_colored(coloured)
    np.testing.assert_array_equal(Colorizer(tiny_weights).colorize(coloured), coloured)
    assert (Colorizer(tiny_weights, force=True).colorize(coloured) != coloured).any()
    blank = np.full((60, 60, 3), 250, np.uint8)
    np.testing.assert_array_equal(Colorizer(tiny_weights).colorize(blank), blank)


@pytest.mark.slow
def test_balloons_and_gutters_stay_white_whatever_the_generator_paints(tiny_weights):
    """Contract: lettering in a balloon, and the margin around a frame, are returned as they were, within 2 of 255."""
    image = Image.new("L", (700, 1000), 255)
    pen = ImageDraw.Draw(image)
    pen.rectangle((20, 20, 680, 980), fill=200, outline=0, width=4)
    pen.ellipse((150, 120, 550, 380), fill=255, outline=0, width=4)
    for row, line in enumerate(("THE WIND TODAY", "SMELLS OF SALT", "AND SUMMER RAIN")):
        pen.text((350, 190 + 48 * row), line, 0, ImageFont.load_default(32), anchor="mm")
    before = np.asarray(image)[170:330, 230:470]
    colorizer, _ = with_backend(Colorizer(tiny_weights), PlainBackend, (1, 0.6, 0.2))
    after = colorizer.colorize(np.asarray(image))
    assert np.abs(after[170:330, 230:470].astype(int) - before[..., None]).max() <= 2
    assert after[:16].min() >= 253
    assert after[:, -16:].min() >= 253
    assert np.ptp(after[600:900, 100:600].astype(int), axis=2).max() > 2, "the generator painted elsewhere"


@pytest.mark.slow
def test_a_gutter_that_is_hinted_is_painted(tiny_weights):
    """Contract: hints have the last word, also on paper that stays white by itself."""
    image = Image.new("L", (300, 400), 255)
    ImageDraw.Draw(image).rectangle((20, 20, 280, 380), fill=200, outline=0, width=4)
    colorizer = Colorizer(tiny_weights, force=True)
    assert np.asarray(colorizer.colorize(image))[5, 150].min() >= 253
    hinted = np.asarray(colorizer.colorize(image, hints=[Hint(150, 5, (200, 30, 40))]))
    assert np.abs(hinted[5, 150].astype(int) - (200, 30, 40)).max() < 30


def test_pages_of_text_pass_unchanged(colorizer):
    image = Image.new("L", (700, 1000), 255)
    words = ["AFTERWORD", *["Thank you for reading this far today."] * 16]
    for row, line in enumerate(words):
        ImageDraw.Draw(image).text((350, 150 + 40 * row), line, 0, ImageFont.load_default(26), anchor="mm")
    page, outcome = colorizer.colorize_page(as_decoded(np.asarray(image)))
    assert outcome == "text_only"
    np.testing.assert_array_equal(page.rgb[..., 1], np.asarray(image))


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
    assert working_size((100, 50), 448) == (100, 50)
    height, width = working_size((60_000, 800), 448)
    assert height * width <= 3_100_000
    assert height / width == pytest.approx(75, rel=0.02)


def panelled_page(scale=1.0):
    """A page of 2 x 2 framed panels drawn at a scale: what it shows is the same, whatever the pixels."""
    height, width = round(1200 * scale), round(840 * scale)
    page = np.ones((height, width), np.float32)
    for top in (40, 620):
        for left in (40, 440):
            y, x, y2, x2 = (round(side * scale) for side in (top, left, top + 540, left + 360))
            page[y:y2, x:x2] = 0
            frame = max(2, round(4 * scale))
            page[y + frame : y2 - frame, x + frame : x2 - frame] = 0.8
    return page


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0])
def test_the_working_size_follows_the_panels_not_the_scan(scale):
    """Hand-computed: sqrt(540 x 360) of 840 is a panel share of 0.525; a panel of 280 px needs 533. At any scan."""
    page = panelled_page(scale)
    chosen = chosen_short_side(Separation(page, np.ones_like(page)), 280)
    assert chosen == pytest.approx(280 / (math.sqrt(540 * 360) / 840), rel=0.05)
    base = panelled_page()
    resized = resize(base, round(1200 * scale), round(840 * scale))
    same = chosen_short_side(Separation(resized, np.ones_like(resized)), 280)
    assert same == pytest.approx(chosen_short_side(Separation(base, np.ones_like(base)), 280), rel=0.03)


def test_the_chosen_working_size_has_bounds():
    """Contract of `WORKING_SHORT_SIDES`: one panel for the whole page, and many tiny ones."""
    smallest, largest = (sides * 400 for sides in WORKING_SHORT_SIDES)
    whole = np.full((600, 400), 0.5, np.float32)
    assert chosen_short_side(Separation(whole, np.ones_like(whole)), 400) == max(smallest, 400)
    many = np.ones((800, 800), np.float32)
    for top in range(20, 780, 130):
        for left in range(20, 780, 130):
            many[top : top + 100, left : left + 100] = 0.5
    assert chosen_short_side(Separation(many, np.ones_like(many)), 400) == largest


# Memory


@pytest.mark.slow
def test_out_of_memory_goes_on_in_bands_with_the_same_colours(tiny_weights, caplog):
    """Oracle: the same page coloured with memory to spare; rounding may move a pixel by one step of 255."""
    page = drawn_page(700, 500)
    colorizer = Colorizer(tiny_weights, size=320)
    plenty = colorizer.colorize(page)
    poor, scarce = with_backend(colorizer, ScarceBackend, 300)
    banded = poor.colorize(page)
    assert scarce.tried == [((448, 320), None), ((448, 320), 224)]
    assert "in bands" in caplog.text
    assert np.abs(banded.astype(int) - plenty.astype(int)).max() <= 1


@pytest.mark.slow
def test_a_generator_that_runs_out_of_memory_on_the_whole_page_colours_it_in_bands(tiny_weights):
    """As above, but it is the network itself that fails: bands never call it on the whole page."""
    page = drawn_page(700, 500)
    colorizer = Colorizer(tiny_weights, size=320)
    plenty = colorizer.colorize(page)

    def fail(*_):
        raise MemoryError

    colorizer.weights.generator.register_forward_pre_hook(fail)
    banded = colorizer.colorize(page)
    assert np.abs(banded.astype(int) - plenty.astype(int)).max() <= 1


@pytest.mark.slow
def test_out_of_memory_even_in_bands_halves_the_working_size_then_gives_up(tiny_weights, caplog):
    """Hand-computed: 280 rows whole, in bands of 140 and 128, the same 128 of 140 rows, and 70 rows fit."""
    colorizer = Colorizer(tiny_weights, size=200)
    poor, scarce = with_backend(colorizer, ScarceBackend, 100)
    assert poor.colorize(drawn_page(700, 500)).shape == (700, 500, 3)
    assert scarce.tried == [
        ((280, 200), None),
        ((280, 200), 140),
        ((280, 200), 128),
        ((140, 100), 128),
        ((70, 50), 128),
    ]
    assert "working size of 100 x 140" in caplog.text
    with pytest.raises(OutOfMemoryError):
        with_backend(colorizer, ScarceBackend, 0)[0].colorize(drawn_page())


# Batches


def decoded(*sizes):
    return [as_decoded(drawn_page(*size)) for size in sizes]


def batches(colorizer):
    """The sizes of the batches that the network sees from now on."""
    seen = []
    colorizer.weights.generator.register_forward_pre_hook(lambda _, conditions: seen.append(len(conditions[0])))
    return seen


class EagerColorizer(Colorizer):
    """Wants three pages at a time, as on a GPU."""

    pages_at_once = 3


@pytest.fixture
def eager(tiny_weights):
    return Colorizer(tiny_weights, size=96, force=True)


@pytest.mark.slow
def test_pages_of_one_size_share_a_batch_and_come_out_as_each_alone(eager):
    """Oracle: `colorize_page`; rounding may move a pixel by one step of 255."""
    pages = decoded((300, 200), (100, 200), (300, 200), (600, 400))
    pages[2] = dataclasses.replace(pages[2], rgb=pages[2].rgb[::-1].copy())
    alone = [eager.colorize_page(page)[0].rgb for page in pages]
    seen = batches(eager)
    together = eager.colorize_together(pages)
    assert sorted(seen) == [1, 3]
    for (page, outcome), expected in zip(together, alone, strict=True):
        assert outcome == "colored"
        assert np.abs(page.rgb.astype(int) - expected.astype(int)).max() <= 1


@pytest.mark.slow
def test_a_batch_follows_references_and_leaves_alone_what_is_no_grey_page(seeing_colorizer):
    """Oracle: `colorize_page`."""
    follower = seeing_colorizer.following([draw_art(1), draw_art(2)])
    follower.options = dataclasses.replace(follower.options, force=False)
    colored = np.zeros((300, 200, 3), np.uint8) + np.array([200, 40, 40], np.uint8)
    pages = [*decoded((300, 200), (300, 200)), as_decoded(colored), as_decoded(np.full((300, 200), 255, np.uint8))]
    pages[1] = dataclasses.replace(pages[1], rgb=pages[1].rgb[::-1].copy())
    expected = [follower.colorize_page(page) for page in pages]
    together = follower.colorize_together(pages)
    assert [outcome for _, outcome in together] == [outcome for _, outcome in expected]
    for (page, _), (alone, _) in zip(together, expected, strict=True):
        assert np.abs(page.rgb.astype(int) - alone.rgb.astype(int)).max() <= 1


@pytest.mark.slow
@pytest.mark.parametrize("changed", ["with_layers", "correcting"])
def test_together_pages_get_steps_and_layers_as_each_alone(seeing_colorizer, changed):
    """Oracle: `colorize_page`."""
    fill = Step("fill", ((50, 50),), rgb=(200, 40, 40))
    others = {"with_layers": seeing_colorizer.with_layers("ora"), "correcting": seeing_colorizer.correcting([fill])}
    pages = decoded((300, 200), (300, 200))
    expected = [others[changed].colorize_page(page) for page in pages]
    for (page, outcome), (alone, told) in zip(others[changed].colorize_together(pages), expected, strict=True):
        np.testing.assert_array_equal(page.rgb, alone.rgb)
        assert (page.layers is not None, outcome) == (changed == "with_layers", told)


@pytest.mark.slow
def test_pages_with_noise_and_pages_in_bands_stay_alone(tiny_weights, eager):
    """Contract: noise is that of a page alone, and bands take one page."""
    noisy = Colorizer(tiny_weights, size=96, force=True, seed=3)
    seen = batches(noisy)
    noisy.colorize_together(decoded((300, 200), (300, 200)))
    assert seen == [1, 1]
    seen = batches(eager)
    eager.using(room=Room(whole_pixels=5_000)).colorize_together(decoded((300, 200), (300, 200)))
    assert seen == []


@pytest.mark.slow
def test_a_batch_too_large_for_the_memory_is_coloured_one_by_one(eager, caplog):
    pages = decoded((300, 200), (300, 200))
    expected = [eager.colorize_page(page)[0].rgb for page in pages]

    def refuse_several(_, conditions):
        if len(conditions[0]) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")

    eager.weights.generator.register_forward_pre_hook(refuse_several)
    together = eager.colorize_together(pages)
    assert "one page at a time" in caplog.text
    for (page, _), alone in zip(together, expected, strict=True):
        np.testing.assert_array_equal(page.rgb, alone)


@pytest.fixture
def chapter(tmp_path):
    folder = tmp_path / "chapter"
    folder.mkdir()
    for number in range(5):
        Image.fromarray(drawn_page(300, 200 + number // 3)).save(folder / f"{number}.png")
    return folder


def color_chapter(colorizer, folder, out):
    """Return the results and the pixels of the pages written."""
    sources = [open_source(folder)]
    results = list(colorize_pages(colorizer, sources, open_sinks(sources, out)))
    return results, [np.asarray(Image.open(result.output)).astype(int) for result in results]


@pytest.mark.slow
def test_chapters_are_coloured_in_batches_where_the_device_asks_for_them(chapter, tmp_path, tiny_weights, eager):
    """Oracle: the same chapter page by page, in the same order."""
    one_by_one, alone = color_chapter(eager, chapter, tmp_path / "alone")
    several = EagerColorizer(tiny_weights, size=96, force=True)
    seen = batches(several)
    batched, together = color_chapter(several, chapter, tmp_path / "together")
    assert seen == [3, 2]
    assert [result.name for result in batched] == [result.name for result in one_by_one]
    assert max(np.abs(a - b).max() for a, b in zip(alone, together, strict=True)) <= 1


@pytest.mark.slow
def test_a_batch_that_fails_costs_only_the_page_at_fault(chapter, tmp_path, tiny_weights):
    """Fault injection: one page is too large for any memory, alone or in a batch."""
    eager = EagerColorizer(tiny_weights, size=96, force=True)

    def separate_most(gray):
        if gray.shape[1] == 190:
            raise OutOfMemoryError("Out of memory.")
        return eager.engine.separate(gray)

    Image.fromarray(drawn_page(300, 190)).save(chapter / "1.png")
    sources = [open_source(chapter)]
    results = list(colorize_pages(eager.using(separate=separate_most), sources, open_sinks(sources, tmp_path / "out")))
    assert [result.status for result in results] == ["colored", "failed", "colored", "colored", "colored"]


@pytest.mark.slow
def test_large_working_sizes_are_coloured_in_bands_from_the_start(tiny_weights):
    """Contract of `WHOLE_PIXELS`."""
    colorizer, backend = with_backend(Colorizer(tiny_weights, size=320), ScarceBackend, 10_000)
    colorizer.using(room=Room(whole_pixels=60_000)).colorize(drawn_page(700, 500))
    assert backend.tried == [((448, 320), 60_000 // 320)]


def test_a_bug_is_not_mistaken_for_lack_of_memory(tiny_weights):
    """Fault injection: an error that does not speak of memory ends the run as it is."""
    broken, _ = with_backend(Colorizer(tiny_weights), BrokenBackend)
    with pytest.raises(RuntimeError, match="shapes differ"):
        broken.colorize(drawn_page())


# Bands of the generator


BANDED = GeneratorConfig(
    channels=(8, 8, 12, 12, 16), blocks=(1, 1, 1, 1), bottom_blocks=1, attention_heads=2, semantics=False
)


SEEING = dataclasses.replace(BANDED, stem_stride=4, channels=(8, 8, 12, 16), blocks=(1, 1, 1), semantics=True)


def awake(config):
    """A generator whose every weight counts: layers that start at zero would hide what bands can spoil."""
    torch.manual_seed(0)
    generator = build_network(config).eval()
    for parameter in generator.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, 0, (1.5 / parameter[0].numel()) ** 0.5)
    return generator


@pytest.fixture(scope="module")
def attentive():
    return awake(BANDED)


@pytest.mark.parametrize("rows", [1, 100, 256, 5000])
@pytest.mark.parametrize("size", [(700, 40), (20, 33), (1, 5)])
def test_bands_paint_what_the_whole_page_would_have(attentive, size, rows):
    """Oracle: `forward` on the whole page, attention included."""
    if rows == 1 and size[0] > 100:
        size = (400, 40)  # bands of 32 rows each look 256 px far: enough is enough
    noise = torch.Generator().manual_seed(0)
    condition = torch.rand(1, 6, *size, generator=noise)
    with torch.inference_mode():
        whole = attentive(condition)
        banded = paint_in_bands(attentive, condition, rows)
    torch.testing.assert_close(banded.colour, whole.colour, atol=1e-5, rtol=0)
    torch.testing.assert_close(banded.chroma_logits, whole.chroma_logits, atol=1e-4, rtol=0)


@pytest.mark.slow
def test_bands_see_the_same_things_as_the_whole_page():
    """Oracle: `forward` on the whole page, with semantic features."""
    generator = awake(SEEING)
    condition = torch.rand(1, 6, 700, 70, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        whole = generator(condition).colour
        banded = paint_in_bands(generator, condition, 100).colour
    torch.testing.assert_close(banded, whole, atol=1e-4, rtol=0)


# Colours recalled from references


@pytest.fixture(scope="module")
def seeing_colorizer(tmp_path_factory, tiny_separator):
    """An untrained colouriser that compares pages with references."""
    path = tmp_path_factory.mktemp("weights") / "seeing.safetensors"
    generator = awake(SEEING)
    with torch.no_grad():
        pages = [to_tensor(to_gray(draw_art(number, 256, 256))) for number in range(8)]
        cells = torch.cat([describe_cells(generator.semantics(page)) for page in pages])
        generator.likeness.mean.copy_(cells.mean(dim=0))
    save_weights(path, generator.state_dict(), SEEING, {})
    return Colorizer(path, separator=tiny_separator, size=192, force=True)


def cells_of(colorizer, colour, tone):
    """The cells of a page (h, w, 3) without lines."""
    clear = np.ones(colour.shape[:2], np.float32)
    return PageCells(colorizer.engine.backend, oklab_from_srgb(colour), Separation(clear, tone * clear))


def test_a_page_recalls_its_colours_from_itself(seeing_colorizer):
    """Oracle: the picture itself, taken for a page that was painted grey."""
    art = draw_art(3).repeat(4, axis=0).repeat(4, axis=1)
    gray = np.repeat(greyed(art)[..., None], 3, axis=2)
    cells = cells_of(seeing_colorizer, float_from_pixels(gray), 0.9)
    cells.recall_references(References([art], seeing_colorizer.engine.backend).recollection, None)
    recalled = pixels_from_float(srgb_from_oklab(cells.lab))
    assert metrics.chroma_error(recalled, art) < 0.5 * metrics.chroma_error(gray, art)


def test_references_of_no_use_change_nothing(seeing_colorizer):
    """Contract: of no references nothing is kept, and on bare paper nothing is recalled."""
    backend = seeing_colorizer.engine.backend
    assert References([], backend).recollection is None
    cells = cells_of(seeing_colorizer, np.ones((64, 96, 3), np.float32), 1.0)
    cells.recall_references(References([draw_art(3)], backend).recollection, None)
    np.testing.assert_allclose(srgb_from_oklab(cells.lab), 1, atol=1e-3)


def test_recall_heeds_what_the_generator_holds_for_possible(seeing_colorizer):
    """Invariant: a page certain of one class moves towards it, whatever the references offer."""
    backend = seeing_colorizer.engine.backend
    references = References([draw_art(3), draw_art(4)], backend)
    classes = references.recollection.classes.sum(axis=0)
    page = np.full((64, 96, 3), 0.5, np.float32)
    distances = {}
    for wanted in (None, int(classes.argmax())):
        chances = None
        if wanted is not None:
            chances = np.zeros((8, 12, len(classes)), np.float32)
            chances[..., wanted] = 1
        cells = cells_of(seeing_colorizer, page, 0.9)
        cells.recall_references(references.recollection, chances)
        center = backend.traits.bins[int(classes.argmax())]
        distances[wanted] = np.linalg.norm(cells.lab[..., 1:] - center, axis=-1).mean()
    assert distances.pop(None) > 1.2 * min(distances.values())


# What looks like a hinted spot


def test_a_hint_colours_its_twin_elsewhere_on_the_page(seeing_colorizer):
    """Oracle: a page of two equal halves; what is asked for in one is found in the other, at the same place."""
    half = greyed(draw_art(3)).repeat(6, axis=0).repeat(6, axis=1)[:192, :192].astype(np.float32) / 255
    page = np.repeat(np.hstack([half, half])[..., None], 3, axis=2)
    hints = np.zeros((192, 384, 4), np.float32)
    hints[98:110, 98:110] = 0.9, 0.3, 0.3, 1
    cells = cells_of(seeing_colorizer, page, 0.9)
    cells.recall_hints(hints)
    asked = oklab_from_srgb(hints[100, 100, :3])[1:]
    for column in (104, 192 + 104):
        assert np.linalg.norm(cells.lab[104, column, 1:] - asked) < 0.35 * np.linalg.norm(asked)


@pytest.mark.parametrize("covered", [True, False])
def test_hints_that_say_nothing_change_nothing(seeing_colorizer, covered):
    """Contract: under ink a hint has no say, and there may be none."""
    lab = oklab_from_srgb(np.random.default_rng(0).random((64, 96, 3), dtype=np.float32))
    ink = np.zeros((64, 96), np.float32) if covered else np.ones((64, 96), np.float32)
    hints = np.zeros((64, 96, 4), np.float32)
    if covered:
        hints[20:30, 20:30] = 0.9, 0.2, 0.2, 1
    cells = PageCells(seeing_colorizer.engine.backend, lab, Separation(ink, ink))
    cells.recall_hints(hints)
    np.testing.assert_array_equal(cells.lab, lab)


@pytest.mark.parametrize("size", [(1, 1), (5, 700), (40, 31)])
def test_references_of_any_size_serve_pages_of_any_size(seeing_colorizer, size):
    """Contract: tiny pictures and slivers are references, and pages, like others."""
    reference = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    reference[0, 0] = 230, 60, 50
    following = seeing_colorizer.following([reference, draw_art(1)])
    page = np.random.default_rng(1).integers(0, 256, (*size[::-1],), dtype=np.uint8)
    assert following.colorize(page).shape == (*size[::-1], 3)


def test_what_the_command_line_refuses_is_refused_in_python(seeing_colorizer, tmp_path):
    """Contract: a grey reference takes the colour from every page, and a series that is not there has none."""
    with pytest.raises(BadInputError, match="Reference 2 is not in colour"):
        seeing_colorizer.following([draw_art(1), np.full((40, 31), 128, np.uint8)])
    with pytest.raises(BadInputError, match=r"no series\.toml in it"):
        Colorizer.from_options(ColorizeOptions(series=tmp_path / "nope.series"))


@pytest.mark.parametrize("alone", [draw_art(1), Image.fromarray(draw_art(1))], ids=["array", "Pillow"])
def test_one_picture_is_followed_as_a_list_of_it(seeing_colorizer, alone):
    """Oracle: the list; a stack of pictures is one, too."""
    listed = seeing_colorizer.following([alone]).engine.references.digest
    assert seeing_colorizer.following(alone).engine.references.digest == listed
    assert seeing_colorizer.following(np.asarray(alone)[None]).engine.references.digest == listed


def test_pictures_of_the_same_bytes_and_other_sides_are_other_references(seeing_colorizer):
    """Contract: a digest tells apart whatever may change colours; so do two pictures and one of both."""
    pixels = np.random.default_rng(0).integers(0, 256, 64 * 32 * 3, dtype=np.uint8)
    wide, high = pixels.reshape(32, 64, 3), pixels.reshape(64, 32, 3)
    given = [[wide], [high], [wide[:16], wide[16:]]]
    assert len({seeing_colorizer.following(one).engine.references.digest for one in given}) == len(given)


def test_options_are_opened_with_the_references_that_they_name(seeing_colorizer, tmp_path):
    """Oracle: the same picture given; others that are given count instead."""
    first, other = draw_art(1), draw_art(2)
    options = dataclasses.replace(seeing_colorizer.options, reference=(save_image(tmp_path / "cover.png", first),))
    for pictures, expected in (((), first), ([other], other)):
        opened = Colorizer.from_options(options, pictures)
        assert opened.engine.references.digest == seeing_colorizer.following([expected]).engine.references.digest


def test_numbers_of_numpy_and_devices_of_torch_are_taken(tiny_weights):
    """Oracle: what Python's own give."""
    ours = Colorizer(tiny_weights, seed=3, size=256, device="cpu", saturation=1.5, force=True)
    theirs = Colorizer(
        tiny_weights, seed=np.int64(3), size=np.int32(256), device=torch.device("cpu"), saturation=np.float32(1.5),
        force=np.bool_(True),
    )  # fmt: skip
    assert theirs.options == ours.options


def test_wrong_options(tiny_weights, tiny_separator, tmp_path):
    with pytest.raises(UsageError):
        Colorizer(tiny_weights, size=8)
    with pytest.raises(UsageError):
        Colorizer(tiny_weights, device="tpu")
    with pytest.raises(ModelFileError):
        Colorizer(tmp_path / "none.safetensors")
    with pytest.raises(ModelFileError, match="not the weights of a separator"):
        Colorizer(tiny_weights, separator=tiny_weights)
    with pytest.raises(ModelFileError, match="colours nothing"):
        Colorizer(tiny_separator)


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
