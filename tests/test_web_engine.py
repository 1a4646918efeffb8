"""The queue before the colouriser, and the pages on disk.

Oracle: the written contract of `Engine` and `PageCache`, watched through a painter that paints when the test says so;
for the cache, a plain dictionary beside it, with hypothesis.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections import OrderedDict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("starlette", reason="needs the extra `serve`")

from web_stubs import GatedPainter, is_red, page_bytes, until, working

from mangacolor.colorize.hints import Hint
from mangacolor.colorize.page_cache import PageCache
from mangacolor.errors import BadInputError, CannotWriteError
from mangacolor.web.engine import Engine
from mangacolor.web.painting import PageOrder
from mangacolor.web.queue import BusyError, Turn


def run(test):
    """Run a coroutine to its end; no test here may take long."""
    return asyncio.run(asyncio.wait_for(test, 30))


def test_a_page_comes_back_coloured_in_its_own_format():
    async def test():
        async with working(Engine(GatedPainter)) as engine:
            for format, kind in (("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")):
                painted = await engine.color(page_bytes(1, format=format))
                assert (painted.media_type, painted.outcome) == (kind, "colored")
                assert is_red(painted.data)
            assert (await engine.color(page_bytes(1), PageOrder(format="webp"))).media_type == "image/webp"

    run(test())


def test_the_networks_stay_in_one_thread_that_is_not_the_loops():
    opened = []
    painter = GatedPainter()

    def open_painter():
        opened.append(threading.get_ident())
        return painter

    async def test():
        async with working(Engine(open_painter)) as engine:
            await asyncio.gather(*(engine.color(page_bytes(number)) for number in range(5)))

    run(test())
    assert painter.threads == set(opened)
    assert threading.get_ident() not in painter.threads


def test_the_same_page_at_once_is_coloured_once_and_other_wishes_are_other_pages():
    async def test():
        painter = GatedPainter(is_open=False)
        async with working(Engine(lambda: painter)) as engine:
            same = [asyncio.create_task(engine.color(page_bytes(3))) for _ in range(5)]
            await until(lambda: painter.begun.is_set())
            other = asyncio.create_task(engine.color(page_bytes(3), PageOrder(format="webp")))
            await until(lambda: engine.waiting == 1)
            painter.gate.set()
            answers = await asyncio.gather(*same, other)
        assert painter.painted == 2
        assert len({answer.data for answer in answers[:5]}) == 1

    run(test())


def test_a_full_queue_refuses_and_says_when_to_come_again():
    async def test():
        painter = GatedPainter(is_open=False)
        async with working(Engine(lambda: painter, queue_pages=2)) as engine:
            taken = [asyncio.create_task(engine.color(page_bytes(0)))]
            await until(lambda: painter.begun.is_set())
            taken += [asyncio.create_task(engine.color(page_bytes(number))) for number in (1, 2)]
            await until(lambda: engine.waiting == 2)
            with pytest.raises(BusyError) as caught:
                await engine.color(page_bytes(9))
            assert caught.value.retry_seconds >= 1
            joined = asyncio.create_task(engine.color(page_bytes(1)))  # waits already, so it takes no place
            await asyncio.sleep(0.05)
            painter.gate.set()
            await asyncio.gather(*taken, joined)
        assert painter.painted == 3

    run(test())


def test_whoever_goes_away_frees_the_place_unless_another_waits_for_the_same_page():
    async def test():
        painter = GatedPainter(is_open=False)
        async with working(Engine(lambda: painter)) as engine:
            first = asyncio.create_task(engine.color(page_bytes(0)))
            await until(lambda: painter.begun.is_set())
            alone, one, two = (asyncio.create_task(engine.color(page_bytes(number))) for number in (1, 2, 2))
            await until(lambda: engine.waiting == 2)
            await asyncio.sleep(0.05)
            for task in (alone, one):
                task.cancel()
            await until(lambda: engine.waiting == 1)
            painter.gate.set()
            await asyncio.gather(first, two)
        assert painter.order == [0, 2]
        assert engine.metrics.left == 1

    run(test())


def test_what_is_in_work_when_its_client_leaves_is_finished_for_the_next_one(tmp_path):
    async def test():
        painter = GatedPainter(is_open=False)
        async with working(Engine(lambda: painter, cache=PageCache(tmp_path, 1 << 20))) as engine:
            task = asyncio.create_task(engine.color(page_bytes(1)))
            await until(lambda: painter.begun.is_set())
            task.cancel()
            painter.gate.set()
            await until(lambda: not engine.is_at_work)
            assert (await engine.color(page_bytes(1))).is_cached
        assert painter.painted == 1

    run(test())


def test_pages_asked_for_come_before_those_ahead_and_those_before_books():
    async def test():
        painter = GatedPainter(is_open=False)
        async with working(Engine(lambda: painter)) as engine:
            tasks = [asyncio.create_task(engine.color(page_bytes(0)))]
            await until(lambda: painter.begun.is_set())
            for number, turn in ((1, Turn.BOOK), (2, Turn.FORESEEN), (3, Turn.ASKED), (4, Turn.BOOK)):
                tasks.append(asyncio.create_task(engine.color(page_bytes(number), turn=turn)))
                await until(lambda: engine.waiting == len(tasks) - 1)
            # Somebody now waits for the second page of the book.
            tasks.append(asyncio.create_task(engine.color(page_bytes(4))))
            await until(lambda: engine._queue.count(Turn.ASKED) == 2)
            painter.gate.set()
            await asyncio.gather(*tasks)
        assert painter.order == [0, 3, 4, 2, 1]

    run(test())


def test_places_are_told_down_to_the_work_itself():
    async def test():
        painter, places = GatedPainter(is_open=False), []
        async with working(Engine(lambda: painter)) as engine:
            tasks = [asyncio.create_task(engine.color(page_bytes(0)))]
            await until(lambda: painter.begun.is_set())
            tasks.append(asyncio.create_task(engine.color(page_bytes(1))))
            await until(lambda: engine.waiting == 1)
            tasks.append(asyncio.create_task(engine.color(page_bytes(2), on_place=places.append)))
            await until(lambda: engine.waiting == 2)
            painter.gate.set()
            await asyncio.gather(*tasks)
        assert places == [2, 1, 0]

    run(test())


def test_pages_ahead_are_brought_in_order_and_forgotten_when_the_reader_jumps(tmp_path):
    async def test():
        painter, brought = GatedPainter(is_open=False), []

        def loader(number):
            async def load():
                brought.append(number)
                if number == 2:
                    raise OSError("the library is away")
                return page_bytes(number)

            return load

        async with working(Engine(lambda: painter, cache=PageCache(tmp_path, 1 << 20))) as engine:
            engine.foresee("ann", [loader(number) for number in range(1, 9)])
            await until(lambda: painter.begun.is_set())
            engine.foresee("ann", [loader(number) for number in (2, 30, 31)])
            painter.gate.set()
            await until(lambda: engine.metrics.foreseen == 3)
            assert brought == [1, 2, 30, 31]
            assert (await engine.color(page_bytes(31))).is_cached
            assert not engine._ahead
        assert painter.order == [1, 30, 31]

    run(test())


def test_a_broken_page_is_refused_before_it_waits_and_one_that_breaks_the_painter_costs_no_other():
    class Breaks(GatedPainter):
        def colorize_page(self, page, hints=()):
            if page.rgb[0, 0, 0] == 7:
                raise RuntimeError("nobody thought of this page")
            return super().colorize_page(page, hints)

    async def test():
        async with working(Engine(Breaks, max_pixels=5000)) as engine:
            for broken in (b"", b"no picture", page_bytes(1)[:30], page_bytes(1, size=(100, 100))):
                with pytest.raises(BadInputError):
                    await engine.color(broken)
            with pytest.raises(RuntimeError):
                await engine.color(page_bytes(7))
            assert is_red((await engine.color(page_bytes(8))).data)
            assert engine.metrics.failed == 1

    run(test())


class Batches(GatedPainter):
    """A painter on a GPU: paints up to three pages at once, and remembers which."""

    pages_at_once = 3

    def __init__(self, **options):
        super().__init__(**options)
        self.batches = []

    def colorize_together(self, pages):
        numbers = [int(page.rgb[0, 0, 0]) for page in pages]
        self.batches.append(numbers)
        if 7 in numbers:
            raise MemoryError
        return [GatedPainter.colorize_page(self, page) for page in pages]


def test_pages_that_wait_are_coloured_together_where_that_pays(tmp_path):
    """As each by itself: the same bytes, those asked for first, hints alone, and one that fails costs no other."""

    async def test():
        painter = Batches(is_open=False)
        alone = {}
        async with working(Engine(GatedPainter)) as engine:
            for number in range(8):
                alone[number] = (await engine.color(page_bytes(number))).data
        async with working(Engine(lambda: painter, cache=PageCache(tmp_path, 1 << 20))) as engine:
            tasks = [asyncio.create_task(engine.color(page_bytes(0)))]
            await until(painter.begun.is_set)
            hinted = PageOrder(hints=(Hint(3, 3, (9, 9, 9)),))
            for number, order, turn in (
                (1, PageOrder(), Turn.FORESEEN), (2, PageOrder(), Turn.ASKED), (3, hinted, Turn.ASKED),
                (4, PageOrder(), Turn.ASKED), (5, PageOrder(), Turn.ASKED), (6, PageOrder(), Turn.FORESEEN),
            ):  # fmt: skip
                tasks.append(asyncio.create_task(engine.color(page_bytes(number), order, turn=turn)))
                await until(lambda: engine.waiting == len(tasks) - 1)
            painter.gate.set()
            done = await asyncio.gather(*tasks)
            assert painter.batches == [[2, 4, 5], [1, 6]]
            assert painter.order == [0, 2, 4, 5, 3, 1, 6]
            assert [one.data for one in done] == [alone[number] for number in range(7)]
            assert all([(await engine.color(page_bytes(number))).is_cached for number in (2, 4, 5, 1, 6)])
            painter.gate.clear()
            painter.begun.clear()
            first = asyncio.create_task(engine.color(page_bytes(9)))
            await until(painter.begun.is_set)
            several = [asyncio.create_task(engine.color(page_bytes(number) + b"x")) for number in (6, 7)]
            await until(lambda: engine.waiting == 2)
            painter.gate.set()
            assert [one.outcome for one in await asyncio.gather(first, *several)] == ["colored"] * 3
            assert engine.metrics.pages["colored"] == 10
            assert engine.metrics.failed == 0

    run(test())


def test_stopping_finishes_the_page_in_work_and_turns_the_others_away(tmp_path):
    async def test():
        painter = GatedPainter(is_open=False)
        engine = Engine(lambda: painter, cache=PageCache(tmp_path, 1 << 20))
        await engine.start()
        first = asyncio.create_task(engine.color(page_bytes(1)))
        await until(lambda: painter.begun.is_set())
        second = asyncio.create_task(engine.color(page_bytes(2)))
        await until(lambda: engine.waiting == 1)
        stop = asyncio.create_task(engine.stop())
        with pytest.raises(BusyError):
            await second
        with pytest.raises(BusyError):
            await engine.color(page_bytes(3))
        painter.gate.set()
        await stop
        assert is_red((await first).data)
        assert len(engine.cache) == 1

    run(test())


def test_a_page_that_comes_back_as_it_is_takes_no_room(tmp_path):
    class Refuses(GatedPainter):
        def colorize_page(self, page, hints=()):
            super().colorize_page(page, hints)
            return page, "already_colored"

    async def test():
        async with working(Engine(Refuses, cache=PageCache(tmp_path, 1 << 20))) as engine:
            data = page_bytes(1)
            first, second = await engine.color(data), await engine.color(data)
            assert (first.data, second.data) == (data, data)
            assert (first.outcome, second.outcome, second.is_cached) == ("already_colored", "unchanged", True)
            assert engine.cache.bytes < 10
            damaged = next(engine.cache.folder.glob("[0-9a-f]*"))
            damaged.write_bytes(b"")
            assert not (await engine.color(data)).is_cached

    run(test())


def test_other_weights_or_settings_find_nothing_of_the_old_ones(tmp_path):
    async def test():
        for name, painted in (("a", 1), ("b", 1), ("a", 0)):
            painter = GatedPainter(settings=name)
            async with working(Engine(lambda: painter, cache=PageCache(tmp_path, 1 << 20))) as engine:  # noqa: B023
                await engine.color(page_bytes(1))
            assert painter.painted == painted

    run(test())


# The cache alone

KEYS = [f"{number:064x}" for number in range(6)]


@settings(max_examples=25, deadline=None)  # every file waits for the disk
@given(st.lists(st.tuples(st.sampled_from(KEYS), st.integers(0, 40), st.booleans()), max_size=25))
def test_the_cache_does_what_a_dictionary_does_that_forgets_the_least_used(tmp_path_factory, steps):
    cache = PageCache(tmp_path_factory.mktemp("cache"), 100)
    model: OrderedDict[str, bytes] = OrderedDict()
    for key, size, is_put in steps:
        if is_put:
            data = bytes([size]) * size
            assert cache.put(key, data)
            model.pop(key, None)
            model[key] = data
            while sum(map(len, model.values())) > 100:
                model.popitem(last=False)
        else:
            assert cache.get(key) == model.get(key)
            if key in model:
                model.move_to_end(key)
        assert cache.bytes == sum(map(len, model.values())) <= 100
    assert {path.name for path in cache.folder.glob("[0-9a-f]*")} == set(model)


def test_pages_of_an_earlier_run_are_found_and_the_longest_unused_goes_first(tmp_path):
    cache = PageCache(tmp_path, 100)
    for number, key in enumerate(KEYS[:3]):
        cache.put(key, b"x" * 30)
        os.utime(tmp_path / key, (number + 1, number + 1))
    again = PageCache(tmp_path, 100)
    assert again.get(KEYS[0]) is not None
    again.put(KEYS[3], b"y" * 30)
    assert {path.name for path in tmp_path.glob("[0-9a-f]*")} == {KEYS[0], KEYS[2], KEYS[3]}
    # What was read is as young as what was written.
    assert len(PageCache(tmp_path, 60)) == 2
    assert {path.name for path in tmp_path.glob("[0-9a-f]*")} == {KEYS[0], KEYS[3]}


def test_other_files_and_what_a_killed_server_left(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    cache = PageCache(tmp_path, 10)
    assert not cache.put(KEYS[0], b"x" * 11)
    assert cache.put(KEYS[1], b"x")
    (tmp_path / KEYS[1]).unlink()
    assert cache.get(KEYS[1]) is None
    assert (cache.bytes, len(cache)) == (0, 0)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_folder_that_cannot_hold_pages_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CannotWriteError, match="--cache"):
        PageCache(tmp_path / "file", 10)
