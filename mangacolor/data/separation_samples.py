"""What the separator learns from: windows of composed pages at page size, printed and scanned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from mangacolor.data.drawing.compose import draw_window, plan_page
from mangacolor.data.drawing.scan import PageLayers, print_and_scan, resample
from mangacolor.data.drawing.screentone import BLACK_TONE, Screened, screen
from mangacolor.data.drawing.strokes_laid import lay_strokes
from mangacolor.data.pictures import random_crop
from mangacolor.data.samples import DrawnSamples, Sample
from mangacolor.data.synthesis import draw_layers
from mangacolor.image import float_from_pixels

LARGEST_SCALE = 3.0
"""Art is drawn after at up to this many times its own size, as panels of a scan are larger than the pictures."""

LETTERED = 0.6
"""Share of windows of composed pages that are cut out around some lettering."""

HARD_WEIGHT = 4.0
"""How much rather one of them is shown that lies on screentone or on art."""

COARSE = 0.15
COARSE_PERIOD_PX = (9.0, 20.0)
"""Share of windows with coarse dots, where strokes are drawn too: dots as far apart as strokes are what must be told
from them, and left over they stand as a grid in the tone."""

RESCALED = 0.1
"""Share of these windows that were rescaled once before the scan: moiré of moiré, as pages on the web show it."""

USUAL_PERIOD_PX = (2.5, 12.0)

MARGIN_PX = 8
"""Cut off around a window after the scan: rotation mirrors the border, and half a dot there is no dot."""


class SeparationSamples(DrawnSamples):
    """Windows of side S of composed pages.

    A sample holds the planes `page`, `ink`, `tone` and `screened`, each (1, S, S) in [0, 1]: the scanned page and what
    it was made of.
    """

    def __getitem__(self, number: int) -> Sample:
        rng = np.random.default_rng((self._seed, number))
        hatched = self._config.strokes > 0  # asked first: recipes without strokes draw what they always did
        coarse = hatched and rng.random() < COARSE
        drawn = self._composed(rng, coarse) if rng.random() < self._config.panels else self._panel(rng, coarse)
        if hatched and rng.random() < self._config.strokes:
            drawn = lay_strokes(drawn, rng, COARSE_PERIOD_PX if coarse else USUAL_PERIOD_PX)
        if hatched and rng.random() < RESCALED:
            drawn = resample(drawn, rng, self._config.scan_strength, is_window=True)
        scanned = print_and_scan(drawn, rng, strength=self._config.scan_strength, is_window=True)
        inner = np.s_[MARGIN_PX : MARGIN_PX + self._crop_px]
        planes = {"page": scanned.page, "ink": scanned.ink, "tone": scanned.tone, "screened": scanned.screened}
        return {
            name: torch.from_numpy(np.ascontiguousarray(plane[inner, inner], dtype=np.float32))[None]
            for name, plane in planes.items()
        }

    def _composed(self, rng: np.random.Generator, coarse: bool = False) -> PageLayers:
        """Cut a window out of a composed page: gutters, frames, balloons and lettering among the panels."""
        side = self._crop_px + 2 * MARGIN_PX
        short_px = int(rng.integers(*self._config.page_short_px))
        plan = plan_page(round(short_px * 1.43), short_px, rng)
        if coarse:
            plan = replace(plan, period_px=COARSE_PERIOD_PX)
        # Letters are small on a page and must not be harmed: most windows show some.
        if plan.lettering and rng.random() < LETTERED:
            weights = np.array(
                [HARD_WEIGHT if one.fill == "tone" or one.shape == "none" else 1 for one in plan.lettering]
            )
            words = plan.lettering[int(rng.choice(len(weights), p=weights / weights.sum()))]
            middle = np.array([words.y, words.x]) + rng.uniform(-0.5, 0.5, 2) * side
        else:
            middle = rng.random(2) * (plan.height_px, plan.width_px)
        window = (int(middle[0]) - side // 2, int(middle[1]) - side // 2, side, side)
        page = draw_window(plan, window, lambda draw: self._draw(draw).rgb, self._config, rng, screentone=True)
        return page.layers

    def _panel(self, rng: np.random.Generator, coarse: bool = False) -> PageLayers:
        """Draw a window inside a panel."""
        side = self._crop_px + 2 * MARGIN_PX
        scale = rng.uniform(1, LARGEST_SCALE)
        crop = random_crop(self._draw(rng), max(1, round(side / scale)), self._config.panel_windows, rng)
        ink, tone, colour, smooth = draw_layers(float_from_pixels(crop.rgb), scale, self._config, rng)
        ink, tone, colour = (plane[:side, :side] for plane in (ink, tone, colour))
        ink = np.where(tone < BLACK_TONE, np.float32(0), ink)
        period = COARSE_PERIOD_PX if coarse else USUAL_PERIOD_PX
        drawn = Screened(tone, tone, np.zeros(tone.shape, bool)) if smooth else screen(tone, rng, period)
        return PageLayers(ink * drawn.drawn, ink, drawn.tone, drawn.mask, colour)
