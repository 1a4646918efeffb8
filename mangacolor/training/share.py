"""Which samples a step takes, by process and by part; a number is never drawn twice."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple

from lightning_fabric import Fabric

from mangacolor.config import Recipe
from mangacolor.data.batches import load_batches
from mangacolor.data.samples import Sample, Samples
from mangacolor.training.workers import draws_by_processes

ENDLESS = 1 << 40


class Part(NamedTuple):
    """What the network sees at a time.

    Attributes:
        batch: Samples of this process.
        images: How many images that are with those of the other processes.
        share: Its share of the step.
    """

    batch: Sample
    images: int
    share: float


def own_numbers(first: int, until: int | None, rank: int, processes: int) -> range:
    """Return the numbers of the samples that one of several processes draws.

    Together they draw what one alone would, in every step the same ones. All draw as many, so that none waits for
    another that has ended: beyond `until` up to one sample less than there are processes.

    Args:
        first: Number of the next sample of the run.
        until: Where the run ends; None for nowhere.
        rank: Which process.
        processes: How many there are.
    """
    until = ENDLESS if until is None else until
    return range(first + rank, until + (first - until) % processes, processes)


def load_steps(
    dataset: Samples, first: int, until: int | None, batch_size: int, config: Recipe, fabric: Fabric, jobs: int
) -> Iterator[list[Part]]:
    """Make the parts of the batch of each step, from sample `first` to sample `until`, if that is not None.

    Args:
        dataset: Where samples come from.
        first: Number of the first.
        until: Number after the last.
        batch_size: Images a part and process.
        config: How many parts.
        fabric: Which process of how many.
        jobs: Threads, or on a GPU processes where the system forks.
    """
    numbers = own_numbers(first, until, fabric.global_rank, fabric.world_size)
    by_processes = draws_by_processes(fabric.device, jobs)
    batches = load_batches(dataset, numbers, batch_size, jobs, by_processes=by_processes)
    while parts := list(itertools.islice(batches, config.accumulate)):
        sizes = [len(next(iter(batch.values()))) for batch in parts]
        yield [
            Part(batch, size * fabric.world_size, size / sum(sizes)) for batch, size in zip(parts, sizes, strict=True)
        ]
