"""Pixels become files."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from PIL import ExifTags, Image, features

from mangacolor.errors import BadInputError, UsageError
from mangacolor.image.decoded import Frame
from mangacolor.image.formats import WRITTEN, FileFormat
from mangacolor.image.metadata import exif_with_resolution
from mangacolor.image.plugins import register_jxl
from mangacolor.image.profile import srgb_profile

if TYPE_CHECKING:
    from mangacolor.image.decoded import DecodedImage

_PREDICTOR = 317

PNG_LEVEL = 3
"""How hard zlib looks for repetitions, up to 9. Coloured scans have few: at the usual 6 they take twice as long and are
5 % larger. Drawn pages without the noise of a scan are 3 % smaller at 6."""

QUALITY_RANGE = (70, 95)
"""A JPEG's own quality is kept within it: below, the colours would show blocks that greys did not; above, files grow by
half for nothing that can be seen."""


def fits(image: DecodedImage, format: FileFormat) -> bool:
    """Say whether a picture is neither too long nor too wide for a format."""
    return int(max(image.rgb.shape[:2])) <= WRITTEN[format].most_side_px


def format_for(image: DecodedImage, wanted: FileFormat) -> FileFormat:
    """Return the format that is asked for, or one that holds the picture where that one does not.

    Too long or wide for WebP or AVIF makes a JPEG or, beyond 65,500 pixels, a PNG; so does transparency asked of JPEG
    and BMP, which have none. An animation becomes a WebP where some loss was asked for, and else an animated PNG.
    """
    is_opaque = image.alpha is None or int(image.alpha.min()) == 255
    choices: tuple[FileFormat, ...] = ("jpg", "png")
    if image.animation is not None:
        is_opaque &= all(frame.alpha is None or int(frame.alpha.min()) == 255 for frame in image.animation.frames)
        choices = ("webp", "png") if WRITTEN[wanted].quality else ("png",)
    for format in (wanted, *choices):
        moves = image.animation is None or WRITTEN[format].moves
        if fits(image, format) and moves and (is_opaque or not WRITTEN[format].is_opaque):
            return format
    return wanted


def encode(image: DecodedImage, *, format: FileFormat, quality: int | None = None) -> bytes:
    """Write a picture into the bytes of a file, with its resolution, EXIF and, when it had a profile, an sRGB one.

    An animation is written whole to PNG, WebP and AVIF (which plays for ever), and as its first frame to the others;
    `format_for` names one that holds it.

    Args:
        image: The picture; JPEG and BMP have no transparency, so there it is laid on white.
        format: "png", "tif" or "bmp" (lossless; BMP has no place for EXIF and profile,
            TIFF here only for EXIF's main list), "jpg" (full colour resolution
            from quality 90 on), "webp", "avif" or "jxl".
        quality: 1 to 100, for the last four. By itself a JPEG keeps about its own, a lossless WebP stays lossless, and
            anything else gets the quality of `WRITTEN`.

    Raises:
        UsageError: Unknown format, one that needs a library which is missing, or a quality outside its range.
        BadInputError: The picture is too long or wide for the format.
    """
    if format not in WRITTEN or not (quality is None or 1 <= quality <= 100):
        formats = ", ".join(WRITTEN)
        raise UsageError(f"Cannot write format {format!r} with quality {quality}.", advice=f"{formats}; 1 to 100.")
    height, width = image.rgb.shape[:2]
    if max(height, width) > WRITTEN[format].most_side_px:
        raise BadInputError(
            f"{width} × {height} pixels do not fit into {format}, which ends at {WRITTEN[format].most_side_px} a side.",
            advice="Choose png" + (" or jpg." if max(height, width) <= WRITTEN["jpg"].most_side_px else "."),
        )
    _need_encoder(format)
    options = {**_quality_options(image, format, quality), **_metadata_options(image, format)}
    first, animation = Frame(image.rgb, image.alpha), image.animation
    if animation is not None and WRITTEN[format].moves:
        frames, durations = animation.frames, list(animation.durations_ms)
        if animation.has_still:
            durations = durations[1:]
            if format != "png":  # the others have no place for a picture that is not played
                first, frames = frames[0], frames[1:]
        options |= {"save_all": True, "append_images": [_picture(frame, format) for frame in frames]}
        options["duration"] = durations if format == "png" else [round(duration) for duration in durations]
        options["loop"] = animation.plays
        if format == "png":
            options |= {"disposal": 0, "blend": 0, "default_image": animation.has_still}
    buffer = io.BytesIO()
    _picture(first, format).save(buffer, format=WRITTEN[format].pillow, **options)
    return buffer.getvalue()


def _picture(frame: Frame, format: FileFormat) -> Image.Image:
    picture = Image.fromarray(frame.rgb)
    if frame.alpha is not None and WRITTEN[format].is_opaque:
        paper = Image.new("RGB", picture.size, "white")
        paper.paste(picture, mask=Image.fromarray(frame.alpha))
        return paper
    if frame.alpha is not None:
        picture.putalpha(Image.fromarray(frame.alpha))
    return picture


def _need_encoder(format: FileFormat) -> None:
    if format == "avif" and not features.check("avif"):
        raise UsageError("This Pillow cannot write AVIF.", advice="pip install --upgrade pillow")
    if format == "jxl":
        try:
            register_jxl("The output")
        except BadInputError as error:
            raise UsageError("Writing JPEG XL needs one more library.", advice=error.advice) from error


def _quality_options(image: DecodedImage, format: FileFormat, quality: int | None) -> dict[str, Any]:
    if format == "tif":
        return {"compression": "tiff_adobe_deflate"}
    if format == "png":
        return {"compress_level": PNG_LEVEL}
    usual = WRITTEN[format].quality
    if usual is None:
        return {}
    if quality is None and format == "webp" and image.lossless:
        return {"lossless": True}
    if quality is None and format == "jpg" and image.quality is not None:
        quality = min(max(image.quality, QUALITY_RANGE[0]), QUALITY_RANGE[1])
    options: dict[str, Any] = {"quality": usual if quality is None else quality}
    if format == "jpg" and options["quality"] >= 90:
        options["subsampling"] = 0
    if format == "avif":
        options["speed"] = 8  # a third of the time at the usual 6 for files 4 % larger
    return options


def _metadata_options(image: DecodedImage, format: FileFormat) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if image.icc_tagged:
        options["icc_profile"] = srgb_profile()
    if format in ("webp", "avif", "jxl"):
        exif = exif_with_resolution(image.exif, image.dpi)
    else:
        exif = image.exif
        if image.dpi is not None:
            options["dpi"] = image.dpi
    if format == "tif":
        tags = Image.Exif()
        if exif:
            tags.load(exif)
            for tag in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):  # libtiff takes no lists within the list
                tags.pop(tag, None)
        # Differences of neighbours instead of values make the files of coloured pages a fifth smaller.
        tags[_PREDICTOR] = 2
        options["exif"] = tags
    elif exif and format != "bmp":
        options["exif"] = exif
    return options
