"""Training samples: number k is the same whatever came before it, which is what makes resuming exact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from mangacolor.config import LABELS, SynthesisConfig
from mangacolor.data.drawing.animals import draw_animal
from mangacolor.data.drawing.compose import draw_window, plan_page
from mangacolor.data.drawing.hands import draw_hand
from mangacolor.data.drawing.page_layout import PagePlan
from mangacolor.data.drawing.props import draw_props
from mangacolor.data.drawing.scan import CLEAN_SHARE, PageLayers, disturb, expose
from mangacolor.data.drawing.scenery import draw_scenery
from mangacolor.data.drawn_faces import BALD, as_bald
from mangacolor.data.figures.store import Drawing
from mangacolor.data.figures_composed import compose_figures
from mangacolor.data.figures_framed import before, far_away, frame, full_figures
from mangacolor.data.figures_painted import (
    ANIMALS_BEFORE,
    FAR,
    FAR_IN_SCENERY,
    GROUNDS,
    HANDS,
    LONE_ANIMALS,
    NOBODY,
    SECOND_FIGURE,
    STATUES,
    WITH_PROPS,
    Ground,
    Painted,
    paint_figures,
)
from mangacolor.data.labels import NO, UNKNOWN, YES
from mangacolor.data.page_bank import PageBank, WorkingPage
from mangacolor.data.pictures import Picture, PictureDraw, crop, random_crop, random_square
from mangacolor.data.skin import skin_labels
from mangacolor.data.statues import as_statue
from mangacolor.data.synthesis import Layers, draw_layers, graded, saturate
from mangacolor.image import float_from_pixels, pixels_from_float, resize
from mangacolor.image.color import LUMA
from mangacolor.page.ink import DARKEST_DIVISOR, Separation, colour_under_ink, condition_array, deepen

FloatArray = NDArray[np.float32]
Pixels = NDArray[np.uint8]

HINTS = (1, 30)
"""A sample with hints has from 1 to 29 of them, few more often than many."""

HINT_REACH_PX = (1, 6)
"""A hint covers from 1 to 5 pixels on every side."""

OVERSIZE = 1.5
"""Pages are drawn at up to this many times the working size before they are reduced, as real pages are."""

FIGURE_PAGES = (1.0, 1.8)
"""Smallest and largest short side, in sides of the window, of pages whose panels show drawn people: a window sees about
a panel, as it will when pages are coloured."""


Sample = dict[str, Tensor]
"""One training sample: tensors by name, float32, each without a batch dimension."""

Samples = Dataset[Sample]
"""Endless samples by number: which picture, which crop and which page is made of it hang on (seed, number) alone."""


class Stock(NamedTuple):
    """What samples are made of.

    Attributes:
        pictures: What pages are drawn after.
        probabilities: How often each.
        bank: Keeps pages, of the side that the config says, for all the sizes of a run; None draws each sample afresh.
        figures: Drawings of people, if there are any.
    """

    pictures: Sequence[Picture]
    probabilities: NDArray[np.float64]
    bank: PageBank | None = None
    figures: Sequence[Drawing] | None = None


class DrawnSamples(Samples):
    """What every kind of sample is drawn from.

    Args:
        stock: Pictures, how often each, and perhaps pages kept.
        crop_px: Side S of the samples.
        config: How pages are drawn.
        seed: Of everything random.
    """

    def __init__(self, stock: Stock, crop_px: int, config: SynthesisConfig, seed: int) -> None:
        self._draw = PictureDraw(stock.pictures, stock.probabilities)
        self._bank = stock.bank
        self._figures = stock.figures
        self._full_figures = full_figures(stock.figures or ())
        self._crop_px = crop_px
        self._config = config
        self._seed = seed


class ColourSamples(DrawnSamples):
    """What the generator learns from, squares of side S at the working size.

    A sample holds `condition` (6, S, S): ink, tone, hint RGB, hint mask; `colour` (3, S, S): what the generator should
    predict under the ink; `labels` (L, S, S), one plane for each of `LABELS`: 1 where it is that, 0 where it is not,
    0.5 where nobody knows. All in [0, 1]. See `DrawnSamples` for the arguments.
    """

    def __init__(self, stock: Stock, crop_px: int, config: SynthesisConfig, seed: int) -> None:
        super().__init__(stock, crop_px, config, seed)
        self._page_px = crop_px if stock.bank is None else config.bank_px

    def __getitem__(self, number: int) -> Sample:
        rng = np.random.default_rng((self._seed, number))
        if self._bank is None:
            page = self._page(rng)
        else:
            page = self._bank.page(number, lambda first: self._page(np.random.default_rng((self._seed, first))))
            # A stream of its own: the page is often that of the same number, and has used up the beginning of `rng`.
            rng = np.random.default_rng((self._seed, number, 1))
            page = page.sized(self._crop_px, mirrored=rng.random() < 0.5)
        separation = Separation(float_from_pixels(page.ink), float_from_pixels(page.tone))
        colour = float_from_pixels(page.colour)
        condition = condition_array(deepen(separation), self._hints(colour, rng))
        return {
            "condition": torch.from_numpy(condition.transpose(2, 0, 1).copy()),
            "colour": torch.from_numpy(colour.transpose(2, 0, 1).copy()),
            "labels": torch.from_numpy(float_from_pixels(page.labels).transpose(2, 0, 1).copy()),
        }

    def _page(self, rng: np.random.Generator) -> WorkingPage:
        if self._figures and rng.random() < self._config.figures:
            return self._painted(self._figures, rng)
        picture = self._draw(rng)
        square = random_square(picture, self._config.crop_share, rng)
        if picture.ink_and_tone is None and rng.random() < self._config.panels:
            return self._composed(rng)
        shown = crop(picture, square, self._page_px)
        if shown.ink_and_tone is not None:
            separation = Separation(*(float_from_pixels(plane) for plane in shown.ink_and_tone))
            rgb = float_from_pixels(shown.rgb)
            colour, _ = colour_under_ink(rgb, rgb @ LUMA)
            skin = skin_labels(colour, shown.cheeks, shown.ground)
        else:
            skin = skin_labels(float_from_pixels(shown.rgb), shown.cheeks, shown.ground)
            separation, colour = self._drawn(shown.rgb, skin, rng)
        page = _partly_known(separation, colour, skin)
        if shown.shows_no_animal:
            page.labels[..., LABELS.index("animal")] = NO
        return page

    def _painted(self, figures: Sequence[Drawing], rng: np.random.Generator) -> WorkingPage:
        """Paint drawings of people, alone or in the panels of a page, and take a window out."""

        def paint(side_px: int, draw: np.random.Generator) -> Painted:
            return self._people(figures, side_px, draw)

        if rng.random() < self._config.panels:
            plan, window = self._planned(rng, FIGURE_PAGES)
            page, labels = compose_figures(plan, window, paint)
        else:
            layers, labels = paint(round(self._page_px * rng.uniform(1, OVERSIZE)), rng)
            page = _unscreened(layers)
        separation, colour = self._reduced(page, rng)
        ink, tone, painted = (pixels_from_float(plane) for plane in (*separation, colour))
        return WorkingPage(ink, tone, painted, resize(labels, self._page_px, self._page_px))

    def _people(self, figures: Sequence[Drawing], side_px: int, rng: np.random.Generator) -> Painted:
        """Paint a drawing of people, animals or both, before paper, a colour, or a picture."""
        is_far = rng.random() < FAR
        if is_far:
            drawing = far_away(self._full_figures, side_px, rng)
        else:
            drawing = _framed(figures, side_px, rng)
            if rng.random() < SECOND_FIGURE:
                drawing = before(drawing, _framed(figures, side_px, rng))
        if rng.random() < WITH_PROPS:
            drawing = before(frame(draw_props(rng), side_px, rng), drawing)
        if rng.random() < self._config.animals:
            drawing = _with_animals(drawing, side_px, rng)
        ground = None
        behind = rng.random()
        if behind < GROUNDS["scenery"] or (is_far and rng.random() < FAR_IN_SCENERY):
            scenery = frame(draw_scenery(rng), side_px, rng)
            drawing = scenery if not is_far and rng.random() < NOBODY else before(drawing, scenery)
        elif behind < GROUNDS["scenery"] + GROUNDS["art"]:
            behind_them = random_crop(self._draw(rng), side_px, self._config.crop_share, rng)
            skin = skin_labels(float_from_pixels(behind_them.rgb), behind_them.cheeks, behind_them.ground)
            ground = Ground(self._layers(behind_them.rgb, skin, 1.0, rng), skin)
        return paint_figures(drawing, ground, rng)

    def _drawn(self, rgb: Pixels, skin: Pixels, rng: np.random.Generator) -> tuple[Separation, FloatArray]:
        """Draw a page after one picture, at up to twice the working size: lines are thinner than its pixels there."""
        return self._reduced(_unscreened(self._layers(rgb, skin, rng.uniform(1, OVERSIZE), rng)), rng)

    def _layers(self, rgb: Pixels, skin: Pixels, scale: float, rng: np.random.Generator) -> Layers:
        art = saturate(float_from_pixels(rgb), rng.uniform(*self._config.saturation))
        return draw_layers(graded(art, self._config, rng), scale, self._config, rng, skin)

    def _composed(self, rng: np.random.Generator) -> WorkingPage:
        """Compose a page without its dots, as the separator leaves it, and cut a window out."""
        plan, window = self._planned(rng, self._config.page_windows)
        drawn = draw_window(plan, window, lambda draw: self._draw(draw).rgb, self._config, rng, screentone=False)
        separation, colour = self._reduced(drawn.layers, rng)
        page = _partly_known(separation, colour, skin_labels(colour))
        paper = np.where(drawn.paper, YES, NO).astype(np.uint8)
        page.labels[..., LABELS.index("paper")] = resize(paper, self._page_px, self._page_px)
        return page

    def _planned(
        self, rng: np.random.Generator, page_windows: tuple[float, float]
    ) -> tuple[PagePlan, tuple[int, int, int, int]]:
        """Plan a page whose short side is so many windows, and choose a window of it: top, left, height and width."""
        window_px = round(self._page_px * rng.uniform(1, OVERSIZE))
        short_px = round(window_px * rng.uniform(*page_windows))
        plan = plan_page(round(short_px * 1.43), short_px, rng)
        top, left = (int(rng.integers(side - window_px + 1)) for side in (plan.height_px, plan.width_px))
        return plan, (top, left, window_px, window_px)

    def _reduced(self, layers: PageLayers, rng: np.random.Generator) -> tuple[Separation, FloatArray]:
        """Wear a page as print and scan do, take it apart as the separator does, and bring it to the working size.

        It is not rescaled or turned: what is missing at the border would be mirrored, and a picture of mirrored figures
        teaches nothing.
        """
        if rng.random() >= CLEAN_SHARE:
            layers = expose(layers, rng, self._config.scan_strength)
            layers = layers._replace(page=disturb(layers.page, rng, self._config.scan_strength))
        ink = np.minimum(layers.page / np.maximum(layers.tone, DARKEST_DIVISOR), 1.0)
        small = (resize(plane, self._page_px, self._page_px) for plane in (ink, layers.tone, layers.colour))
        ink, tone, colour = (plane.clip(0, 1) for plane in small)
        return Separation(ink, tone), colour

    def _hints(self, colour: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Sample sparse colour dots from the target; absent in most samples."""
        hints = np.zeros((*colour.shape[:2], 4), np.float32)
        if rng.random() >= self._config.hints:
            return hints
        side = len(colour)
        for _ in range(int(np.exp(rng.uniform(*np.log(HINTS))))):
            y, x = rng.integers(0, side, 2)
            reach = int(rng.integers(*HINT_REACH_PX))
            spot = np.s_[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]
            hints[spot] = np.append(colour[spot].mean(axis=(0, 1)), 1)
        return hints


def _framed(figures: Sequence[Drawing], side_px: int, rng: np.random.Generator) -> Drawing:
    if rng.random() < HANDS:
        return frame(draw_hand(rng), side_px, rng)
    drawing = figures[int(rng.integers(len(figures)))]
    chance = rng.random()
    if chance < STATUES:
        drawing = as_statue(drawing, rng)
    elif chance < STATUES + BALD:
        drawing = as_bald(drawing)
    return frame(drawing, side_px, rng)


def _with_animals(drawing: Drawing, side_px: int, rng: np.random.Generator) -> Drawing:
    """Set animals before people, behind them, or in their place."""
    animals = frame(draw_animal(rng), side_px, rng)
    where = rng.random()
    if where < LONE_ANIMALS:
        return animals
    return before(animals, drawing) if where < LONE_ANIMALS + ANIMALS_BEFORE else before(drawing, animals)


def _partly_known(separation: Separation, colour: FloatArray, skin: Pixels) -> WorkingPage:
    """Return a page of which the skin is known as far as labels of skin (S, S) say, and nothing else."""
    labels = np.full((*skin.shape, len(LABELS)), UNKNOWN, np.uint8)
    labels[..., LABELS.index("skin")] = skin
    labels[..., LABELS.index("animal")][skin == YES] = NO  # people have faces like animals' in cartoons
    ink, tone, rgb = (pixels_from_float(plane) for plane in (*separation, colour))
    return WorkingPage(ink, tone, rgb, labels)


def _unscreened(layers: Layers) -> PageLayers:
    """Return the layers as a page without any dots."""
    ink, tone, colour, _ = layers
    return PageLayers(ink * tone, ink, tone, np.zeros(ink.shape, bool), colour)
