"""Coloured pages that runs of the command line and the server share.

Oracle: what the same run writes without a cache, byte for byte; the painter counts what it paints.
"""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from book_files import contents
from PIL import Image
from stubs import Painter

from mangacolor import Colorizer
from mangacolor.books import open_sinks, open_source
from mangacolor.cli import run
from mangacolor.colorize.options import ColorizeOptions
from mangacolor.colorize.page_cache import USUAL_BYTES, PageCache, page_key
from mangacolor.colorize.run import colorize_pages
from mangacolor.errors import ExitCode


def picture(number, format="PNG", mode="L", **options):
    pixels = np.full((30, 20), 200, np.uint8)
    pixels[:4, :4] = number
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(buffer, format, **options)
    return buffer.getvalue()


def transparent(number):
    pixels = np.full((30, 20, 2), 200, np.uint8)
    pixels[:4, :4] = number
    buffer = io.BytesIO()
    Image.fromarray(pixels, "LA").save(buffer, "PNG")
    return buffer.getvalue()


def moving(number):
    frames = [Image.new("L", (20, 30), 40 * number + one) for one in (0, 90)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def cut_short(number):
    pixels = np.random.default_rng(number).integers(0, 255, (120, 80), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()[:-2000]


PAGES = {
    "1.png": picture(1), "2.jpg": picture(2, "JPEG", quality=80), "3.webp": picture(3, "WEBP", lossless=True),
    "4.png": transparent(4), "5.gif": moving(5), "6.jpg": cut_short(6),
}  # fmt: skip


@pytest.fixture
def book(tmp_path):
    with zipfile.ZipFile(tmp_path / "book.cbz", "w") as archive:
        for name, data in PAGES.items():
            archive.writestr(name, data)
    return tmp_path / "book.cbz"


def coloured(book, out, painter, cache=None, *, choice="keep", **options):
    sources = [open_source(book)]
    sinks = open_sinks(sources, out, format=choice)
    results = list(colorize_pages(painter, sources, sinks, cache=cache, **options))
    return results, contents(out)


@pytest.mark.parametrize("choice", ["keep", "jpg", "webp"])
def test_a_book_done_again_is_the_same_and_almost_nothing_is_coloured_anew(book, tmp_path, choice):
    cache = PageCache(tmp_path / "cache", 1 << 20)
    told, wanted = coloured(book, tmp_path / "plain.cbz", Painter(), choice=choice)
    first, filled = coloured(book, tmp_path / "first.cbz", Painter(), cache, choice=choice)
    painter = Painter()
    second, found = coloured(book, tmp_path / "second.cbz", painter, cache, choice=choice)
    assert wanted == filled == found
    # The animation has two frames; what is transparent does not fit into a JPEG as it is.
    assert painter.painted == 2 + (choice == "jpg")
    for one, two, three in zip(told, first, second, strict=True):
        assert one.status == two.status == three.status == "colored"
        assert one.notes == two.notes == three.notes


@pytest.mark.parametrize(
    "other",
    [{"quality": 50}, {"painter": Painter(settings="other")}, {"consistent": lambda source: True}],
)
def test_what_is_coloured_otherwise_is_coloured_anew(book, tmp_path, other):
    cache = PageCache(tmp_path / "cache", 1 << 20)
    coloured(book, tmp_path / "first.cbz", Painter(), cache)
    painter = other.get("painter") or Painter()
    coloured(book, tmp_path / "second.cbz", painter, cache, **{k: v for k, v in other.items() if k != "painter"})
    assert painter.painted == 7


def test_a_cache_that_the_disk_has_spoilt_costs_time_alone(book, tmp_path):
    cache = PageCache(tmp_path / "cache", 1 << 20)
    _, wanted = coloured(book, tmp_path / "first.cbz", Painter(), cache)
    for path in cache.folder.glob("[0-9a-f]*"):
        path.write_bytes(b"")
    assert coloured(book, tmp_path / "second.cbz", Painter(), cache)[1] == wanted


def test_the_command_colours_no_page_twice_whatever_the_outputs(book, tmp_path, monkeypatch):
    painter = Painter()
    monkeypatch.setattr("mangacolor.colorize.jobs.open_colorizer", lambda order: painter)
    (tmp_path / "page.png").write_bytes(PAGES["1.png"])
    cache = ["--cache", str(tmp_path / "cache")]
    assert run(["colorize", str(tmp_path / "page.png"), *cache, "-q"]) == ExitCode.DONE
    # The page is in the book, too; of that one a page is damaged.
    run(["colorize", str(book), "-o", str(tmp_path / "out.cbz"), *cache, "-q"])
    assert painter.painted == 1 + 6
    assert contents(tmp_path / "out.cbz")["1.png"] == (tmp_path / "page_color.png").read_bytes()


def test_the_server_finds_what_the_command_coloured_and_the_other_way_round(book, tmp_path):
    pytest.importorskip("starlette", reason="needs the extra `serve`")
    import asyncio

    from mangacolor.web.engine import Engine

    cache = PageCache(tmp_path / "cache", 1 << 20)
    _, wanted = coloured(book, tmp_path / "first.cbz", Painter(), cache)

    async def served(painter, cache):
        engine = Engine(lambda: painter, cache=cache)
        await engine.start()
        found = {name: await engine.color(data) for name, data in PAGES.items()}
        await engine.stop()
        return found

    found = asyncio.run(served(Painter(), cache))
    for name, page in found.items():
        assert page.is_cached == (name != "5.gif"), name
        assert name == "5.gif" or page.data == wanted[name]
    other = PageCache(tmp_path / "other", 1 << 20)
    asyncio.run(served(Painter(), other))
    painter = Painter()
    assert coloured(book, tmp_path / "second.cbz", painter, other)[1] == wanted
    assert painter.painted == 2, "the animation alone"


def test_a_run_that_comes_by_keeps_the_limit_of_the_server(tmp_path):
    assert PageCache(tmp_path).limit_bytes == USUAL_BYTES
    PageCache(tmp_path, 50)
    cache = PageCache(tmp_path)
    assert cache.limit_bytes == 50
    for number in range(3):
        cache.put(page_key(bytes([number]), settings="", format="png"), b"x" * 20)
    assert len(cache) == 2
    (tmp_path / ".limit").write_text("many")
    assert PageCache(tmp_path).limit_bytes == USUAL_BYTES


def test_two_processes_on_one_folder_keep_one_limit(tmp_path):
    """Oracle: the sizes on disk. Two objects know as little of each other as two processes do."""
    limit = 100_000
    caches = PageCache(tmp_path, limit), PageCache(tmp_path, limit)
    most = 0
    for number in range(300):
        for place, cache in enumerate(caches):
            assert cache.put(
                page_key(bytes([place, number % 256, number // 256]), settings="", format="png"), bytes(1000)
            )
        most = max(most, sum(path.stat().st_size for path in tmp_path.glob("?" * 64)))
    assert limit < most + 2000, "the room that there is was used"
    assert most <= limit * (1 + 2 / 16)
    # Of all pages, whoever wrote them, the youngest are left.
    newest = page_key(bytes([1, 299 % 256, 299 // 256]), settings="", format="png")
    assert (tmp_path / newest).exists()


def test_what_another_process_has_deleted_leaves_room(tmp_path):
    cache = PageCache(tmp_path, 1000)
    keys = [page_key(bytes([number]), settings="", format="png") for number in range(12)]
    for key in keys[:10]:
        cache.put(key, bytes(90))
    for key in keys[:5]:
        (tmp_path / key).unlink()
    cache.put(keys[10], bytes(90))
    assert cache.bytes == 6 * 90


@pytest.mark.parametrize("other", [{"format": "webp"}, {"quality": 50}])
def test_format_and_quality_of_a_run_are_no_part_of_the_colours(tiny_weights, tiny_separator, other):
    """Contract of docs/serve.md: pages are found where bytes, format, quality, options and weights agree.

    A server has no format of its own: it is asked for one, and so is the key.
    """
    files = {"weights": tiny_weights, "separator": tiny_separator}
    serves = Colorizer.from_options(ColorizeOptions(**files))
    runs = Colorizer.from_options(ColorizeOptions(**files, **other))
    differs = Colorizer.from_options(ColorizeOptions(**files, **other, saturation=0.5))
    assert serves.settings == runs.settings != differs.settings
