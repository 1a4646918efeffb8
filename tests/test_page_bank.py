"""The bank of pages that samples are made of.

Oracles: samples without a bank, which are the pages as they were drawn; statistics of a fixed seed; counted draws.
"""

from __future__ import annotations

import numpy as np

from mangacolor.config import SynthesisConfig
from mangacolor.data.page_bank import PageBank
from mangacolor.data.pictures import Picture
from mangacolor.data.samples import ColourSamples, Stock

SIDE_PX = 16


def slope(channel):
    """Return a pair (64, 64) whose colour fades to white from left to right: a crop's range tells its share."""
    rgb = np.tile(np.linspace(55, 255, 64).astype(np.uint8)[:, None], (64, 1, 3))
    rgb[..., channel] = 255
    paper = np.full((64, 64), 255, np.uint8)
    return Picture(rgb, (paper, paper))


def test_what_is_drawn_for_a_sample_does_not_hang_on_its_page():
    """Statistics: of 400 samples, whichever picture and crop they show, half are mirrored and half have hints.

    The page's own first draws choose the picture and the crop. Groups are of 200 or so: four deviations are 0.14.
    """
    config = SynthesisConfig(hints=0.5, crop_share=(0.3, 1.0), bank=400, bank_px=SIDE_PX)
    pictures, halves = [slope(0), slope(2)], np.full(2, 0.5)
    banked = ColourSamples(Stock(pictures, halves, PageBank(400)), SIDE_PX, config, 5)
    drawn = ColourSamples(Stock(pictures, halves), SIDE_PX, config, 5)
    mirrored, hinted, red, shown = np.zeros((4, 400))
    for number in range(400):
        sample, page = banked[number], drawn[number]["colour"]
        mirrored[number] = not np.allclose(sample["colour"], page, atol=1e-5)
        hinted[number] = sample["condition"][5].any()
        red[number] = page[0].min() > page[2].min()
        shown[number] = np.ptp(page[1].numpy())
    wide = shown > np.median(shown)
    for shows in (red == 1, red == 0, wide, ~wide):
        assert 150 < shows.sum() < 250
        assert abs(mirrored[shows].mean() - 0.5) < 0.14
        assert abs(hinted[shows].mean() - 0.5) < 0.14
