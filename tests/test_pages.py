"""Finding pages, naming outputs, writing them.

Oracles: the order in which a reader turns the pages, written out by hand; the naming rules in the docstrings; and one
invariant checked with hypothesis and with injected faults: no input and no finished output is ever overwritten or left
half-written.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mangacolor.books import (
    FileSource,
    FolderSink,
    FolderSource,
    PageSink,
    PageSource,
    open_library,
    open_sinks,
    open_source,
    output_name,
    output_names,
    page_format,
    partials,
    write_atomically,
)
from mangacolor.errors import BadInputError, CannotWriteError, UsageError


def make(root, *names, image=False):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if image:
            Image.new("L", (3, 2), 200).save(path, format="PNG")
        else:
            path.touch()
    return root


def names_of(source):
    return [entry.name for entry in source]


def files_below(root):
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


# --- sources ---------------------------------------------------------------------------------------------------------


def test_natural_order_over_the_whole_tree(tmp_path):
    wanted = [
        "cover.png",
        "Page 1.png",
        "page 2.png",
        "Page 10.png",
        "vol 1/ch 2/001.png",
        "vol 1/ch 2.5/1.png",
        "vol 1/ch 10/2.png",
        "vol 1/ch 10/11.png",
        "vol 2/1.png",
        "vol 10/1.png",
    ]
    make(tmp_path, *reversed(wanted))
    assert names_of(open_source(tmp_path)) == wanted


def test_order_does_not_depend_on_the_order_of_the_disk(tmp_path, monkeypatch):
    make(tmp_path, "A.png", "a.png", "b2.png", "B10.png", "b/1.png")
    plain = names_of(open_source(tmp_path))
    listing = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda self: reversed(list(listing(self))))
    assert names_of(open_source(tmp_path)) == plain


def test_what_is_no_page_is_passed_over(tmp_path):
    rubbish = ["Thumbs.db", ".DS_Store", "._1.png", ".hidden.png", ".git/1.png", "__MACOSX/1.png", "notes.txt", "a/b"]
    make(tmp_path, "1.png", "sub/2.JPG", *rubbish)
    (tmp_path / "folder.png").mkdir()
    assert names_of(open_source(tmp_path)) == ["1.png", "sub/2.JPG"]


def test_a_hidden_folder_may_be_named(tmp_path):
    make(tmp_path, ".scans/1.png")
    assert names_of(open_source(tmp_path / ".scans")) == ["1.png"]


def test_all_image_suffixes_are_pages(tmp_path):
    names = [f"1.{suffix}" for suffix in ["png", "jpg", "jpeg", "webp", "bmp", "tif", "tiff", "gif", "avif", "jxl"]]
    make(tmp_path, *names)
    assert sorted(names_of(open_source(tmp_path))) == sorted(names)


def test_unicode_names_survive(tmp_path):
    wanted = ["第1話/001 – é.png", "第2話/ñandú.png", "第10話/😀.png"]
    make(tmp_path, *wanted, image=True)
    source = open_source(tmp_path)
    assert names_of(source) == wanted
    assert [entry.load().name for entry in source] == wanted


def test_link_loops_end_and_linked_folders_are_read_once(tmp_path):
    make(tmp_path, "book/a/1.png", "elsewhere/2.png")
    book = tmp_path / "book"
    (book / "a" / "up").symlink_to(book)
    (book / "self").symlink_to(book / "self")
    (book / "z").symlink_to(tmp_path / "elsewhere")
    (book / "z2").symlink_to(tmp_path / "elsewhere")
    assert names_of(open_source(book)) == ["a/1.png", "z/2.png"]


def test_a_dangling_link_is_a_page_that_fails_and_not_one_that_is_lost(tmp_path):
    (tmp_path / "1.png").symlink_to(tmp_path / "gone.png")
    (entry,) = open_source(tmp_path)
    with pytest.raises(BadInputError, match=r"1\.png"):
        entry.load()


def test_a_pipe_is_not_opened(tmp_path):
    make(tmp_path, "1.png")
    os.mkfifo(tmp_path / "2.png")
    assert names_of(open_source(tmp_path)) == ["1.png"]
    with pytest.raises(BadInputError, match="neither"):
        open_source(tmp_path / "2.png")


def test_listing_reads_no_page_and_one_bad_page_spares_the_others(tmp_path):
    make(tmp_path, "1.png", "3.png", image=True)
    (tmp_path / "2.png").write_bytes(b"no picture")
    source = open_source(tmp_path)
    assert len(source) == 3
    first, second, third = source
    assert first.load().image.rgb.shape == (2, 3, 3)
    with pytest.raises(BadInputError, match=r"2\.png"):
        second.load()
    assert third.load().name == "3.png"


def test_a_named_file_is_read_by_content_whatever_its_suffix(tmp_path):
    make(tmp_path, "page", "scan.dat", image=True)
    for name in ("page", "scan.dat"):
        source = open_source(tmp_path / name)
        assert len(source) == 1
        (entry,) = source
        page = entry.load()
        assert (page.name, page.image.format) == (name, "PNG")


def test_missing_and_empty_inputs_are_refused_with_advice(tmp_path):
    make(tmp_path, "texts/notes.txt", "archives/vol1.zip")
    (tmp_path / "empty").mkdir()
    for name in ("gone", "gone.zip", "empty", "texts", "archives"):
        with pytest.raises(BadInputError, match=name) as caught:
            open_source(tmp_path / name)
        assert caught.value.advice


def test_the_advice_for_an_empty_folder_is_true(tmp_path):
    """Oracle: what is found there once the advice is followed."""
    with pytest.raises(BadInputError) as caught:
        open_library(tmp_path)
    advice = caught.value.advice
    assert "Pictures are told by their content" in advice
    make(tmp_path, "no suffix", image=True)
    suffixes = re.findall(r"\.[a-z]{3,4}", advice)
    for suffix in suffixes:
        (tmp_path / f"vol1{suffix}").write_bytes(b"no archive")
    sources, broken = open_library(tmp_path)
    assert [len(source) for source in sources] == [1]
    assert {path.suffix for path, _ in broken} == set(suffixes)
    assert suffixes


def test_a_folder_that_cannot_be_listed_is_bad_input(tmp_path, monkeypatch):
    def refuse(self):
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(BadInputError, match="Permission denied"):
        open_source(tmp_path)


def test_outputs_inside_the_input_are_not_inputs(tmp_path):
    make(tmp_path, "1.png", "out/1.png", "out/deep/2.png", "sub/out/3.png")
    assert names_of(open_source(tmp_path, skip=tmp_path / "out")) == ["1.png", "sub/out/3.png"]
    (tmp_path / "link").symlink_to(tmp_path / "out")
    assert "link/1.png" not in names_of(open_source(tmp_path, skip=tmp_path / "link"))


def test_skipping_the_input_itself_is_left_to_the_check_of_names(tmp_path):
    make(tmp_path, "1.png")
    source = open_source(tmp_path, skip=tmp_path)
    assert names_of(source) == ["1.png"]
    with pytest.raises(UsageError, match="overwritten"):
        open_sinks([source], tmp_path)


def test_sources_and_sinks_fit_their_protocols(tmp_path):
    sources: list[PageSource] = [FileSource(tmp_path / "1.png"), FolderSource(tmp_path, ("2.png",))]
    sink: PageSink = FolderSink(tmp_path, {"1.png": "1.png"})
    assert [len(source) for source in sources] == [1, 1]
    assert not sink.exists("1.png")


# --- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "choice", "expected"),
    [
        ("1.png", "keep", "1.png"),
        ("1.JPG", "keep", "1.JPG"),
        ("1.jpeg", "keep", "1.jpeg"),
        ("1.webp", "keep", "1.webp"),
        ("1.bmp", "keep", "1.bmp"),
        ("1.TIFF", "keep", "1.TIFF"),
        ("1.gif", "keep", "1.png"),
        ("1.avif", "keep", "1.avif"),
        ("1.jxl", "keep", "1.jxl"),
        ("1.tiff", "tif", "1.tiff"),
        ("vol 1.5", "keep", "vol 1.5.png"),
        ("1", "keep", "1.png"),
        ("1.jpeg", "jpg", "1.jpeg"),
        ("1.png", "jpg", "1.jpg"),
        ("1.png", "webp", "1.webp"),
        ("a/b.c/1.jpg", "png", "a/b.c/1.png"),
        ("a.png.jpg", "png", "a.png.png"),
    ],
)
def test_output_names(name, choice, expected):
    assert output_name(name, choice) == expected
    marked = PurePosixPath(output_name(name, choice, mark="_color"))
    assert marked.stem == PurePosixPath(expected).stem + "_color"


def test_formats():
    assert [page_format(f"1.{suffix}", "keep") for suffix in ("PNG", "jpeg", "webp", "gif")] == [
        "png",
        "jpg",
        "webp",
        "png",
    ]
    assert page_format("1.png", "webp") == "webp"


def test_clashing_pages_are_both_kept():
    """The page that keeps its name has the right to it, whatever the order."""
    for names in (["a.jpg", "a.png"], ["a.png", "a.jpg"]):
        assert output_names(names, "png") == {"a.png": "a.png", "a.jpg": "a.jpg.png"}
    assert output_names(["a.png", "A.gif"], "keep") == {"a.png": "a.png", "A.gif": "A.gif.png"}
    assert output_names(["x/a.jpg", "y/a.png"], "png") == {"x/a.jpg": "x/a.png", "y/a.png": "y/a.png"}
    three = output_names(["a.png", "a.jpg", "a.jpg.png"], "png")
    assert three == {"a.png": "a.png", "a.jpg": "a.jpg (2).png", "a.jpg.png": "a.jpg.png"}
    assert output_names(["6.jpg", "6"], "keep", {"6": "jpg"}) == {"6.jpg": "6.jpg", "6": "6 (2).jpg"}


@given(
    names=st.lists(
        st.tuples(
            st.sampled_from(["a", "A", "b", "a.png", "x/a"]), st.sampled_from([".png", ".jpg", ".JPEG", ".gif", ".tif"])
        ).map("".join),
        unique_by=str.casefold,
    ),
    choice=st.sampled_from(["keep", "png", "jpg", "webp"]),
)
@settings(max_examples=100, deadline=None)
def test_no_two_pages_share_an_output(names, choice):
    outputs = output_names(names, choice)
    assert set(outputs) == set(names)
    assert len({output.casefold() for output in outputs.values()}) == len(names)
    assert all(PurePosixPath(output).parent == PurePosixPath(name).parent for name, output in outputs.items())


# --- sinks -----------------------------------------------------------------------------------------------------------


def outputs_of(sinks, sources):
    return [sink.path(entry.name) for source, sink in zip(sources, sinks, strict=True) for entry in source]


def open_all(*paths):
    return [open_source(path) for path in paths]


def test_outputs_lie_beside_the_inputs(tmp_path):
    make(tmp_path, "page.JPG", "chapter/b/2.png", "chapter/10.gif")
    sources = open_all(tmp_path / "page.JPG", tmp_path / "chapter")
    assert outputs_of(open_sinks(sources), sources) == [
        tmp_path / "page_color.JPG",
        tmp_path / "chapter_color" / "10.png",
        tmp_path / "chapter_color" / "b" / "2.png",
    ]
    assert files_below(tmp_path) == ["chapter/10.gif", "chapter/b/2.png", "page.JPG"]


def test_the_current_folder_gets_a_neighbour(tmp_path, monkeypatch):
    make(tmp_path, "chapter/a/1.png")
    monkeypatch.chdir(tmp_path / "chapter" / "a")
    for name, expected in ((".", "chapter/a_color"), ("..", "chapter_color")):
        (sink,) = open_sinks(open_all(Path(name)))
        assert sink.root == tmp_path / expected


def test_the_root_folder_has_no_neighbour():
    source = FolderSource(Path("/"), ("1.png",))
    with pytest.raises(UsageError, match="root"):
        open_sinks([source])
    assert open_sinks([source], Path("/out"))[0].path("1.png") == Path("/out/1.png")


def test_a_single_file_may_name_its_output_file_or_folder(tmp_path):
    make(tmp_path, "page.gif")
    (tmp_path / "there.png").mkdir()
    sources = open_all(tmp_path / "page.gif")

    def output(name, choice="keep"):
        (sink,) = open_sinks(sources, tmp_path / name, format=choice)
        return sink.path("page.gif").relative_to(tmp_path).as_posix(), sink.file_format("page.gif")

    assert output("new") == ("new/page.png", "png")
    assert output("new", "webp") == ("new/page.webp", "webp")
    assert output("vol 1.5") == ("vol 1.5/page.png", "png")
    assert output("there.png") == ("there.png/page.png", "png")
    assert output("a/cover.JPEG") == ("a/cover.JPEG", "jpg")
    assert output("cover.webp", "webp") == ("cover.webp", "webp")
    for name, choice in (("cover.png", "jpg"), ("cover.gif", "keep")):
        with pytest.raises(UsageError) as caught:
            output(name, choice)
        assert caught.value.advice


def test_a_folder_keeps_its_tree_below_the_output(tmp_path):
    make(tmp_path, "chapter/b/2.png", "chapter/1.jpg")
    sources = open_all(tmp_path / "chapter")
    out = tmp_path / "out"
    assert outputs_of(open_sinks(sources, out), sources) == [out / "1.jpg", out / "b" / "2.png"]


def test_several_inputs_share_a_folder(tmp_path):
    make(tmp_path, "x/1.png", "y/1.png", "cover.jpg")
    sources = open_all(tmp_path / "x", tmp_path / "y", tmp_path / "cover.jpg")
    out = tmp_path / "out"
    assert outputs_of(open_sinks(sources, out), sources) == [
        out / "x" / "1.png",
        out / "y" / "1.png",
        out / "cover.jpg",
    ]


def test_a_file_cannot_be_the_output_of_many(tmp_path):
    make(tmp_path, "x/1.png", "a.png", "b.png", "old", "old.png")
    for paths in (["x"], ["a.png", "b.png"]):
        for name in ("new.png", "old", "old.png"):
            with pytest.raises(UsageError, match="not a folder"):
                open_sinks(open_all(*(tmp_path / path for path in paths)), tmp_path / name)
    with pytest.raises(UsageError, match="no image suffix"):
        open_sinks(open_all(tmp_path / "a.png"), tmp_path / "old")


def test_no_input_is_overwritten(tmp_path):
    make(tmp_path, "x/1.png", "x/2.png", "a.png", "a_color.png")
    (tmp_path / "link").symlink_to(tmp_path / "x")
    for paths, output in (
        (["x"], "x"),
        (["x"], "link"),
        (["link"], "x"),
        (["x"], "x/../x"),
        (["x/1.png"], "x"),
        (["x/1.png"], "x/1.png"),
        (["x/1.png"], "link/1.png"),
        (["x/1.png", "x/2.png"], "x"),
        (["a.png", "a_color.png"], None),
    ):
        with pytest.raises(UsageError, match="overwritten"):
            open_sinks(open_all(*(tmp_path / path for path in paths)), output and tmp_path / output)


def test_another_spelling_of_the_input_is_still_the_input(tmp_path):
    """A hard link stands for the second spelling that a case-insensitive file system would offer."""
    make(tmp_path, "page.png")
    os.link(tmp_path / "page.png", tmp_path / "PAGE.PNG")
    with pytest.raises(UsageError, match="overwritten"):
        open_sinks(open_all(tmp_path / "page.png"), tmp_path / "PAGE.PNG")


def test_two_inputs_never_share_an_output(tmp_path):
    make(tmp_path, "x/1.png", "y/1.png", "a.png", "a.jpg", "z/x/1.png")
    for paths, output, choice in (
        (["x/1.png", "y/1.png"], "out", "keep"),
        (["a.png", "a.jpg"], "out", "png"),
        (["a.png", "a.jpg"], None, "png"),
        (["x", "z/x"], "out", "keep"),
        (["a.png", "a.png"], None, "keep"),
    ):
        with pytest.raises(UsageError, match="Two inputs"):
            open_sinks(open_all(*(tmp_path / path for path in paths)), output and tmp_path / output, format=choice)


def test_a_sink_writes_where_it_says_and_knows_what_is_done(tmp_path):
    make(tmp_path, "chapter/b/2.gif", image=True)
    (source,) = sources = open_all(tmp_path / "chapter")
    (sink,) = open_sinks(sources)
    (entry,) = source
    assert not sink.exists("b/2.gif")
    assert sink.write(entry.load(), b"coloured") == tmp_path / "chapter_color" / "b" / "2.png"
    assert sink.exists("b/2.gif")
    assert (tmp_path / "chapter_color" / "b" / "2.png").read_bytes() == b"coloured"


# --- writing ---------------------------------------------------------------------------------------------------------


def test_writing_makes_folders_and_replaces_older_files(tmp_path):
    path = tmp_path / "new" / "deeper" / "頁.png"
    for data in (b"one", b"two", b""):
        write_atomically(path, data)
        assert path.read_bytes() == data
    assert files_below(tmp_path) == ["new/deeper/頁.png"]


def test_outputs_get_the_usual_permissions(tmp_path):
    (tmp_path / "usual").touch()
    write_atomically(tmp_path / "written", b"1")
    assert stat.S_IMODE((tmp_path / "written").stat().st_mode) == stat.S_IMODE((tmp_path / "usual").stat().st_mode)


def test_the_longest_name_can_be_written(tmp_path):
    write_atomically(tmp_path / ("n" * 251 + ".png"), b"1")
    with pytest.raises(CannotWriteError, match="too long") as caught:
        write_atomically(tmp_path / ("n" * 300), b"1")
    assert "shorter" in caught.value.advice
    assert len(files_below(tmp_path)) == 1


FAULTS = [
    (OSError(errno.ENOSPC, "No space left on device"), "free some space"),
    (PermissionError(errno.EACCES, "Permission denied"), "permissions"),
    (OSError(errno.EROFS, "Read-only file system"), "read-only"),
    (OSError(errno.EIO, "Input/output error"), "another place"),
]


@pytest.mark.parametrize("place", ["open", "fsync", "replace", "mkdir"])
@pytest.mark.parametrize(("fault", "advice"), FAULTS, ids=lambda value: getattr(value, "strerror", ""))
def test_faults_leave_the_old_file_and_nothing_else(tmp_path, monkeypatch, place, fault, advice):
    path = tmp_path / "page.png"
    path.write_bytes(b"old")

    def fail(*args, **kwargs):
        raise fault

    if place == "fsync" and isinstance(fault, PermissionError):
        pytest.skip("a file system that knows no syncing is done without")
    monkeypatch.setattr(os if place == "fsync" else Path, place, fail)
    with pytest.raises(CannotWriteError, match=r"page\.png") as caught:
        write_atomically(path, b"new" * 100_000)
    monkeypatch.undo()
    assert advice in caught.value.advice
    assert caught.value.__cause__ is fault
    assert path.read_bytes() == b"old"
    assert files_below(tmp_path) == ["page.png"]


def test_an_interrupt_leaves_nothing_behind(tmp_path, monkeypatch):
    def interrupt(descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "page.png", b"new")
    assert files_below(tmp_path) == []


def test_what_is_in_the_way_stays(tmp_path):
    (tmp_path / "page.png").mkdir()
    (tmp_path / "file").write_bytes(b"old")
    for path in (tmp_path / "page.png", tmp_path / "file" / "page.png", tmp_path / "file" / "deeper" / "page.png"):
        with pytest.raises(CannotWriteError) as caught:
            write_atomically(path, b"new")
        assert "in the way" in caught.value.advice
    assert (tmp_path / "page.png").is_dir()
    assert files_below(tmp_path) == ["file"]


def test_the_partial_file_is_no_page(tmp_path, monkeypatch):
    """A walk that runs at the same time must not take the temporary file for a page."""
    make(tmp_path, "1.png")
    seen = []
    sync = os.fsync

    def look(descriptor):
        seen.extend(names_of(open_source(tmp_path)))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", look)
    write_atomically(tmp_path / "2.png", b"new")
    assert seen == ["1.png"]


@pytest.mark.skipif(os.name != "posix", reason="asks for processes as POSIX does")
def test_what_a_killed_process_was_writing_is_cleared_and_that_of_a_living_one_is_not(tmp_path):
    """Contract: of this machine at once, of others after a day; by the next run that writes there."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    mine = partials.partial_name()
    dead = mine.replace(f"-{os.getpid()}-", f"-{process.pid}-")
    foreign, old = f".mangacolor-{'0' * 8}-1-aa.part", f".mangacolor-{'0' * 8}-1-bb.part"
    for name in (mine, dead, foreign, old, "1.png.part"):
        (tmp_path / name).touch()
    os.utime(tmp_path / old, (1, 1))
    FolderSink(tmp_path, {"1.png": "1.png"}).begin("", overwrite=False)
    assert set(files_below(tmp_path)) == {mine, foreign, "1.png.part"}
