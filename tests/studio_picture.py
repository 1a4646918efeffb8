"""Take the picture of the studio that README.md shows: `python tests/studio_picture.py examples/studio.webp`.

A chapter is made of the pages in examples/pages and coloured; one of them is corrected, its colours are saved to the
series, and the window is kept as it stands.
"""

from __future__ import annotations

import io
import sys
import tempfile
import zipfile
from pathlib import Path

from PIL import Image
from studio_browser import InChromium, until
from studio_process import studio_server

PAGES = Path(__file__).parent.parent / "examples" / "pages"
SHOWN = 1
"""Which of them is open."""

PALETTE = [("Rin", "hair", "#c4512d", 0.215, 0.785), ("Rin", "jacket", "#2f7f86", 0.17, 0.965)]
"""Whose part gets which colour, and where it is clicked, as shares of the page's width and height."""


def main(path):
    pages = sorted(PAGES.glob("*.png"))
    width, height = Image.open(pages[SHOWN]).size
    with tempfile.TemporaryDirectory() as folder, studio_server(Path(folder) / "projects") as url:
        book = Path(folder) / "Summer.cbz"
        with zipfile.ZipFile(book, "w") as archive:
            for page in pages:
                archive.write(page, page.name)
        person = InChromium(Path(folder), size=(1280, 800))
        try:
            person.open(url)
            person.bring(book)
            person.all(".page")[SHOWN].click()
            until(lambda: person.text(".where-number").startswith(f"{SHOWN + 1} "), what="the page")
            person.settled()
            for character, part, color, x, y in PALETTE:
                person.choose(color)
                person.click(x * width, y * height)
                person.settled()
                person.save(character, part)
            person.named("Colour all").click()
            until(lambda: not person.all('.page[data-standing="new"]'), what="every page in colour")
            person.driver.execute_script("document.activeElement.blur()")
            person.leave()
            until(lambda: not person.all(".note"), what="the end of every message")
            person.settled()
            picture = Image.open(io.BytesIO(person.driver.get_screenshot_as_png())).convert("RGB")
        finally:
            person.close()
    picture.save(path, quality=80, method=6)
    print(f"{path}: {Path(path).stat().st_size >> 10} KiB")  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
