"""What goes wrong in the midst of a run costs the page or the book that it is about, and no other.

Oracles: contracts of `colorize_pages`, of the exit statuses and of the files that are read; stubs raise what disks,
decoders and networks raise.
"""

from __future__ import annotations

import errno
import io
import itertools
import json
import tracemalloc

import numpy as np
import pytest
from book_files import contents, is_red, page_bytes, zipped
from pictures import save_image
from PIL import Image
from stubs import Painter

from mangacolor.adapt import pages as adapt_pages
from mangacolor.books import open_sinks, open_source
from mangacolor.books import written as written_books
from mangacolor.books.book_sink import BookSink
from mangacolor.cli import run
from mangacolor.cli.settings import read_settings
from mangacolor.colorize import page_work
from mangacolor.colorize.corrections import Dab, Step, read_step, replay
from mangacolor.colorize.hints import parse_hints
from mangacolor.colorize.page_cache import PageCache
from mangacolor.colorize.run import colorize_pages
from mangacolor.colorize.surveys import keeping_colours
from mangacolor.config import PRESETS
from mangacolor.errors import BadInputError, CannotWriteError, ExitCode, OutOfMemoryError, UsageError
from mangacolor.evaluate import series_learnt
from mangacolor.evaluate.sheets import write_sheets
from mangacolor.recipes import read_recipe
from mangacolor.series import Part, remove_part, set_colours
from mangacolor.series.document import parse


def coloured(path, *, verify=None):
    sources = [open_source(path)]
    sinks = open_sinks(sources, verify=verify)
    return list(colorize_pages(Painter(), sources, sinks)), sinks[0]


@pytest.fixture
def book(tmp_path):
    return zipped(tmp_path / "a.cbz", {f"{number}.png": page_bytes(number) for number in (1, 2, 3)})


# Pages and books


def test_a_page_that_the_disk_does_not_give_fails_alone(book, monkeypatch):
    source = open_source(book)
    read = source.container.read

    refused = []

    def refusing(index):
        if index == 1 and not refused:
            refused.append(index)
            raise OSError(errno.EIO, "Input/output error")
        return read(index)

    monkeypatch.setattr(source.container, "read", refusing)
    (sink,) = open_sinks([source])
    results = list(colorize_pages(Painter(), [source], [sink]))
    assert [result.status for result in results] == ["colored", "failed", "colored"]
    assert "2.png cannot be read: Input/output error" in results[1].error


def test_a_page_that_cannot_be_encoded_fails_alone(book, monkeypatch):
    encode = page_work.encode_page

    def refusing(page, *rest):
        if page.name == "2.png":
            raise OSError("encoder error -2 when writing image file")
        return encode(page, *rest)

    monkeypatch.setattr(page_work, "encode_page", refusing)
    results, sink = coloured(book)
    assert [result.status for result in results] == ["colored", "failed", "colored"]
    found = contents(sink.path(""))
    assert found["2.png"] == page_bytes(2)
    assert is_red(found["3.png"])


def test_a_format_without_its_library_ends_the_run(book, monkeypatch):
    """Contract: it would fail for every page, and is a matter of the options."""
    monkeypatch.setattr(page_work, "encode_page", lambda *rest: (_ for _ in ()).throw(UsageError("no library")))
    with pytest.raises(UsageError):
        coloured(book)


@pytest.mark.parametrize("trouble", ["gone", "memory"])
def test_a_book_that_cannot_be_built_fails_alone(book, monkeypatch, trouble):
    other = zipped(book.with_name("b.cbz"), {"1.png": page_bytes(1)})
    sources = [open_source(path) for path in (book, other)]
    sinks = open_sinks(sources)
    finish = BookSink.finish

    def troubled(self):
        if self.source.path == book and trouble == "memory":
            raise MemoryError
        if self.source.path == book:
            book.unlink()
        return finish(self)

    monkeypatch.setattr(BookSink, "finish", troubled)
    results = list(colorize_pages(Painter(), sources, sinks))
    assert [result.status for result in results] == ["colored"] * 3 + ["failed", "colored"]
    assert ("Was it moved" if trouble == "gone" else "memory") in results[3].error
    assert not sinks[0].path("").exists()
    assert is_red(contents(sinks[1].path(""))["1.png"])


def test_a_copied_page_that_is_turned_by_exif_is_whole(tmp_path):
    """Contract of --verify: a copy is right when it is the same file, whichever way up it says it is."""
    pixels = np.zeros((40, 20, 3), np.uint8)
    pixels[:, :, 0] = 255
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", exif=exif)
    (tmp_path / "1.jpg").write_bytes(buffer.getvalue())

    class Copying(Painter):
        def colorize_page(self, page, hints=()):
            return page, "already_colored"

    source = open_source(tmp_path / "1.jpg")
    (sink,) = open_sinks([source], verify=True)
    (result,) = colorize_pages(Copying(), [source], [sink])
    assert (result.status, result.error) == ("already_colored", "")
    assert sink.path("1.jpg").read_bytes() == buffer.getvalue()


def test_what_was_written_here_is_read_again_whatever_its_size():
    """Contract: limits are for what others made; whoever raised one must not see a finished book refused."""
    usual, ours = type(written_books._OURS)(), written_books._OURS
    for name in ("entries", "entry_bytes", "expansion", "page_pixels"):
        assert getattr(ours, name) > 1_000_000 * getattr(usual, name)


# Networks


class Looking(Painter):
    """Chooses as it is told, and has no memory for one of the pages."""

    def __init__(self):
        super().__init__()
        self.looked_at = []

    def choosing(self, choose, prepared=None):
        return self

    def outcome_of(self, rgb):
        return "colored"

    def look(self, rgb, keep=None):
        self.looked_at.append(int(rgb[0, 0, 0]))
        if rgb[0, 0, 0] == 2:
            raise OutOfMemoryError("Out of memory even at the smallest working size.")


def test_a_page_that_cannot_be_looked_at_tells_nothing_of_its_book():
    colorizer = Looking()
    keeping_colours(colorizer, [np.full((8, 8, 3), number, np.uint8) for number in (1, 2, 3)])
    assert colorizer.looked_at == [1, 2, 3]


# Corrections


@pytest.mark.parametrize("value", [10**400, -(10**400), float("nan"), float("inf"), 1e300, True, None, "1"])
def test_numbers_that_are_no_pixels_are_told(value):
    wrong = json.dumps(value)
    for text in (f'[{{"x": {wrong}, "y": 1, "color": "#000000"}}]',):
        try:
            (hint,) = parse_hints(text, "hints")
        except BadInputError:
            continue
        assert isinstance(hint.x, float)  # where it lies is told with the page
    for said in (
        {"kind": "fill", "x": value, "y": 1, "color": "#000000"},
        {"kind": "brush", "points": [[1, value]], "radius": 3, "color": "#000000"},
        {"kind": "erase", "points": [[1, 1]], "radius": value},
    ):
        with pytest.raises(BadInputError, match="number"):
            read_step(said, "step")


def test_a_stroke_that_leads_far_away_is_painted_where_the_page_is():
    """Invariant: what is painted on the page is what a stroke cut off just outside of it paints."""

    def painted(*points):
        step = Step("brush", tuple(points), 4.0, (255, 0, 0))
        return [(one.x, one.y) for one in replay([step], lambda x, y: -1, 200, 100).dabs]

    tracemalloc.start()
    try:
        far = painted((10.0, 50.0), (1e6, 50.0), (1e6, 60.0), (10.0, 60.0))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000
    near = painted((10.0, 50.0), (1210.0, 50.0), (1210.0, 60.0), (10.0, 60.0))
    assert len(far) == len(near) > 180
    np.testing.assert_allclose(far[:96], near[:96], atol=1e-6)
    assert painted((-1e6, 500.0), (1e6, 500.0)) == []
    slanted = painted((-1e6, -1e6), (1e6, 1e6))
    assert len(slanted) == pytest.approx(100 * 2**0.5 / 2, abs=2)
    assert all(isinstance(one, Dab) for one in replay([], lambda x, y: -1, 9, 9).dabs)


def test_a_stroke_on_the_page_is_painted_as_it_always_was():
    """Oracle: the walk along it, step by step."""
    rng = np.random.default_rng(0)
    for _ in range(50):
        points = [tuple(map(float, one)) for one in rng.uniform(0, 100, (6, 2))]
        spacing, left, wanted = 2.0, 2.0, [points[0]]
        for (x0, y0), (x1, y1) in itertools.pairwise(points):
            length = float(np.hypot(x1 - x0, y1 - y0))
            while left <= length:
                wanted.append((x0 + left / length * (x1 - x0), y0 + left / length * (y1 - y0)))
                left += spacing
            left -= length
        step = Step("brush", tuple(points), 4.0, (255, 0, 0))
        dabs = replay([step], lambda x, y: -1, 100, 100).dabs
        np.testing.assert_allclose([(one.x, one.y) for one in dabs], wanted, atol=1e-9)


# Files


def test_a_cache_whose_pages_vanish_while_it_is_opened_is_opened(tmp_path):
    """Contract: several processes share a folder, and one makes room while another looks."""
    (tmp_path / ("0" * 64)).symlink_to(tmp_path / "gone")
    (tmp_path / ("1" * 64)).write_bytes(b"page")
    cache = PageCache(tmp_path)
    assert (len(cache), cache.bytes) == (1, 4)


@pytest.mark.parametrize("text", ["format = " + "9" * 5000, "format = " + "[" * 100_000], ids=["digits", "depth"])
def test_toml_that_python_does_not_read_is_bad_input(tmp_path, text):
    file = tmp_path / "a.toml"
    file.write_text(text)
    with pytest.raises(BadInputError):
        parse(text, tmp_path, "series.toml")
    with pytest.raises(BadInputError):
        read_settings(file, {})
    with pytest.raises(BadInputError):
        read_recipe(file, PRESETS["tiny"])


def test_letters_that_end_lines_for_python_alone_stay_in_a_series(tmp_path):
    """Contract of `set_colours`: what else the file says stays as it is."""
    (tmp_path / "series.toml").write_text('format = 1\nname = "one\u2028two\x85three"\n', encoding="utf-8")
    part = Part("character", "rin", "hair")
    assert set_colours(tmp_path, {part: (1, 2, 3)}).name == "one\u2028two\x85three"
    assert set_colours(tmp_path, {Part("place", "sea", "water"): (4, 5, 6)}).colours[part] == (1, 2, 3)
    assert remove_part(tmp_path, part).name == "one\u2028two\x85three"


def test_a_dry_run_that_cannot_open_something_says_so_with_its_status(tmp_path, book, capsys):
    (tmp_path / "broken.cbz").write_bytes(b"no archive")
    assert run(["colorize", str(tmp_path), "--dry-run"]) == ExitCode.SOME_PAGES_FAILED
    book.unlink()
    assert run(["colorize", str(tmp_path), "--dry-run"]) == ExitCode.BAD_INPUT
    assert "broken.cbz" in capsys.readouterr().err


def test_a_machine_without_memory_is_no_bug_to_report(monkeypatch, capsys):
    def out_of_memory(*rest, **options):
        raise MemoryError

    monkeypatch.setattr("mangacolor.cli.app.app", out_of_memory)
    assert run(["info"]) == ExitCode.UNEXPECTED
    told = capsys.readouterr().err
    assert "not enough memory" in told
    assert "bug" not in told


@pytest.mark.slow
def test_an_empty_library_is_told_by_a_farm(tmp_path, capsys):
    pytest.importorskip("ray")
    (tmp_path / "library").mkdir()
    assert run(["farm", str(tmp_path / "library"), "-o", str(tmp_path / "out")]) == ExitCode.BAD_INPUT
    assert "holds no pictures" in capsys.readouterr().err


def test_pages_to_learn_from_are_chosen_before_they_are_held_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(adapt_pages, "MOST_PAGES", 2)
    rng = np.random.default_rng(0)
    for number in range(12):
        save_image(
            tmp_path / f"{number:02}.png",
            np.kron(rng.integers(0, 255, (6, 6, 3), np.uint8), np.ones((90, 90, 1), np.uint8)),
        )
    tracemalloc.start()
    try:
        pages = adapt_pages.read_pages([tmp_path], [])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [page.name[-6:] for page in pages] == ["00.png", "06.png"]
    assert peak < 8 * pages[0].rgb.nbytes


def test_sheets_are_whole_or_absent_and_name_their_option(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CannotWriteError, match="--sheets"):
        write_sheets(tmp_path / "file", {"a.png": np.zeros((4, 4, 3), np.uint8)})
    (path,) = write_sheets(tmp_path / "new", {"a.png": np.zeros((4, 4, 3), np.uint8)})
    with Image.open(path) as image:
        assert image.size == (4, 4)


def test_what_was_not_learnt_is_not_scored(monkeypatch):
    """Contract of Ctrl-C: it ends the evaluation, too."""

    class Options:
        series = runtime = None

    monkeypatch.setattr(series_learnt, "replace", lambda options, **changes: options)
    monkeypatch.setattr(series_learnt, "adapt", lambda options: type("Adapted", (), {"path": None}))
    colorizer = type("Colorizer", (), {"options": Options()})()
    pixels = np.zeros((8, 8, 3), np.uint8)
    with pytest.raises(KeyboardInterrupt):
        series_learnt.learn_page(colorizer, pixels, pixels, 4)
