"""What counts as bare paper, which shows in the colours of a page as it is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.likelihoods import ramp

PAPER_TONES = (0.94, 0.98)
"""Tones from which on a place counts as bare paper, a little and altogether."""

AREA_PAPER_TONES = (0.93, 0.97)
"""The same of the mean tone of an area."""

STAIN_CHROMA = 0.015
"""Predicted OKLab chroma that is taken for doubt: on paper the page itself stands there instead, elsewhere grey."""


def paper_share(tone: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how far tones in [0, 1] are bare paper, from 0 to 1; see `PAPER_TONES`."""
    return ramp(tone, *PAPER_TONES)
