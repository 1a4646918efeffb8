"""A library of small books of every kind with every trouble, coloured by runs that are killed, and what is true then.

`tests/test_soak.py` does a few of them, `make soak` two thousand.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import io
import json
import os
import random
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import numpy as np
from book_files import contents, is_red
from PIL import Image
from rar5 import stored_rar

RUNNER = """
import atexit, os, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from stubs import Painter
from mangacolor.cli import run
import mangacolor.colorize.jobs

class Measured(Painter):
    def colorize_page(self, page, hints=()):
        if self.painted % 50 == 0:
            memory = Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]
            handles = len(os.listdir("/proc/self/fd"))
            print("memory", memory, handles, file=log, flush=True)
        return super().colorize_page(page, hints)

mangacolor.colorize.jobs.open_colorizer = lambda order: Measured()
print("ready", flush=True)
for line in sys.stdin:
    library, out, told = line.rstrip("\\n").split("\\t")
    process = os.fork()
    if process == 0:
        log = open(told + ".memory", "w")
        place = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(place, 1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        status = run(["colorize", library, "-o", out, "--json"])
        sys.stdout.flush()
        atexit._run_exitfuncs()
        os._exit(status)
    print(process, flush=True)
    _, status = os.waitpid(process, 0)
    print("over", os.waitstatus_to_exitcode(status), flush=True)
"""


@dataclasses.dataclass(frozen=True)
class Expected:
    """What becomes of a book: pages that are painted or copied, and pages that fail; none at all where it is broken."""

    name: str
    done: int
    failed: int
    is_broken: bool = False


def page(rng, format="PNG", mode="L", size=(12, 16), **options):
    levels = np.random.default_rng(rng.getrandbits(32)).integers(0, 256, size[::-1], np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(levels).convert(mode).save(buffer, format, **options)
    return buffer.getvalue()


def cut_page(rng):
    data = page(rng, "JPEG", size=(48, 64))
    return data[: len(data) * 3 // 4]


def moving_page(rng):
    frames = [Image.new("L", (12, 16), rng.randrange(256)) for _ in range(3)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=100)
    return buffer.getvalue()


def deep_page(rng):
    buffer = io.BytesIO()
    Image.fromarray(np.full((16, 12), rng.randrange(65536), np.uint16)).save(buffer, "PNG")
    return buffer.getvalue()


# Each with the suffix of the page and whether it fails.
TROUBLES = {
    "grey": (lambda rng: page(rng), "png", False),
    "jpeg": (lambda rng: page(rng, "JPEG"), "jpg", False),
    "webp": (lambda rng: page(rng, "WEBP"), "webp", False),
    "clear": (lambda rng: page(rng, mode="LA"), "png", False),
    "print": (lambda rng: page(rng, "JPEG", mode="CMYK"), "jpg", False),
    "deep": (deep_page, "png", False),
    "moving": (moving_page, "gif", False),
    "cut": (cut_page, "jpg", False),
    "profile": (lambda rng: page(rng, icc_profile=b"rubbish" * 20), "png", False),
    "empty": (lambda rng: b"", "png", True),
    "rubbish": (lambda rng: b"\x89PNG\r\n\x1a\n rubbish", "png", True),
}


def as_zip(path, files, **options):
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, data in files.items():
            archive.writestr(name, data)


def as_tar(path, files, mode="w"):
    with tarfile.open(path, mode) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def as_7z(path, files):
    import libarchive

    with libarchive.file_writer(str(path), "7zip") as archive:
        for name, data in files.items():
            archive.add_file_from_memory(name, len(data), data)


def as_rar(path, files):
    path.write_bytes(stored_rar(files))


KINDS = {
    "cbz": as_zip,
    "zip": lambda path, files: as_zip(path, files, compression=zipfile.ZIP_DEFLATED),
    "cbt": as_tar,
    "tar": as_tar,
    "cbr": as_rar,
    "cb7": as_7z,
}


def as_pdf(path, pages):
    import pikepdf

    with pikepdf.new() as document:
        for data in pages:
            with Image.open(io.BytesIO(data)) as image:
                width, height = image.size
            picture = document.make_stream(data)
            for key, value in (("Width", width), ("Height", height), ("BitsPerComponent", 8)):
                picture[f"/{key}"] = value
            picture.Type, picture.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
            picture.ColorSpace, picture.Filter = pikepdf.Name.DeviceGray, pikepdf.Name.DCTDecode
            content = document.make_stream(f"q {width} 0 0 {height} 0 0 cm /Im Do Q".encode())
            document.pages.append(
                pikepdf.Page(
                    document.make_indirect(
                        pikepdf.Dictionary(
                            Type=pikepdf.Name.Page, MediaBox=[0, 0, width, height], Contents=content,
                            Resources=pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im=picture)),
                        )
                    )
                )
            )  # fmt: skip
        document.save(path)


def as_tiff(path, rng, count):
    frames = [Image.new("L", (12, 16), rng.randrange(200)) for _ in range(count)]
    frames[0].save(path, save_all=True, append_images=frames[1:])


def make_library(folder, count, seed=0):
    """Draw books into a folder and say what is to become of each."""
    rng = random.Random(seed)
    expected = []
    for number in range(count):
        shelf = folder / rng.choice(["", "a", "漫画", "deep/er"])
        shelf.mkdir(parents=True, exist_ok=True)
        kind = rng.choice([*KINDS, *KINDS, "pdf", "tif", "broken"])
        path = shelf / f"{number:04} {rng.choice(['book', '本', 'é'])}.{kind if kind != 'broken' else 'cbz'}"
        pages = rng.randint(1, 5)
        if kind == "broken":
            path.write_bytes(rng.choice([b"", b"no book", b"PK\x03\x04 and nothing more"]))
            expected.append(Expected(path.relative_to(folder).as_posix(), 0, 1, is_broken=True))
            continue
        if kind == "pdf":
            as_pdf(path, [page(rng, "JPEG", size=(24, 32)) for _ in range(pages)])
        elif kind == "tif":
            pages = max(2, pages)
            as_tiff(path, rng, pages)
        if kind in ("pdf", "tif"):
            expected.append(Expected(path.relative_to(folder).as_posix(), pages, 0))
            continue
        troubles = [rng.choice(list(TROUBLES)) for _ in range(pages)]
        files = {f"p/{place}.{TROUBLES[one][1]}": TROUBLES[one][0](rng) for place, one in enumerate(troubles)}
        files["ComicInfo.xml"] = b"<ComicInfo/>"
        KINDS[kind](path, files)
        failed = sum(TROUBLES[one][2] for one in troubles)
        expected.append(Expected(path.relative_to(folder).as_posix(), pages - failed, failed))
    return expected


def add_loose_pages(folder, count, seed=0):
    """Draw pages that are files of their own, all good, so that the folder is work, too."""
    rng = random.Random(seed)
    place = folder / "loose"
    place.mkdir()
    for number in range(count):
        (place / f"{number:04}.png").write_bytes(page(rng))
    return count


class Runner:
    """A process that colours libraries in forks of itself, since to import everything takes longer than the work."""

    def __enter__(self):
        command = [sys.executable, "-W", "ignore", "-c", RUNNER, str(Path(__file__).parent)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def run(self, library, out, told, kill_after=None):
        """Colour a library, killed after so many seconds; return the exit status and the seconds."""
        self.process.stdin.write(f"{library}\t{out}\t{told}\n")
        self.process.stdin.flush()
        number = int(self.process.stdout.readline())
        started = time.monotonic()
        if kill_after is not None:
            time.sleep(kill_after)
            with contextlib.suppress(ProcessLookupError):  # it was done before
                os.kill(number, signal.SIGKILL)
        _, status = self.process.stdout.readline().split()
        return int(status), time.monotonic() - started


def digests(folder):
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def output_of(out, name):
    path = Path(name)
    suffix = {".cbr": ".cbz", ".cb7": ".cbz"}.get(path.suffix, path.suffix)
    return out / path.with_suffix(suffix)


def check_outputs(out, expected, loose):
    """Compare what was written with what was to be: nothing lost, nothing half, nothing left."""
    for one in expected:
        target = output_of(out, one.name)
        assert target.exists() == (one.done > 0), f"{one} is {'missing' if one.done else 'there'}"
        if not one.done:
            continue
        if target.suffix in (".cbz", ".zip", ".cbt", ".tar"):
            files = contents(target)
            assert files.pop("ComicInfo.xml") == b"<ComicInfo/>"
            assert len(files) == one.done + one.failed, one
            red = 0
            for data in files.values():
                with contextlib.suppress(Exception):
                    red += is_red(data)
            assert red == one.done, f"{one}: {red} pages are painted"
        elif target.suffix == ".tif":
            with Image.open(target) as image:
                assert image.n_frames == one.done
    pages = list((out / "loose").glob("*.png"))
    assert len(pages) == loose
    assert all(is_red(path.read_bytes()) for path in pages)
    hidden = [path for path in out.rglob(".*") if path.is_dir()]
    assert len(hidden) == sum(one.failed > 0 and one.done > 0 for one in expected)
    left = [path for folder in hidden for path in folder.iterdir() if path.name not in ("job.json", "failed.json")]
    assert not left, left
    assert not list(out.rglob("*.part"))


def check_summary(told, expected, loose):
    """Compare the lines of a run with its summary and with the pages that there are."""
    lines = [json.loads(line) for line in told.read_text(encoding="utf-8").splitlines()]
    summary = lines.pop()["summary"]
    for status, count in summary.items():
        assert count == sum(line["status"] == status for line in lines), status
    assert sum(summary.values()) == loose + sum(one.done + one.failed for one in expected)
    assert summary["failed"] == sum(one.failed for one in expected)
    return summary


def soak(folder, books, kills, *, seed=0, say=print):
    """Make a library, colour it whole, then again killed at random moments and resumed; check, and say the figures."""
    library, expected = folder / "library", []
    library.mkdir()
    temporary = folder / "tmp"
    temporary.mkdir()
    os.environ["TMPDIR"] = str(temporary)
    expected = make_library(library, books, seed)
    loose = add_loose_pages(library, books // 5, seed)
    before = digests(library)
    rng = random.Random(seed + 1)
    with Runner() as runner:
        status, seconds = runner.run(library, folder / "whole", folder / "whole.json")
        assert status == 6
        check_outputs(folder / "whole", expected, loose)
        check_summary(folder / "whole.json", expected, loose)
        pages = loose + sum(one.done + one.failed for one in expected)
        say(f"{books} books and {loose} loose pages, {pages} pages in all, in {seconds:.0f} s")
        for kill in range(kills):
            runner.run(library, folder / "out", folder / "out.json", kill_after=rng.uniform(0, 2) * seconds / kills)
            assert digests(library) == before
            say(f"kill {kill + 1}: {sum(output_of(folder / 'out', one.name).exists() for one in expected)} books there")
        status, _ = runner.run(library, folder / "out", folder / "out.json")
    assert status == 6
    assert digests(library) == before
    check_outputs(folder / "out", expected, loose)
    check_summary(folder / "out.json", expected, loose)
    assert not list(temporary.iterdir()), "unpacked books are left"
    used = [line.split()[1:] for line in (folder / "whole.json.memory").read_text().splitlines()]
    memory, handles = ([int(one[place]) for one in used] for place in (0, 1))
    say(f"memory {memory[len(memory) // 4] / 1024:.0f} MB after a quarter, {memory[-1] / 1024:.0f} MB at the end; "
        f"at most {max(handles)} files open")  # fmt: skip
    return memory, handles


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as made:
        memory, _ = soak(Path(made), int(os.environ.get("BOOKS", "2000")), int(os.environ.get("KILLS", "10")))
    assert memory[-1] < 1.15 * memory[len(memory) // 4] + 20_000, "memory grows with the books"
