"""Taking pages apart with the trained separator: any size, in bands, at a scale where dots look as in training."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.image import resize
from mangacolor.models.backend import Planes, PlaneSeparator
from mangacolor.models.cores import beside
from mangacolor.page.areas import runs_of
from mangacolor.page.edge_filters import averaging_filter
from mangacolor.page.ink import DARKEST_DIVISOR, Separation, TakenApart
from mangacolor.page.line_screens import find_line_screens
from mangacolor.page.marks import LARGEST_MARK_PX, is_mark
from mangacolor.page.screen_strokes import with_strokes
from mangacolor.page.stipple import find_stipple

FloatArray = NDArray[np.float32]

BAND_PIXELS = 1_600_000
"""Page pixels separated at a time: what memory holds beside the page itself hangs on this alone."""

LARGEST_SHORT_SIDE_PX = 2600
"""Pages with a longer short side are separated at this one: the dots of finer scans are larger than those trained on.

300 dpi of A4 are 2480."""

DOUBTFUL = 0.3
CERTAIN = 0.95
LEAST_CERTAIN = 0.45
SMALLEST_SHEET_PX = 300
"""An area that the network more than doubts to be screened is screentone if it is certain in so large a share of it.

Hatching and foliage come out patchy, screentone does not. Measured on 18 held-out composed pages: nine tenths of the
true areas above 4,000 pixels are certain in 59 % or more of their pixels, nine tenths of the false ones in 57 % or
less, and small true areas make up half a percent of all."""

FRINGE_PX = 3

TONE_REACH_PX = 10
TONE_EDGE = 0.08
"""Under screentone the tone is evened out this far, and not across edges about this deep: the network leaves a trace of
the dots in it, too faint to matter to its mean and plain to the eye."""


LARGEST_BESIDE = 8_000_000
"""Pixels of the largest page whose strokes over screens are looked for beside what comes next: of larger ones that
would take more memory."""

Strokes = Callable[[], FloatArray]
Begin = Callable[[Strokes], Strokes]


class PageSeparator:
    """Takes pages apart into ink and tone.

    Args:
        planes: A trained separator in whatever runtime.
    """

    def __init__(self, planes: PlaneSeparator) -> None:
        self._planes = planes

    def __call__(self, gray: FloatArray) -> Separation:
        """Take a page apart as networks see it: `page` of what `take_apart` returns."""
        return self.take_apart(gray, cache).page

    def take_apart(self, gray: FloatArray, begin: Begin = beside) -> TakenApart:
        """Take a page apart: lines, blacks and lettering to the ink, screentone and washes to the tone.

        Pages larger than `BAND_PIXELS` go through in bands that overlap by the reach of the network, so that the
        result is that of the whole page.

        Args:
            gray: (H, W) page in [0, 1], paper white.
            begin: Begins with the strokes over screens, and returns what gives them; `functools.cache` where nobody
                asks for them, and they are not looked for until somebody does.

        Returns:
            Ink and tone, (H, W) in [0, 1], whose product is the page where there is no screentone; and what gives the
            ink with the strokes that run over screens, which is the same array where none were looked for.
        """
        height, width = gray.shape
        scale = LARGEST_SHORT_SIDE_PX / min(height, width)
        if scale >= 1:
            planes, strokes = _screens(gray, self._separate(gray), begin if gray.size <= LARGEST_BESIDE else cache)
            planes = planes._replace(share=_where_screened(planes.share, 0))
            page = _restored(gray, planes)
            return TakenApart(page, lambda: _laid(page, planes, strokes()))
        small = resize(gray, max(1, round(height * scale)), max(1, round(width * scale)))
        planes, strokes = _screens(small, self._separate(small))
        found = strokes()
        has_strokes = found is not planes.ink
        planes = planes._replace(share=_where_screened(planes.share, 0))
        planes = Planes(*(resize(plane, height, width).clip(0, 1) for plane in planes))
        planes = planes._replace(share=_where_screened(planes.share, 0.5))
        page = _restored(gray, planes)
        ink = _laid(page, planes, resize(found, height, width).clip(0, 1)) if has_strokes else page.ink
        return TakenApart(page, lambda: ink)

    def _separate(self, gray: FloatArray) -> Planes:
        height, width = gray.shape
        multiple, reach = self._planes.multiple, self._planes.reach_px
        rows = max(multiple, BAND_PIXELS // width // multiple * multiple)
        if rows >= height:
            return self._planes.separate(gray)
        whole = Planes(*(np.empty((height, width), np.float32) for _ in range(3)))
        for top in range(0, height, rows):
            above = max(0, top - reach)
            shown = self._planes.separate(gray[above : top + rows + reach])
            for plane, part in zip(whole, shown, strict=True):
                plane[top : top + rows] = part[top - above : min(top + rows, height) - above]
        return whole


def _where_screened(share: FloatArray, above: float) -> FloatArray:
    """Return 1 where more than such a share (H, W) is screentone, and 0 elsewhere: no pixel is restored by halves."""
    return (share > above).astype(np.float32)


def _laid(page: Separation, planes: Planes, strokes: FloatArray) -> FloatArray:
    """Return the ink of a page with strokes (H, W) over screens; the same array where `strokes` is that of `planes`."""
    return page.ink if strokes is planes.ink else page.ink + (strokes - planes.ink) * planes.share


def _screens(gray: FloatArray, said: Planes, begin: Begin = beside) -> tuple[Planes, Strokes]:
    """Mend what a network said of a page: what only looks screened is not, and lines that are the same all over are.

    Returns:
        The planes, and what gives their ink with the strokes that run over screens: they are not needed until the page
        is drawn.
    """
    share = _trusted(said.share, gray)
    sheets = share > 0
    ink, tone = said.ink, _evened(said.tone, sheets)
    lines = find_line_screens(gray, sheets)
    if lines is not None:
        ink, tone = np.where(lines.where, lines.ink, ink), np.where(lines.where, lines.tone, tone)
    # There seldom is any stippling, so strokes need not wait for it.
    strokes = begin(partial(with_strokes, gray, ink, tone, sheets))
    stipple = find_stipple(gray, ink * tone, sheets)
    if stipple.any():
        if begin is beside:
            strokes()  # two at once would take the memory of two
        sheets = sheets & ~stipple
        strokes = begin(partial(with_strokes, gray, ink, tone, sheets))
    share = np.where(sheets, share, np.float32(0))
    if lines is not None:
        share = np.where(lines.where, np.float32(1), share)
    return Planes(ink, np.where(stipple, np.float32(1), tone), share), strokes


def _trusted(share: FloatArray, gray: FloatArray) -> FloatArray:
    """Set the share of screentone (H, W) to 0 in marks of a page (H, W), and where it only looks a little so."""
    count, labels, boxes, _ = cv2.connectedComponentsWithStats((share > DOUBTFUL).view(np.uint8), connectivity=8)
    # Few areas hang together, and in runs they are counted in half the time.
    runs = runs_of(np.asarray(labels, np.int32))
    areas = boxes[:, cv2.CC_STAT_AREA]
    certain = runs.sums(share > CERTAIN, count)
    sheets = (certain >= LEAST_CERTAIN * areas) & (areas >= SMALLEST_SHEET_PX)
    sheets[0] = False
    for area in np.flatnonzero(sheets & (areas <= LARGEST_MARK_PX)):
        left, top, width, height = boxes[area, : cv2.CC_STAT_AREA]
        window = np.s_[top : top + height, left : left + width]
        sheets[area] = not is_mark(gray[window], labels[window] == area)
    kept = np.repeat(sheets.view(np.uint8)[runs.labels], runs.lengths).reshape(share.shape)
    reach = np.ones((2 * FRINGE_PX + 1, 2 * FRINGE_PX + 1), np.uint8)
    return share * np.asarray(cv2.dilate(kept, reach), np.uint8)


def _evened(tone: FloatArray, sheets: NDArray[np.bool_]) -> FloatArray:
    """Even the tone (H, W) out where sheets of screentone lie, edge by edge (Gastal & Oliveira 2011)."""
    if not sheets.any():
        return tone
    even = averaging_filter(tone, tone, TONE_REACH_PX, TONE_EDGE, rounds=1)
    return np.where(sheets, even, tone)


def _restored(gray: FloatArray, planes: Planes) -> Separation:
    """Keep a separation as far as there is screentone; elsewhere make ink × tone the page itself."""
    ink, tone, share = planes
    flat: FloatArray = np.maximum(np.maximum(gray, np.float32(DARKEST_DIVISOR)), tone)
    divided: FloatArray = gray / flat
    return Separation(divided + (ink - divided) * share, flat + (tone - flat) * share)
