"""What the tests of the studio share: pages, books, and the studio served over a folder."""

from __future__ import annotations

import asyncio
import contextlib
import io
import zipfile

import cv2
import numpy as np
from PIL import Image
from web_described import answer_misfits, operation_at
from web_stubs import served

from mangacolor.web.root import root_service
from mangacolor.web.studio.requests import PREFIX
from mangacolor.web.studio.routes import studio_index, studio_services
from mangacolor.web.studio.studio import Studio

PROJECTS = f"{PREFIX}/projects"
FILL = {"kind": "fill", "x": 70, "y": 90, "color": "#d03030"}


def run(test):
    """Run a test of the studio to its end."""
    return asyncio.run(asyncio.wait_for(test, 150))


def page(number=0):
    """A page of two rows of framed panels, with a toned box in each; told apart by a dot."""
    pixels = np.full((560, 420), 255, np.uint8)
    for top, left, bottom, right in ((20, 20, 270, 200), (20, 220, 270, 400), (290, 20, 540, 400)):
        cv2.rectangle(pixels, (left, top), (right, bottom), 0, 3)
        cv2.rectangle(pixels, (left + 30, top + 40), (right - 40, bottom - 40), 150, -1)
        cv2.rectangle(pixels, (left + 30, top + 40), (right - 40, bottom - 40), 0, 2)
    pixels[4:8, 4 + 8 * number : 8 + 8 * number] = 0
    return pixels


def png(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def book(*pages):
    """A CBZ of pages, each by its number or as its bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, one in enumerate(pages):
            archive.writestr(f"{number}.png", one if isinstance(one, bytes) else png(page(one)))
    return buffer.getvalue()


def pixels_of(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


@contextlib.asynccontextmanager
async def studio_over(folder, painter, **options):
    """A client of the studio over a folder, and the studio behind it; its answers are to be as they are described."""
    made = []

    def make(engine, settings):
        made.append(Studio(engine, settings, folder))
        return studio_services(made[0])

    async def check(answer):
        name = operation_at(answer.request.method, answer.request.url.path)
        if name is not None:
            await answer.aread()
            assert answer_misfits(name, answer) == []

    services = (make, lambda *_: root_service(studio_index))
    async with served(services, painter, timeout=100, event_hooks={"response": [check]}, **options) as client:
        (client.studio,) = made
        yield client


async def begin(client, data=None, name="page.png"):
    """Begin a project; returns its address."""
    answer = await client.post(PROJECTS, content=data or png(page()), params={"name": name})
    assert answer.status_code == 201
    return f"{PROJECTS}/{answer.json()['id']}"


async def colored(client, where):
    """The pixels of a page in colour."""
    answer = await client.get(f"{where}/colored")
    assert answer.status_code == 200
    return pixels_of(answer.content)
