"""Pages of the catalogue as readers get them.

Oracle: Pillow, which scales a picture that is decoded whole.
"""

from __future__ import annotations

import io

import numpy as np
import pytest

pytest.importorskip("starlette", reason="needs the extra `serve`")

from PIL import Image, ImageOps

from mangacolor.errors import BadInputError
from mangacolor.web.shown_page import as_jpeg

MOST = 60_000


def picture(format, size, *, mode="RGB", **options):
    """Smooth colours, which every way to scale shows nearly alike."""
    across, down = np.linspace(0, 255, size[0]), np.linspace(0, 255, size[1])
    pixels = np.stack(np.broadcast_arrays(across, down[:, None], 128.0), axis=-1).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(buffer, format, **options)
    return buffer.getvalue()


TURNED = Image.Exif()
TURNED[0x0112] = 6


@pytest.mark.parametrize(
    ("data", "width", "size"),
    [
        (picture("JPEG", (1200, 800)), 150, (150, 100)),  # 16 times what a page may have
        (picture("JPEG", (1200, 800), mode="L"), 150, (150, 100)),
        (picture("JPEG", (1200, 800), exif=TURNED), 150, (150, 225)),
        (picture("JPEG", (800, 6000)), 100, (89, 668)),  # what it is asked for is more than a page may have
        (picture("PNG", (360, 240)), 90, (90, 60)),
        (picture("PNG", (360, 240), mode="P"), 90, (90, 60)),
        (picture("PNG", (360, 240), mode="RGBA"), 90, (90, 60)),
        (picture("PNG", (360, 240)), 0, (300, 200)),
    ],
)
def test_pages_that_are_too_large_are_sent_as_wide_as_is_wanted(data, width, size):
    shown = Image.open(io.BytesIO(as_jpeg(data, width, MOST)))
    assert (shown.format, shown.size) == ("JPEG", size)
    whole = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB").resize(size, Image.Resampling.BOX)
    assert np.abs(np.asarray(shown.convert("RGB"), float) - np.asarray(whole, float)).mean() < 4


def test_what_would_fill_memory_is_refused():
    with pytest.raises(BadInputError, match="too large"):
        as_jpeg(picture("PNG", (1200, 800)), 150, MOST)
