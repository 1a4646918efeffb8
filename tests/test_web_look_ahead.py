"""The next pages of readers.

Oracle: the written contract of `Engine.foresee`, watched through a painter that paints when the test says so, and
through loaders that note what is brought.
"""

from __future__ import annotations

import asyncio

import pytest

pytest.importorskip("starlette", reason="needs the extra `serve`")

from web_stubs import GatedPainter, page_bytes, until, working

from mangacolor.colorize.page_cache import PageCache
from mangacolor.web import look_ahead
from mangacolor.web.engine import Engine


def run(test):
    """Run a coroutine to its end; no test here may take long."""
    return asyncio.run(asyncio.wait_for(test, 30))


class Book:
    """Pages that can be brought; remembers which were."""

    def __init__(self, **options):
        self.brought, self.options = [], options

    def pages(self, *numbers):
        return [self._loader(number) for number in numbers]

    def _loader(self, number):
        async def load():
            self.brought.append(number)
            return page_bytes(number, **self.options)

        return load


class Stepwise(GatedPainter):
    """Paints one page whenever it is told to."""

    def step(self):
        self.gate.set()

    def colorize_page(self, page, hints=()):
        try:
            return super().colorize_page(page, hints)
        finally:
            self.gate.clear()


def test_after_a_jump_no_page_of_the_old_place_is_coloured(tmp_path):
    """The reader jumps while page 1 is coloured: page 2 is brought meanwhile, but page 5 is what comes after 4."""

    async def test():
        painter, book = Stepwise(is_open=False), Book()
        async with working(Engine(lambda: painter, cache=PageCache(tmp_path, 1 << 20))) as engine:
            engine.foresee("ann", book.pages(1, 2, 3))
            await until(lambda: painter.order == [1])
            asked = asyncio.create_task(engine.color(page_bytes(4)))
            await until(lambda: engine.waiting)
            painter.step()
            await until(lambda: painter.order == [1, 4])
            await asyncio.sleep(0.2)  # long enough for page 2 to be brought and to wait
            painter.step()
            await asked
            engine.foresee("ann", book.pages(5, 6))
            await until(lambda: len(painter.order) == 3)
            assert painter.order == [1, 4, 5]
            painter.gate.set()
        assert engine.metrics.left == 0, "no client went away"

    run(test())


def test_a_page_that_does_not_come_holds_up_its_own_reader_alone_and_not_for_long(tmp_path, monkeypatch):
    async def never():
        await asyncio.Event().wait()

    async def test():
        painter, book = GatedPainter(), Book()
        async with working(Engine(lambda: painter, cache=PageCache(tmp_path, 1 << 20))) as engine:
            engine.foresee("bob", [never, *book.pages(10)])
            await until(lambda: engine._ahead)
            engine.foresee("ann", book.pages(1, 2))
            engine.foresee("eve", [never])
            await until(lambda: engine.metrics.foreseen == 2)
            assert painter.order == [1, 2]
            monkeypatch.setattr(look_ahead, "LOAD_SECONDS", 0.05)
            engine.foresee("bob", [never, *book.pages(10)])
            await until(lambda: painter.order == [1, 2, 10])

    run(test())


def test_next_pages_of_many_readers_take_no_place_of_others(tmp_path):
    """The queue's room is for pages that somebody waits for."""

    async def test():
        painter, book = GatedPainter(is_open=False), Book()
        async with working(Engine(lambda: painter, cache=PageCache(tmp_path, 1 << 20), queue_pages=1)) as engine:
            for number in range(4):
                engine.foresee(f"reader {number}", book.pages(number))
            await until(lambda: engine.waiting == 3)
            asked = asyncio.create_task(engine.color(page_bytes(9)))
            await until(lambda: engine.waiting == 4)
            painter.gate.set()
            await asked
            await until(lambda: engine.metrics.foreseen == 4)
            assert painter.order[1] == 9
            assert engine.metrics.refused == 0

    run(test())


def test_nothing_is_foreseen_where_nothing_is_kept():
    async def test():
        painter, book = GatedPainter(), Book()
        async with working(Engine(lambda: painter, cache=None)) as engine:
            engine.foresee("ann", book.pages(1))
            await asyncio.sleep(0.05)
            await engine.color(page_bytes(9))
        assert (book.brought, painter.order) == ([], [9])

    run(test())


def test_a_strip_is_foreseen_only_while_nobody_else_reads(tmp_path, monkeypatch):
    async def test():
        painter, strips = GatedPainter(), Book(size=(20, 200))
        async with working(Engine(lambda: painter, cache=PageCache(tmp_path, 1 << 20))) as engine:
            engine.foresee("ann", strips.pages(1))
            await until(lambda: painter.order == [1])
            engine.foresee("bob", [])  # at the end of a book
            engine.foresee("ann", [*strips.pages(2), *Book().pages(3)])
            await until(lambda: painter.order == [1, 3])
            monkeypatch.setattr(look_ahead, "READING_SECONDS", 0.0)
            engine.foresee("ann", strips.pages(4))
            await until(lambda: painter.order == [1, 3, 4])

    run(test())
