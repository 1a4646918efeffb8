"""The one place where files, Pillow images and arrays become pixels."""

from __future__ import annotations

import io
import threading
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from PIL import Image, UnidentifiedImageError

from mangacolor.errors import BadInputError
from mangacolor.image.decoded import DecodedImage
from mangacolor.image.metadata import TURNS, jpeg_quality, kept_exif, orientation_of, page_frames, resolution
from mangacolor.image.plugins import is_jxl, register_jxl
from mangacolor.image.profile import to_srgb

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

MAX_PIXELS = 120_000_000
"""Pictures with more are refused unless the caller asks for them."""

# Raster formats that Pillow decodes by itself and that begin with a signature. EPS and WMF are left out because they
# start other programs, TGA because without a signature any rubbish may pass for one.
_READABLE_FORMATS = (
    *("PNG", "JPEG", "MPO", "WEBP", "BMP", "TIFF", "GIF", "AVIF"),
    *("JPEG2000", "JXL", "PPM", "PSD", "PCX", "ICO"),
)
_SCALE_DOWN = "Scale the picture down, cut it into pages, or let `colorize` take more with --max-pixels."


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
        BadInputError: The data is empty, not a picture, damaged, too large, a TIFF of several pages, or JPEG XL while
            the library for it is missing.
    """
    if not data:
        raise BadInputError(f"{name} is empty.", advice="Copy or download the file again.")
    if is_jxl(data):
        register_jxl(name)
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
            # The frames of other formats are an animation; these are pages, and all but the first would be lost.
            if image.format == "TIFF" and len(page_frames(image)) > 1:
                advice = "Colour it by itself, or split it into files of one page."
                raise BadInputError(f"{name} is a TIFF of several pages.", advice=advice)
            return _from_pillow(image, name, data)


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


def _from_pillow(image: Image.Image, name: str, data: bytes = b"") -> DecodedImage:
    """Convert a Pillow image of any mode; the image itself is left as it is."""
    if image.width == 0 or image.height == 0:
        raise BadInputError(f"{name} has no pixels.", advice="Pass a picture of at least 1 × 1.")
    image.load()
    colours, alpha = _separate_alpha(image, name)
    upright_srgb, icc_tagged = to_srgb(colours, image.info.get("icc_profile"))
    rgb = np.asarray(upright_srgb)
    # Read after load(): the TIFF reader turns the pixels itself and then drops the tag. JPEG XL says the turn twice,
    # and its decoder has done it.
    orientation = 1 if image.format == "JXL" else orientation_of(image)
    dpi = resolution(image)
    if orientation in TURNS:
        turn = TURNS[orientation]
        rgb, alpha = turn(rgb), None if alpha is None else turn(alpha)
        dpi = (dpi[1], dpi[0]) if dpi and orientation >= 5 else dpi
    return DecodedImage(
        rgb=np.array(rgb, dtype=np.uint8, order="C"),
        alpha=None if alpha is None else np.array(alpha, dtype=np.uint8, order="C"),
        dpi=dpi,
        icc_tagged=icc_tagged,
        exif=kept_exif(image),
        format=image.format or "",
        mode=image.mode,
        quality=jpeg_quality(image),
        lossless=image.format == "WEBP" and data[12:16] == b"VP8L",
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
