"""Work that does not wait for each other, on several cores at once.

NumPy, OpenCV and the networks let other threads run while they compute. Two views of a page in two threads are done
sooner than one after the other with two threads each, since small convolutions share their work badly.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from threadpoolctl import threadpool_limits

Done = TypeVar("Done")
Task = TypeVar("Task")

AT_ONCE = 2
"""Pieces of work at once, on however many cores: each takes memory, and networks use the other cores themselves."""

_SETTING = threading.Lock()


def cores() -> int:
    """Return how many cores there are to work on: what torch was told where it is at work, else what the system says.

    `OMP_NUM_THREADS` says it to both.
    """
    if (torch := sys.modules.get("torch")) is not None:
        return int(torch.get_num_threads())
    told = os.environ.get("OMP_NUM_THREADS", "")
    return int(told) if told.isdecimal() and int(told) else os.cpu_count() or 1


def share_of(total: int) -> int:
    """Return how many of so many cores each of `AT_ONCE` pieces of work has."""
    return max(1, total // AT_ONCE)


def beside(work: Callable[[], Done]) -> Callable[[], Done]:
    """Begin with some work while the caller goes on; on a single core wait until its result is asked for.

    Returns:
        What gives the result, or raises what the work raised, as often as it is asked.
    """
    if cores() < AT_ONCE:
        return cache(work)
    pool = ThreadPoolExecutor(1, initializer=_take_share, initargs=(cores(),))
    result = pool.submit(work).result
    pool.shutdown(wait=False)
    return result


def at_once(work: Callable[[Task], Done], tasks: Iterable[Task]) -> list[Done]:
    """Do the same to several things, `AT_ONCE` at a time, in the order given; return what comes of each.

    Raises:
        Whatever the first that fails does; what has not begun by then is left.
    """
    if cores() < AT_ONCE:
        return [work(task) for task in tasks]
    with ThreadPoolExecutor(AT_ONCE, initializer=_take_share, initargs=(cores(),)) as pool:
        begun = [pool.submit(work, task) for task in tasks]
        try:
            return [one.result() for one in begun]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


@cache
def multiply_alone() -> None:
    """Let NumPy multiply matrices in the thread that asks for it, from now on, in this whole process.

    The products of a page are small, and a thread that has helped with one waits for the next at full speed: it takes a
    core from the networks.
    """
    threadpool_limits(1, user_api="blas")


def _take_share(total: int) -> None:
    """Let networks in this thread compute with their share of the cores alone."""
    if (torch := sys.modules.get("torch")) is None:
        return
    with _SETTING:
        torch.set_num_threads(share_of(total))
        torch.get_num_threads()  # only now torch takes that for settled in this thread
        # That is also what threads begin with from now on; one that ends at once puts it back.
        back = threading.Thread(target=torch.set_num_threads, args=(total,))
        back.start()
        back.join()
