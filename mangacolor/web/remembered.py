"""What a library has said of its books, remembered so that it is not asked for every page."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")

KNOWN_SECONDS = 600.0
"""How long is believed what a library said; a new tag works after that."""

UNKNOWN_SECONDS = 15.0
"""How long it is not asked again after it did not say."""

logger = logging.getLogger("mangacolor.web")


class Remembered(Generic[T]):
    """Answers of a library about its books.

    Args:
        question: What it was asked, for the log; `%s` stands for the book.
        nothing: The answer where it never gave one.
        most: So many are remembered, those given last.
    """

    def __init__(self, question: str, nothing: T, most: int) -> None:
        self._question, self._nothing, self._most = question, nothing, most
        self._known: OrderedDict[tuple[str, ...], tuple[float, T]] = OrderedDict()

    async def of(self, key: tuple[str, ...], ask: Callable[[], Awaitable[T]]) -> T:
        """Return the answer about a book; where the library does not say, the last that it gave, or none.

        Args:
            key: Stands for the book; the last part is its name.
            ask: Asks the library.
        """
        until, known = self._known.get(key, (0.0, self._nothing))
        if time.monotonic() < until:
            return known
        seconds = KNOWN_SECONDS
        try:
            known = await ask()
        except Exception as error:  # whoever asked may not see the book; for others it is what it was
            logger.warning(f"The library does not say {self._question}: %s", key[-1], error)
            seconds = UNKNOWN_SECONDS
        self._known.pop(key, None)
        self._known[key] = (time.monotonic() + seconds, known)
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        return known
