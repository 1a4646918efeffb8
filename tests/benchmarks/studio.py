"""How long the studio takes to answer, the whole request, by what is done; a table for docs/measurements.md.

`python tests/benchmarks/studio.py` colours an example page of 1.6 megapixels with the shipped weights.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import random
import sys
import tempfile
import time
from pathlib import Path

import httpx
import numpy as np
from PIL import Image

from mangacolor.colorize.colorizer import Colorizer
from mangacolor.image import read_image, resize
from mangacolor.web.app import build_app
from mangacolor.web.engine import Engine
from mangacolor.web.settings import ServeSettings
from mangacolor.web.studio.requests import PREFIX
from mangacolor.web.studio.routes import studio_services
from mangacolor.web.studio.studio import Studio

PAGE = Path(__file__).parents[2] / "examples" / "pages" / "page_02_street.png"
SIZE = (1530, 1050)


async def main(page, clicks):
    settings = ServeSettings()
    engine = Engine(Colorizer)
    with tempfile.TemporaryDirectory() as folder:
        app = build_app(engine, settings, studio_services(Studio(engine, settings, Path(folder))))
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=600) as client,
        ):
            await measure(client, page, clicks)


async def measure(client, page, clicks):
    buffer = io.BytesIO()
    pixels = resize(read_image(page).rgb, *SIZE)
    Image.fromarray(pixels).save(buffer, "PNG")
    project = (await client.post(f"{PREFIX}/projects", content=buffer.getvalue(), params={"name": "page.png"})).json()
    where = f"{PREFIX}/projects/{project['id']}/pages/0"
    took = {}

    async def timed(what, method, path, **said):
        started, computed = time.perf_counter(), time.process_time()
        answer = await client.request(method, f"{where}/{path}", **said)
        assert answer.status_code == 200, answer.text
        found = time.perf_counter() - started, time.process_time() - computed, len(answer.content)
        took.setdefault(what, []).append(found)

    chance = random.Random(0)
    light = np.argwhere(pixels.min(axis=2) > 200)

    def point():
        y, x = light[chance.randrange(len(light))]
        return int(x), int(y)

    def color():
        return "#{:02x}{:02x}{:02x}".format(*(chance.randrange(256) for _ in range(3)))

    await timed("page opened and coloured", "GET", "colored")
    for number in range(clicks):
        x, y = point()
        await timed("click", "POST", "steps", json={"kind": "fill", "x": x, "y": y, "color": color()})
        if number % 4 == 3:
            await timed("undo", "POST", "undo")
            await timed("redo", "POST", "redo")
            x, y = point()
            points = [[x + 8 * step, y + 4 * step] for step in range(25)]
            stroke = {"kind": "brush", "points": points, "radius": 8, "color": color()}
            await timed("stroke of 220 pixels", "POST", "steps", json=stroke)
            await timed("lock", "POST", "steps", json={"kind": "lock", "x": x, "y": y, "locked": True})
            print(
                f"{number + 1} of {clicks} clicks: {np.median([one[0] for one in took['click']]):.2f} s",
                file=sys.stderr,
            )
    print("| request | times | median s | 95th percentile s | median s of computing | KiB sent |")
    print("|---|---|---|---|---|---|")
    for what, found in took.items():
        seconds, computed, sizes = zip(*found, strict=True)
        row = [np.median(seconds), np.percentile(seconds, 95), np.median(computed)]
        cells = [what, str(len(found)), *(f"{one:.2f}" for one in row), f"{np.median(sizes) / 1024:.0f}"]
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--clicks", type=int, default=40)
    parser.add_argument("--page", type=Path, default=PAGE)
    options = parser.parse_args()
    asyncio.run(main(options.page, options.clicks))
