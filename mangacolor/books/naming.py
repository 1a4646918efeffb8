"""What outputs are called: the same names in the same tree, with another suffix only where the format changes."""

from __future__ import annotations

import itertools
import re
import unicodedata
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal, TypeVar

from mangacolor.image.formats import IMAGE_SUFFIXES, WRITTEN_SUFFIXES, FileFormat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_Named = TypeVar("_Named")
FormatChoice = Literal["keep", FileFormat]
"""What the user asks for; "keep" writes pages as they came, and GIF, which has too few colours, as PNG."""


MARK = "_color"
"""What is added to the name of a page or book for the coloured one beside it."""

COLOURED_ENDINGS = (MARK, "_colour", "_colored", "_coloured")
"""What the names of coloured pages and books end with whose grey twin, without it, lies beside them."""


_REFUSED = re.compile(r'[<>:"\\|?*\x00-\x1f]')
_DEVICE = re.compile("con|prn|aux|nul|(com|lpt)[1-9¹²³]", re.IGNORECASE)
"""What Windows takes for no name of a file, and for that of a device whatever its suffix."""


def drawn_twin(path: Path) -> Path | None:
    """Return the page or book as it was drawn that lies beside a coloured one: `1.png` beside `1_color.png`."""
    for ending in COLOURED_ENDINGS:
        if path.stem.lower().endswith(ending):
            stem = path.stem[: -len(ending)]
            exact = path.with_name(stem + path.suffix)
            others = sorted(other for other in path.parent.glob("*.*") if other.stem == stem and other != path)
            return exact if exact.exists() else next(iter(others), None)
    return None


def made_of_others(names: Iterable[str]) -> tuple[str, ...]:
    """Return which pages of a folder stand beside the page that they were made of: `1_color.png` beside `1.png`."""
    stems = {name: _stem_of(name) for name in names}
    return tuple(name for name in marked_twins(stems) if stems[name] != name)


def marked_twins(stems: Mapping[_Named, str]) -> list[_Named]:
    """Return what is called as the output of something else that is there.

    Args:
        stems: What each thing is called without its suffix, with the folders that it lies in.
    """
    there = set(stems.values())
    return [one for one, stem in stems.items() if stem.endswith(MARK) and stem.removesuffix(MARK) in there]


def _stem_of(name: str) -> str:
    """Return a name without its suffix if that is one of pictures, as `output_name` takes it."""
    suffix = PurePosixPath(name).suffix
    return name.removesuffix(suffix) if suffix.lower() in IMAGE_SUFFIXES else name


def name_held(planned: str, kind: str | None, is_taken: Callable[[str], bool]) -> str:
    """Return the name of an output that may have come out in another format than was planned.

    Args:
        planned: Its name.
        kind: What it is by its content, from `picture_kind`.
        is_taken: Whether a name belongs to something else.

    Returns:
        The planned name where it fits, else with another suffix: "1.webp" becomes "1.png", or "1.webp.png" where that
        is taken.
    """
    path = PurePosixPath(planned)
    if kind is None or WRITTEN_SUFFIXES.get(path.suffix.lower()) == kind:
        return planned
    names = [path.with_suffix(f".{kind}").as_posix(), f"{planned}.{kind}"]
    numbered = (f"{planned} ({number}).{kind}" for number in itertools.count(2))
    return next(name for name in itertools.chain(names, numbered) if not is_taken(name))


def page_format(name: str, choice: FormatChoice, kind: str = "") -> FileFormat:
    """Say in which format a page is written.

    The suffix decides and not the content, so that finished outputs are recognised without opening any input; where it
    is no image suffix, the content has been looked at to see that this is a page.

    Args:
        name: Name of the input page.
        choice: Output format.
        kind: What it is by its content, if that is known: see `picture_kind`.
    """
    if choice != "keep":
        return choice
    suffix = PurePosixPath(name).suffix.lower()
    return WRITTEN_SUFFIXES.get(suffix if suffix in IMAGE_SUFFIXES else f".{kind}", "png")


def output_name(name: str, choice: FormatChoice, *, mark: str = "", kind: str = "") -> str:
    """Return the name of the coloured page.

    Args:
        name: Name of the input page, with forward slashes.
        choice: Output format.
        mark: Goes between stem and suffix, such as "_color".
        kind: As in `page_format`.

    Returns:
        The name with its suffix untouched where that fits the format ("1.JPG" stays), replaced where it is another
        image suffix ("1.bmp" becomes "1.png"), and extended otherwise ("vol 1.5" becomes "vol 1.5.png").
    """
    path = PurePosixPath(name)
    known = path.suffix.lower() in IMAGE_SUFFIXES
    stem, suffix = (path.stem, path.suffix) if known else (path.name, "")
    format = page_format(name, choice, kind)
    if WRITTEN_SUFFIXES.get(suffix.lower()) != format:
        suffix = f".{format}"
    return path.with_name(f"{stem}{mark}{suffix}").as_posix()


def same_file(name: str) -> str:
    """Return what is equal for names that mean one file on Windows or macOS."""
    return unicodedata.normalize("NFC", name).casefold()


def disk_names(names: Iterable[str]) -> dict[str, str]:
    """Name a file for each page of a book so that every disk takes it, and no two are one on any.

    What Windows refuses becomes "_": some letters, dots and spaces at an end; names of devices get one before them.
    Later pages whose names would be taken for one that is there get a number.

    Args:
        names: Names of pages, with forward slashes; they lie below one folder.

    Returns:
        By their names, names with forward slashes, to which a suffix may be added.
    """
    result: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        plain = "/".join(map(_disk_name, name.split("/")))
        ways = itertools.chain([plain], (f"{plain} ({number})" for number in itertools.count(2)))
        result[name] = next(way for way in ways if same_file(way) not in taken)
        taken.add(same_file(result[name]))
    return result


def _disk_name(part: str) -> str:
    kept = _REFUSED.sub("_", part)
    end = len(kept.rstrip(". "))
    kept = kept[:end] + "_" * (len(kept) - end)
    return f"_{kept}" if _DEVICE.fullmatch(kept.partition(".")[0].rstrip()) else kept


def output_names(
    names: Sequence[str], choice: FormatChoice, kinds: Mapping[str, str] | None = None, *, is_strict: bool = True
) -> dict[str, str]:
    """Name the outputs of one folder so that none overwrites another.

    Where "a.png" and "a.jpg" would both become "a.png", the page that keeps its name has the right to it and the other
    is called "a.jpg.png", or "a.jpg (2).png" where that is taken, too. Upper and lower case count as equal, and so do
    the two ways to write an accent, as they do on many file systems.

    Args:
        names: Names of the input pages.
        choice: Output format.
        kinds: What pages are by their content, as far as it is known.
        is_strict: Whether names that differ in case or accents alone are names of two files where they go; else those
            that would be kept get a number, too.
    """
    kinds = kinds or {}
    plain = {name: output_name(name, choice, kind=kinds.get(name, "")) for name in names}
    result = {name: name for name, output in plain.items() if name == output and is_strict}
    taken = {same_file(output) for output in result.values()}
    for name in sorted(plain, key=lambda name: name != plain[name]):  # those that keep their name first
        if name in result:
            continue
        output = plain[name]
        longer = f"{name}.{page_format(name, choice, kinds.get(name, ''))}"
        path = PurePosixPath(output if name == output else longer)
        numbered = (path.with_name(f"{path.stem} ({number}){path.suffix}").as_posix() for number in itertools.count(2))
        ways = itertools.chain([output] if name == output else [output, longer], numbered)
        result[name] = next(way for way in ways if same_file(way) not in taken)
        taken.add(same_file(result[name]))
    return result
