"""A farm: parts of a library as rows of Ray Data, coloured by workers that keep the weights loaded.

Ray starts workers again that die, and gives their parts to others; outputs are on shared storage, whole or absent, so
that a part begun twice goes on where it stopped.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mangacolor.books import file_atomically, list_library, made_of_others
from mangacolor.books.shards import small_parts
from mangacolor.books.source import nothing_in
from mangacolor.colorize import jobs
from mangacolor.colorize.order import Order
from mangacolor.errors import UsageError
from mangacolor.farm.worker import Answer, OpenColorizer, Worker, packed, unpacked

PAGES_A_PART = 32
"""Loose pages of a part: a minute or two of work, which is what is lost when a worker dies."""

MOST_BLOCKS = 10_000
"""Ray keeps an account of every block of rows; beyond so many parts several share one."""

TRIES = 2
"""A part whose worker died so often more than once is told as failed: it may be what kills them."""

ROWS_A_GROUP = 1000
"""Answers that are written to the table at a time."""


@dataclass(frozen=True)
class Farm:
    """Who works, and where.

    Attributes:
        workers: Processes; None for as many as the CPUs, or the GPUs, have room for.
        cpus: CPU cores of each.
        gpus: GPUs of each; one half lets two share one.
        address: Of a Ray cluster; None starts one on this machine, "auto" finds the one that is running.
    """

    workers: int | None = None
    cpus: float = 2
    gpus: float = 0
    address: str | None = None


def colour_library(
    library: Path,
    order: Order,
    farm: Farm,
    table: Path,
    *,
    open_colorizer: OpenColorizer = jobs.open_colorizer,
    on_begin: Callable[[int], None] = lambda parts: None,
) -> Iterator[Answer]:
    """Colour all books and pages below a folder, and yield what became of each as it is known.

    Whatever goes wrong with a book is told of that book; a part whose worker dies again and again is told as failed.

    Args:
        library: The folder, under the same path on every machine; so is the output.
        order: What is wanted; `output` has to be set.
        farm: Who works.
        table: Parquet file that gets all answers; whole or absent.
        open_colorizer: Opens what colours, in each worker.
        on_begin: Hears how many parts there are.

    Raises:
        UsageError: Ray is not installed, or there is no such cluster.
        BadInputError: The library holds nothing.
        CannotWriteError: The table cannot be written.
    """
    _require_ray()
    library = library.resolve()
    found = list_library(library, skip=order.output)
    listed = [name for name in found if name not in set(made_of_others(found))]
    if not listed:
        raise nothing_in(library)
    parts: list[dict[str, Any]] = [
        {"part": number, "names": packed(names)} for number, names in enumerate(small_parts(listed, PAGES_A_PART))
    ]
    on_begin(len(parts))
    answered = np.zeros(len(parts), np.bool_)
    with _table_of_answers(table) as keep:
        for answer in _answers(parts, (library, order, open_colorizer), farm):
            answered[answer["part"]] = True
            keep(answer)
            yield answer
        for number in np.flatnonzero(~answered):
            names = unpacked(parts[number]["names"])
            lost = Answer(
                part=int(number), path=names[0], pages=0, seconds=0.0, status="failed",
                error=f"{names[0]}: its worker died {TRIES + 1} times.\nColour it by itself, to see why.",
            )  # fmt: skip
            keep(lost)
            yield lost


def _answers(parts: list[dict[str, Any]], worker_arguments: tuple[Any, ...], farm: Farm) -> Iterator[Answer]:
    """Have the parts coloured, and yield the answers of workers."""
    ray = _started(farm)
    try:
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.max_errored_blocks = -1
        workers = farm.workers or _room_for(ray.cluster_resources(), farm)
        rows = ray.data.from_items(parts, override_num_blocks=min(len(parts), MOST_BLOCKS))
        answers = rows.map_batches(
            Worker, fn_constructor_args=worker_arguments, batch_size=1, zero_copy_batch=True,
            compute=ray.data.ActorPoolStrategy(size=min(workers, len(parts)), max_tasks_in_flight_per_actor=1),
            num_cpus=farm.cpus, num_gpus=farm.gpus or None, ray_remote_args_fn=_remote_args,
        )  # fmt: skip
        yield from (unpacked(row["answer"]) for row in answers.iter_rows())
    finally:
        ray.shutdown()


def _remote_args() -> dict[str, Any]:
    return {"max_restarts": -1, "max_task_retries": TRIES}


def _require_ray() -> None:
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    os.environ.setdefault("RAY_DATA_LOG_LEVEL", "ERROR")
    try:
        import pyarrow  # noqa: F401
        import ray.data  # noqa: F401
    except ImportError as error:
        raise UsageError("A farm needs Ray.", advice='pip install "mangacolor[farm]"') from error


def _started(farm: Farm) -> Any:
    """Start Ray here, or join a cluster."""
    import ray

    logging.getLogger("ray").setLevel(logging.ERROR)
    try:
        own: dict[str, Any] = {"include_dashboard": False} if farm.address is None else {}
        ray.init(address=farm.address, logging_level=logging.ERROR, log_to_driver=False, **own)
    except Exception as error:  # Ray has many words for it, and for a machine too busy to start it a plain Exception
        if farm.address is not None:
            advice = "Start a cluster by `ray start --head`, and give the address that it tells."
            raise UsageError(f"There is no Ray cluster at {farm.address}: {error}", advice=advice) from error
        raise UsageError(f"Ray does not start here: {error}", advice="Is the machine very busy? Try again.") from error
    return ray


def _room_for(resources: dict[str, float], farm: Farm) -> int:
    """Say how many workers a cluster has room for; at least one, which then waits."""
    room = resources.get("CPU", 0) / farm.cpus if farm.cpus else np.inf
    if farm.gpus:
        room = min(room, resources.get("GPU", 0) / farm.gpus)
    return max(1, int(min(room, 10_000)))


def in_utf8(answer: Answer) -> Answer:
    """Return an answer as a table takes it: with escapes for what is no UTF-8 in the name of a file."""
    path, error = (text.encode(errors="backslashreplace").decode() for text in (answer["path"], answer["error"]))
    return {**answer, "path": path, "error": error}


@contextlib.contextmanager
def _table_of_answers(path: Path) -> Iterator[Callable[[Answer], None]]:
    """Write answers to a Parquet file, some at a time; those of a run cut short are not written."""
    import pyarrow as pa
    from pyarrow import parquet

    schema = pa.schema([
        ("part", pa.int64()), ("path", pa.string()), ("pages", pa.int64()), ("seconds", pa.float64()),
        ("status", pa.string()), ("error", pa.string()),
    ])  # fmt: skip
    waiting: list[Answer] = []
    with file_atomically(path, elsewhere="--table") as partial, parquet.ParquetWriter(partial, schema) as writer:

        def write() -> None:
            writer.write_table(pa.Table.from_pylist(waiting, schema))
            waiting.clear()

        def keep(answer: Answer) -> None:
            waiting.append(in_utf8(answer))
            if len(waiting) >= ROWS_A_GROUP:
                write()

        yield keep
        write()
