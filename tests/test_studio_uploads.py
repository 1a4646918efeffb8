"""What is brought to the studio and is not as it should be: damaged pages, files that are no pictures, pages too large.

Oracle: docs/studio.md; Pillow, which opens what a browser is to show; `decode`, which says what of a page can be read.
"""

from __future__ import annotations

import io

import numpy as np
import pytest

pytest.importorskip("starlette", reason="needs the extra `serve`")

from PIL import Image
from studio_stubs import begin, page, pixels_of, run, studio_over
from web_stubs import GatedPainter

from mangacolor.image import decode


@pytest.fixture
def quick_studio(tmp_path):
    """Opens the studio without networks: pages are not looked at."""
    return lambda **options: studio_over(tmp_path / "studio", GatedPainter(), **options)


def cut(data):
    """The first two thirds of a file."""
    return data[: len(data) * 2 // 3]


def noisy_page(format):
    buffer = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 40, (560, 420), np.uint8)
    Image.fromarray(np.maximum(page(), 40) - noise).save(buffer, format)
    return buffer.getvalue()


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_of_a_damaged_page_what_is_there_is_shown(quick_studio, format):
    async def test():
        async with quick_studio() as client:
            damaged = cut(noisy_page(format))
            where = await begin(client, damaged, "page")
            answer = await client.get(f"{where}/pages/0/source")
            assert answer.status_code == 200
            with Image.open(io.BytesIO(answer.content)) as shown:
                shown.load()  # Pillow, like a browser, refuses files that end too early
            np.testing.assert_array_equal(pixels_of(answer.content), decode(damaged, as_page=True).rgb)

    run(test())
