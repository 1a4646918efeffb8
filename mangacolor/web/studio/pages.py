"""Pages in colour: from the disk, from one that is open, or painted; a few are open at a time, and closed oldest first.

A step needs no network once its page is open, so steps run beside the thread that owns them, and no batch holds them
up.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

from mangacolor.colorize.corrected import Box, CorrectedPage
from mangacolor.errors import BadInputError, MangacolorError
from mangacolor.image import read_image
from mangacolor.web.queue import Turn
from mangacolor.web.studio import kept

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mangacolor.books import Page
    from mangacolor.colorize.colorizer import Colorizer
    from mangacolor.colorize.corrections import Step
    from mangacolor.web.engine import Engine
    from mangacolor.web.painting import PageColorizer
    from mangacolor.web.studio.palettes import Palettes
    from mangacolor.web.studio.project import Project

    Pixels = NDArray[np.uint8]

OPEN_PIXELS = 8_000_000
"""Pages of so many pixels together are open at a time, and one at least: each takes about 200 bytes a pixel."""


class OpenPage:
    """A page that is open.

    Args:
        page: The page to be corrected.
        own: The page as it came (H, W, 3), where nothing is to be done to it by itself, as it has colours already.
        key_of: Returns what stands for everything that decides the colours after steps.
        keep: Keeps the picture of a key.
    """

    def __init__(
        self,
        page: CorrectedPage,
        own: Pixels | None,
        key_of: Callable[[Sequence[Step]], str],
        keep: Callable[[str, Pixels], None],
    ) -> None:
        self.page, self._own, self._key_of, self._keep = page, own, key_of, keep
        self._steps: Sequence[Step] = ()

    @property
    def key(self) -> str:
        """What stands for everything that decides the colours of the picture."""
        return self._key_of(self._steps)

    @property
    def rgb(self) -> Pixels:
        """(H, W, 3) the picture; not to be written to."""
        return self.page.rgb if self._own is None or self._steps else self._own

    def correct(self, steps: Sequence[Step]) -> Box | None:
        """See `CorrectedPage.correct`."""
        is_own = self._own is not None and not (self._steps and steps)
        box = self.page.correct(steps)
        self._steps = tuple(steps)
        height, width = self.page.rgb.shape[:2]
        return Box(0, 0, width, height) if is_own else box

    def keep(self) -> None:
        """Write the picture to the disk."""
        self._keep(self.key, self.rgb)


class Pages:
    """Pages in colour, by project and number.

    Args:
        engine: Has the networks.
        palettes: Series that projects follow.
        max_pixels: Larger pages are refused.
    """

    def __init__(self, engine: Engine, palettes: Palettes, max_pixels: int) -> None:
        self._engine, self._palettes, self._max_pixels = engine, palettes, max_pixels
        self._open: OrderedDict[tuple[str, int], OpenPage] = OrderedDict()
        self._locks: dict[tuple[str, int], asyncio.Lock] = {}

    def lock(self, project: Project, number: int) -> asyncio.Lock:
        """Return what those hold who look at a page or change it; `rgb`, `open`, `correct`, `keep`, `close` need it."""
        return self._lock((project.key, number))

    def key(self, project: Project, number: int) -> str:
        """Return what stands for everything that decides the colours of a page."""
        return kept.key_of(project, project.pages[number].steps, self._settings(project))

    def has(self, project: Project, number: int) -> bool:
        """Say whether a page can be shown in colour at once."""
        if (project.key, number) in self._open:
            return True
        try:
            return kept.find_kept(project, number, self.key(project, number)) is not None
        except MangacolorError:  # a series that is broken
            return False

    def tag(self, project: Project, number: int) -> str:
        """Return what stands for the picture that `rgb` gives; one that is open or approved may have older colours."""
        if (opened := self._open.get((project.key, number))) is not None:
            return opened.key
        key = self.key(project, number)
        path = kept.find_kept(project, number, key)
        return key if path is None else kept.key_in(path)

    def areas_tag(self, project: Project, number: int) -> str:
        """Return what stands for the areas of a page: other weights find others."""
        return f"{project.key}-{number}-{kept.key_of(project, (), self._engine.settings)}"

    def area_at(self, project: Project, number: int) -> Callable[[float, float], int] | None:
        """Return what tells the number of the area at a column and row; None while the page is not open."""
        known = self._open.get((project.key, number))
        return None if known is None else known.page.sitting.area_at

    async def load(self, project: Project, number: int) -> Page:
        """Read a page as it came.

        Raises:
            BadInputError: It cannot be read.
        """
        try:
            return await asyncio.to_thread(project.entries[number].load, max_pixels=self._max_pixels)
        except BadInputError as error:
            raise BadInputError(str(error).replace(str(project.book), project.name)) from error

    async def rgb(self, project: Project, number: int, *, turn: Turn = Turn.ASKED, stays: bool = True) -> Pixels:
        """Return a page in colour, (H, W, 3), with its steps done to it.

        Args:
            project: Its project.
            number: Which.
            turn: Whether somebody waits for it.
            stays: Leave it open when it had to be painted.

        Raises:
            BusyError: The queue is full.
            BadInputError: The page, a reference or the series cannot be read.
            OutOfMemoryError: It needs more memory than there is.
        """
        if (open_page := self._open.get((project.key, number))) is not None:
            return open_page.rgb
        key = self.key(project, number)
        path = await asyncio.to_thread(kept.find_kept, project, number, key)
        found = await asyncio.to_thread(kept.read_kept, path) if path is not None else None
        if found is not None:
            return found
        opened = await self._paint(project, number, turn)
        await asyncio.to_thread(opened.keep)
        if stays:
            await self._leave_open(project, number, opened)
        return opened.rgb

    async def open(self, project: Project, number: int) -> OpenPage:
        """Return a page to be corrected; see `rgb`."""
        known = self._open.get((project.key, number))
        if known is not None:
            self._open.move_to_end((project.key, number))
            return known
        opened = await self._paint(project, number, Turn.ASKED)
        await self._leave_open(project, number, opened)
        return opened

    async def correct(self, project: Project, number: int, steps: Sequence[Step]) -> tuple[OpenPage, Box | None]:
        """Bring a page to what steps make of it, and say which part of it has changed; see `rgb`."""
        known = await self.open(project, number)
        page, missing = known.page, [name for name in _followed(steps) if not known.page.knows(name)]
        if missing:
            pictures = await asyncio.to_thread(_pictures, project, missing)

            def learn(colorizer: PageColorizer) -> None:
                _learn(page, pictures, cast("Colorizer", colorizer))

            await self._engine.run(learn, turn=Turn.ASKED)
        return known, await asyncio.to_thread(known.correct, steps)

    async def keep(self, project: Project, number: int) -> None:
        """Write an open page to the disk, as it is now."""
        known = self._open.get((project.key, number))
        if known is not None:
            await asyncio.to_thread(known.keep)

    async def close(self, project: Project, numbers: Sequence[int], *, forget: bool = False) -> None:
        """Close pages; what they look like is kept, or forgotten."""
        for number in numbers:
            known = self._open.pop((project.key, number), None)
            if forget:
                await asyncio.to_thread(kept.drop_kept, project, number)
            elif known is not None:
                await asyncio.to_thread(known.keep)

    async def close_all(self) -> None:
        """Close all pages, and keep what they look like."""
        for key in list(self._open):
            await self._close_if_open(key)

    def forget(self, project: Project) -> None:
        """Close the pages of a project that was deleted, and keep nothing of them."""
        for known in (self._open, self._locks):
            for key in [key for key in known if key[0] == project.key]:
                del known[key]

    def _settings(self, project: Project) -> str:
        return f"{self._engine.settings} {self._palettes.digest(project.series)}"

    def _lock(self, key: tuple[str, int]) -> asyncio.Lock:
        return self._locks.setdefault(key, asyncio.Lock())

    async def _leave_open(self, project: Project, number: int, page: OpenPage) -> None:
        """Leave a page open, and close the oldest of the others that nobody holds until there is room."""
        if project.is_deleted:
            return
        here = project.key, number
        self._open[here] = page
        while sum(one.rgb.size // 3 for one in self._open.values()) > OPEN_PIXELS:
            oldest = next((key for key in self._open if key != here and not self._lock(key).locked()), None)
            if oldest is None:
                return
            await self._close_if_open(oldest)

    async def _close_if_open(self, key: tuple[str, int]) -> None:
        async with self._lock(key):
            known = self._open.pop(key, None)
            if known is not None:
                await asyncio.to_thread(known.keep)

    async def _paint(self, project: Project, number: int, turn: Turn) -> OpenPage:
        settings = self._settings(project)

        def key_of(steps: Sequence[Step]) -> str:
            return kept.key_of(project, steps, settings)

        def keep(key: str, picture: Pixels) -> None:
            kept.keep(project, number, key, picture)

        rgb = (await self.load(project, number)).image.rgb
        steps = list(project.pages[number].steps)
        pictures = await asyncio.to_thread(_pictures, project, _followed(steps))
        is_left = False

        def work(plain: PageColorizer) -> OpenPage:
            colorizer = self._palettes.following(project.series, cast("Colorizer", plain))
            stays = colorizer.outcome_of(rgb) != "colored"
            page = CorrectedPage(colorizer.open(rgb))
            _learn(page, pictures, colorizer)
            opened = OpenPage(page, rgb if stays else None, key_of, keep)
            opened.correct(steps)
            if is_left:
                opened.keep()
            return opened

        try:
            return await self._engine.run(work, turn=turn)
        except asyncio.CancelledError:
            is_left = True  # what was begun is not lost for whoever comes back
            raise


def _followed(steps: Sequence[Step]) -> list[str]:
    """Return the references that steps name."""
    return sorted({step.name for step in steps if step.kind == "reference" and step.name is not None})


def _pictures(project: Project, names: Sequence[str]) -> dict[str, Pixels]:
    """Read references.

    Raises:
        BadInputError: One is missing or damaged.
    """
    files = {one.name: project.folder / one.file for one in project.references}
    missing = [name for name in names if name not in files]
    if missing:
        raise BadInputError(f"The reference {missing[0]!r} is not there.", advice="Add the picture again.")
    return {name: read_image(files[name]).rgb for name in names}


def _learn(page: CorrectedPage, pictures: dict[str, Pixels], colorizer: Colorizer) -> None:
    for name, picture in pictures.items():
        page.learn(name, colorizer.following([picture]).engine.references)
