"""Work in several threads at once.

Oracle: the contract of `models.cores`, against doing the same in turn; what torch and threadpoolctl say of threads.
"""

from __future__ import annotations

import threading
import time

import pytest
import torch
from threadpoolctl import threadpool_info

from mangacolor.models import cores


@pytest.fixture(params=[1, 2, 5])
def several(request):
    """A machine on which torch was told so many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def threads_of_a_new_one():
    """Return how many threads torch computes with in a thread that begins now."""
    said = []
    thread = threading.Thread(target=lambda: said.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    return said[0]


def test_results_come_in_the_order_of_the_tasks(several):
    assert cores.at_once(lambda number: number**2, range(20)) == [number**2 for number in range(20)]
    assert cores.beside(lambda: 7)() == 7


def test_two_work_at_the_same_time_where_there_are_cores():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    meeting = threading.Barrier(2, timeout=20)  # breaks unless two wait at once
    try:
        assert sorted(cores.at_once(lambda _: meeting.wait(), range(2))) == [0, 1]
        beside = cores.beside(meeting.wait)
        assert sorted([meeting.wait(), beside()]) == [0, 1]
    finally:
        torch.set_num_threads(before)


def test_each_has_its_share_and_everything_else_keeps_all(several):
    shares = cores.at_once(lambda _: torch.get_num_threads(), range(4))
    assert set(shares) == {max(1, several // cores.AT_ONCE)}
    assert torch.get_num_threads() == several
    assert threads_of_a_new_one() == several


def test_what_fails_is_raised_and_the_rest_left(several):
    done = []

    def work(number):
        if number == 0:
            raise MemoryError("no room")
        time.sleep(0.002)  # meanwhile the failure is seen
        done.append(number)

    with pytest.raises(MemoryError, match="no room"):
        cores.at_once(work, range(1000))
    assert len(done) < 999

    def broken():
        raise ValueError("broken")

    found = cores.beside(broken)
    for _ in range(2):
        with pytest.raises(ValueError, match="broken"):
            found()


def test_what_is_asked_for_again_is_found_once(several):
    calls = []
    found = cores.beside(lambda: calls.append(1) or len(calls))
    assert [found(), found(), found()] == [1, 1, 1]


def test_without_torch_the_system_is_asked(monkeypatch):
    monkeypatch.delitem(cores.sys.modules, "torch")
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert cores.cores() == 3
    monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.setattr(cores.os, "cpu_count", lambda: 6)
    assert cores.cores() == 6
    assert cores.at_once(str, range(3)) == ["0", "1", "2"]


def test_numpy_multiplies_in_the_thread_that_asks():
    cores.multiply_alone()
    threads = [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]
    assert threads
    assert set(threads) == {1}
