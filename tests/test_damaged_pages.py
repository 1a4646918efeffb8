"""Pages that are not whole, that move, or that do not fit into the format that was asked for, in a whole run.

Oracle: the contract in the README on what a run writes and tells, with Pillow reading the outputs.
"""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from typing import get_args

import numpy as np
import pytest
from book_files import contents, digest, is_red, page_bytes
from PIL import Image
from stubs import Painter

from mangacolor.cli import run
from mangacolor.cli.report import NOTES
from mangacolor.colorize.animation import colorize_frames
from mangacolor.errors import ExitCode
from mangacolor.image import Animation, DecodedImage, Frame, NoteKind
from mangacolor.image.formats import WRITTEN


@pytest.fixture(autouse=True)
def painter(monkeypatch):
    """In place of the networks."""
    painter = Painter()
    monkeypatch.setattr("mangacolor.colorize.jobs.open_colorizer", lambda order: painter)
    return painter


def noise_bytes(format="JPEG", seed=0, size=(40, 64), **options):
    buffer = io.BytesIO()
    levels = np.random.default_rng(seed).integers(0, 256, size[::-1], np.uint8)
    Image.fromarray(levels).save(buffer, format, **options)
    return buffer.getvalue()


def moving(format, count=3, mode="L", **options):
    frames = [Image.new(mode, (20, 30), tuple([60 * number + 40] * len(mode))) for number in range(count)]
    buffer = io.BytesIO()
    frames[0].save(buffer, format, save_all=True, append_images=frames[1:], duration=100, loop=0, **options)
    return buffer.getvalue()


def book(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


# Damage


def test_a_damaged_page_is_coloured_told_and_ends_with_6(tmp_path, capsys):
    """Contract: each by its name, whatever --quiet says; a second run has nothing to do."""
    data = noise_bytes()
    source = book(tmp_path / "a.cbz", {"1.png": page_bytes(1), "2.jpg": data[: len(data) * 3 // 4]})
    assert run(["colorize", str(source), "-q"]) == ExitCode.SOME_PAGES_FAILED
    told = capsys.readouterr()
    assert "2.jpg is damaged; what is there" in told.err
    assert told.out.strip() == str(tmp_path / "a_color.cbz")
    assert all(is_red(page) for page in contents(tmp_path / "a_color.cbz").values())
    assert run(["colorize", str(source)]) == ExitCode.DONE


def test_damage_is_counted_in_json(tmp_path, capsys):
    data = noise_bytes()
    (tmp_path / "1.jpg").write_bytes(data[: len(data) // 2])
    assert run(["colorize", str(tmp_path / "1.jpg"), "--json"]) == ExitCode.SOME_PAGES_FAILED
    page, summary = map(json.loads, capsys.readouterr().out.splitlines())
    assert page["status"] == "colored"
    assert [note["kind"] for note in page["notes"]] == ["damaged"]
    assert summary["inexact"]["damaged"] == 1
    assert summary["summary"]["colored"] == 1


# Pages that move


@pytest.mark.slow
@pytest.mark.parametrize(("format", "suffix"), [("WEBP", "webp"), ("PNG", "png"), ("GIF", "png")])
def test_a_page_that_moves_is_coloured_frame_by_frame(tmp_path, painter, format, suffix, capsys, monkeypatch):
    """Contract: all frames, as files and in books, with nothing to tell."""

    def tint(page, hints=()):
        painter.painted += 1
        return dataclasses.replace(page, rgb=page.rgb // np.uint8([1, 4, 4])), "colored"

    monkeypatch.setattr(painter, "colorize_page", tint)
    name = f"1.{format.lower()}"
    source = book(tmp_path / "a.cbz", {name: moving(format)})
    (tmp_path / name).write_bytes(moving(format))
    assert run(["colorize", str(source), str(tmp_path / name), "-o", str(tmp_path / "out")]) == ExitCode.DONE
    assert painter.painted == 6
    for data in (contents(tmp_path / "out" / "a.cbz")[f"1.{suffix}"], (tmp_path / "out" / f"1.{suffix}").read_bytes()):
        with Image.open(io.BytesIO(data)) as image:
            for number in range(3):
                image.seek(number)
                image.load()
                red, green, _ = np.asarray(image.convert("RGB"))[0, 0].astype(int)
                assert red > 2 * green
                assert round(image.info["duration"]) == 100
    assert "pictures" not in capsys.readouterr().err


def test_an_animation_asked_to_be_jpeg_is_written_as_webp(tmp_path, capsys):
    """Contract: in a format that holds it, told once."""
    source = book(tmp_path / "a.cbz", {"1.gif": moving("GIF"), "2.gif": moving("GIF"), "3.png": page_bytes(3)})
    assert run(["colorize", str(source), "--format", "jpg"]) == ExitCode.DONE
    assert sorted(contents(tmp_path / "a_color.cbz")) == ["1.webp", "2.webp", "3.jpg"]
    told = [line for line in capsys.readouterr().err.splitlines() if "a.cbz" in line]
    assert told == [f"{source}: 2 pages in another format, which holds them."]


@pytest.mark.parametrize("container", ["folder", "book"])
def test_an_animation_that_is_too_long_is_copied_and_told(tmp_path, monkeypatch, container, capsys):
    """Contract: byte for byte, under its own suffix."""
    monkeypatch.setattr("mangacolor.image.frames.MAX_FRAMES", 2)
    data = moving("GIF")
    source = tmp_path / "a"
    if container == "folder":
        source.mkdir()
        (source / "1.gif").write_bytes(data)
    else:
        source = book(tmp_path / "a.cbz", {"1.gif": data})
    assert run(["colorize", str(source), "--json"]) == ExitCode.DONE
    page = json.loads(capsys.readouterr().out.splitlines()[0])
    assert page["status"] == "copied"
    assert [note["kind"] for note in page["notes"]] == ["frames"]
    if container == "folder":
        assert (tmp_path / "a_color" / "1.gif").read_bytes() == data
    else:
        assert contents(tmp_path / "a_color.cbz") == {"1.gif": data}
    assert run(["colorize", str(source), "--json"]) == ExitCode.DONE


def test_what_stands_still_keeps_its_colours():
    """Invariant: a painter that paints each frame otherwise changes only the pixels that changed."""

    class Fickle(Painter):
        def colorize_page(self, page, hints=()):
            done, outcome = super().colorize_page(page, hints)
            return dataclasses.replace(done, rgb=np.full_like(page.rgb, 50 * self.painted)), outcome

    grey = np.full((4, 6, 3), 200, np.uint8)
    moved = grey.copy()
    moved[1, 2] = 90
    page = DecodedImage(grey, animation=Animation((Frame(moved), Frame(moved)), (10.0, 10.0, 10.0)))
    done, _ = colorize_frames(Fickle(), page)
    second, third = (frame.rgb for frame in done.animation.frames)
    assert (second[1, 2] == 100).all()
    assert (second != done.rgb).any(axis=-1).sum() == 1
    assert (third == second).all()


# Formats that end somewhere


def strip(format="PNG"):
    buffer = io.BytesIO()
    Image.new("L", (8, 17_200), 128).save(buffer, format)
    return buffer.getvalue()


@pytest.mark.parametrize("asked", ["webp", "avif"])
def test_a_strip_goes_into_a_format_that_holds_it(tmp_path, asked, capsys, monkeypatch):
    """Contract: that page alone, told once, exit 0, in books and folders; a second run skips it."""
    monkeypatch.setitem(WRITTEN, "avif", WRITTEN["avif"]._replace(most_side_px=16_383))
    source = book(tmp_path / "a.cbz", {"1.png": strip(), "2.png": page_bytes(2)})
    folder = tmp_path / "b"
    folder.mkdir()
    (folder / "1.png").write_bytes(strip())
    (folder / "2.png").write_bytes(page_bytes(2))
    words = ["colorize", str(source), str(folder), "-o", str(tmp_path / "out"), "--format", asked]
    assert run(words) == ExitCode.DONE
    assert sorted(contents(tmp_path / "out" / "a.cbz")) == ["1.jpg", f"2.{asked}"]
    assert sorted(path.name for path in (tmp_path / "out" / "b").iterdir()) == ["1.jpg", f"2.{asked}"]
    told = capsys.readouterr()
    assert told.err.count(f"does not fit into {asked} and is written as jpg") == 2
    assert str(tmp_path / "out" / "b" / "1.jpg") in told.out
    assert run(words) == ExitCode.DONE
    assert "Pages: 4 skipped" in capsys.readouterr().err


@pytest.mark.parametrize("asked", ["jpg", "bmp"])
def test_transparency_is_kept_where_the_format_has_none(tmp_path, asked):
    """Contract: PNG for a page that is transparent somewhere; one that is opaque everywhere has nothing to lose."""
    clear = Image.new("LA", (20, 30), (200, 255))
    opaque = clear.copy()
    clear.putpixel((3, 3), (200, 0))
    files = {}
    for name, image in (("1.png", clear), ("2.png", opaque)):
        buffer = io.BytesIO()
        image.save(buffer, "PNG")
        files[name] = buffer.getvalue()
    source = book(tmp_path / "a.cbz", files)
    assert run(["colorize", str(source), "--format", asked]) == ExitCode.DONE
    assert sorted(contents(tmp_path / "a_color.cbz")) == ["1.png", f"2.{asked}"]


def test_another_format_never_falls_on_an_input_or_another_output(tmp_path):
    """Invariant: the page beside it that has the name keeps it."""
    clear = Image.new("LA", (20, 30), (200, 0))
    folder = tmp_path / "a"
    folder.mkdir()
    clear.save(folder / "1.png")
    (folder / "1.webp").write_bytes(noise_bytes("WEBP"))
    before = {path: digest(path) for path in folder.iterdir()}
    words = ["colorize", str(folder / "1.png"), "-o", str(folder), "--format", "jpg"]
    assert run(words) == ExitCode.DONE
    assert {path: digest(path) for path in before} == before
    assert sorted(path.name for path in folder.iterdir()) == ["1.jpg.png", "1.png", "1.webp"]


def test_a_file_that_was_named_keeps_its_format(tmp_path, capsys):
    """Contract: the user's own words; what is lost by them is told."""
    Image.new("LA", (20, 30), (200, 0)).save(tmp_path / "1.png")
    assert run(["colorize", str(tmp_path / "1.png"), "-o", str(tmp_path / "out.jpg")]) == ExitCode.DONE
    with Image.open(tmp_path / "out.jpg") as image:
        assert image.format == "JPEG"
    assert "transparency" in capsys.readouterr().err


def test_a_file_that_was_named_with_a_suffix_that_cannot_hold_it_gets_another(tmp_path, capsys):
    """Contract: it is told, and its path is printed; the next run finds it."""
    (tmp_path / "1.png").write_bytes(strip())
    words = ["colorize", str(tmp_path / "1.png"), "-o", str(tmp_path / "out.webp")]
    assert run(words) == ExitCode.DONE
    told = capsys.readouterr()
    assert told.out.strip() == str(tmp_path / "out.jpg")
    assert "does not fit into webp and is written as jpg" in told.err
    assert run(words) == ExitCode.DONE
    assert "1 skipped" in capsys.readouterr().err


def test_every_kind_of_note_has_its_words():
    """Contract: a kind without them would end the run that tells it, and no type checker sees that."""
    assert set(get_args(NoteKind)) == NOTES.keys() | {"damaged"}


def test_what_is_not_exact_is_told_in_one_line_a_book(tmp_path, capsys):
    """Contract: depth, profile and metadata, counted once a page in JSON."""
    buffer = io.BytesIO()
    levels = np.arange(600, dtype=np.uint16).reshape(30, 20) * 100
    Image.fromarray(levels).save(buffer, "PNG")
    cmyk = io.BytesIO()
    Image.new("CMYK", (20, 30), (0, 0, 0, 90)).save(cmyk, "JPEG")
    source = book(tmp_path / "a.cbz", {"1.png": buffer.getvalue(), "2.jpg": cmyk.getvalue(),
                                       "3.jpg": noise_bytes(icc_profile=b"rubbish" * 30),
                                       "4.jpg": noise_bytes(comment=b"scanned by me")})  # fmt: skip
    assert run(["colorize", str(source), "--json"]) == ExitCode.DONE
    summary = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert summary["inexact"] == {
        "damaged": 0,
        "redrawn": 0,
        "frames": 0,
        "format": 0,
        "misnamed": 0,
        "profile": 2,
        "depth": 1,
        "metadata": 1,
        "stale": 0,
        "transparent": 0,
        "paper": 0,
    }
    assert run(["colorize", str(source), "--overwrite"]) == ExitCode.DONE
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith(f"{source}: ")]
    assert len(told) == 1
    for part in ("2 pages with colours converted", "1 page with 8 bits", "1 page without some of their metadata"):
        assert part in told[0]
