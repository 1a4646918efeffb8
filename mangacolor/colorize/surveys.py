"""A few pages of a book are looked at before any is coloured, so that all of them keep the same colours."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from mangacolor.books import PageEntry, Source, evenly_chosen
from mangacolor.colorize.colorizer import Colorizer
from mangacolor.colorize.given_colours import FREE_SHARE
from mangacolor.colorize.kept_colours import KeptColours, Settle, Survey, keep
from mangacolor.colorize.prepared import PreparedPages
from mangacolor.colorize.series_colours import following_series
from mangacolor.errors import BadInputError, UsageError
from mangacolor.image import DecodedImage
from mangacolor.series import ADAPTED_NAME, Series

Pixels = NDArray[np.uint8]
Load = Callable[[PageEntry], DecodedImage]

PAGES_LOOKED_AT = 4
"""Most pages that are looked at before a book is coloured: each takes about as long as colouring it. All hair and
clothes of a book share a few tones, and on the pages of two titles from four on as many as there are decide the same on
black, bare and most toned hair, and on most clothes."""

FEWEST_PAGES = 2
"""A page alone has nobody to agree with."""

logger = logging.getLogger("mangacolor")


def keeping_colours(colorizer: Colorizer, pages: Iterable[Pixels], settle: Settle | None = None) -> Colorizer:
    """Return a colouriser that keeps one colour for what is alike on these pages, wherever it meets it.

    Args:
        colorizer: The one to look and to colour with.
        pages: (H, W, 3) each; coloured, blank and text-only ones tell nothing, nor do those that cannot be predicted.
        settle: Settles some colours before; see `KeptColours`.
    """
    survey, prepared = Survey(), PreparedPages()
    looking = colorizer.choosing(survey)
    for rgb in pages:
        if colorizer.outcome_of(rgb) == "colored":
            try:
                looking.look(rgb, keep=prepared)
            except Exception:  # as when it is coloured, which comes yet and tells: one page must not cost all others
                logger.debug("A page cannot be looked at.", exc_info=True)
    if not survey.things and settle is None:
        return colorizer
    return colorizer.choosing(KeptColours(keep(survey.things), FREE_SHARE, settle), prepared)


def colorizer_following(colorizer: Colorizer, series: Series) -> Colorizer:
    """Return a colouriser that follows a series, with what was learnt of it; see `following_series`."""
    learnt = series.folder / ADAPTED_NAME
    if learnt.exists():
        colorizer = colorizer.adapted(learnt)
    return keeping_colours(colorizer, (), following_series(colorizer, series).settle)


def check_keeps_colours(colorizer: Colorizer) -> None:
    """Refuse a colouriser that cannot keep colours where its options ask for it in so many words.

    Raises:
        UsageError: These weights, or the fast way, do not decide by areas.
    """
    if colorizer.options.consistent and not colorizer.decides_by_areas:
        raise cannot_keep_colours()


def cannot_keep_colours() -> UsageError:
    """Return what is told of who wants colours kept where nothing is decided by areas."""
    return UsageError(
        "Colours are kept by areas, which --fast and weights without chances of colours do not look for.",
        advice="Leave out --fast or --consistent, or take weights of the default preset.",
    )


def keeping_colours_of(
    colorizer: Colorizer, entries: Sequence[PageEntry], load: Load, settle: Settle | None = None
) -> Colorizer:
    """Return a colouriser for the pages of a book: see `keeping_colours`.

    Looks at `PAGES_LOOKED_AT` of them at most, evenly chosen and always the same, so that a run that was interrupted
    goes on in the same colours. Pages that cannot be read are passed over.

    Args:
        colorizer: The one to look and to colour with.
        entries: All pages of the book.
        load: Reads a page.
        settle: Settles some colours before; see `KeptColours`.
    """
    if len(entries) < FEWEST_PAGES or not colorizer.decides_by_areas:
        return keeping_colours(colorizer, (), settle) if settle else colorizer
    return keeping_colours(colorizer, _read(evenly_chosen(entries, PAGES_LOOKED_AT), load), settle)


def _read(entries: Sequence[PageEntry], load: Load) -> Iterable[Pixels]:
    for entry in entries:
        try:
            image = load(entry)
        except (BadInputError, MemoryError):
            continue  # it is told when its turn to be coloured comes
        if not image.is_fixed and not image.animation:
            yield image.rgb


class Colorizers:
    """The colouriser of each source: that of one whose pages agree in their colours has looked at them first."""

    def __init__(self, plain: Colorizer, consistent: Callable[[Source], bool], settle: Settle | None) -> None:
        self._settle = settle
        self._looking = plain
        self.plain = keeping_colours(plain, (), self._settle) if settle else plain
        self.pages_at_once = plain.pages_at_once
        self._consistent = consistent
        self._last: tuple[Source, Colorizer] | None = None

    def of(self, source: Source, load: Load) -> Colorizer:
        """Return that of a source; pages of one source come one after the other."""
        if not self._consistent(source):
            return self.plain
        if self._last is None or self._last[0] is not source:
            self._last = source, keeping_colours_of(self._looking, list(source), load, self._settle)
        return self._last[1]
