"""What the studio does to its projects, whoever asks: the routes, or a batch."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException

from mangacolor.books import Limits, write_atomically
from mangacolor.image import decode
from mangacolor.series import hex_of
from mangacolor.web.queue import Turn
from mangacolor.web.studio.batches import Batches
from mangacolor.web.studio.pages import OpenPage, Pages
from mangacolor.web.studio.palettes import PagePlace, Palettes, file_stem
from mangacolor.web.studio.pictures import patch, shown_source
from mangacolor.web.studio.project import PageRecord, Project, ReferenceRecord
from mangacolor.web.studio.projects import Projects

if TYPE_CHECKING:
    from mangacolor.colorize.corrections import Step
    from mangacolor.web.engine import Engine
    from mangacolor.web.settings import ServeSettings

Steps = list["Step"]


class Studio:
    """Projects with their pages, palettes and batches.

    Args:
        engine: Colours pages.
        settings: How large pages may be.
        folder: Where projects lie.
    """

    def __init__(self, engine: Engine, settings: ServeSettings, folder: Path) -> None:
        self._max_pixels = settings.max_pixels
        self.projects = Projects(folder, Limits(page_pixels=settings.max_pixels))
        self.palettes = Palettes(folder)
        self.engine = engine
        self.pages = Pages(engine, self.palettes, settings.max_pixels)
        self.batches = Batches(self._color, self.page_told, lambda: engine.is_stopping)

    async def open(self) -> None:
        """Clear away what an earlier run could not."""
        await asyncio.to_thread(self.projects.sweep)

    async def close(self) -> None:
        """Stop what is being done, and keep what was."""
        await self.batches.close_all()
        await self.pages.close_all()

    # Projects

    async def rename(self, project: Project, name: str) -> None:
        """Call a project otherwise."""
        await self._keep(project, project, name=name)

    async def remove(self, project: Project) -> None:
        """Delete a project, whoever works on it."""
        await self.batches.close(project.key)
        await asyncio.to_thread(self.projects.remove, project.key)
        self.pages.forget(project)

    async def _keep(self, project: Project, of: Project | PageRecord, **changed: Any) -> None:
        """Give a project, or one of its pages, other values, and write them down; what was holds where that fails."""
        before = {name: getattr(of, name) for name in changed}
        vars(of).update(changed)
        try:
            await asyncio.to_thread(project.save)
        except BaseException:
            vars(of).update(before)
            raise

    # Pages

    async def change(
        self, project: Project, number: int, change: Callable[[PageRecord], tuple[Steps, Steps]], revision: object
    ) -> dict[str, Any]:
        """Give a page other steps, and write them down before anybody hears of them.

        Args:
            project: Its project.
            number: Which.
            change: Returns the steps that are to hold, and those that were taken back.
            revision: The one that whoever asks has seen; None for any.

        Returns:
            What is answered.

        Raises:
            HTTPException: The page has changed since, or nothing would.
        """
        started = time.monotonic()
        async with self.pages.lock(project, number):
            record = project.pages[number]  # another one where whoever held the page could not write it down
            if revision is not None and revision != record.revision:
                raise HTTPException(409, "The page has changed since: load it again.\n")
            steps, undone = change(record)
            if steps == record.steps:
                raise HTTPException(409, "There is nothing to take back, or to do again.\n")
            opened, box = await self.pages.correct(project, number, steps)
            before = replace(record)
            self._note(record, opened, steps, undone)
            try:
                await asyncio.to_thread(project.save)
            except BaseException:
                project.pages[number] = before
                await self.pages.close(project, [number], forget=True)
                raise
            shown = await asyncio.to_thread(patch, opened.rgb, box)
        self.batches.tell_page(project, number)
        return {
            "revision": record.revision,
            "page": self.page_told(project, number),
            "patch": shown,
            "seconds": round(time.monotonic() - started, 3),
        }

    async def set_state(self, project: Project, number: int, state: Any) -> None:
        """Say of a page that it is right, or to be left alone; what it looks like then is kept."""
        async with self.pages.lock(project, number):
            if state == "approved":
                await self.pages.rgb(project, number)
                await self.pages.keep(project, number)
            await self._keep(project, project.pages[number], state=state)
        self.batches.tell_page(project, number)

    async def _color(self, project: Project, number: int, again: bool) -> None:
        """Colour a page for a batch."""
        async with self.pages.lock(project, number):
            if again:
                await self.pages.close(project, [number], forget=True)
                project.pages[number].revision += 1
                await asyncio.to_thread(project.save)
            await self.pages.rgb(project, number, turn=Turn.BOOK, stays=False)

    def begin_batch(self, project: Project, numbers: Sequence[int] | None, *, again: bool) -> int:
        """Colour pages, those of a project that have no colour where none are named; returns how many wait.

        Raises:
            HTTPException: A batch runs already.
        """
        if numbers is None:
            numbers = [
                number
                for number, record in enumerate(project.pages)
                if record.width and record.state != "skipped" and not self.pages.has(project, number)
            ]
        if not self.batches.begin(project, numbers, again=again):
            raise HTTPException(409, "A batch runs already: stop it first.\n")
        return len(numbers)

    # References and series

    async def add_reference(self, project: Project, name: str, data: bytes) -> None:
        """Keep a picture that pages may follow; one of the same name is replaced, and its pages follow the new one.

        Raises:
            BadInputError: It is no picture, or too large.
            CannotWriteError: No right or no space.
        """
        image = await asyncio.to_thread(decode, data, name=name, max_pixels=self._max_pixels)
        shown, _ = await asyncio.to_thread(shown_source, image, data)
        file = f"references/{secrets.token_hex(8)}"  # several may come at once
        await asyncio.to_thread(write_atomically, project.folder / file, shown, elsewhere="--studio")
        height, width = image.rgb.shape[:2]
        replaced = [one for one in project.references if one.name == name]
        kept = [one for one in project.references if one.name != name]
        project.references = [*kept, ReferenceRecord(name, file, width, height)]
        following = [
            number
            for number, record in enumerate(project.pages)
            if any(step.kind == "reference" and step.name == name for step in record.steps)
        ]
        await self._renew(project, following)
        for one in replaced:
            with suppress(OSError):
                await asyncio.to_thread((project.folder / one.file).unlink)

    async def remove_reference(self, project: Project, name: str) -> None:
        """Take a picture away; pages that follow it go on doing so."""
        for one in project.references:
            one.is_gone |= one.name == name
        await asyncio.to_thread(project.save)

    async def choose_series(self, project: Project, name: str) -> None:
        """Have a project follow a series, which is made if it is not there."""
        project.series = await asyncio.to_thread(self.palettes.make, name)
        await self.series_changed(project)

    async def save_colour(self, project: Project, said: dict[str, Any], rgb: tuple[int, int, int]) -> None:
        """Save the colour of a part to the series of a project, with a place where it is shown, and no other part is.

        Args:
            project: Its series is made where it has none.
            said: character, part, and page, x, y of the place.
            rgb: The colour.
        """
        if project.series is None:
            project.series = await asyncio.to_thread(self.palettes.make, Path(project.name).stem)
        number, shown = said.get("page"), None
        if number is not None:
            page = await self.pages.load(project, number)
            data, kind = await asyncio.to_thread(shown_source, page.image, page.data)
            name = f"{file_stem(Path(project.name).stem) or 'page'}-{number + 1:03d}.{kind.rpartition('/')[2]}"
            shown = PagePlace(name, data, (int(said["x"]), int(said["y"])), self.pages.area_at(project, number))
        await asyncio.to_thread(self.palettes.save, project.series, said["character"], said["part"], rgb, shown)
        await self.series_changed(project, but=number)

    async def series_changed(self, project: Project, but: int | None = None) -> None:
        """Have the pages of a project follow its series as it is now, but those that are approved or left alone.

        Args:
            project: Its project.
            but: A page that stays as it is until it is opened again: the one that was just corrected.
        """
        open_ones = [n for n, record in enumerate(project.pages) if record.state in ("new", "corrected") and n != but]
        await self._renew(project, open_ones)

    async def _renew(self, project: Project, numbers: Sequence[int]) -> None:
        """Have pages painted again, as what they follow has changed."""
        for number in numbers:
            async with self.pages.lock(project, number):
                project.pages[number].revision += 1
                await self.pages.close(project, [number])
        await asyncio.to_thread(project.save)
        for number in numbers:
            self.batches.tell_page(project, number)

    # What is told

    def told(self, project: Project) -> dict[str, Any]:
        """Return all that is said of a project."""
        return {
            "id": project.key,
            "name": project.name,
            "series": self.palettes.told(project.series) if project.series else None,
            "references": [
                {"name": one.name, "width": one.width, "height": one.height}
                for one in project.references
                if not one.is_gone
            ],
            "pages": [self.page_told(project, number) for number in range(len(project.pages))],
        }

    def page_told(self, project: Project, number: int) -> dict[str, Any]:
        """Return what is said of a page."""
        record = project.pages[number]
        problem = None if record.width else project.problems.get(number, f"{record.name} cannot be read.")
        follows = [step.name for step in record.steps if step.kind == "reference"]
        return {
            "number": number, "name": record.name, "width": record.width, "height": record.height,
            "state": record.state, "steps": len(record.steps), "undone": len(record.undone),
            "revision": record.revision, "colored": self.pages.has(project, number),
            "reference": follows[-1] if follows else None, "locks": record.locks, "hints": record.hints,
            "problem": problem,
        }  # fmt: skip

    def _note(self, record: PageRecord, opened: OpenPage, steps: Steps, undone: Steps) -> None:
        """Put down what a page has come to."""
        record.steps, record.undone = steps, undone
        record.hints = [{"x": one.x, "y": one.y, "color": hex_of(one.rgb)} for one in opened.page.corrections.hints]
        record.locks = [{"x": x, "y": y} for x, y in opened.page.lock_points]
        record.state = "corrected" if steps else "new"
        record.revision += 1


def brief(project: Project, changed: float) -> dict[str, Any]:
    """Return what a list of projects says of one that was changed at a time, in seconds since 1970.

    Its cover is the first page that can be read.
    """
    done = sum(page.state in ("approved", "skipped") for page in project.pages)
    cover = next((number for number, page in enumerate(project.pages) if page.width), 0)
    return {
        "id": project.key, "name": project.name, "pages": len(project.pages), "done": done, "changed": changed,
        "cover": cover,
    }  # fmt: skip
