"""Colour profiles: everything becomes sRGB, and what had a profile is written with that of sRGB."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import cast

import numpy as np
from PIL import Image, ImageCms

# A profile that moves no colour further than this is sRGB written by another program; converting would only add
# rounding noise to a page that is already right.
_SAME_PROFILE_STEPS = 2


def to_srgb(image: Image.Image, profile_data: bytes | None) -> tuple[Image.Image, bool]:
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


@lru_cache(maxsize=1)
def srgb_profile() -> bytes:
    """Return an sRGB profile that is the same on every day, so that equal pages give equal files."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    data[24:36] = bytes.fromhex("07e8 0001 0001 0000 0000 0000")  # creation date: 2024-01-01 00:00:00
    return bytes(data)
