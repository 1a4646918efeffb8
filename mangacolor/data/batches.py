"""Batches of samples, made by several threads or processes a few ahead of their use."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import cv2
import torch
from torch.utils.data import DataLoader, Dataset

from mangacolor.data.samples import Sample, Samples


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
    batches = _Batches(dataset, numbers, batch_size)
    if by_processes:
        yield from DataLoader(
            batches, batch_size=None, sampler=range(len(batches)), num_workers=jobs, multiprocessing_context="fork",
            pin_memory=torch.cuda.is_available(), worker_init_fn=_begin_worker,
        )  # fmt: skip
        return
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
