"""Single pictures of a PDF: the stored JPEG where it shows what readers show, else drawn by pdfium."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from mangacolor.books.pdf_look import Look, Placed
from mangacolor.books.pdf_render import render
from mangacolor.books.pdf_streams import filters_of, is_longer
from mangacolor.image.metadata import jpeg_quality
from mangacolor.image.png import PNG_HEAD_BYTES, png_chunk

if TYPE_CHECKING:
    from numpy.typing import NDArray

USUAL_QUALITY = 92

MOST_STRIPS = 500
MOST_OVERLAID = 2
"""How often strips may cover the page, one over the other: each is drawn."""

MOST_OFF = 0.2
"""Pixels by which a strip may lie beside its place."""

MARK = b"mangacolor: the page as it was"
"""Stands in whatever is given for a page other than its stored bytes; a page that comes back with it is unchanged.
It is no comment, which would be told as lost."""
_PRIVATE_CHUNK, _PRIVATE_SEGMENT = b"mcOr", 0xEF

_MOST_PROFILE = 16 << 20
"""Bytes of a colour profile, which has a few kilobytes and for printers' inks some million."""

_SEEN_THROUGH = ("/SMask", "/Mask", "/SMaskInData", "/ImageMask")
_LOSSY = ("/DCTDecode", "/JPXDecode")
# Where the right and the upper side of a stored picture point on the page as it is shown, for each EXIF orientation.
_SIDES = {
    ((1, 0), (0, 1)): 1, ((-1, 0), (0, 1)): 2, ((-1, 0), (0, -1)): 3, ((1, 0), (0, -1)): 4,
    ((0, -1), (-1, 0)): 5, ((0, -1), (1, 0)): 6, ((0, 1), (1, 0)): 7, ((0, 1), (-1, 0)): 8,
}  # fmt: skip


def orientation(placed: Placed, turn: int) -> int:
    """Return how a stored picture is turned or mirrored when its page is shown, as EXIF counts it."""
    a, b, c, d, _, _ = placed.matrix
    sides = []
    for x, y in ((a, b), (c, d)):
        across = abs(x) > abs(y)
        x, y = (math.copysign(1, x), 0) if across else (0, math.copysign(1, y))
        for _ in range(turn // 90):
            x, y = y, -x
        sides.append((int(x), int(y)))
    return _SIDES[sides[0], sides[1]]


def unturned(number: int) -> tuple[int, int, int, int, float, float]:
    """Return the matrix that lays a picture which is upright where its stored twin lay, on the unit square."""
    (a, c), (b, d) = next(sides for sides, known in _SIDES.items() if known == number)
    return a, b, c, d, 0.5 - 0.5 * (a + c), 0.5 - 0.5 * (b + d)


def is_lossy(picture: Any) -> bool:
    """Say whether a picture is stored as a JPEG or the like, so that its coloured twin may be."""
    return any(name in _LOSSY for name, _ in filters_of(picture))


def stored_jpeg(document: Any, placed: Placed, number: int, resources: Any) -> bytes | None:
    """Return the JPEG that a picture is stored as, if that shows what readers show; None if it does not.

    Where readers of PDF and of JPEG differ about what stands beside the pixels, that is put right: they go by the
    profile of the PDF alone, and know nothing of EXIF.

    Args:
        document: Of pikepdf.
        placed: The picture.
        number: Its orientation on the page.
        resources: Of the page.
    """
    import pikepdf

    picture, filters = placed.picture, filters_of(placed.picture)
    if picture is None or not filters or filters[-1][0] != "/DCTDecode" or filters[-1][1].get("/ColorTransform"):
        return None
    if any(key in picture for key in _SEEN_THROUGH) or not _is_usual(picture):
        return None
    space = picture.get("/ColorSpace")
    defaults = {} if resources is None else resources.get("/ColorSpace", {})
    if any(key in defaults for key in ("/DefaultGray", "/DefaultRGB")):
        return None
    profile = b""
    if str(space) in ("/DeviceGray", "/DeviceRGB"):
        count = 1 if str(space) == "/DeviceGray" else 3
    elif isinstance(space, pikepdf.Array) and len(space) == 2 and str(space[0]) == "/ICCBased":
        if is_longer(space[1], _MOST_PROFILE):
            return None
        count, profile = int(space[1]["/N"]), bytes(space[1].read_bytes())
    else:
        return None
    data = bytes(picture.read_raw_bytes())
    if len(filters) > 1:
        outer = document.make_stream(data)
        outer.write(
            data,
            filter=pikepdf.Array([pikepdf.Name(name) for name, _ in filters[:-1]]),
            decode_parms=pikepdf.Array([pikepdf.Dictionary(how) if how else None for _, how in filters[:-1]]),
        )
        if is_longer(outer, max(_MOST_PROFILE, 4 * len(data))):  # a JPEG hardly gets smaller
            return None
        data = bytes(outer.read_bytes())
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG", "MPO"]) as image:
            if image.size != placed.size or image.mode != {1: "L", 3: "RGB"}.get(count):
                return None
            is_bare = not profile and number == 1 and "icc_profile" not in image.info and "exif" not in image.info
    except Exception:  # What pdfium makes of it is what most readers make of it.
        return None
    return data if is_bare and len(filters) == 1 else _told_anew(data, profile, number)


def draw_picture(document: Any, placed: Placed, number: int, resources: Any) -> NDArray[np.uint8]:
    """Draw a picture as readers do, pixel by pixel, upright, on white paper.

    Returns:
        (H, W, 3) uint8.

    Raises:
        BadInputError: pdfium is missing.
        ValueError: It cannot decode the picture.
    """
    import pikepdf

    width, height = placed.size
    if number >= 5:
        width, height = height, width
    (a, b), (c, d) = next(sides for sides, known in _SIDES.items() if known == number)
    a, b, c, d = a * width, b * height, c * width, d * height
    left, bottom = (width - a - c) / 2, (height - b - d) / 2
    with pikepdf.new() as sheet:
        sheet.add_blank_page(page_size=(width, height))
        page = sheet.pages[0]
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=sheet.copy_foreign(placed.picture)))
        spaces = None if resources is None else resources.get("/ColorSpace")
        if spaces is not None:
            page.Resources.ColorSpace = sheet.copy_foreign(document.make_indirect(pikepdf.Dictionary(spaces)))
        page.Contents = sheet.make_stream(f"{a} {b} {c} {d} {left:.1f} {bottom:.1f} cm /I Do".encode())
        buffer = io.BytesIO()
        sheet.save(buffer)
    return render(buffer.getvalue(), None, 0, (width, height))


def laid_together(document: Any, look: Look, size: tuple[int, int], resources: Any) -> NDArray[np.uint8] | None:
    """Put together a scan that was stored in strips or tiles, pixel by pixel; None for pages of another kind.

    Drawn as a whole, strips would be stretched by a pixel here and there, since their places are rounded numbers.

    Args:
        document: Of pikepdf.
        look: What the page shows.
        size: From `page_pixels`.
        resources: Of the page.

    Returns:
        (H, W, 3) uint8 of that size, as the page is shown.
    """
    if not look.is_known or look.is_drawn_on or not 1 < len(look.placed) <= MOST_STRIPS:
        return None
    columns, rows = size if look.turn in (0, 180) else size[::-1]
    left, bottom, right, top = look.box
    across, up = columns / (right - left), rows / (top - bottom)
    spots = []
    for one in look.placed:
        if not one.is_plain or one.picture is None or any(key in one.picture for key in _SEEN_THROUGH):
            return None
        number, box = orientation(one, 0), one.whole_box
        spot = (box[0] - left) * across, (top - box[3]) * up, (box[2] - left) * across, (top - box[1]) * up
        x, y, end, foot = (round(side) for side in spot)
        drawn = one.size if number < 5 else one.size[::-1]
        is_clipped = any(abs(seen - side) > 0.1 for seen, side in zip(one.box, box, strict=True))
        if is_clipped or (end - x, foot - y) != drawn or max(abs(side - round(side)) for side in spot) > MOST_OFF:
            return None
        spots.append((one, number, x, y))
    if sum(one.size[0] * one.size[1] for one, *_ in spots) > MOST_OVERLAID * columns * rows:
        return None
    sheet = np.full((rows, columns, 3), 255, np.uint8)
    for one, number, x, y in spots:
        pixels = draw_picture(document, one, number, resources)[max(0, -y) :, max(0, -x) :]
        x, y = max(0, x), max(0, y)
        place = sheet[y : y + pixels.shape[0], x : x + pixels.shape[1]]
        place[:] = pixels[: place.shape[0], : place.shape[1]]
    return np.ascontiguousarray(np.rot90(sheet, -look.turn // 90))


def as_file(rgb: NDArray[np.uint8], *, lossy_like: bytes | None) -> bytes:
    """Return pixels as a marked file: PNG, or where `lossy_like` is not None a JPEG of about its quality."""
    is_grey = (rgb[..., 0] == rgb[..., 1]).all() and (rgb[..., 1] == rgb[..., 2]).all()
    image = Image.fromarray(rgb[..., 0] if is_grey else rgb)
    buffer = io.BytesIO()
    if lossy_like is None:
        image.save(buffer, "PNG", compress_level=1)
        mark, place = png_chunk(_PRIVATE_CHUNK, MARK), PNG_HEAD_BYTES
    else:
        image.save(buffer, "JPEG", quality=_quality(lossy_like), subsampling=0)
        mark, place = _segment(_PRIVATE_SEGMENT, MARK), 2
    data = buffer.getvalue()
    return data[:place] + mark + data[place:]


def is_marked(data: bytes) -> bool:
    """Say whether a file is one that `as_file` or `stored_jpeg` gave."""
    return MARK in data[:1024]


def flate_of_png(data: bytes) -> bytes | None:
    """Return what a PDF may hold of an RGB PNG as it is: its packed rows; None for PNGs of other kinds."""
    # Signature, and the first chunk from its name on: width, height, then depth, colour type, packing, filter, weaving.
    if data[12:16] != b"IHDR" or data[24:29] != b"\x08\x02\x00\x00\x00":
        return None
    rows, place = [], 8
    while place + 12 <= len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        if data[place + 4 : place + 8] == b"IDAT":
            rows.append(data[place + 8 : place + 8 + length])
        place += 12 + length
    return b"".join(rows)


def _quality(jpeg: bytes) -> int:
    try:
        with Image.open(io.BytesIO(jpeg)) as image:
            return jpeg_quality(image) or USUAL_QUALITY
    except Exception:  # JPEG 2000 in parts that Pillow does not know, or what is no picture at all.
        return USUAL_QUALITY


def _told_anew(jpeg: bytes, profile: bytes, number: int) -> bytes:
    """Return a JPEG, marked, with this profile and orientation in place of its own."""
    place, kept = 2, []
    while place + 4 <= len(jpeg) and jpeg[place] == 0xFF and jpeg[place + 1] != 0xDA:
        length = 2 + int.from_bytes(jpeg[place + 2 : place + 4], "big")
        if jpeg[place + 1] not in (0xE1, 0xE2):
            kept.append(jpeg[place : place + length])
        place += length
    added = [_segment(_PRIVATE_SEGMENT, MARK)]
    if number != 1:
        tag = b"\x01\x12\0\3\0\0\0\1\0" + bytes([number, 0, 0, 0, 0, 0, 0])
        added.append(_segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08\0\x01" + tag))
    parts = [profile[start : start + 65_000] for start in range(0, len(profile), 65_000)]
    if len(parts) < 256:
        for index, part in enumerate(parts, 1):
            added.append(_segment(0xE2, b"ICC_PROFILE\0" + bytes([index, len(parts)]) + part))
    return b"".join((jpeg[:2], *added, *kept, jpeg[place:]))


def _segment(kind: int, content: bytes) -> bytes:
    return bytes([0xFF, kind]) + (len(content) + 2).to_bytes(2, "big") + content


def _is_usual(picture: Any) -> bool:
    decode = picture.get("/Decode")
    return decode is None or all(float(value) == index % 2 for index, value in enumerate(decode))
