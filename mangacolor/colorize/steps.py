"""A page, step by step: `color_pages` is all that happens between grey pixels and coloured ones.

Colours are OKLab from `decide` to `finish`, cut to what sRGB can show by each step that may leave it, for a colour that
no page has must not count for more in the next. Pages come as a list because a GPU predicts several at once; each step
but `predict` takes them one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.cells import PageCells, see
from mangacolor.colorize.decide import decide as decide_by_areas
from mangacolor.colorize.engine import Engine
from mangacolor.colorize.findings import find as find_areas
from mangacolor.colorize.findings import in_panels
from mangacolor.colorize.finish import Layers, finish
from mangacolor.colorize.hints import Hints
from mangacolor.colorize.hues import LEAST_CHANCE, annealed, prefer_skin, settle_chroma
from mangacolor.colorize.likelihoods import softmax
from mangacolor.colorize.panelwise import cut_views, map_panels
from mangacolor.colorize.predict import Found, Predicted, Seen, predict
from mangacolor.colorize.prepared import Prepared, PreparedPages
from mangacolor.colorize.recalled_areas import Noted, Shown, recall_by_areas
from mangacolor.colorize.scenery import as_scenery, scenery_shares
from mangacolor.colorize.sizes import chosen_short_side, working_size
from mangacolor.colorize.tidy import tidy as tidy_areas
from mangacolor.colorize.tidy import tidy_cells
from mangacolor.image.color import oklab_from_srgb, within_srgb
from mangacolor.models.cores import AT_ONCE, beside, cores
from mangacolor.models.heap import keep_freed
from mangacolor.models.page_separator import LARGEST_BESIDE
from mangacolor.page.balloons import find_lettering, without_neighbours
from mangacolor.page.black_ink import blackened, faded, unfaded
from mangacolor.page.ink import deepen
from mangacolor.page.levels import black_level, fading_of
from mangacolor.page.lighting import whitened
from mangacolor.page.lightness import shows_lightness
from mangacolor.page.margins import beside_the_page, without_dark_margins
from mangacolor.page.panels.scale import find_between, find_gutters
from mangacolor.page.sharpness import sharpened, soft_again

FloatArray = NDArray[np.float32]

SCREENED_PAINTING = 0.1
"""Share of its grey from which on a page that is printed in screens is no painting."""


def color_pages(grays: Sequence[FloatArray], engine: Engine, hints: Hints | None = None) -> list[NDArray[np.uint8]]:
    """Colour pages.

    Args:
        grays: (H, W) in [0, 1] each.
        engine: What does it.
        hints: Colours of some spots, of a single page that is not decided on by areas; see `fills_at` for the others.

    Returns:
        (H, W, 3) sRGB for each.

    Raises:
        OutOfMemoryError: Memory does not suffice for one of them at any size.
    """
    return [paint(*page, engine, hints) for page in prepare(grays, engine, hints)]


def prepare(grays: Sequence[FloatArray], engine: Engine, hints: Hints | None = None) -> list[Prepared]:
    """Go with pages (H, W) as far as is the same whatever colours are chosen: see `color_pages`."""
    known = [engine.prepared.take(gray) if engine.prepared is not None and not hints else None for gray in grays]
    layers = [separate(gray, engine) for gray, page in zip(grays, known, strict=True) if page is None]
    seen = [find(each, engine) for each in layers]
    fresh = map(Prepared, layers, seen, predict(seen, engine, hints))
    return [next(fresh) if page is None else page for page in known]


def paint(
    layers: Layers, seen: Seen, predicted: Predicted, engine: Engine, hints: Hints | None = None
) -> NDArray[np.uint8]:
    """Colour a page of which colours are predicted, (H, W, 3) sRGB."""
    lab = colours(seen, predicted, engine, hints)
    return finish(layers, lab, predicted.seen, hints.spare(seen.paper) if hints else seen.paper)


def colours(seen: Seen, predicted: Predicted, engine: Engine, hints: Hints | None = None) -> FloatArray:
    """Return the colours of a page at its working size, (h, w, 3) OKLab."""
    noted = Noted(engine.choose)
    lab = decide(predicted, seen, replace(engine, choose=noted))
    lab = recall(lab, predicted, seen, engine, hints, shown=noted.shown)
    lab = tidy(lab, predicted, seen, engine)
    return obey(lab, predicted, hints)


def look(gray: FloatArray, engine: Engine, keep: PreparedPages | None = None) -> None:
    """Go with a page (H, W) as far as `decide`, for an engine whose `choose` notes what it is asked.

    Args:
        gray: The page.
        engine: What looks.
        keep: Gets what was found and predicted.
    """
    (page,) = prepare([gray], engine)
    decide(page.predicted, page.seen, engine)
    if keep is not None:
        keep.keep(gray, page)


def separate(gray: FloatArray, engine: Engine) -> Layers:
    """Take a page (H, W) apart into ink and tone, blacks in the ink; grey paper is white, and grey black is black.

    Ink that is faded is black for all that decides, and so is what lies beside the page, so that its edge is one; both
    stay as they are in what is laid over the colours.
    """
    is_large = gray.size > LARGEST_BESIDE
    keep_freed(is_large)
    white, level = whitened(gray)
    fading, around = fading_of(white), beside_the_page(gray, white, level)
    own, white = white, unfaded(white, fading)
    if around is not None:
        white = np.where(around, np.float32(0), white)
    sharp = sharpened(white)
    apart = engine.separate(sharp)
    page = deepen(apart.page)

    def laid() -> FloatArray:
        drawn = apart.drawn()
        if sharp is not white:
            drawn = soft_again(drawn, sharp, white)
        black = black_level(without_dark_margins(white))
        ink = faded(blackened(page if drawn is apart.page else deepen(drawn), black), fading)
        return ink if around is None else np.where(around, own, ink)

    if not is_large and cores() >= AT_ONCE:
        return Layers(sharp, level, fading, page, beside(laid), around)
    ink = laid()  # later, and all that it is made of would be kept until then
    return Layers(sharp, level, fading, page, lambda: ink, around)


def find(layers: Layers, engine: Engine) -> Seen:
    """Find what a page shows: its panels, areas and faces, and the gutters and balloons that stay paper."""
    page, traits = layers.page, engine.backend.traits
    detector = engine.detector if engine.finds_areas else None

    def look_closely() -> Found:
        lettering, gutters = find_lettering(*page), find_gutters(without_dark_margins(page.ink * page.tone))
        if layers.around is not None:
            gutters |= layers.around
        if detector is None:
            return Found(None, lettering.paper | gutters)
        found = find_areas(page, detector)
        return Found(found, without_neighbours(lettering, found.areas) | gutters)

    # Prediction needs panels alone: the rest is found while they are, and while the networks are at work.
    found = beside(look_closely)
    size = cache(lambda: working_size(page.ink.shape, engine.size or chosen_short_side(page, traits.panel_px)))
    has_panels = detector is not None and engine.size is None
    views = cut_views(page, size, traits.panel_px, engine.smaller) if has_panels else None

    def all_found() -> Found:
        areas, paper = found()
        if areas is None:
            return Found(None, paper)
        panels = map_panels(page) if views is None else views.labels
        return Found(in_panels(areas, panels), paper | find_between(page.ink * page.tone, panels))

    return Seen(page, size, views, beside(all_found), layers.screened)


def decide(predicted: Predicted, seen: Seen, engine: Engine) -> FloatArray:
    """Decide which of the colours that are possible it is, by areas or cell by cell: (h, w, 3) OKLab."""
    guess, traits = predicted.guess, engine.backend.traits
    if seen.areas is not None:
        page = predicted.seen
        choose = partial(engine.choose, sight=partial(see, page, engine.backend))
        return decide_by_areas(
            guess, page, seen.areas, traits, choose,
            paper=seen.paper, screened=seen.screened, has_backdrops=not engine.white_paper,
            is_lit=not engine.flat,
        )  # fmt: skip
    lab = oklab_from_srgb(guess.colour.clip(0, 1))
    if guess.chroma_logits is None or traits.bins is None:
        return lab
    chances = as_scenery(softmax(guess.chroma_logits, axis=-1), scenery_shares(guess, traits), traits.bins)
    evidence = np.log(np.maximum(chances, np.float32(LEAST_CHANCE)))
    decided = prefer_skin(annealed(evidence, traits.bins), chances, traits.bins, predicted.seen.tone)
    return within_srgb(settle_chroma(lab, decided, traits.cell_px))


def recall(
    lab: FloatArray, predicted: Predicted, seen: Seen, engine: Engine, hints: Hints | None = None,
    *, keys: FloatArray | None = None, shown: Shown | None = None,
) -> FloatArray:  # fmt: skip
    """Give a page (h, w, 3) the colours of what looks like it, in references and at hints.

    Args:
        lab: OKLab as decided.
        predicted: What it was decided by.
        seen: What the page shows.
        engine: What describes places.
        hints: Colours of some spots.
        keys: What the places of the page show, if that is known; see `PageCells`.
        shown: What the page was taken for, if it was decided by areas: then whole things recall. Else every cell does,
            and so it does in paintings, whose colours change within a thing.
    """
    recollection = engine.references.recollection
    if not engine.backend.traits.describes or (recollection is None and not hints):
        return lab
    cells = PageCells(engine.backend, lab, predicted.seen, keys)
    if recollection is not None and shown is not None and not _is_painting(lab, predicted, seen):
        cells.lab = recall_by_areas(cells, recollection, shown, predicted.seen, seen.paper)
    elif recollection is not None:
        logits = predicted.guess.chroma_logits
        cells.recall_references(recollection, None if logits is None else softmax(logits, axis=-1))
    if hints:
        cells.recall_hints(hints.planes(predicted.size))
    return within_srgb(cells.lab)


def _is_painting(lab: FloatArray, predicted: Predicted, seen: Seen) -> bool:
    """Say whether a page is a painting reproduced in grey, by the colours (h, w, 3) that were decided on."""
    page = seen.page
    return seen.screened < SCREENED_PAINTING and shows_lightness(page.ink * page.tone, page, lab, predicted.seen)


def tidy(lab: FloatArray, predicted: Predicted, seen: Seen, engine: Engine) -> FloatArray:
    """Clear colours (h, w, 3) of stains, and make their chroma as strong as it is wanted."""
    if seen.areas is not None:
        return tidy_areas(lab, predicted.seen, engine.saturation)
    return tidy_cells(lab, predicted.seen, engine.saturation)


def obey(lab: FloatArray, predicted: Predicted, hints: Hints | None) -> FloatArray:
    """Give what lies around hints their colours, as far as diffusion carries them: (h, w, 3) OKLab."""
    return hints.follow(within_srgb(lab), predicted.seen) if hints else lab
