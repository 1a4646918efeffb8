"""One worker of a farm: parts of a library come in, what became of each book goes out; errors are answers, too."""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from mangacolor.books import Source
from mangacolor.books.book_kinds import is_book_name
from mangacolor.colorize import jobs
from mangacolor.colorize.order import Order
from mangacolor.colorize.work import find_part
from mangacolor.errors import MangacolorError
from mangacolor.image.pillow import allow_pixels

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mangacolor.colorize.colorizer import Colorizer
    from mangacolor.colorize.page_work import PageResult
    from mangacolor.colorize.series_colours import SeriesColours

State = Literal["done", "skipped", "damaged", "failed"]

OpenColorizer = Callable[[Order], "Colorizer"]


class Answer(TypedDict):
    """What became of a book, or of some loose pages.

    Attributes:
        part: Number of the part of the library.
        path: Of the book, or of the folder of the pages, as seen from the library.
        pages: Pages that were coloured or copied.
        seconds: Spent on them.
        status: `done`; `skipped` (all was there); `damaged` (some pages failed); `failed`.
        error: What went wrong.
    """

    part: int
    path: str
    pages: int
    seconds: float
    status: State
    error: str


def packed(value: Sequence[str] | Answer) -> str:
    """Return names or an answer as ASCII: Ray takes text in UTF-8 alone, and names of files need be none."""
    return json.dumps(value)


def unpacked(text: str) -> Any:
    """Return what was `packed`."""
    return json.loads(text)


class Tally:
    """Counts what becomes of the pages of each source; see `jobs.Listener`."""

    def __init__(self) -> None:
        self.failures: list[tuple[Path, str]] = []
        self.alone: list[Path] = []
        self.results: dict[Path, list[PageResult]] = {}
        self.outputs: set[Path] = set()

    def failure(self, path: Path, error: MangacolorError) -> None:
        """Hear of an input that cannot be coloured."""
        self.failures.append((path, str(error)))

    def left_alone(self, source: Source) -> None:
        """Hear of a book that was coloured before."""
        self.alone.append(source.path)

    @contextmanager
    def working_on(self, sources: Sequence[Source]) -> Iterator[None]:
        """Hear what is to be coloured."""
        self.results = {source.path: [] for source in sources}
        yield

    def output(self, path: Path) -> None:
        """Hear of an output."""
        self.outputs.add(path)

    def page(self, result: PageResult) -> None:
        """Hear what became of a page."""
        self.results[result.source].append(result)


class Worker:
    """Colours parts of a library, one after the other; loads the weights when the first page needs them.

    Args:
        library: The folder, under the same path on every machine.
        order: What is wanted.
        open_colorizer: Opens what colours.
    """

    def __init__(self, library: Path, order: Order, open_colorizer: OpenColorizer) -> None:
        self._library, self._order, self._open = library, order, open_colorizer
        allow_pixels(order.options.max_pixels)

    @cached_property
    def _colorizer(self) -> Colorizer:
        return self._open(self._order)

    @cached_property
    def _followed(self) -> SeriesColours | None:
        return jobs.open_followed(self._colorizer, self._order)

    def __call__(self, batch: dict[str, NDArray[np.generic]]) -> dict[str, list[Any]]:
        """Colour the parts of a batch: columns `part`, a number, and `names`; returns one of answers, all `packed`."""
        answers = [
            answer
            for part, names in zip(batch["part"].tolist(), batch["names"].tolist(), strict=True)
            for answer in self.answers(int(part), unpacked(names))
        ]
        return {"answer": [packed(answer) for answer in answers]}

    def answers(self, part: int, names: Sequence[str]) -> list[Answer]:
        """Colour a part of the library, and say of each book in it what became of it."""
        started, tally = time.monotonic(), Tally()
        try:
            work = find_part(self._library, names, self._order)
            if work.is_done() and not self._order.overwrite:
                jobs.color(work, None, self._order, tally)
                tally.alone += [source.path for source in work.sources]
            else:
                jobs.color(work, self._colorizer, self._order, tally, self._followed)
        except MangacolorError as error:
            return [_failed(part, names[0], str(error), time.monotonic() - started)]
        except Exception:  # whatever it is, the other parts are not to wait for a cure
            return [_failed(part, names[0], traceback.format_exc(), time.monotonic() - started)]
        return self._told(part, names, tally)

    def _told(self, part: int, names: Sequence[str], tally: Tally) -> list[Answer]:
        def called(path: Path) -> str:
            if path != self._library:
                return path.relative_to(self._library).as_posix()
            page = next(name for name in names if not is_book_name(name))
            return PurePosixPath(page).parent.as_posix()

        told = [_failed(part, called(path), error, 0.0) for path, error in tally.failures]
        told += [
            Answer(part=part, path=called(path), pages=0, seconds=0.0, status="skipped", error="")
            for path in tally.alone
        ]
        for path, results in tally.results.items():
            errors = [result.error for result in results if result.status == "failed"]
            pages = sum(result.status not in ("failed", "skipped") for result in results)
            # A book may be made of pages that were all there.
            is_skipped = all(one.status == "skipped" and one.output not in tally.outputs for one in results)
            status: State = "skipped" if is_skipped else "done"
            if errors:
                status = "damaged" if len(errors) < len(results) else "failed"
            seconds = sum(result.seconds for result in results)
            told.append(
                Answer(
                    part=part, path=called(path), pages=pages, seconds=seconds, status=status, error="\n".join(errors)
                )
            )
        return told


def _failed(part: int, path: str, error: str, seconds: float) -> Answer:
    return Answer(part=part, path=path, pages=0, seconds=seconds, status="failed", error=error)
