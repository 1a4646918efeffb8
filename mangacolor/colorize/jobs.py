"""A run, for whoever asks for one: from an order and the work that was found for it to results."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mangacolor.books import Source, open_source
from mangacolor.colorize.order import Order
from mangacolor.colorize.work import Work
from mangacolor.errors import MangacolorError
from mangacolor.image import read_bytes, read_image
from mangacolor.series import open_series

if TYPE_CHECKING:
    from mangacolor.colorize.colorizer import Colorizer
    from mangacolor.colorize.corrections import Step
    from mangacolor.colorize.hints import Hint
    from mangacolor.colorize.page_work import PageResult
    from mangacolor.colorize.series_colours import SeriesColours


class Listener(Protocol):
    """Who is told how a run goes."""

    def failure(self, path: Path, error: MangacolorError) -> None:
        """Hear of an input that cannot be coloured."""

    def left_alone(self, source: Source) -> None:
        """Hear of a book or page that was coloured before."""

    def working_on(self, sources: Sequence[Source]) -> AbstractContextManager[None]:
        """Hear what is to be coloured, and when it is over."""

    def output(self, path: Path) -> None:
        """Hear of an output as soon as it is whole."""

    def page(self, result: PageResult) -> None:
        """Hear what became of a page."""


def check_order(order: Order) -> None:
    """See that a run could begin, and open series, references and hints; but load no weights, and no page of a book.

    Raises:
        BadInputError: Something that pages would follow cannot be opened.
        ModelFileError: There are no weights of that name.
        UsageError: Options do not go together, or there is no such device.
    """
    from mangacolor.colorize.surveys import cannot_keep_colours
    from mangacolor.models.runtimes import check_computes
    from mangacolor.models.weight_files import find_separator, find_weights

    options = order.options
    if options.consistent and options.fast:
        raise cannot_keep_colours()
    if options.weights is not None:
        find_weights(options.weights)
    if options.separator is not None:
        find_separator(options.separator)
    check_computes(options.runtime, options.device, options.precision, seed=options.seed)
    if order.options.series is not None:
        open_series(order.options.series)
    for path in order.options.reference:
        open_source(path, password=order.password, limits=order.options.limits)
    if order.hints is not None:
        _said_in(order.hints)


def open_colorizer(order: Order) -> Colorizer:
    """Load the weights, and whatever else each page needs."""
    from mangacolor.colorize.accepted import named_pictures
    from mangacolor.colorize.colorizer import Colorizer
    from mangacolor.colorize.surveys import check_keeps_colours
    from mangacolor.image.photoshop import check_layer_format

    options = order.options
    check_layer_format(options.layers)
    colorizer = Colorizer.from_options(options, references=named_pictures(options, order.password))
    check_keeps_colours(colorizer)
    return colorizer


def open_followed(colorizer: Colorizer | None, order: Order) -> SeriesColours | None:
    """Read the series that is to be followed, and learn its examples; None for none, or nothing to colour.

    Raises:
        BadInputError: It cannot be read, or not be followed.
        UsageError: The colouriser follows none.
    """
    from mangacolor.colorize.series_colours import following_series

    if colorizer is None or order.options.series is None:
        return None
    return following_series(colorizer, open_series(order.options.series))


def color(
    work: Work,
    colorizer: Colorizer | None,
    order: Order,
    listener: Listener,
    series: SeriesColours | None = None,
) -> None:
    """Colour the pages of a work, and tell of each.

    Args:
        work: What `find_work` found.
        colorizer: From `open_colorizer`; None where there is nothing to colour.
        order: What is wanted.
        listener: Who is told.
        series: From `open_followed`.

    Raises:
        BadInputError: The file of hints cannot be read.
        CannotWriteError: An output could not be written, or the cache cannot be.
    """
    from mangacolor.colorize.page_cache import PageCache
    from mangacolor.colorize.run import colorize_pages

    for path, error in work.broken:
        listener.failure(path, error)
    for source in work.left_alone:
        listener.left_alone(source)
    if colorizer is None:
        return
    colorizer, hints = _corrected(order.hints, colorizer)
    # A page out of the cache is not coloured, so that it has no layers.
    cache = PageCache(order.cache) if order.cache and order.options.layers is None else None
    results = colorize_pages(
        colorizer, work.sources, work.sinks, hints=hints, quality=order.options.quality, overwrite=order.overwrite,
        max_pixels=order.options.max_pixels, consistent=order.keeps_colours, series=series, cache=cache,
        on_output=listener.output, on_late=listener.page,
    )  # fmt: skip
    with listener.working_on(work.sources), closing(results):  # so that what is late is heard before the run is over
        for result in results:
            listener.page(result)


def _corrected(path: Path | None, colorizer: Colorizer) -> tuple[Colorizer, Sequence[Hint]]:
    """Read a file of hints, or of steps, which a colouriser does that is returned; references lie beside the file."""
    if path is None:
        return colorizer, ()
    hints, steps = _said_in(path)
    if steps is None:
        return colorizer, hints
    names = {step.name for step in steps if step.kind == "reference" and step.name is not None}
    pictures = {name: read_image(path.parent / name).rgb for name in sorted(names)}
    return colorizer.correcting(steps, pictures), ()


def _said_in(path: Path) -> tuple[Sequence[Hint], Sequence[Step] | None]:
    """Return the hints of a file, or its steps."""
    from mangacolor.colorize.corrections import parse_steps, says_steps
    from mangacolor.colorize.hints import parse_hints

    text = read_bytes(path)
    return ((), parse_steps(text, str(path))) if says_steps(text) else (parse_hints(text, str(path)), None)
