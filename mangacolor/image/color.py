"""Colour spaces on arrays: sRGB, linear light and OKLab, and the chroma bins of the classification head."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

LMS_FROM_LINEAR = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    dtype=np.float32,
)
"""Linear sRGB to cone response, Ottosson, "A perceptual color space for image processing" (2020)."""

OKLAB_FROM_LMS = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    dtype=np.float32,
)
"""Cube roots of the cone response to lightness, green-red and blue-yellow (same source)."""

LMS_FROM_OKLAB, LINEAR_FROM_LMS = np.linalg.inv(OKLAB_FROM_LMS), np.linalg.inv(LMS_FROM_LINEAR)
"""And back."""

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""Share of red, green and blue in the luma of encoded sRGB (ITU-R BT.601): the grey of a picture without its colour."""

CHROMA_STEP = 0.035
"""Side of a chroma bin in OKLab units: about 1/9 of the largest chroma of sRGB."""

_SRGB_LINEAR_END = 0.04045

AT_ONCE = 64
"""No processor mixes more colours at once."""

BLOCK = 20_000
"""Colours that are converted at a time: what is made of them on the way fits into the cache."""

SHORTENINGS = 10
"""How often the chroma that sRGB has at a lightness and hue is halved in on: to a thousandth of what it is short of."""

ROUNDING = 1e-6
"""Linear light beyond that of sRGB that comes of computing alone."""

BAND = 5 * BLOCK
"""Colours that are converted in a row, where several cores share them."""

Each = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
"""Does the same to several things, as `map` does one after the other."""


def linear_from_srgb(srgb: FloatArray) -> FloatArray:
    """Decode sRGB values in [0, 1] to linear light (IEC 61966-2-1)."""
    linear = np.maximum(srgb, 0, dtype=np.float32)
    linear += np.float32(0.055)
    linear *= np.float32(1 / 1.055)
    np.power(linear, np.float32(2.4), out=linear)
    np.divide(srgb, np.float32(12.92), out=linear, where=srgb <= _SRGB_LINEAR_END, casting="same_kind")
    return linear


def oklab_from_srgb(rgb: FloatArray, each: Each = map) -> FloatArray:
    """Convert (..., 3) sRGB in [0, 1] to OKLab: lightness in [0, 1], a and b within about ±0.32."""
    return _in_blocks(_oklab_from_srgb, rgb, each)


def _oklab_from_srgb(rgb: FloatArray) -> FloatArray:
    cone = _mixed(linear_from_srgb(rgb), LMS_FROM_LINEAR)
    return _mixed(np.cbrt(cone, out=cone), OKLAB_FROM_LMS)


def lightness_of_gray(gray: FloatArray) -> FloatArray:
    """Return the OKLab lightness (...) of greys (...) in sRGB, in [0, 1]."""
    return np.cbrt(linear_from_srgb(gray)) * np.float32(OKLAB_FROM_LMS[0] @ np.cbrt(LMS_FROM_LINEAR.sum(axis=1)))


def srgb_from_oklab(lab: FloatArray, each: Each = map) -> FloatArray:
    """Convert (..., 3) OKLab to sRGB; colours outside sRGB are cut to [0, 1]."""
    return _in_blocks(_srgb_from_oklab, lab, each)


def _srgb_from_oklab(lab: FloatArray) -> FloatArray:
    encoded = _unbounded_srgb(lab)
    return np.clip(encoded, 0, 1, out=encoded)


def _unbounded_srgb(lab: FloatArray) -> FloatArray:
    """Convert OKLab to sRGB that may lie outside [0, 1]; below, the encoding goes on as the line it begins with."""
    linear = _linear_from_oklab(lab)
    encoded = np.maximum(linear, np.float32(1e-8))
    np.power(encoded, np.float32(1 / 2.4), out=encoded)
    encoded *= np.float32(1.055)
    encoded -= np.float32(0.055)
    np.multiply(linear, np.float32(12.92), out=encoded, where=linear <= _SRGB_LINEAR_END / 12.92)
    return encoded


def _linear_from_oklab(lab: FloatArray) -> FloatArray:
    cone = _mixed(lab, LMS_FROM_OKLAB)
    cubed = cone * cone
    cubed *= cone
    return _mixed(cubed, LINEAR_FROM_LMS)


def _in_blocks(convert: Callable[[FloatArray], FloatArray], colours: FloatArray, each: Each) -> FloatArray:
    """Convert (..., 3) colours, `BLOCK` at a time: of a page that takes three quarters of the time."""
    flat = colours.reshape(-1, 3)
    if len(flat) <= BLOCK:
        return convert(colours)
    converted = np.empty(flat.shape, np.float32)

    def fill(begin: int) -> None:
        for first in range(begin, min(begin + BAND, len(flat)), BLOCK):
            converted[first : first + BLOCK] = convert(flat[first : first + BLOCK])

    list(each(fill, range(0, len(flat), BAND)))
    return converted.reshape(colours.shape)


def _mixed(colours: FloatArray, matrix: FloatArray) -> FloatArray:
    """Return `colours @ matrix.T` of (..., 3) colours: OpenCV takes a fifth of the time of NumPy."""
    flat = np.ascontiguousarray(colours, np.float32).reshape(-1, 1, 3)
    mixed = np.empty_like(flat)
    if len(flat):
        cv2.transform(flat, matrix, dst=mixed)
        # OpenCV rounds the last few otherwise, and a colour must not depend on its place: they get company.
        last = np.zeros((2 * AT_ONCE, 1, 3), np.float32)
        count = min(AT_ONCE, len(flat))
        last[:count] = flat[-count:]
        mixed[-count:] = cv2.transform(last, matrix)[:count]
    return mixed.reshape(colours.shape)


def within_srgb(lab: FloatArray) -> FloatArray:
    """Cut (..., 3) OKLab to what sRGB can show, channel by channel, as `srgb_from_oklab` does; all else stays."""
    linear = _linear_from_oklab(lab)
    outside = ((linear < 0) | (linear > 1)).any(axis=-1)
    cut: FloatArray = lab.copy()
    cut[outside] = _mixed(np.cbrt(_mixed(linear[outside].clip(0, 1), LMS_FROM_LINEAR)), OKLAB_FROM_LMS)
    return cut


def saturated(lab: FloatArray, factor: float) -> FloatArray:
    """Multiply the chroma of (..., 3) OKLab, as far as sRGB reaches: lightness and hue stay.

    Cut channel by channel, as `within_srgb` does, reds would turn to orange and skies to cyan.
    """
    wanted: FloatArray = lab.copy()
    wanted[..., 1:] *= np.float32(factor)
    if factor <= 1:
        return wanted
    outside = ~_is_within_srgb(wanted)
    own, excess = lab[outside], wanted[outside] - lab[outside]
    share, step = np.zeros((len(own), 1), np.float32), np.float32(0.5)
    for _ in range(SHORTENINGS):
        longer = share + step
        share = np.where(_is_within_srgb(own + longer * excess)[:, None], longer, share)
        step /= 2
    wanted[outside] = own + share * excess
    return wanted


def _is_within_srgb(lab: FloatArray) -> NDArray[np.bool_]:
    """Say which (..., 3) OKLab sRGB can show, but for rounding."""
    linear = _linear_from_oklab(lab)
    return np.asarray(((linear >= -ROUNDING) & (linear <= 1 + ROUNDING)).all(axis=-1), np.bool_)


def grade(rgb: FloatArray, chroma: float, exponent: float) -> FloatArray:
    """Make colours livelier and lighter without leaving sRGB: those near its limits change less, at their own hue.

    Args:
        rgb: (..., 3) sRGB in [0, 1].
        chroma: Factor on the OKLab chroma.
        exponent: Of the OKLab lightness; below 1 lightens the middle, black and white stay.
    """
    lab = oklab_from_srgb(rgb)
    lab[..., 0] = lab[..., 0].clip(0, 1) ** np.float32(exponent)
    lightened = srgb_from_oklab(lab)
    lab[..., 1:] *= np.float32(chroma)
    wanted = _unbounded_srgb(lab)
    step = wanted - lightened
    with np.errstate(divide="ignore", invalid="ignore"):
        room = np.where(step > 0, 1 - lightened, lightened) / np.abs(step)
    room = np.where(np.abs(step) > 1e-6, room, 1)
    share = np.minimum(np.minimum(room[..., :1], room[..., 1:2]), room[..., 2:]).clip(0, 1)  # .min(axis) is slow
    return np.asarray((lightened + step * share).clip(0, 1), np.float32)


@cache
def chroma_bins() -> FloatArray:
    """Return the (B, 2) centres of the OKLab chroma bins that sRGB can reach, in a fixed order.

    The grid is that of Zhang, Isola & Efros, "Colorful Image Colorization" (2016), moved from
    CIELAB to OKLab.
    """
    levels = np.linspace(0, 1, 33, dtype=np.float32)
    cube = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(-1, 3)
    cells = np.unique(np.round(oklab_from_srgb(cube)[:, 1:] / CHROMA_STEP).astype(int), axis=0)
    return (cells * CHROMA_STEP).astype(np.float32)
