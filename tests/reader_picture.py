"""Take the picture of the library in a browser that docs show: `python tests/reader_picture.py examples/reader.webp`.

A book is made of the pages in examples/pages, and read on a wide window and on a phone, whose pictures are put side by
side.
"""

from __future__ import annotations

import io
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from PIL import Image
from selenium.webdriver.common.keys import Keys
from studio_browser import InChromium, until
from studio_process import studio_server

PAGES = Path(__file__).parent.parent / "examples" / "pages"
WIDE, PHONE = (1060, 720), (390, 720)
BETWEEN = 16
GROUND = (200, 200, 196)


def take(person, url, size, pages, *, has_bars):
    """Open the book, turn to the last of some pages, and return what is on the screen."""
    person.take(size)
    person.open(f"{url}/read")
    person.driver.execute_script("localStorage.clear()")
    person.open(f"{url}/read")
    person.find(".shelf > .books .book-link").click()
    for number in range(1, pages + 1):
        until(lambda: person.all(".stage[aria-busy=false]"), what=f"page {number}")
        if number < pages:
            person.keys(Keys.ARROW_LEFT)
    time.sleep(6)  # until the bars have gone by themselves
    if has_bars:
        person.keys(Keys.ENTER)
    until(lambda: not person.all(".note"), what="the end of every message")
    time.sleep(1)  # until they have faded
    return Image.open(io.BytesIO(person.driver.get_screenshot_as_png())).convert("RGB")


def main(path):
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "library"
        library.mkdir()
        with zipfile.ZipFile(library / "Summer.cbz", "w") as archive:
            for page in sorted(PAGES.glob("*.png")):
                archive.write(page, page.name)
        kept = ("--cache", Path(folder) / "cache", "--cache-mb", "256")  # without it no book can be taken away
        with studio_server(Path(folder) / "projects", "--library", library, *kept) as url:
            person = InChromium(Path(folder), size=WIDE)
            try:
                pictures = [take(person, url, WIDE, 4, has_bars=False), take(person, url, PHONE, 1, has_bars=True)]
            finally:
                person.close()
    width = sum(one.width for one in pictures) + BETWEEN
    whole = Image.new("RGB", (width, max(one.height for one in pictures)), GROUND)
    whole.paste(pictures[0], (0, 0))
    whole.paste(pictures[1], (pictures[0].width + BETWEEN, 0))
    whole.save(path, quality=80, method=6)
    print(f"{path}: {Path(path).stat().st_size >> 10} KiB")  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
