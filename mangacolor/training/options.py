"""What a run is started with."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from mangacolor.config import Precision
from mangacolor.training.schedule import Budget

MOST_MEMORY = 8 << 30
"""Bytes for decoded pictures where the machine has plenty."""

_CONTAINER = Path("/sys/fs/cgroup/memory.max")


def usual_memory() -> int:
    """Return how many bytes decoded pictures may take: a quarter of what the machine, or the container, has.

    Where the system does not say, as on Windows, it is `MOST_MEMORY`.
    """
    known = [4 * MOST_MEMORY]
    with suppress(AttributeError, OSError, ValueError):
        known.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    with suppress(OSError, ValueError):
        known.append(int(_CONTAINER.read_text()))  # "max" is no number
    return min(one for one in known if one > 0) // 4


@dataclass(frozen=True)
class RunOptions:
    """What a run is started with, beyond what it computes.

    Attributes:
        data: Folder of examples.
        out: Folder of the run.
        budget: How long.
        resume: Go on from the newest checkpoint.
        init: Weights to start from.
        teacher: Weights whose colours are kept, as far as `loss.kept_colours` says.
        figures: Folder of drawings of people, as `mangacolor synthesize --figures` writes it; None for none.
        separator: Weights of the separator that takes the grey side of pairs apart; None for the installed one.
        semantics: File with the pretrained semantic features; None takes the installed weights' own.
        device: As `--device`.
        precision: As `--precision`.
        jobs: Threads that make samples; on CUDA processes, where the system forks.
        memory_bytes: How much memory decoded pictures may take, those of all processes of this machine together.
        data_name: How the card calls the data; None for the folder's name.
        data_licence: Licence of the data, for the card.
    """

    data: Path
    out: Path
    budget: Budget
    resume: bool = False
    init: Path | None = None
    teacher: Path | None = None
    figures: Path | None = None
    separator: Path | None = None
    semantics: Path | None = None
    device: str = "auto"
    precision: Precision = "auto"
    jobs: int = 1
    memory_bytes: int = field(default_factory=usual_memory)
    data_name: str | None = None
    data_licence: str | None = None
