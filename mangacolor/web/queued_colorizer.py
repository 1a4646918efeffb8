"""A colouriser for runs over books whose pages wait in the server's queue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, cast

from mangacolor.colorize.page_cache import with_series
from mangacolor.web.queue import BusyError, Turn

if TYPE_CHECKING:
    from mangacolor.colorize.hints import Hint
    from mangacolor.colorize.outcomes import Outcome
    from mangacolor.image import DecodedImage
    from mangacolor.web.engine import Engine
    from mangacolor.web.known_series import Followed


class GivenUp(BaseException):
    """Nobody wants further pages, or the server is about to stop.

    No `Exception`, or the page would count as one that cannot be coloured, and the book would go on without it.
    """


class QueuedColorizer:
    """Colours pages when it is their turn; used from a thread that is not the engine's.

    Args:
        engine: Has the queue.
        loop: The engine's.
        followed: The series that the pages follow.
        is_given_up: Says that nobody wants further pages.
    """

    pages_at_once = 1

    def __init__(
        self,
        engine: Engine,
        loop: asyncio.AbstractEventLoop,
        followed: Followed | None = None,
        is_given_up: Callable[[], bool] = lambda: False,
    ) -> None:
        self._engine, self._loop, self._followed, self._is_given_up = engine, loop, followed, is_given_up
        self.settings = with_series(engine.settings, followed.digest if followed else "")

    def colorize_page(self, page: DecodedImage, *, hints: Sequence[Hint] = ()) -> tuple[DecodedImage, Outcome]:
        """Colour a page when it is its turn.

        Raises:
            GivenUp: Nobody wants it, or the server is about to stop.
        """
        if self._is_given_up():
            raise GivenUp
        # A full queue turns nobody away here, where none could come again; books send one page at a time.
        work = self._engine.run(
            lambda colorizer: colorizer.colorize_page(page, hints=hints), series=self._followed, turn=Turn.BOOK,
            needs_room=False,
        )  # fmt: skip
        try:
            done = asyncio.run_coroutine_threadsafe(work, self._loop).result()
        except (BusyError, CancelledError) as error:
            raise GivenUp from error
        return cast("tuple[DecodedImage, Outcome]", done)
