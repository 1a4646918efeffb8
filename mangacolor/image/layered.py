"""A picture in layers, as painting programs have it, and its file as OpenRaster."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple
from xml.etree import ElementTree

from PIL import Image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LayerFormat = Literal["ora", "psd"]
"""OpenRaster, and Photoshop's."""

Blend = Literal["normal", "multiply", "add"]
"""Covering what lies below; multiplied with it, as ink and shadows are; added to it, as gleams are."""

THUMBNAIL_SIDE = 256
"""Longer side of the small picture in the file, as OpenRaster has it at most."""

_MIME = "image/openraster"
_OPERATIONS = {"normal": "svg:src-over", "multiply": "svg:multiply", "add": "svg:plus"}


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer.

    Attributes:
        name: What the painting program calls it.
        rgba: (h, w, 4) uint8 sRGB, alpha not multiplied in.
        x: Columns from the left edge of the picture to its own.
        y: Rows from the top.
        blend: How it is laid on what lies below.
    """

    name: str
    rgba: NDArray[np.uint8]
    x: int = 0
    y: int = 0
    blend: Blend = "normal"


@dataclass(frozen=True, eq=False)
class Group:
    """Layers that are shown and moved as one.

    Attributes:
        name: What the painting program calls it.
        layers: The lowest first.
    """

    name: str
    layers: Sequence[Layer]


@dataclass(frozen=True, eq=False)
class LayeredPicture:
    """A picture in layers.

    Attributes:
        rgb: (H, W, 3) uint8 sRGB, what the layers come to.
        stack: Layers and groups, the lowest first.
        dpi: Dots per inch; None when unknown.
    """

    rgb: NDArray[np.uint8]
    stack: Sequence[Layer | Group]
    dpi: tuple[float, float] | None = None


class LayeredFile(NamedTuple):
    """The file of a picture in layers.

    Attributes:
        format: What it is.
        data: Its bytes.
    """

    format: LayerFormat
    data: bytes


def openraster(picture: LayeredPicture) -> bytes:
    """Write a picture as OpenRaster 0.0.5, which Krita, GIMP, MyPaint and others open.

    See https://www.openraster.org: a ZIP whose first entry is `mimetype`, stored, with the layers as PNG,
    `stack.xml` with the uppermost first, the merged picture and a thumbnail.
    """
    height, width = picture.rgb.shape[:2]
    image = ElementTree.Element("image", {"version": "0.0.5", "w": str(width), "h": str(height)})
    if picture.dpi is not None:
        image.attrib |= {"xres": str(round(picture.dpi[0])), "yres": str(round(picture.dpi[1]))}
    files: dict[str, bytes] = {}
    root = ElementTree.SubElement(image, "stack")
    for one in reversed(picture.stack):
        if isinstance(one, Group):
            attributes = {"name": one.name, "isolation": "isolate", "composite-op": "svg:src-over", "opacity": "1.0"}
            group = ElementTree.SubElement(root, "stack", {**attributes, "visibility": "visible"})
            for layer in reversed(one.layers):
                _add_layer(group, layer, files)
        else:
            _add_layer(root, one, files)
    whole = Image.fromarray(picture.rgb)
    small = whole.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    buffer = io.BytesIO()
    files |= {"mergedimage.png": _png(whole), "Thumbnails/thumbnail.png": _png(small)}
    stack = ElementTree.tostring(image, encoding="UTF-8", xml_declaration=True)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in {"mimetype": _MIME.encode(), "stack.xml": stack, **files}.items():
            archive.writestr(zipfile.ZipInfo(name), data)  # of no time, so that the same page is the same file
    return buffer.getvalue()


def _add_layer(stack: ElementTree.Element, layer: Layer, files: dict[str, bytes]) -> None:
    source = f"data/layer{len(files):03d}.png"
    files[source] = _png(Image.fromarray(layer.rgba))
    ElementTree.SubElement(
        stack,
        "layer",
        {
            "name": layer.name, "src": source, "x": str(layer.x), "y": str(layer.y),
            "composite-op": _OPERATIONS[layer.blend], "opacity": "1.0", "visibility": "visible",
        },
    )  # fmt: skip


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=4)
    return buffer.getvalue()
