"""What is asked of a task of `mangacolor evaluate`, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mangacolor.errors import UsageError

if TYPE_CHECKING:
    from mangacolor.colorize.colorizer import Colorizer


@dataclass(frozen=True)
class Report:
    """Scores as plain values for JSON, NaN being None, and as Markdown tables."""

    plain: list[dict[str, Any]]
    table: str


@dataclass(frozen=True)
class Order:
    """What is to be scored, and on what.

    Attributes:
        data: Folder in any layout that training takes; for all tasks but `colour` its colour side is what pages are
            drawn after. `validation`, `steering` and `references` need the folder that holds the listed pictures, and
            `look` one with `pages/` and `points.tsv`; None where the task draws its own.
        colorizers: Weights to score, made with `force=True`.
        outputs: Folders of pages that others coloured.
        held_out: Use only what was held out when the weights were trained, as their facts list it.
        limit: Score at most this many pages; None takes the task's own number.
        sheets: Folder for sheets to look at.
        adapt: Crops of one page that a series is learnt from before it is scored.
        minutes: The same as time. With neither nothing is learnt of a drawn series, and a page of a comic for a while.
        given: Page of each episode of a comic that a series is made of, from 1; None is the most colourful one.
        on_page: Called for each page, with the total.
    """

    data: Path | None
    colorizers: Sequence[Colorizer]
    outputs: Sequence[Path] = ()
    held_out: bool = False
    limit: int | None = None
    sheets: Path | None = None
    adapt: int | None = None
    minutes: float | None = None
    given: int | None = None
    on_page: Callable[[int], object] = lambda total: None

    @property
    def folder(self) -> Path:
        """The data folder of a task that needs one."""
        if self.data is None:
            raise UsageError("This task needs --data.", advice="Name the folder to score on.")
        return self.data


def told_apart(paths: Sequence[Path]) -> list[str]:
    """Return what rows of weights or folders are called: their names, or their paths where several have the same."""
    names = [path.name for path in paths]
    return names if len(set(names)) == len(names) and all(names) else [str(path) for path in paths]
