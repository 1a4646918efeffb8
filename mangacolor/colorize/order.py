"""What is wanted of a run: options, and where pages go."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mangacolor import __version__
from mangacolor.books import BookSource, Source
from mangacolor.books.book_marks import is_marked, mark_of
from mangacolor.books.shards import Shard
from mangacolor.colorize.options import ColorizeOptions


@dataclass(frozen=True)
class Order:
    """What is wanted of a run, whatever the inputs.

    Attributes:
        options: How to colour, and how to write.
        output: Where to write.
        password: Of encrypted books.
        hints: File of colours at spots of a single page, or of steps done to it.
        overwrite: Redo finished outputs.
        shard: Take only this part of the inputs; None takes all.
        cache: Folder of pages that were coloured before, shared with `serve`; None for none.
        in_parts: Loose pages come in parts, as they arrive, or to other runs than this one.
    """

    options: ColorizeOptions
    output: Path | None = None
    password: str | None = None
    hints: Path | None = None
    overwrite: bool = False
    shard: Shard | None = None
    cache: Path | None = None
    in_parts: bool = False

    @property
    def mark(self) -> str:
        """What books are to say of what coloured them; empty for nothing."""
        weights = self.options.weights
        return mark_of(__version__, weights.name if weights else "") if self.options.mark else ""

    def keeps_colours(self, source: Source) -> bool:
        """Say whether what is alike on the pages of a source is to have one colour.

        Where nobody said, it is so unless that would hang on who colours the pages: readers see pages of a cache one
        by one, and a part of a folder does not know the others.
        """
        wanted = self.options.consistent
        if wanted is None:
            wanted = self.cache is None and (isinstance(source, BookSource) or not (self.in_parts or self.shard))
        return wanted and len(source) > 1

    def leaves_alone(self, source: Source) -> bool:
        """Say whether a source is a book that was coloured before, and is to be left as it is."""
        return self.options.mark and isinstance(source, BookSource) and is_marked(source)
