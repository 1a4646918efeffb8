"""Pictures in layers: files that painting programs open, and pages put into layers.

Oracles: other readers (zipfile, ElementTree and Pillow's own blending for OpenRaster, psd-tools and Pillow for PSD);
the OpenRaster specification; the very page that `colorize` writes.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import PureWindowsPath
from types import SimpleNamespace
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from book_files import page_bytes, tarred, zipped
from flattened_layers import ROUNDED_LAYERS, flattened
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from mangacolor import Colorizer
from mangacolor.books import open_sinks, open_source
from mangacolor.books.naming import same_file
from mangacolor.cli import run
from mangacolor.colorize import page_work, recalled_areas
from mangacolor.colorize.corrected import CorrectedPage
from mangacolor.colorize.corrections import Step, told
from mangacolor.colorize.layers import KINDS, MOST_LAYERS, color_in_layers, in_layers, layered_page
from mangacolor.colorize.page_work import layers_place
from mangacolor.colorize.recalled_areas import Shown
from mangacolor.errors import CannotWriteError, ExitCode
from mangacolor.image import to_gray
from mangacolor.image.layered import THUMBNAIL_SIDE, Group, Layer, LayeredPicture, openraster
from mangacolor.image.photoshop import photoshop


def drawn():
    page = np.full((360, 280), 255, np.uint8)
    cv2.rectangle(page, (20, 20), (250, 330), 0, 3)
    cv2.rectangle(page, (50, 60), (150, 200), 150, -1)
    cv2.rectangle(page, (50, 60), (150, 200), 0, 2)
    cv2.circle(page, (190, 260), 40, 0, 2)
    return page


@st.composite
def pictures(draw):
    height, width = draw(st.tuples(st.integers(3, 40), st.integers(3, 40)))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))

    def layer(name):
        y, x = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
        size = draw(st.integers(1, height - y)), draw(st.integers(1, width - x))
        rgba = rng.integers(0, 256, (*size, 4), np.uint8)
        rgba[..., 3] = rng.choice(np.uint8([0, 255]), size)
        return Layer(name, rgba, x, y, blend=draw(st.sampled_from(["normal", "multiply", "add"])))

    stack = [layer("under & <below>"), Group("größer", [layer("a"), layer("b")]), layer("インク")]
    plain = LayeredPicture(np.zeros((height, width, 3), np.uint8), stack, draw(st.sampled_from([None, (300.0, 300.0)])))
    return LayeredPicture(flattened(plain), stack, plain.dpi)


def composed(archive, element, below):
    """Lay a stack of OpenRaster over a picture as its specification has it; the uppermost comes first."""
    for child in reversed(list(element)):
        if child.tag == "stack":
            below = composed(archive, child, below)
            continue
        image = Image.open(io.BytesIO(archive.read(child.get("src")))).convert("RGBA")
        layer = Image.new("RGBA", below.size)
        layer.paste(image, (int(child.get("x")), int(child.get("y"))))
        colour = layer.convert("RGB")
        if child.get("composite-op") == "svg:multiply":
            colour = ImageChops.multiply(below, colour)
        elif child.get("composite-op") == "svg:plus":
            colour = ImageChops.add(below, colour)
        below = Image.composite(colour, below, layer.getchannel("A"))
    return below


@settings(max_examples=30, deadline=None)
@given(pictures())
def test_openraster_is_read_back_by_others(picture):
    data = openraster(picture)
    assert data[30:54] == b"mimetypeimage/openraster"
    height, width = picture.rgb.shape[:2]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type, first.extra) == ("mimetype", zipfile.ZIP_STORED, b"")
        root = ElementTree.fromstring(archive.read("stack.xml"))
        assert (root.tag, root.get("w"), root.get("h"), root.get("version")) == (
            "image", str(width), str(height), "0.0.5",
        )  # fmt: skip
        assert [one.get("name") for one in root.find("stack")] == ["インク", "größer", "under & <below>"]
        merged = Image.open(io.BytesIO(archive.read("mergedimage.png")))
        np.testing.assert_array_equal(np.asarray(merged), picture.rgb)
        small = Image.open(io.BytesIO(archive.read("Thumbnails/thumbnail.png")))
        assert max(small.size) <= THUMBNAIL_SIDE
        # Groups here have no gaps to what lies below them that multiplying could see.
        shown = composed(archive, root.find("stack"), Image.new("RGB", (width, height), "white"))
    assert np.abs(np.asarray(shown).astype(int) - picture.rgb).max() <= 2


@settings(max_examples=5, deadline=None)
@given(pictures())
def test_psd_is_read_back_by_others(picture):
    psd_tools = pytest.importorskip("psd_tools", reason="needs the extra `layers`")
    document = psd_tools.PSDImage.open(io.BytesIO(photoshop(picture)))
    assert document.size == picture.rgb.shape[1::-1]
    known = document.image_resources.get_data(1005)
    assert (None if known is None else (known.horizontal / 65536, known.vertical / 65536)) == picture.dpi
    flat = [layer for one in picture.stack for layer in (one.layers if isinstance(one, Group) else (one,))]
    found = [layer for layer in document.descendants() if not layer.is_group()]
    assert [layer.name for layer in found] == [layer.name.replace("インク", "???") for layer in flat]
    assert [one.name for one in document if one.is_group()] == ["größer"]
    for layer, wanted in zip(found, flat, strict=True):
        assert (layer.left, layer.top) == (wanted.x, wanted.y)
        assert layer.blend_mode.name == {"multiply": "MULTIPLY", "add": "LINEAR_DODGE"}.get(wanted.blend, "NORMAL")
        seen = wanted.rgba[..., 3] == 255
        pixels = np.asarray(layer.topil().convert("RGBA"))
        np.testing.assert_array_equal(pixels[seen][:, :3], wanted.rgba[seen][:, :3])


@pytest.mark.slow
def test_the_layers_of_a_page_come_to_the_page(seeing_colorizer):
    page = CorrectedPage(seeing_colorizer.open(drawn()))
    page.correct([Step("fill", ((100, 120),), rgb=(200, 60, 40))])
    picture = in_layers(page)
    off = np.abs(flattened(picture).astype(int) - page.rgb)
    assert off.max() <= ROUNDED_LAYERS
    paper, *groups, shadows, gleams, ink = picture.stack
    assert (paper.rgba == 255).all()
    assert [one.blend for one in (shadows, gleams, ink)] == ["multiply", "add", "multiply"]
    assert (ink.rgba[..., 0] == ink.rgba[..., 1]).all()
    assert [group.name for group in groups] == [name for name in KINDS if name in {group.name for group in groups}]
    covered = np.zeros(page.rgb.shape[:2], int)
    for group in groups:
        assert 1 <= len(group.layers) <= MOST_LAYERS
        for layer in group.layers:
            height, width = layer.rgba.shape[:2]
            covered[layer.y : layer.y + height, layer.x : layer.x + width] += layer.rgba[..., 3] == 255
    assert (covered == 1).all()


@st.composite
def painted(draw):
    """A page in colour, its colours without ink, its ink, and its areas at half the size."""
    height, width = draw(st.tuples(st.integers(2, 12), st.integers(2, 12)))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    labels = rng.integers(0, draw(st.integers(1, 12)), (height, width)).astype(np.int32)
    flats = rng.integers(0, 256, (12, 3))
    noise = rng.integers(-draw(st.integers(0, 255)), draw(st.integers(1, 256)), (2 * height, 2 * width, 3))
    under = (flats[labels.repeat(2, 0).repeat(2, 1)] + noise).clip(0, 255).astype(np.uint8)
    ink = rng.random((2 * height, 2 * width), np.float32)
    return np.rint(under * ink[..., None]).astype(np.uint8), under, ink, labels


@settings(max_examples=60, deadline=None)
@given(painted(), st.integers(0, 100))
def test_any_colours_come_back_from_layers(painting, seed):
    rgb, under, ink, labels = painting
    is_skin, is_hair, is_dressed, is_bare_cloth = np.random.default_rng(seed).random((4, 12)) > 0.7
    kinds = SimpleNamespace(is_skin=is_skin, is_hair=is_hair, is_dressed=is_dressed, is_bare_cloth=is_bare_cloth)
    picture = layered_page(rgb, under, ink, labels, kinds)
    assert np.abs(flattened(picture).astype(int) - rgb).max() <= ROUNDED_LAYERS


def test_flats_are_flat_and_go_by_what_they_are_of():
    """Contract of the guide: each area has one colour, in the group of its kind; what differs is shadow or gleam."""
    labels = np.array([[0, 1, 2, 3]], np.int32).repeat(4, 0)
    flats = np.uint8([[250, 210, 180], [90, 60, 30], [40, 80, 200], [230, 230, 230]])
    under = flats[labels]
    under[0] = under[0] // 2  # a shadow
    under[1] += 5  # a gleam
    areas = np.arange(5)  # of a page there may be more than are seen
    kinds = SimpleNamespace(is_skin=areas == 0, is_hair=areas == 1, is_dressed=areas == 2, is_bare_cloth=areas == 4)
    _, *groups, shadows, gleams, _ = layered_page(under, under, np.ones((4, 4), np.float32), labels, kinds).stack
    assert [group.name for group in groups] == ["rest", "clothes", "hair", "skin"]
    found = {group.name: [(one.name, one.x, one.rgba[..., :3]) for one in group.layers] for group in groups}
    for name, area in (("skin", 0), ("hair", 1), ("clothes", 2), ("rest", 3)):
        ((called, x, rgb),) = found[name]
        assert (called, x) == ("#{:02x}{:02x}{:02x}".format(*flats[area]), area)
        assert (rgb == flats[area]).all()
    assert (shadows.rgba[1:, :, :3] == 255).all()
    assert (np.abs(shadows.rgba[0, :, :3].astype(int) - 127) <= 4).all()
    assert (gleams.rgba[[0, 2, 3], :, :3] == 0).all()
    assert (gleams.rgba[1, :, :3] == 5).all()


def layer_names(flats):
    """Areas of these colours side by side, larger ones first."""
    labels = np.repeat(np.arange(len(flats), dtype=np.int32), np.arange(len(flats), 0, -1))[None]
    under = np.uint8(flats)[labels]
    _, group, *_ = layered_page(under, under, np.ones(labels.shape, np.float32), labels).stack
    return [(layer.name, int((layer.rgba[..., 3] > 0).sum())) for layer in group.layers]


def test_like_colours_share_a_layer_and_lightness_counts_half():
    """Contract: what looks like one colour is found in one place; 0.06 of OKLab, of lightness 0.12."""
    assert layer_names([(200, 60, 40), (204, 66, 48)]) == [("#c83c28", 3)]
    assert layer_names([(200, 60, 40), (40, 60, 200)]) == [("#c83c28", 2), ("#283cc8", 1)]
    assert layer_names([(120, 120, 120), (90, 90, 90)]) == [("#787878", 3)]  # .11 of lightness
    assert layer_names([(120, 120, 120), (80, 80, 80)]) == [("#787878", 2), ("#505050", 1)]  # .14


def test_more_colours_than_layers_join_the_nearest():
    flats = [
        (255, 0, 0),
        (0, 255, 0),
        (0, 0, 255),
        (255, 255, 0),
        (0, 255, 255),
        (255, 0, 255),
        (255, 255, 255),
        (0, 0, 0),
    ]
    names = layer_names([*flats, (128, 20, 20)])
    assert len(names) == len(flats) == MOST_LAYERS
    assert names[0] == ("#ff0000", 9 + 1)


@pytest.mark.slow
def test_a_page_has_the_same_layers_open_or_not(seeing_colorizer, monkeypatch):
    """Oracle: the page that is opened in the studio, and nothing done to it. Every other area is taken for hair."""

    def shown(found, kinds, share):
        return Shown(found, kinds._replace(is_hair=np.arange(len(kinds.is_hair)) % 2 == 1), share)

    monkeypatch.setattr(recalled_areas, "Shown", shown)
    own = color_in_layers(to_gray(np.dstack([drawn()] * 3)), seeing_colorizer.engine)
    opened = in_layers(CorrectedPage(seeing_colorizer.open(drawn())))
    assert [one.name for one in own.stack] == [one.name for one in opened.stack]
    assert {"rest", "hair"} <= {one.name for one in own.stack}
    for one, other in zip(own.stack, opened.stack, strict=True):
        for mine, theirs in zip(
            *(group.layers if isinstance(group, Group) else [group] for group in (one, other)), strict=True
        ):
            assert (mine.name, mine.x, mine.y, mine.blend) == (theirs.name, theirs.x, theirs.y, theirs.blend)
            np.testing.assert_array_equal(mine.rgba, theirs.rgba)


def test_differences_that_nobody_sees_are_no_shading():
    """Contract: on flats that somebody colours anew, they would be seen."""
    under = np.uint8([[[40, 3, 250]] * 9 + [[41, 2, 251]]])
    _, _, shadows, gleams, _ = layered_page(
        under, under, np.ones((1, 10), np.float32), np.zeros((1, 10), np.int32)
    ).stack
    assert (shadows.rgba == 255).all()
    assert not gleams.rgba[..., :3].any()


def test_a_page_without_areas_has_its_colours_in_one_layer(seeing_weights, tiny_separator):
    fast = Colorizer(seeing_weights, separator=tiny_separator, force=True, fast=True)
    page = CorrectedPage(fast.open(drawn()))
    picture = in_layers(page)
    assert [len(one.layers) for one in picture.stack if isinstance(one, Group)] == [1]
    assert np.abs(flattened(picture).astype(int) - page.rgb).max() <= ROUNDED_LAYERS


def words(weights, separator):
    return ["--weights", str(weights), "--separator", str(separator), "--force"]


@pytest.mark.slow
@pytest.mark.parametrize("format", ["ora", "psd"])
def test_the_command_writes_layers_beside_the_page_that_they_come_to(tmp_path, seeing_weights, tiny_separator, format):
    if format == "psd":
        pytest.importorskip("psd_tools", reason="needs the extra `layers`")
    Image.fromarray(drawn()).save(tmp_path / "page.png", dpi=(300, 300))
    done = ["colorize", str(tmp_path / "page.png"), "-o", str(tmp_path / "out"), "--layers", format]
    assert run([*done, *words(seeing_weights, tiny_separator)]) == ExitCode.DONE
    written = np.asarray(Image.open(tmp_path / "out" / "page.png"))
    alone = Colorizer(seeing_weights, separator=tiny_separator, force=True).colorize(drawn())
    assert np.abs(written.astype(int) - alone).max() <= 1
    layered = (tmp_path / "out" / f"page.png.{format}").read_bytes()
    if format == "psd":
        np.testing.assert_allclose(np.asarray(Image.open(io.BytesIO(layered))), written, atol=ROUNDED_LAYERS)
        return
    with zipfile.ZipFile(io.BytesIO(layered)) as archive:
        root = ElementTree.fromstring(archive.read("stack.xml"))
        assert root.get("xres") == "300"
        shown = composed(archive, root.find("stack"), Image.new("RGB", written.shape[1::-1], "white"))
    np.testing.assert_allclose(np.asarray(shown).astype(int), written, atol=ROUNDED_LAYERS)


@pytest.mark.parametrize("kind", ["page", "book"])
def test_a_run_that_was_cut_short_has_written_no_page_without_its_layers(
    tmp_path, seeing_weights, tiny_separator, monkeypatch, capsys, kind
):
    """Contract: the next run goes on; a page that is there is taken for done."""
    buffer = io.BytesIO()
    Image.fromarray(drawn()).save(buffer, "PNG")
    path = tmp_path / ("1.png" if kind == "page" else "a.cbz")
    path.write_bytes(buffer.getvalue()) if kind == "page" else zipped(path, {"1.png": buffer.getvalue()})
    out = tmp_path / "out"
    done = ["colorize", str(path), "-o", str(out), "--layers", "ora", "--json", *words(seeing_weights, tiny_separator)]
    layers = out / ("1.png.ora" if kind == "page" else "a.cbz layers/1.png.ora")
    written = page_work.write_atomically

    def full(path, data, **options):
        raise CannotWriteError(f"{path} cannot be written: No space left on device.")

    monkeypatch.setattr(page_work, "write_atomically", full)
    assert run(done) == ExitCode.CANNOT_WRITE
    assert not layers.exists()
    capsys.readouterr()
    monkeypatch.setattr(page_work, "write_atomically", written)
    assert run(done) == ExitCode.DONE
    page, *_ = map(json.loads, capsys.readouterr().out.splitlines())
    assert (page["status"], page["layers"]) == ("colored", str(layers))
    assert zipfile.is_zipfile(layers)
    assert run([word for word in done if word != "--json"] + ["--overwrite"]) == ExitCode.DONE
    assert str(layers) in capsys.readouterr().out.splitlines()


def test_layers_of_a_book_lie_beside_it(tmp_path, seeing_weights, tiny_separator):
    buffer = io.BytesIO()
    Image.fromarray(drawn()).save(buffer, "PNG")
    with zipfile.ZipFile(tmp_path / "book.cbz", "w") as archive:
        archive.writestr("chapter/1.png", buffer.getvalue())
    done = ["colorize", str(tmp_path / "book.cbz"), "-o", str(tmp_path / "out"), "--layers", "ora"]
    assert run([*done, *words(seeing_weights, tiny_separator)]) == ExitCode.DONE
    assert (tmp_path / "out" / "book.cbz").is_file()
    assert zipfile.is_zipfile(tmp_path / "out" / "book.cbz layers" / "chapter" / "1.png.ora")


def test_layers_of_two_books_lie_in_two_folders_and_name_no_drive(tmp_path):
    """Invariant: no page's layers are written over those of another, however its book is packed and it is called."""
    files = {"C:/1.png": page_bytes(1), "2: end.png": page_bytes(2), "3/a: b.png": page_bytes(3)}
    sources = [open_source(zipped(tmp_path / "vol.cbz", files)), open_source(tarred(tmp_path / "vol.cbt", files))]
    sinks = open_sinks(sources)
    places = [
        layers_place(sink, page.name, "ora") for source, sink in zip(sources, sinks, strict=True) for page in source
    ]
    assert len(set(places)) == 6
    assert {place.relative_to(tmp_path).parts[0] for place in places} == {
        "vol_color.cbz layers", "vol_color.cbt layers"
    }  # fmt: skip
    assert not [place for place in places if ":" in str(place.relative_to(tmp_path))]


def test_layers_have_names_that_every_disk_takes(tmp_path):
    """Contract of Windows: letters, ends and devices that it refuses; and where case and accents name one file."""
    names = [
        "Chapter 12 - Why?/1.png", 'a "b"/1.png', "c <d>|*/1.png", "aux/1.png", "nul.png", "con.v1/1.png", "COM1 .x/1",
        "Vol. 1.../1.png", "Ch. 1 /1.png", "e\t/1.png", "A/1.png", "a/1.png", "\u00e9.png", "e\u0301.png",
        "console/1.png",
    ]  # fmt: skip
    source = open_source(zipped(tmp_path / "vol.cbz", dict.fromkeys(names, page_bytes(1))))
    (sink,) = open_sinks([source])
    root = tmp_path / "vol_color.cbz layers"
    places = {page.name: layers_place(sink, page.name, "ora").relative_to(root).as_posix() for page in source}
    assert places["console/1.png"] == "console/1.png.ora"
    assert (places["A/1.png"], places["a/1.png"]) == ("A/1.png.ora", "a/1.png (2).ora")
    assert len({same_file(place) for place in places.values()}) == len(names)
    for place in places.values():
        assert not set(place) & set('<>:"|?*\t\\')
        for part in place.split("/"):
            assert part == part.rstrip(". ")
            assert not PureWindowsPath(part).is_reserved()


@pytest.mark.slow
def test_the_command_does_the_steps_of_a_file(tmp_path, seeing_colorizer, seeing_weights, tiny_separator):
    """Oracle: the page that is corrected in the studio's way."""
    Image.fromarray(drawn()).save(tmp_path / "page.png")
    Image.new("RGB", (200, 200), (230, 120, 40)).save(tmp_path / "cover.png")
    some = [
        Step("fill", ((100, 120),), rgb=(200, 60, 40)), Step("lock", ((100, 120),)),
        Step("reference", name="cover.png"),
        Step("brush", ((190, 250), (200, 270)), 6.0, (20, 160, 40)),
    ]  # fmt: skip
    (tmp_path / "steps.json").write_text(json.dumps([told(one) for one in some]), encoding="utf-8")
    done = ["colorize", str(tmp_path / "page.png"), "-o", str(tmp_path / "out.png")]
    done += ["--hints", str(tmp_path / "steps.json")]
    assert run([*done, *words(seeing_weights, tiny_separator)]) == ExitCode.DONE
    page = CorrectedPage(seeing_colorizer.open(drawn()))
    cover = np.asarray(Image.open(tmp_path / "cover.png"))
    page.learn("cover.png", seeing_colorizer.following([cover]).engine.references)
    page.correct(some)
    np.testing.assert_allclose(np.asarray(Image.open(tmp_path / "out.png")).astype(int), page.rgb, atol=1)
    (tmp_path / "steps.json").write_text('[{"kind": "paint"}]')
    assert run([*done, "--overwrite", *words(seeing_weights, tiny_separator)]) == ExitCode.BAD_INPUT
