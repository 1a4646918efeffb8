"""Batches of samples, made by several threads or processes a few ahead of their use."""

from __future__ import annotations

import itertools
import logging
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import torch
from torch.utils.data import DataLoader, Dataset

from mangacolor.data.samples import Sample, Samples

logger = logging.getLogger("mangacolor")

_SHARED = "/dev/shm"
"""Where processes hand tensors to each other."""


def stack(samples: Sequence[Sample]) -> Sample:
    """Join samples of one size into a batch: every tensor gains a leading dimension."""
    return {name: torch.stack([sample[name] for sample in samples]) for name in samples[0]}


class _Batches(Dataset[Sample]):
    """Batches by number."""

    def __init__(self, dataset: Samples, numbers: Sequence[int], batch_size: int) -> None:
        self._dataset, self._numbers, self._batch_size = dataset, numbers, batch_size

    def __len__(self) -> int:
        return -(-len(self._numbers) // self._batch_size)

    def __getitem__(self, place: int) -> Sample:
        first = place * self._batch_size
        return stack([self._dataset[number] for number in self._numbers[first : first + self._batch_size]])


class _Handed(_Batches):
    """Batches as they go from one process to another: as arrays through a pipe where tensors cannot be shared."""

    def __init__(self, dataset: Samples, numbers: Sequence[int], batch_size: int, jobs: int) -> None:
        super().__init__(dataset, numbers, batch_size)
        self._jobs = jobs

    def __getitem__(self, place: int) -> dict[str, Any]:
        batch = super().__getitem__(place)
        # Each of the others may be about to hand one over, too. Without room they would wait for it for ever.
        if _shared_room() >= 2 * self._jobs * sum(tensor.nbytes for tensor in batch.values()):
            return batch
        return {name: tensor.numpy() for name, tensor in batch.items()}


def _shared_room() -> int:
    try:
        state = os.statvfs(_SHARED)
    except OSError:
        return 0
    return state.f_bavail * state.f_frsize


def _as_it_is(batch: Any) -> Any:
    return batch


def _begin_worker(worker: int) -> None:
    cv2.setNumThreads(0)  # OpenCV's own threads do not survive a fork


def load_batches(
    dataset: Samples, numbers: Sequence[int], batch_size: int, jobs: int, *, by_processes: bool = False
) -> Iterator[Sample]:
    """Make batches of the samples with these numbers, in order, a few ahead of their use.

    Threads leave the interpreter free for most of the time: the work is numpy's and OpenCV's. That feeds a CPU. A GPU
    takes more than one interpreter gives, so there each job is a process. It sees the pictures of this one, and
    all share one bank of pages.

    Args:
        dataset: Where samples come from.
        numbers: Which, in order; a last batch may be smaller.
        batch_size: Samples a batch.
        jobs: Threads or processes.
        by_processes: Which of the two; processes need a system that forks.

    Yields:
        Samples whose tensors have a leading batch dimension.
    """
    if by_processes:
        yield from _by_processes(dataset, numbers, batch_size, jobs)
        return
    batches = _Batches(dataset, numbers, batch_size)
    places = iter(range(len(batches)))
    with ThreadPoolExecutor(jobs) as pool:
        ahead = deque(pool.submit(batches.__getitem__, place) for place in itertools.islice(places, 2 * jobs + 1))
        try:
            while ahead:
                batch = ahead.popleft().result()
                ahead.extend(pool.submit(batches.__getitem__, place) for place in itertools.islice(places, 1))
                yield batch
        finally:
            pool.shutdown(cancel_futures=True)


def _by_processes(dataset: Samples, numbers: Sequence[int], batch_size: int, jobs: int) -> Iterator[Sample]:
    batches, is_pinned = _Handed(dataset, numbers, batch_size, jobs), torch.cuda.is_available()
    loader = DataLoader(
        batches, batch_size=None, sampler=range(len(batches)), num_workers=jobs, multiprocessing_context="fork",
        pin_memory=is_pinned, worker_init_fn=_begin_worker, collate_fn=_as_it_is,
    )  # fmt: skip
    is_told = False
    for batch in loader:
        if all(isinstance(one, torch.Tensor) for one in batch.values()):
            yield batch
            continue
        if not is_told:
            logger.warning("%s is small, so that batches are copied: a container wants --shm-size=8g.", _SHARED)
            is_told = True
        tensors = {name: torch.from_numpy(array) for name, array in batch.items()}
        yield {name: tensor.pin_memory() for name, tensor in tensors.items()} if is_pinned else tensors
