"""The pages that are open: a few sittings in memory, opened by the thread that owns the networks, closed oldest first.

A step needs no network once its page is open, so steps run beside that thread, and no batch holds them up.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, cast

from mangacolor.colorize.corrected import CorrectedPage
from mangacolor.web.queue import Turn

if TYPE_CHECKING:
    from mangacolor.colorize.colorizer import Colorizer
    from mangacolor.image import DecodedImage
    from mangacolor.web.engine import Engine
    from mangacolor.web.painting import PageColorizer
    from mangacolor.web.studio.projects import Project

OPEN_PAGES = 3
"""So many pages are open at a time: each takes about 150 bytes a pixel."""


class OpenPages:
    """Pages that are open, by project and number.

    Args:
        engine: Has the networks.
        max_pixels: Larger pages are refused.
    """

    def __init__(self, engine: Engine, max_pixels: int) -> None:
        self._engine, self._max_pixels = engine, max_pixels
        self._open: OrderedDict[tuple[str, int], CorrectedPage] = OrderedDict()
        self._locks: dict[tuple[str, int], asyncio.Lock] = {}

    def lock(self, project: Project, number: int) -> asyncio.Lock:
        """Return what those hold who change a page."""
        return self._locks.setdefault((project.key, number), asyncio.Lock())

    async def load(self, project: Project, number: int) -> DecodedImage:
        """Read a page as it came."""
        page = await asyncio.to_thread(project.entries[number].load, max_pixels=self._max_pixels)
        return page.image

    async def open(self, project: Project, number: int) -> CorrectedPage:
        """Return a page with its steps done to it; whoever asks holds its lock.

        Raises:
            BusyError: The queue is full.
            BadInputError: The page cannot be read.
            OutOfMemoryError: It needs more memory than there is.
        """
        key = project.key, number
        if key not in self._open:
            image = await self.load(project, number)

            def work(colorizer: PageColorizer) -> CorrectedPage:
                return CorrectedPage(cast("Colorizer", colorizer).open(image.rgb))

            page = await self._engine.run(work, turn=Turn.ASKED)
            await asyncio.to_thread(page.correct, project.pages[number].steps)
            self._open[key] = page
        self._open.move_to_end(key)
        while len(self._open) > OPEN_PAGES:
            self._open.popitem(last=False)
        return self._open[key]

    def known(self, project: Project, number: int) -> CorrectedPage | None:
        """Return a page if it is open."""
        return self._open.get((project.key, number))

    def close(self, project: Project) -> None:
        """Forget the pages of a project."""
        for key in [key for key in self._open if key[0] == project.key]:
            del self._open[key]
