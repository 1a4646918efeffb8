"""The one place where files become pixels and pixels become files, and the one resizer.

Arrays here are (H, W, 3) uint8 sRGB unless a docstring says otherwise.
"""

from __future__ import annotations

import io
import math
import threading
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

import cv2
import numpy as np
from PIL import Image, ImageCms, UnidentifiedImageError

from mangacolor.errors import BadInputError, CannotWriteError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

FileFormat = Literal["png", "jpg", "webp"]

MAX_PIXELS = 120_000_000
"""Pictures with more are refused unless the caller asks for them."""

Pixels = TypeVar("Pixels", "NDArray[np.uint8]", "NDArray[np.float32]")

# Raster formats that Pillow decodes by itself and that begin with a signature. EPS and WMF are left out because they
# start other programs, TGA because without a signature any rubbish may pass for one.
_READABLE_FORMATS = (
    *("PNG", "JPEG", "MPO", "WEBP", "BMP", "TIFF", "GIF", "AVIF"),
    *("JPEG2000", "PPM", "PSD", "PCX", "ICO"),
)
# libjpeg refuses more than this although the format's fields reach 65535.
_MAX_SIDE_PX = {"png": 2**31 - 1, "jpg": 65_500, "webp": 16_383}
_EXIF_ORIENTATION = 0x0112
# What undoes each EXIF orientation, on arrays whose first two axes are rows and columns.
_TURNS: dict[int, Callable[[Any], Any]] = {
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a[::-1].swapaxes(0, 1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: a[:, ::-1].swapaxes(0, 1),
}
# A profile that moves no colour further than this is sRGB written by another program; converting would only add
# rounding noise to a page that is already right.
_SAME_PROFILE_STEPS = 2
_SCALE_DOWN = "Scale the picture down, cut it into pages, or let `colorize` take more with --max-pixels."


@dataclass(frozen=True, eq=False)
class DecodedImage:
    """Upright sRGB pixels of one picture and what must be written back with them.

    Attributes:
        rgb: (H, W, 3) uint8, sRGB, contiguous.
        alpha: (H, W) uint8, 255 is opaque; None when the picture has no transparency.
        dpi: Dots per inch along x and y; None when unknown.
        icc_tagged: Whether the picture carried a usable colour profile (the pixels are sRGB either way).
        format: Pillow's name of the file format ("PNG", "JPEG", ...); empty for pixels that came from memory.
        mode: Pillow mode before conversion ("L", "P", "CMYK", ...).
    """

    rgb: NDArray[np.uint8]
    alpha: NDArray[np.uint8] | None = None
    dpi: tuple[float, float] | None = None
    icc_tagged: bool = False
    format: str = ""
    mode: str = "RGB"


class _QuietPillow:
    """Silences Pillow's warnings about odd metadata and large pictures.

    `warnings.catch_warnings` swaps a list that all threads share, so two overlapping decodes could restore each
    other's; only the first to enter swaps it and only the last to leave restores it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._depth = 0
        self._catcher = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            if self._depth == 0:
                self._catcher = warnings.catch_warnings()
                self._catcher.__enter__()
                warnings.filterwarnings("ignore", module=r"PIL\.")
            self._depth += 1

    def __exit__(self, *exception: object) -> None:
        with self._lock:
            self._depth -= 1
            if self._depth == 0:
                self._catcher.__exit__(None, None, None)


_quiet_pillow = _QuietPillow()


@contextmanager
def _pillow_at_work(name: str) -> Iterator[None]:
    """Keep Pillow quiet and turn whatever it raises into a `BadInputError`."""
    try:
        with _quiet_pillow:
            yield
    except (BadInputError, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise BadInputError(f"{name} is too large: {error}", advice=_SCALE_DOWN) from error
    except UnidentifiedImageError as error:
        advice = "Convert it to PNG, JPEG or WebP."
        raise BadInputError(f"{name} is not a picture that can be read.", advice=advice) from error
    except Exception as error:  # Pillow's plugins raise nearly every kind of exception on damaged files.
        advice = "Copy or download the file again, or re-save it as PNG."
        raise BadInputError(f"{name} is damaged: {error}", advice=advice) from error


def decode(data: bytes, *, name: str = "image", max_pixels: int = MAX_PIXELS) -> DecodedImage:
    """Turn the bytes of any common picture file into upright sRGB pixels.

    EXIF orientation is applied, an embedded ICC profile is converted to sRGB (a broken one is ignored), and of an
    animation the first frame is taken.

    Args:
        data: The whole file.
        name: What error messages call the picture.
        max_pixels: Refuse pictures with more pixels, before they are unpacked. Pillow's own bound of
            2 × `Image.MAX_IMAGE_PIXELS` (179 million unless changed) stays in force.

    Raises:
        BadInputError: The data is empty, not a picture, damaged, or too large.
    """
    if not data:
        raise BadInputError(f"{name} is empty.", advice="Copy or download the file again.")
    with _pillow_at_work(name):
        # Up to twice MAX_IMAGE_PIXELS Pillow only warns, which is silenced here; our limit lies below and is checked
        # before any pixel is unpacked. Patching the global limit instead would race between threads and lift a guard
        # that other code in the process may rely on.
        Image.init()
        known = [kind for kind in _READABLE_FORMATS if kind in Image.OPEN]
        with Image.open(io.BytesIO(data), formats=known) as image:
            if image.width * image.height > max_pixels:
                size = f"{image.width} × {image.height} pixels, the limit is {max_pixels / 1e6:g} million"
                raise BadInputError(f"{name} is too large: {size}.", advice=_SCALE_DOWN)
            return _from_pillow(image, name)


def read_bytes(path: Path) -> bytes:
    """Read a whole file.

    Raises:
        BadInputError: The file is missing or cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        advice = "Check the path and its permissions."
        raise BadInputError(f"{path} cannot be read: {reason}.", advice=advice) from error


def read_image(path: Path, *, max_pixels: int = MAX_PIXELS) -> DecodedImage:
    """Read a picture file; see `decode`.

    Raises:
        BadInputError: The file is missing, cannot be read, or is not a usable picture.
    """
    return decode(read_bytes(path), name=str(path), max_pixels=max_pixels)


def as_decoded(image: Image.Image | NDArray[Any]) -> DecodedImage:
    """Accept what Python callers have at hand as a picture.

    Args:
        image: A Pillow image of any mode, or an array (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) of uint8, uint16
            (0 to 65535), floating point (0 to 1) or bool; three channels are RGB, the fourth is alpha.

    Raises:
        BadInputError: Another type, shape, dtype or range; empty; or not finite.
    """
    if isinstance(image, Image.Image):
        with _pillow_at_work("image"):
            return _from_pillow(image, "image")
    if not isinstance(image, np.ndarray):
        raise BadInputError(
            f"A {type(image).__name__} is not an image.", advice="Pass a Pillow image or a numpy array."
        )
    channels = image.shape[2] if image.ndim == 3 else 1
    if image.ndim not in (2, 3) or channels not in (1, 3, 4) or image.size == 0:
        raise BadInputError(
            f"An array of shape {image.shape} is not an image.",
            advice="Pass (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), with H and W at least 1.",
        )
    values = _array_to_uint8(image.reshape(*image.shape[:2], channels))
    rgb = np.repeat(values, 3, axis=2) if channels == 1 else np.ascontiguousarray(values[..., :3])
    alpha = np.ascontiguousarray(values[..., 3]) if channels == 4 else None
    return DecodedImage(rgb, alpha, mode={1: "L", 3: "RGB", 4: "RGBA"}[channels])


def _array_to_uint8(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Return a fresh uint8 array whose 0 and 255 are black and white."""
    if values.dtype == np.uint8:
        return values.astype(np.uint8)
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255)
    if values.dtype == np.uint16:
        return _to_uint8(values, 65535)
    if np.issubdtype(values.dtype, np.floating):
        # Resampling and float32 arithmetic overshoot by a hair; anything beyond that is another scale.
        if not (np.isfinite(values).all() and values.min() >= -1e-3 and values.max() <= 1 + 1e-3):
            raise BadInputError(
                "Floating point images must be finite and lie between 0 and 1.", advice="Divide 0 to 255 by 255."
            )
        return _to_uint8(values, 1)
    raise BadInputError(
        f"An array of {values.dtype} is not an image.", advice="Convert it to uint8, uint16, bool or float (0 to 1)."
    )


def _to_uint8(values: NDArray[Any], white: float) -> NDArray[np.uint8]:
    """Map 0..white to 0..255, rounding to nearest; beyond is clipped."""
    scaled = np.rint(np.asarray(values, dtype=np.float64) * (255.0 / white))
    return cast("NDArray[np.uint8]", np.clip(scaled, 0, 255).astype(np.uint8))


def _from_pillow(image: Image.Image, name: str) -> DecodedImage:
    """Convert a Pillow image of any mode; the image itself is left as it is."""
    if image.width == 0 or image.height == 0:
        raise BadInputError(f"{name} has no pixels.", advice="Pass a picture of at least 1 × 1.")
    image.load()
    colours, alpha = _separate_alpha(image, name)
    upright_srgb, icc_tagged = _to_srgb(colours, image.info.get("icc_profile"))
    rgb = np.asarray(upright_srgb)
    # Read after load(): the TIFF reader turns the pixels itself and then drops the tag.
    orientation = _orientation(image)
    dpi = _dpi(image.info.get("dpi"))
    if orientation in _TURNS:
        turn = _TURNS[orientation]
        rgb, alpha = turn(rgb), None if alpha is None else turn(alpha)
        dpi = (dpi[1], dpi[0]) if dpi and orientation >= 5 else dpi
    return DecodedImage(
        rgb=np.array(rgb, dtype=np.uint8, order="C"),
        alpha=None if alpha is None else np.array(alpha, dtype=np.uint8, order="C"),
        dpi=dpi,
        icc_tagged=icc_tagged,
        format=image.format or "",
        mode=image.mode,
    )


def _separate_alpha(image: Image.Image, name: str) -> tuple[Image.Image, NDArray[np.uint8] | None]:
    """Split an image into one of the modes L, RGB, CMYK, LAB and its alpha."""
    if image.mode == "F" or image.mode.startswith("I"):
        values = np.asarray(image)
        key = image.info.get("transparency")
        alpha = np.where(values == key, 0, 255).astype(np.uint8) if isinstance(key, int) else None
        return Image.fromarray(_wide_grey_to_uint8(values, image.mode, name)), alpha
    if image.has_transparency_data:
        has_grey = image.mode in ("1", "L", "LA", "La")
        # Premultiplied modes convert only to their own plain twin.
        with_alpha = image.convert("LA" if has_grey else "RGBA")
        return with_alpha.convert("L" if has_grey else "RGB"), np.asarray(with_alpha.getchannel("A"))
    if image.mode in ("L", "RGB", "CMYK", "LAB"):
        return image, None
    return image.convert("L" if image.mode == "1" else "RGB"), None


def _wide_grey_to_uint8(values: NDArray[Any], mode: str, name: str) -> NDArray[np.uint8]:
    """Scale 16-bit, 32-bit and floating point greys.

    Modes I and F do not say where white lies, so the smallest usual white that holds every value is taken: 1 (F only),
    255, 65535; a wider range is stretched to the full scale.
    """
    if not np.isfinite(values).all():
        raise BadInputError(f"{name} holds values that are not numbers.", advice="Re-save it as an 8-bit PNG.")
    if mode.startswith("I;16"):
        return _to_uint8(values, 65535)
    low, high = float(values.min()), float(values.max())
    whites = (1.0, 255.0, 65535.0) if mode == "F" else (255.0, 65535.0)
    if low >= 0 and high <= whites[-1]:
        return _to_uint8(values, next(white for white in whites if high <= white))
    return _to_uint8(values.astype(np.float64) - low, max(high - low, 1e-30))


def _to_srgb(image: Image.Image, profile_data: bytes | None) -> tuple[Image.Image, bool]:
    """Convert to RGB through the embedded profile; also say whether that profile was usable."""
    if profile_data and image.mode != "LAB":
        try:
            return _apply_profile(image, ImageCms.ImageCmsProfile(io.BytesIO(profile_data))), True
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError, AttributeError):
            pass  # A broken profile is no reason to refuse a page whose pixels are fine.
    return image.convert("RGB"), False


def _apply_profile(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    """Convert L, RGB or CMYK to sRGB by a profile that may be meant for RGB while the pixels are grey."""
    space = profile.profile.xcolor_space.strip()
    source = image.convert("RGB") if (space, image.mode) == ("RGB", "L") else image
    grey = source.mode == "L"
    # Little CMS shortens steep tone curves to a coarse table by default, up to 10 of 255 off in the blacks. For greys
    # the exact way costs nothing, because 256 values are all there is to convert.
    flags = ImageCms.Flags.NOOPTIMIZE if grey else ImageCms.Flags.HIGHRESPRECALC
    to_srgb = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), source.mode, "RGB", flags=flags)
    if grey:
        ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
        table = np.asarray(ImageCms.applyTransform(ramp, to_srgb))[0]
        return Image.fromarray(table[np.asarray(source)])
    if source.mode == "RGB":
        levels = np.linspace(0, 255, 9).astype(np.uint8)
        probe = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(81, 9, 3)
        converted = np.asarray(ImageCms.applyTransform(Image.fromarray(probe), to_srgb))
        if np.abs(converted.astype(int) - probe).max() <= _SAME_PROFILE_STEPS:
            return source
    return cast("Image.Image", ImageCms.applyTransform(source, to_srgb))


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 when there is none or the metadata is broken."""
    try:
        value = image.getexif().get(_EXIF_ORIENTATION, 1)
    except Exception:  # Broken metadata raises nearly anything and must not cost the page.
        return 1
    return value if isinstance(value, int) else 1


def _dpi(value: object) -> tuple[float, float] | None:
    """Return a resolution that is safe to write back."""
    try:
        x, y = (float(part) for part in cast("Any", value))
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return (x, y) if 0 < x < math.inf and 0 < y < math.inf else None


def encode(image: DecodedImage, *, format: FileFormat, quality: int = 92) -> bytes:
    """Write a picture into the bytes of a file, with its resolution and, when it had a profile, an sRGB one.

    Args:
        image: The picture; JPEG has no transparency, so there it is laid on white.
        format: "png" (lossless), "jpg" (full colour resolution from quality 90 on) or "webp" (stores no dpi).
        quality: 1 to 100, for jpg and webp.

    Raises:
        UsageError: Unknown format, or a quality outside its range.
        CannotWriteError: The picture is too long or wide for the format.
    """
    if format not in _MAX_SIDE_PX or not 1 <= quality <= 100:
        raise UsageError(f"Cannot write format {format!r} with quality {quality}.", advice="png, jpg, webp; 1 to 100.")
    height, width = image.rgb.shape[:2]
    if max(height, width) > _MAX_SIDE_PX[format]:
        raise CannotWriteError(
            f"{width} × {height} pixels do not fit into {format}, which ends at {_MAX_SIDE_PX[format]} a side.",
            advice="Choose png" + (" or jpg." if max(height, width) <= _MAX_SIDE_PX["jpg"] else "."),
        )
    options: dict[str, Any] = {"png": {}, "jpg": {"quality": quality}, "webp": {"quality": quality}}[format]
    if format == "jpg" and quality >= 90:
        options["subsampling"] = 0
    if image.dpi is not None and format != "webp":
        options["dpi"] = image.dpi
    if image.icc_tagged:
        options["icc_profile"] = _srgb_profile()
    picture = Image.fromarray(image.rgb)
    if image.alpha is not None and format == "jpg":
        paper = Image.new("RGB", picture.size, "white")
        paper.paste(picture, mask=Image.fromarray(image.alpha))
        picture = paper
    elif image.alpha is not None:
        picture.putalpha(Image.fromarray(image.alpha))
    buffer = io.BytesIO()
    picture.save(buffer, format="jpeg" if format == "jpg" else format, **options)
    return buffer.getvalue()


@lru_cache(maxsize=1)
def _srgb_profile() -> bytes:
    """Return an sRGB profile that is the same on every day, so that equal pages give equal files."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    data[24:36] = bytes.fromhex("07e8 0001 0001 0000 0000 0000")  # creation date: 2024-01-01 00:00:00
    return bytes(data)


def resize(array: Pixels, height: int, width: int) -> Pixels:
    """Scale to `height` × `width`, antialiased where that shrinks and smooth where it enlarges.

    Args:
        array: (H, W) or (H, W, C), uint8 or float32.
        height: Rows of the result, at least 1.
        width: Columns of the result, at least 1.

    Returns:
        A fresh contiguous array of the same dtype and number of dimensions, within the range of the input.

    Raises:
        ValueError: Empty array, other dimensions or dtype, or a size below 1.
    """
    if array.ndim not in (2, 3) or array.size == 0 or array.dtype not in (np.uint8, np.float32):
        raise ValueError(f"resize needs uint8 or float32, 2-D or 3-D, not empty; got {array.dtype} {array.shape}")
    if height < 1 or width < 1:
        raise ValueError(f"resize needs a size of at least 1 × 1; got {height} × {width}")
    if array.shape[:2] == (height, width):
        return np.array(array, order="C")
    if array.ndim == 3 and array.shape[2] > 4:  # more than OpenCV scales at once
        groups = [resize(array[..., first : first + 4], height, width) for first in range(0, array.shape[2], 4)]
        return cast("Pixels", np.concatenate(groups, axis=2))
    # One axis may shrink while the other grows, and INTER_AREA antialiases only when both shrink.
    smaller = (min(height, array.shape[0]), min(width, array.shape[1]))
    result: NDArray[Any] = np.ascontiguousarray(array)
    if smaller != array.shape[:2]:
        result = cv2.resize(result, smaller[::-1], interpolation=cv2.INTER_AREA)
    if smaller != (height, width):
        result = cv2.resize(result, (width, height), interpolation=cv2.INTER_CUBIC)
    result = result.reshape(height, width, *array.shape[2:])
    # Cubic overshoots beside edges, which would show as halos.
    return cast("Pixels", np.clip(result, array.min(), array.max(), out=result))


def float_from_pixels(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Map 0 to 255 onto [0, 1]."""
    return cast("NDArray[np.float32]", pixels.astype(np.float32) / np.float32(255))


def pixels_from_float(values: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Map [0, 1] onto 0 to 255, rounded; what lies outside is cut off."""
    scaled = values.clip(0, 1)
    scaled *= 255
    return cast("NDArray[np.uint8]", np.rint(scaled, out=scaled).astype(np.uint8))


def to_gray(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the Rec. 601 luma of sRGB-encoded pixels: (0.299 R + 0.587 G + 0.114 B) / 255.

    Args:
        rgb: (H, W, 3) uint8.

    Returns:
        (H, W) float32 in [0, 1]; a neutral pixel of value v gives exactly v / 255.
    """
    # Whole numbers up to 255000 are exact in float32, a sum of rounded products is not.
    red, green, blue = (rgb[..., channel].astype(np.int32) for channel in range(3))
    weighted = 299 * red + 587 * green + 114 * blue
    return cast("NDArray[np.float32]", weighted.astype(np.float32) / np.float32(255_000))
