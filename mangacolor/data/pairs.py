"""Writing pairs: composed pages and their coloured twins, aligned pixel by pixel, as `train` and `evaluate` read them.

Page k depends on the seed, k, the pictures and the fonts alone, so that an interrupted run goes on where it was and
two machines with the same pictures and fonts write the same pairs.
"""

from __future__ import annotations

import json
import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mangacolor.books import write_atomically
from mangacolor.config import SynthesisConfig
from mangacolor.data.drawing.compose import ComposedPage, TextBox, compose_page
from mangacolor.data.drawing.fonts import Fonts
from mangacolor.data.drawing.page_layout import PageKind
from mangacolor.data.drawing.scan import CLEAN_SHARE, PageLayers, disturb, expose
from mangacolor.data.examples import Example, Layout
from mangacolor.data.pictures import read_example
from mangacolor.errors import BadInputError, UsageError
from mangacolor.image import DecodedImage, encode, pixels_from_float, read_bytes, resize
from mangacolor.page.ink import Separation, deepen
from mangacolor.page.kinds import is_colored

Pixels = NDArray[np.uint8]

RECORD_NAME = "synthesis.json"
LARGEST_SHORT_SIDE_PX = 1200
PICTURES_KEPT = 48
MOST_TRIES = 200
RESCALED = 0.4
"""Share of pages drawn at another size and resized, as scans are that have been passed around."""

MANGA = SynthesisConfig(plain_gray=0.06, line_art=0.2)
"""How panels are drawn: mostly toned or line drawings, plain greys on few pages."""


@dataclass(frozen=True)
class PairOptions:
    """What pages to compose.

    Attributes:
        height_px: Height of a page.
        width_px: Width of a page.
        seed: Seed of everything random.
        kind: Manga pages, webtoon strips, or None for both.
        screentone: Whether tones are drawn as screentone.
        layers: Also write ink, tone and the boxes of the lettering.
    """

    height_px: int = 1500
    width_px: int = 1050
    seed: int = 0
    kind: PageKind | None = None
    screentone: bool = True
    layers: bool = False


class ColourArt:
    """Coloured pictures of a data folder, decoded when they are drawn; grey ones are passed over and counted.

    Attributes:
        gray: Names of the pictures passed over so far.
    """

    def __init__(self, examples: Sequence[Example], layout: Layout) -> None:
        if not examples:
            raise BadInputError("No pictures to compose pages from.", advice="Leave out --held-out, or add pictures.")
        self._examples = tuple(examples)
        self._layout = layout
        self._kept: OrderedDict[int, Pixels] = OrderedDict()
        self._lock = threading.Lock()
        self.gray: set[str] = set()

    def __call__(self, rng: np.random.Generator) -> Pixels:
        """Return a picture (H, W, 3), each as likely as any other.

        Raises:
            BadInputError: The picture is broken, or one after the other is grey.
        """
        for _ in range(MOST_TRIES):
            index = int(rng.integers(len(self._examples)))
            if self._examples[index].name not in self.gray:
                picture = self._picture(index)
                if picture.size:
                    return picture
        raise BadInputError("The pictures are grey.", advice="Pages are composed from colour pictures: add some.")

    def _picture(self, index: int) -> Pixels:
        """Return a picture, empty if it is grey."""
        with self._lock:
            if index in self._kept:
                self._kept.move_to_end(index)
                return self._kept[index]
        rgb, _ = read_example(self._examples[index], self._layout)
        if not is_colored(rgb):
            self.gray.add(self._examples[index].name)
            return rgb[:0]
        scale = min(1.0, LARGEST_SHORT_SIDE_PX / min(rgb.shape[:2]))
        picture = resize(rgb, *(max(1, round(side * scale)) for side in rgb.shape[:2]))
        with self._lock:
            self._kept[index] = picture
            while len(self._kept) > PICTURES_KEPT:
                self._kept.popitem(last=False)
        return picture


def write_pairs(
    out: Path,
    numbers: Sequence[int],
    options: PairOptions,
    art: Callable[[np.random.Generator], Pixels],
    fonts: Fonts,
    *,
    overwrite: bool = False,
    jobs: int = 1,
) -> Iterator[bool]:
    """Compose pages and write them as pairs; those already there are skipped.

    Args:
        out: Folder that gets `condition/` and `target/`, and with layers `ink/`, `tone/` and `text_boxes/`.
        numbers: Which pages, counted from 1.
        options: What pages.
        art: Draws a colour picture.
        fonts: To letter with.
        overwrite: Write them all anew.
        jobs: Pages made at a time.

    Yields:
        For each page in order, whether it was written (and not skipped).

    Raises:
        BadInputError: A picture is broken or all are grey.
        CannotWriteError: A file could not be written.
    """

    def write(number: int) -> bool:
        if not overwrite and all(file.exists() for file in _files(out, number, options)):
            return False
        _write(out, number, options, compose_pair(number, options, art, fonts))
        return True

    with ThreadPoolExecutor(jobs) as pool:
        try:
            yield from pool.map(write, numbers)
        finally:
            pool.shutdown(cancel_futures=True)


def compose_pair(
    number: int, options: PairOptions, art: Callable[[np.random.Generator], Pixels], fonts: Fonts
) -> ComposedPage:
    """Compose page `number` as a scan of a printed page; its layers stay aligned with the page."""
    rng = np.random.default_rng((options.seed, number))
    factor = math.exp(rng.uniform(math.log(0.7), math.log(1.5))) if rng.random() < RESCALED else 1.0
    size = (max(1, round(options.height_px * factor)), max(1, round(options.width_px * factor)))
    page = compose_page(*size, art, MANGA, rng, kind=options.kind, screentone=options.screentone, fonts=fonts)
    return scan_in_place(_resized(page, options.height_px, options.width_px), rng)


def scan_in_place(page: ComposedPage, rng: np.random.Generator) -> ComposedPage:
    """Print and scan a page without moving anything on it, so that its boxes and its paper stay where they are.

    Args:
        page: The page as drawn.
        rng: Source of everything random.
    """
    if rng.random() < CLEAN_SHARE:
        return page
    layers = expose(page.layers, rng)
    return page._replace(layers=layers._replace(page=disturb(layers.page, rng)))


def _resized(page: ComposedPage, height: int, width: int) -> ComposedPage:
    if page.paper.shape == (height, width):
        return page
    down, across = height / page.paper.shape[0], width / page.paper.shape[1]
    drawn = page.layers
    seen, ink, tone, colour = (
        resize(plane, height, width) for plane in (drawn.page, drawn.ink, drawn.tone, drawn.colour)
    )
    screened, paper = (resize(mask.astype(np.float32), height, width) for mask in (drawn.screened, page.paper))
    layers = PageLayers(seen, ink, tone, screened > 0.02, colour)
    boxes = [
        TextBox(
            int(box.top * down), int(box.left * across), min(height, math.ceil(box.bottom * down)),
            min(width, math.ceil(box.right * across)), box.place,
        )
        for box in page.text_boxes
    ]  # fmt: skip
    return ComposedPage(layers, paper > 0.999, boxes)


def _files(out: Path, number: int, options: PairOptions) -> list[Path]:
    """List the files of a page, the condition last: where it is, the rest is."""
    names = ["target"] + (["ink", "tone"] if options.layers else []) + ["condition"]
    files = [out / name / f"{number:06d}.png" for name in names]
    return ([out / "text_boxes" / f"{number:06d}.json"] if options.layers else []) + files


def _write(out: Path, number: int, options: PairOptions, page: ComposedPage) -> None:
    layers = page.layers
    target = layers.colour * deepen(Separation(layers.ink, layers.tone)).ink[..., None]
    planes = {"condition": layers.page, "target": target, "ink": layers.ink, "tone": layers.tone}
    for file in _files(out, number, options):
        if file.suffix == ".json":
            boxes = [box._asdict() for box in page.text_boxes]
            write_atomically(file, (json.dumps(boxes) + "\n").encode())
            continue
        pixels = pixels_from_float(planes[file.parent.name])
        rgb = pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)
        write_atomically(file, encode(DecodedImage(rgb), format="png"))


def record(out: Path, facts: dict[str, Any], *, overwrite: bool = False) -> None:
    """Write what the pairs of a folder were made with into `synthesis.json`, or check that they still are.

    Args:
        out: Folder of the pairs.
        facts: Plain values for JSON.
        overwrite: Replace an earlier record.

    Raises:
        UsageError: The folder holds pairs made with something else; the message names it.
        BadInputError: The earlier record cannot be read.
        CannotWriteError: The record cannot be written.
    """
    path = out / RECORD_NAME
    if path.exists() and not overwrite:
        try:
            earlier = json.loads(read_bytes(path))
        except ValueError as error:
            raise BadInputError(
                f"{path}: not JSON: {error}.", advice="Choose another --out, or --overwrite."
            ) from error
        changed = [key for key in facts if not isinstance(earlier, dict) or earlier.get(key) != facts[key]]
        if changed:
            raise UsageError(
                f"{out}: holds pairs made with other {', '.join(changed)}.",
                advice="Repeat the same command to go on, choose another --out, or give --overwrite.",
            )
        return
    write_atomically(path, (json.dumps(facts, indent=2, ensure_ascii=False) + "\n").encode())
