"""The bank of pages that samples are made of.

Oracles: samples without a bank, which are the pages as they were drawn; statistics of a fixed seed; counted draws.
"""

from __future__ import annotations

import itertools
import sys
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import Dataset

from mangacolor.config import LABELS, SynthesisConfig
from mangacolor.data.batches import load_batches
from mangacolor.data.page_bank import PageBank, WorkingPage
from mangacolor.data.pictures import Picture
from mangacolor.data.samples import ColourSamples, Stock
from mangacolor.errors import UsageError

SIDE_PX = 16


def slope(channel):
    """Return a pair (64, 64) whose colour fades to white from left to right: a crop's range tells its share."""
    rgb = np.tile(np.linspace(55, 255, 64).astype(np.uint8)[:, None], (64, 1, 3))
    rgb[..., channel] = 255
    paper = np.full((64, 64), 255, np.uint8)
    return Picture(rgb, (paper, paper))


def numbered(number, side_px=1):
    """Return a page that carries its own number."""
    shapes = ((side_px, side_px), (side_px, side_px), (side_px, side_px, 3), (side_px, side_px, len(LABELS)))
    return WorkingPage(*(np.full(shape, number, np.uint8) for shape in shapes))


def own_number(page):
    (number,) = {value for plane in page for value in plane.ravel().tolist()}
    return number


def test_what_is_drawn_for_a_sample_does_not_hang_on_its_page():
    """Statistics: of 400 samples, whichever picture and crop they show, half are mirrored and half have hints.

    The page's own first draws choose the picture and the crop. Groups are of 200 or so: four deviations are 0.14.
    """
    config = SynthesisConfig(hints=0.5, crop_share=(0.3, 1.0), bank=400, bank_px=SIDE_PX)
    pictures, halves = [slope(0), slope(2)], np.full(2, 0.5)
    banked = ColourSamples(Stock(pictures, halves, PageBank(400, SIDE_PX)), SIDE_PX, config, 5)
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


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 7), st.integers(1, 4), st.permutations(range(60)))
def test_a_page_is_used_so_often_and_then_replaced(size, uses, order):
    """Contract of `uses`: a page serves so many rounds, the first of a place fewer; its number decides, not the order.

    In every round but the first about the same number of pages gives way.
    """
    bank = PageBank(size, 1, uses)
    shown = {number: own_number(bank.page(number, numbered)) for number in order}
    bank, drawn = PageBank(size, 1, uses), []
    in_order = [own_number(bank.page(number, lambda own: drawn.append(own) or numbered(own))) for number in range(60)]
    assert in_order == [shown[number] for number in range(60)]
    assert all(own % size == number % size for number, own in enumerate(in_order))
    assert len(set(drawn)) == len(drawn)  # each is drawn once
    rounds = [in_order[first : first + size] for first in range(0, 60 - size + 1, size)]
    for before, after in itertools.pairwise(rounds):
        assert size // uses <= len(set(after) - set(before)) <= -(-size // uses)
    served = Counter(in_order)
    assert max(served.values()) <= uses
    assert all(served[own] == uses for own in set(in_order) - set(rounds[0]) - set(in_order[-size:]))


class Counted(Dataset):
    """Samples that tell which page of a bank they show; each that is drawn leaves a line in a file."""

    def __init__(self, bank, log):
        self.bank, self.log = bank, log

    def __getitem__(self, number):
        def draw(own):
            with self.log.open("a") as file:
                file.write(f"{own}\n")
            return numbered(own)

        return {"page": torch.tensor(own_number(self.bank.page(number, draw)))}


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked")
@pytest.mark.parametrize("uses", [0, 3])
def test_processes_draw_every_page_once_between_them(tmp_path, uses):
    """Oracle: the pages that one process draws, counted.

    25 is no multiple of the batches, so that places come back to either process. The second phase has other batches
    and other processes, and goes on with the same pages. (Banks with fewer pages than are under way at a time, which
    are 16 here, may draw some twice.)
    """
    alone, shared = (Counted(PageBank(25, 1, uses), tmp_path / name) for name in ("alone", "shared"))
    expected = [int(alone[number]["page"]) for number in range(170)]
    first = load_batches(shared, range(100), 4, 2, by_processes=True)
    second = load_batches(shared, range(100, 170), 3, 2, by_processes=True)
    assert torch.cat([batch["page"] for batch in itertools.chain(first, second)]).tolist() == expected
    drawn, drawn_alone = (sorted(one.log.read_text().split()) for one in (shared, alone))
    assert drawn == drawn_alone


def test_a_page_that_was_left_half_written_is_drawn_again():
    """Contract of `PageBank`: a process may be ended, or read, at any moment."""
    bank = PageBank(2, 4)
    bank.page(1, lambda own: numbered(7, 4))
    assert own_number(bank.page(1, numbered)) == 7
    bank._pages[1, 5] = 8
    assert own_number(bank.page(1, lambda own: numbered(9, 4))) == 9
    assert own_number(bank.page(1, numbered)) == 9


def test_a_bank_that_no_machine_holds_is_refused():
    """Contract of `PageBank`."""
    with pytest.raises(UsageError, match=r"A bank of 100000000 pages of 5000 px takes 45000000\.0 GB"):
        PageBank(100_000_000, 5000)
