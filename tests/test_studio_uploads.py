"""What is brought to the studio and is not as it should be: damaged pages, files that are no pictures, pages too large.

Oracle: docs/studio.md; Pillow, which opens what a browser is to show; `decode`, which says what of a page can be read.
"""

from __future__ import annotations

import io

import numpy as np
import pytest

pytest.importorskip("starlette", reason="needs the extra `serve`")

from PIL import Image
from studio_stubs import PROJECTS, begin, book, page, pixels_of, png, run, studio_over
from web_stubs import GatedPainter

from mangacolor.image import decode
from mangacolor.web.settings import ServeSettings


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


def test_a_page_with_too_many_pixels_is_refused_with_what_helps(quick_studio, tmp_path):
    async def test():
        async with quick_studio(settings=ServeSettings(max_pixels=100_000)) as client:
            answer = await client.post(PROJECTS, content=png(page()), params={"name": "large.png"})
            assert answer.status_code == 422
            said = answer.json()["error"]
            assert said.startswith("large.png is too large: 420 × 560 pixels, the limit is 0.1 million.")
            assert "`serve`" in said
            assert "--max-pixels" in said
            assert not list((tmp_path / "studio").iterdir())

    run(test())


def test_what_of_a_book_cannot_be_read_is_named_and_the_rest_is_there(quick_studio):
    """The numbers of pages stay those of the book, as what leaves the studio has all that came."""

    async def test():
        async with quick_studio() as client:
            answer = await client.post(PROJECTS, content=book(b"no picture", 1), params={"name": "two.cbz"})
            assert answer.status_code == 201
            broken, good = answer.json()["pages"]
            assert broken["problem"].startswith("0.png is not a picture that can be read.")
            assert (good["number"], good["problem"], good["width"]) == (1, None, 420)
            where = f"{PROJECTS}/{answer.json()['id']}"
            assert (await client.post(f"{where}/batch")).json() == {"waiting": 1}
        async with quick_studio() as client:
            broken, good = (await client.get(where)).json()["pages"]
            assert (broken["problem"], good["problem"]) == ("0.png cannot be read.", None)
            (listed,) = (await client.get(PROJECTS)).json()
            assert listed["cover"] == 1, "a list shows a page that there is"
            answer = await client.post(PROJECTS, content=book(b"none", b"none"), params={"name": "two.cbz"})
            assert (answer.status_code, answer.json()["error"].partition(".\n")[0]) == (
                422, "two.cbz holds no page that can be read"
            )  # fmt: skip

    run(test())
