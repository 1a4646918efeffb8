"""Small books made on the spot, shared by the tests, and how they are coloured and read back."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image
from stubs import RED, Painter

from mangacolor.books import open_sinks, open_source
from mangacolor.colorize.run import colorize_pages

COMIC_INFO = b"<?xml version='1.0'?><ComicInfo><Title>\xe6\xbc\xab\xe7\x94\xbb</Title></ComicInfo>"


def page_bytes(number=0, format="PNG", size=(20, 30)):
    buffer = io.BytesIO()
    Image.new("L", size, 40 * number % 256).save(buffer, format)
    return buffer.getvalue()


FILES = {
    "10.png": page_bytes(10),
    "2.png": page_bytes(2),
    "ch 1/3.jpg": page_bytes(3, "JPEG"),
    "ComicInfo.xml": COMIC_INFO,
    "credits.txt": b"thanks",
    ".hidden.png": b"not for readers",
    "__MACOSX/2.png": b"rubbish",
}
PAGES = ["2.png", "10.png", "ch 1/3.jpg"]


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def colour(path, painter=None, *, overwrite=False, output=None, choice="keep", page=PAGES[0], **options):
    sources = [open_source(path, **options)]
    sinks = open_sinks(sources, output, format=choice)
    return list(colorize_pages(painter or Painter(), sources, sinks, overwrite=overwrite)), sinks[0].path(page)


def contents(path):
    """Return names and data of an archive as another tool than ours reads it."""
    if path.read_bytes()[:2] == b"PK":
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            return {
                one.filename.removeprefix("./"): archive.read(one) for one in archive.infolist() if not one.is_dir()
            }
    with tarfile.open(path) as archive:
        return {
            one.name.removeprefix("./"): archive.extractfile(one).read() for one in archive.getmembers() if one.isreg()
        }


def is_red(data):
    with Image.open(io.BytesIO(data)) as image:
        return np.abs(np.asarray(image.convert("RGB")).astype(int) - RED).max() <= 6


# Every container


def skip_without_libarchive():
    """The binding is there on every machine that tests; the system's library may not be, and is missed in many ways."""
    try:
        import libarchive  # noqa: F401
    except (ImportError, OSError, AttributeError, TypeError):
        pytest.skip("libarchive is not installed")


def zipped(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def tarred(path, files, mode="w"):
    with tarfile.open(path, mode) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def made_by(*command, of=(".",)):
    def make(path, tree):
        if shutil.which(command[0]) is None:
            pytest.skip(f"{command[0]} is not installed")
        subprocess.run([*command, str(path), *of], cwd=tree, check=True, capture_output=True)

    return make
