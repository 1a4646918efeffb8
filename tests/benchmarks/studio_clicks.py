"""How long a click takes in the studio as a person feels it, in each browser that is here; a table for
docs/measurements.md.

`python tests/benchmarks/studio_clicks.py` opens an example page of 1.6 megapixels at `mangacolor serve` and clicks its
areas with the mouse. Times begin at the pointer's event and end with the frame that shows what is measured: at the
second call of requestAnimationFrame after it was drawn, which comes when the frame of the first was handed on.
"""

from __future__ import annotations

import argparse
import base64
import io
import random
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from mangacolor.image import read_image, resize

sys.path.insert(0, str(Path(__file__).parents[1]))

from studio_browser import InChromium, InFirefox, until
from studio_process import studio_server

SIZE = (1530, 1050)
PAGE = Path(__file__).parents[2] / "examples" / "pages" / "page_02_street.png"
LEAST_PIXELS = 400
"""An area that is smaller is hardly clicked."""

WATCH = """
window.clicks = [];
const decode = HTMLImageElement.prototype.decode;
const frames = () => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
const canvas = document.querySelector(".canvas");
canvas.addEventListener("pointerup", async (event) => {
  const click = { at: event.timeStamp };
  window.clicks.push(click);
  await frames();
  click.seen = performance.now();
}, { capture: true });
HTMLImageElement.prototype.decode = async function () {
  const click = window.clicks.at(-1);
  click.came = performance.now();
  await decode.call(this);
  click.decoded = performance.now();
  frames().then(() => (click.shown = performance.now()));
};
new MutationObserver(() => {
  const click = window.clicks.at(-1);
  if (click && canvas.getAttribute("aria-busy") === "false") frames().then(() => (click.still ??= performance.now()));
}).observe(canvas, { attributeFilter: ["aria-busy"] });
"""

ROWS = [
    ("seen", "the area has the colour, flat"),
    ("answered", "the server's answer has come whole"),
    ("shown", "the page shows the new colours"),
    ("still", "they have faded in"),
]


def places(areas, count, chance):
    """Points in so many areas, each as deep in its area as any."""
    numbers, sizes = np.unique(areas, return_counts=True)
    chosen = [int(number) for number, size in zip(numbers, sizes, strict=True) if number and size >= LEAST_PIXELS]
    chance.shuffle(chosen)
    for number in chosen[:count]:
        depth = cv2.distanceTransform(np.pad((areas == number).astype(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
        y, x = np.unravel_index(depth.argmax(), depth.shape)
        yield int(x), int(y)


def main(page, clicks):
    print("| browser | from the click until | times | median s | 95th percentile s |")
    print("|---|---|---|---|---|")
    for browser in (InChromium, InFirefox):
        if browser.missing:
            print(f"Not measured: {browser.missing}.", file=sys.stderr)
            continue
        found = measure(browser, page, clicks)
        name = browser.__name__.removeprefix("In")
        for what, label in ROWS:
            seconds = [one[what] for one in found]
            median, late = np.median(seconds), np.percentile(seconds, 95)
            print(f"| {name} | {label} | {len(seconds)} | {median:.2f} | {late:.2f} |")
        for what in ("waiting", "decoding"):
            print(f"{name}, {what}: {np.median([one[what] for one in found]):.3f} s at the median", file=sys.stderr)


def measure(browser, page, clicks):
    """Click so many areas; returns what `said` of each."""
    chance = random.Random(0)
    with tempfile.TemporaryDirectory() as folder, studio_server(Path(folder) / "projects") as url:
        path = Path(folder) / "page.png"
        Image.fromarray(resize(read_image(page).rgb, *SIZE)).save(path)
        person = browser(Path(folder))
        try:
            person.open(url)
            person.bring(path)
            areas = fetched(person, "areas") @ (65536, 256, 1)
            person.driver.execute_script(WATCH)
            found = []
            for number, (x, y) in enumerate(places(areas, clicks, chance), 1):
                person.choose("#{:02x}{:02x}{:02x}".format(*(chance.randrange(256) for _ in range(3))))
                person.click(x, y)
                found.append(until(lambda number=number: said(person, number), what="the answer"))
            return found
        finally:
            person.close()


def fetched(person, what):
    """A picture that the server gives of the page."""
    script = """
        const [what, done] = arguments;
        const id = location.hash.slice(1).split("/")[0];
        fetch(`api/v1/studio/projects/${id}/pages/0/${what}`).then((answer) => answer.blob()).then((blob) => {
          const reader = new FileReader();
          reader.onload = () => done(reader.result.split(",")[1]);
          reader.readAsDataURL(blob);
        });
    """
    data = base64.b64decode(person.driver.execute_async_script(script, what))
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def said(person, number):
    """What was measured of click `number`, in seconds; None until all of it is there."""
    script = """
        const click = window.clicks[arguments[0] - 1];
        const steps = performance.getEntriesByType("resource").filter((one) => one.name.endsWith("/steps"));
        return click?.still && click.shown && [click, steps[arguments[0] - 1]];
    """
    got = person.driver.execute_script(script, number)
    if not got or got[1] is None:
        return None
    click, request = got
    at = click["at"]
    return {
        "seen": (click["seen"] - at) / 1000,
        "answered": (request["responseEnd"] - at) / 1000,
        "shown": (click["shown"] - at) / 1000,
        "still": (click["still"] - at) / 1000,
        "waiting": (request["responseStart"] - request["requestStart"]) / 1000,
        "decoding": (click["decoded"] - click["came"]) / 1000,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--clicks", type=int, default=40)
    parser.add_argument("--page", type=Path, default=PAGE)
    options = parser.parse_args()
    main(options.page, options.clicks)
