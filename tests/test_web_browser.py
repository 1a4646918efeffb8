"""A page of another site, shown by a real browser, has its picture coloured as the browser extension does it.

Oracle: Chromium, which sends no such request before its preflight was answered as the Fetch standard has it, shows the
answer only where CORS allows it, and says what colour the picture then has. The requests are those of
BinitDOX/Manga-Colorizer 0f49021, Frontend-Chrome/contentScript.js: a canvas of the picture as a PNG data URL, posted as
JSON from the page; `colorImgData` becomes the picture's `src`.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil

import pytest

pytest.importorskip("starlette", reason="needs the extra `serve`")

from starlette.applications import Starlette
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from web_listening import listening
from web_stubs import GatedPainter, page_bytes

from mangacolor.web.app import build_app
from mangacolor.web.engine import Engine
from mangacolor.web.run import all_services
from mangacolor.web.settings import ServeSettings

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs a browser: apt install chromium"),
]

SITE = "manga.example"
PAGE = """<!doctype html><title>A chapter</title><body><img id="page" src="/1.png"><p id="told">nothing</p><script>
const page = document.getElementById("page"), told = document.getElementById("told");
function canvasOf(image) {
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas;
}
async function colorize() {
  const answer = await fetch("SERVER/colorize-image-data", {
    method: "POST", headers: {"Content-Type": "application/json"},
    body: JSON.stringify({
      imgName: "1.png", imgWidth: page.naturalWidth, imgHeight: page.naturalHeight, cache: false,
      denoise: true, colorize: true, upscale: true, denoiseSigma: 25, upscaleFactor: 4, mangaTitle: "A",
      mangaChapter: "1", imgData: canvasOf(page).toDataURL("image/png"),
    }),
  });
  const said = await answer.json();
  if (said.msg) throw new Error(said.msg);
  page.src = said.colorImgData;
  await page.decode();
  const pixel = canvasOf(page).getContext("2d").getImageData(20, 30, 1, 1).data;
  return `${page.naturalWidth}x${page.naturalHeight} ${pixel[0]},${pixel[1]},${pixel[2]}`;
}
async function refused() {
  try { await fetch("SERVER/api/v1/books", {method: "POST", body: "x"}); return "let in"; }
  catch (error) { return "kept out"; }
}
window.onload = async () => {
  try { told.textContent = `${await colorize()} ${await refused()}`; }
  catch (error) { told.textContent = `failed: ${error}`; }
};
</script>"""


async def shown(folder, server, *, flags):
    """Let a browser show the page of a site that uses a server, and return what the page says in the end."""

    async def page(request):
        return HTMLResponse(PAGE.replace("SERVER", server))

    async def picture(request):
        return Response(page_bytes(1), media_type="image/png")

    async with listening(Starlette(routes=[Route("/", page), Route("/1.png", picture)])) as site:
        port = site.rpartition(":")[2]
        words = [
            "--headless", "--disable-gpu", "--no-first-run", f"--user-data-dir={folder}", "--timeout=20000",
            f"--host-resolver-rules=MAP {SITE} 127.0.0.1", "--virtual-time-budget=20000",
            f"--screenshot={folder}/page.png", "--dump-dom", f"http://{SITE}:{port}/",
        ]  # fmt: skip
        words = [*(flag.replace("PORT", port) for flag in flags), *words]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            words.insert(0, "--no-sandbox")
        process = await asyncio.create_subprocess_exec(
            CHROMIUM, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        try:
            output, errors = await asyncio.wait_for(process.communicate(), 100)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    found = re.search(r'<p id="told">([^<]*)</p>', output.decode())
    assert found, errors.decode()[-2000:]
    return found[1]


async def coloured(tmp_path, flags):
    engine, settings = Engine(GatedPainter), ServeSettings()
    async with listening(build_app(engine, settings, all_services(engine, settings))) as server:
        for _ in range(3):  # a browser in a hurry goes before the answers are there
            told = await shown(tmp_path, server, flags=flags)
            if told != "nothing":
                break
        return told


@pytest.mark.parametrize(
    "flags",
    [
        [],
        # The site counts as one on the public internet, and its user has allowed it to reach the local network.
        ["--ip-address-space-overrides=127.0.0.1:PORT=public", "--disable-features=LocalNetworkAccessChecks"],
    ],
)
def test_a_page_of_another_site_shows_its_picture_in_colour_and_reaches_nothing_else(tmp_path, flags):
    told = asyncio.run(asyncio.wait_for(coloured(tmp_path, flags), 120))
    size, rgb, books = told.split(maxsplit=2)
    assert size == "40x60", told
    red, green, blue = map(int, rgb.split(","))
    assert red > 150 > 90 > max(green, blue)
    assert books == "kept out"
