"""Files of pictures in layers; PSD by way of psd-tools."""

from __future__ import annotations

import io
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from mangacolor.errors import UsageError
from mangacolor.image.layered import Group, Layer, LayeredFile, LayeredPicture, LayerFormat, openraster

if TYPE_CHECKING:
    from psd_tools.api.layers import PixelLayer
    from psd_tools.api.psd_image import PSDImage

_PER_INCH, _INCHES = 1, 1
"""Units of a resolution, and of the sides that go with it, in the format."""


def layered_file(picture: LayeredPicture, format: LayerFormat) -> LayeredFile:
    """Write a picture in layers in a file format.

    Raises:
        UsageError: The format needs a library that is missing.
    """
    return LayeredFile(format, openraster(picture) if format == "ora" else photoshop(picture))


def check_layer_format(format: LayerFormat | None) -> None:
    """Refuse a format that needs a library which is missing.

    Raises:
        UsageError: It is.
    """
    if format == "psd" and find_spec("psd_tools") is None:
        raise _missing()


def _missing() -> UsageError:
    return UsageError("PSD needs one more library.", advice='pip install "mangacolor[layers]"')


def photoshop(picture: LayeredPicture) -> bytes:
    """Write a picture in layers as PSD: 8 bits a channel, layers with names, groups and blend modes.

    Letters of names that Mac OS Roman has not become question marks.

    Raises:
        UsageError: psd-tools is missing.
    """
    try:
        from psd_tools import PSDImage
        from psd_tools.constants import Resource
        from psd_tools.psd.image_resources import ImageResource, ResoulutionInfo
    except ImportError as error:
        raise _missing() from error
    height, width = picture.rgb.shape[:2]
    document = PSDImage.new("RGB", (width, height), color=255)
    for one in picture.stack:
        if isinstance(one, Group):
            document.create_group([_add(document, layer) for layer in one.layers], name=_spelt(one.name))
        else:
            _add(document, one)
    if picture.dpi is not None:
        across, down = (round(dots * 65536) for dots in picture.dpi)  # with 16 bits behind the point
        known = ResoulutionInfo(across, _PER_INCH, _INCHES, down, _PER_INCH, _INCHES)
        key = Resource.RESOLUTION_INFO
        document.image_resources[key] = ImageResource(key=key.value, data=known.tobytes())
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _add(document: PSDImage, layer: Layer) -> PixelLayer:
    from psd_tools.constants import BlendMode

    mode = {"normal": BlendMode.NORMAL, "multiply": BlendMode.MULTIPLY, "add": BlendMode.LINEAR_DODGE}[layer.blend]
    image = Image.fromarray(np.ascontiguousarray(layer.rgba))
    return document.create_pixel_layer(image, name=_spelt(layer.name), top=layer.y, left=layer.x, blend_mode=mode)


def _spelt(name: str) -> str:
    return name.encode("mac_roman", "replace").decode("mac_roman")
