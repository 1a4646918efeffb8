"""One page from the bytes of a request to the bytes of an answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Protocol, get_args

from mangacolor.errors import BadInputError
from mangacolor.image import FileFormat, decode, encode, format_for, picture_size
from mangacolor.image.formats import FORMAT_OF_PILLOW, START_BYTES, media_type_of, picture_kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mangacolor.colorize.hints import Hint
    from mangacolor.image import DecodedImage, NoteKind
    from mangacolor.image.layered import LayerFormat
    from mangacolor.web.known_series import Followed

UNKNOWN = "application/octet-stream"
"""MIME type of what is no picture."""

LAYERED_TYPES: dict[str, str] = {"ora": "image/openraster", "psd": "image/vnd.adobe.photoshop"}
"""MIME types of pages in layers; of OpenRaster that of its specification, of PSD the one that IANA has."""

_OPENRASTER = b"mimetypeimage/openraster"
"""Name and content of the first entry of the ZIP that an OpenRaster file is, behind the entry's header."""
_ENTRY_HEADER = 30


class PageColorizer(Protocol):
    """What the server needs of a colouriser."""

    @property
    def settings(self) -> str:
        """Everything that decides the colours of a page, as text."""

    @property
    def pages_at_once(self) -> int:
        """How many pages `colorize_together` should get at a time."""

    def colorize_page(self, page: DecodedImage, *, hints: Sequence[Hint] = ()) -> tuple[DecodedImage, str]:
        """Colour a page and say what was done."""

    def colorize_together(self, pages: Sequence[DecodedImage]) -> Sequence[tuple[DecodedImage, str]]:
        """Colour pages at once, each as `colorize_page` does."""

    def with_layers(self, format: LayerFormat) -> PageColorizer:
        """Return a colouriser whose pages come in layers, too."""


@dataclass(frozen=True)
class PageOrder:
    """What is wanted of a page.

    Attributes:
        hints: Colours of some spots, in pixels of the page; with any it is coloured whatever it shows.
        format: File format of the answer; `keep` for the page's own.
        quality: 1 to 100, of formats that have one; None for the page's own.
        series: The series to follow; None for none.
        layers: Format of a page in layers, which is the answer then; None for a page.
    """

    hints: tuple[Hint, ...] = ()
    format: FileFormat | Literal["keep"] = "keep"
    quality: int | None = None
    series: Followed | None = None
    layers: LayerFormat | None = None

    @property
    def goes_alone(self) -> bool:
        """Whether the page cannot be coloured at once with others."""
        return bool(self.hints) or self.layers is not None

    def format_of(self, data: bytes) -> str:
        """Return the format that a page in a picture file is to be written in, as far as its first bytes tell."""
        if self.layers is not None:
            return self.layers
        kind = picture_kind(data[:64]) or ""
        return kind if self.format == "keep" and kind in get_args(FileFormat) else self.format


@dataclass(frozen=True)
class Painted:
    """A page as it is sent back.

    Attributes:
        data: The file; the one that came where nothing was to be done.
        outcome: `colored`; `already_colored`, `blank`, `text_only` or `copied` (an animation) for one that came back
            as it was, `unchanged` for such a one out of the cache.
        is_cached: Whether it was there already.
        notes: What it does not keep exactly, each kind once; None for one out of the cache, which does not say: see
            `as_asked`.
    """

    data: bytes
    outcome: str
    is_cached: bool = False
    notes: tuple[NoteKind, ...] | None = ()

    @property
    def told(self) -> str:
        """What answers and the log say of it: the outcome, and whether it was there already."""
        return f"{self.outcome} cached" if self.is_cached else self.outcome

    @property
    def media_type(self) -> str:
        """Its MIME type."""
        return media_type(self.data)


@dataclass(frozen=True)
class Asked:
    """A page to paint.

    Attributes:
        data: Its file.
        order: What is wanted of it.
        name: What error messages call it.
    """

    data: bytes
    order: PageOrder
    name: str = "The page"


def paint_page(colorizer: PageColorizer, asked: Asked, *, max_pixels: int) -> Painted:
    """Colour the page in a picture file, in the file format that is asked for.

    Animations come back as they are: nobody waits for a hundred frames.

    Raises:
        BadInputError: It is no picture, damaged beyond use or too large, or a hint lies off it.
        OutOfMemoryError: It needs more memory than there is.
    """
    page = decode(asked.data, name=asked.name, max_pixels=max_pixels, as_page=True)
    if page.animation is not None or page.is_fixed:
        return Painted(asked.data, "copied", notes=_kept_notes(page))
    if asked.order.layers is not None:
        colorizer = colorizer.with_layers(asked.order.layers)
    return _written(asked, *colorizer.colorize_page(page, hints=asked.order.hints))


def paint_together(colorizer: PageColorizer, asked: Sequence[Asked], *, max_pixels: int) -> list[Painted | Exception]:
    """Colour pages at once that need not go alone; return each, or what is wrong with it, as `paint_page` raises it."""
    try:
        pages = [decode(one.data, name=one.name, max_pixels=max_pixels, as_page=True) for one in asked]
        if any(page.animation is not None or page.is_fixed for page in pages):
            return [_painted(colorizer, one, max_pixels) for one in asked]
        done = colorizer.colorize_together(pages)
        return [_written(one, *result) for one, result in zip(asked, done, strict=True)]
    except Exception:  # whatever it is, one of them is the reason, and is told when it is done by itself
        return [_painted(colorizer, one, max_pixels) for one in asked]


def _painted(colorizer: PageColorizer, asked: Asked, max_pixels: int) -> Painted | Exception:
    try:
        return paint_page(colorizer, asked, max_pixels=max_pixels)
    except Exception as error:
        return error


def _written(asked: Asked, done: DecodedImage, outcome: str) -> Painted:
    if outcome != "colored":
        return Painted(asked.data, outcome, notes=_kept_notes(done))
    if done.layers is not None and asked.order.layers is not None:
        return Painted(done.layers.data, outcome, notes=_notes(done))
    wanted = _wanted(done, asked.order)
    made = format_for(done, wanted)
    return Painted(encode(done, format=made, quality=asked.order.quality), outcome, notes=_notes(done, made != wanted))


def as_asked(painted: Painted, asked: Asked, *, max_pixels: int) -> Painted:
    """Return a page in the format that its order names, also where nothing was to be done, and with its notes.

    What is read for that is the page that came: the cache keeps pages without their notes, also those of other runs.
    Notes that only whoever colours a page can know are of pages that it does not keep; see `may_be_kept`. Animations,
    and pages that have the format already, stay as they came.

    Args:
        painted: What became of the page.
        asked: The page that came, with its order.
        max_pixels: See `paint_page`.

    Raises:
        BadInputError: It is too large.
        OutOfMemoryError: It needs more memory than there is.
        UsageError: The format needs a library that is missing.
    """
    order = asked.order
    is_colored = painted.outcome == "colored"
    if painted.notes is not None and (is_colored or order.format == "keep"):
        return painted
    page = decode(asked.data, name=asked.name, max_pixels=max_pixels, as_page=True)
    wanted = _wanted(page, order)
    if is_colored:
        is_other = order.layers is None and picture_kind(painted.data[:START_BYTES]) != wanted
        return replace(painted, notes=_notes(page, is_other))
    has_format = order.format in ("keep", FORMAT_OF_PILLOW.get(page.format))
    if has_format or page.animation is not None or page.is_fixed:
        return replace(painted, notes=_kept_notes(page))
    made = format_for(page, wanted)
    data = encode(page, format=made, quality=order.quality)
    return replace(painted, data=data, notes=_notes(page, made != wanted))


def may_be_kept(painted: Painted) -> bool:
    """Say whether the cache may have a page: not where something is to be told that its file does not tell again."""
    return "paper" not in (painted.notes or ())


def _wanted(page: DecodedImage, order: PageOrder) -> FileFormat:
    return FORMAT_OF_PILLOW.get(page.format, "png") if order.format == "keep" else order.format


def _notes(page: DecodedImage, has_other_format: bool = False) -> tuple[NoteKind, ...]:
    """Return what a page does not keep exactly that was written anew."""
    kinds: list[NoteKind] = [note.kind for note in page.notes]
    return tuple(dict.fromkeys([*kinds, "format"] if has_other_format else kinds))


def _kept_notes(page: DecodedImage) -> tuple[NoteKind, ...]:
    """Return what there is to say of a page that goes back as it came: it loses nothing that it had."""
    return tuple(dict.fromkeys(note.kind for note in page.notes if note.kind == "damaged" or page.is_fixed))


def check_picture(data: bytes, *, name: str, max_pixels: int) -> None:
    """Refuse from its head what cannot be a page, before it waits for its turn.

    Raises:
        BadInputError: It is no picture, or too large.
    """
    if not data:
        raise BadInputError(f"{name} is empty.", advice="Send the bytes of a picture.")
    width, height = picture_size(data)
    if width * height > max_pixels:
        size = f"{width} × {height} pixels, the limit is {max_pixels / 1e6:g} million"
        raise BadInputError(f"{name} is too large: {size}.", advice="Scale it down.")


def media_type(data: bytes) -> str:
    """Return the MIME type of a picture file by its first bytes."""
    if data[_ENTRY_HEADER : _ENTRY_HEADER + len(_OPENRASTER)] == _OPENRASTER:
        return LAYERED_TYPES["ora"]
    kind = picture_kind(data[:START_BYTES])
    if kind == "psd":
        return LAYERED_TYPES["psd"]
    return UNKNOWN if kind is None else media_type_of(kind)
