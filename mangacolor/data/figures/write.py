"""Folders of drawings made by one or several processes, so that an interrupted run can go on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2

from mangacolor.data.figures.draw import draw_figure
from mangacolor.data.figures.pack import Pack
from mangacolor.data.figures.store import append_entry, entry_of, names_in_index, write_picture


def write_figures(pack: Path, out: Path, seeds: Sequence[int], side_px: int, *, jobs: int = 1) -> Iterator[bool]:
    """Draw figures into a folder; those already there are skipped.

    Args:
        pack: The figures_pack.npz.
        out: Folder, made if it is missing.
        seeds: One for each drawing, in ascending order; it names the file, too.
        side_px: Height and width of a drawing.
        jobs: Processes that draw.

    Yields:
        For each seed in order, whether it was drawn (and not skipped).

    Raises:
        BadInputError: The pack or the folder's index cannot be read.
        CannotWriteError: No right or no space.
        UsageError: numba is missing.
    """
    there = {name for name in names_in_index(out) if (out / name).is_file()}
    missing = [seed for seed in seeds if file_name(seed) not in there]
    drawn = _drawn(pack, out, missing, side_px, jobs)
    for seed in seeds:
        is_new = file_name(seed) not in there
        if is_new:
            append_entry(out, next(drawn))
        yield is_new


def file_name(seed: int) -> str:
    """Return the name of the drawing of a seed."""
    return f"{seed:06d}.png"


def _drawn(pack: Path, out: Path, seeds: Sequence[int], side_px: int, jobs: int) -> Iterator[dict[str, Any]]:
    """Draw and write pictures, and yield their lines for the index."""
    work = [(str(out), seed, side_px) for seed in seeds]
    if jobs == 1:
        opened = Pack(pack)
        for task in work:
            yield _draw(opened, *task)
        return
    # Fresh processes: a fork of one that has threads may hang.
    context = get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_start, initargs=(str(pack),)) as pool:
        try:
            yield from pool.map(_draw_in_process, work)
        finally:
            pool.shutdown(cancel_futures=True)


def _draw(pack: Pack, out: str, seed: int, side_px: int) -> dict[str, Any]:
    drawing, facts = draw_figure(pack, seed, side_px)
    write_picture(Path(out) / file_name(seed), drawing)
    return entry_of(file_name(seed), drawing.parts, {"seed": seed, "side": side_px, **facts})


_OPENED: dict[str, Pack] = {}


def _start(pack: str) -> None:
    """Open the pack once in each process; one thread each, since the processes share the cores."""
    cv2.setNumThreads(1)
    _OPENED["pack"] = Pack(Path(pack))


def _draw_in_process(task: tuple[str, int, int]) -> dict[str, Any]:
    return _draw(_OPENED["pack"], *task)
