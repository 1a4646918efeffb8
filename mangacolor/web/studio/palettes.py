"""The series of a studio: palettes that several projects share, as series folders that `--series` takes as well."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from mangacolor.books import write_atomically
from mangacolor.books.temporary import PLACE, temporary_folder
from mangacolor.colorize.surveys import colorizer_following
from mangacolor.errors import BadInputError
from mangacolor.series import SERIES_NAME, Example, Part, hex_of, make_series, remove_part, set_colours
from mangacolor.series.document import OWNERS, one_spelling
from mangacolor.web.known_series import Followed, KnownSeries, ReadyColorizers

if TYPE_CHECKING:
    from mangacolor.colorize.colorizer import Colorizer
    from mangacolor.web.known_series import Follow
    from mangacolor.web.painting import PageColorizer

FOLDER = "series"

_NAME_BYTES = 200
"""Of a series' folder, and of what a picture in it is named after: disks take 255, and other endings come behind."""


def file_stem(text: str) -> str:
    """Return a text as the name of a file: letters, digits, - and _, no longer than disks take; it may be empty."""
    kept = re.sub(r"[^\w-]+", "-", text).strip("-_")
    return kept.encode()[:_NAME_BYTES].decode(errors="ignore")


class PagePlace(NamedTuple):
    """A place on a page.

    Attributes:
        name: Of the page's picture as a file.
        data: Its bytes.
        point: Column and row of the place.
        area_at: Returns the number of the area at a column and row, -1 where there is none; None where areas are not
            known.
    """

    name: str
    data: bytes
    point: tuple[int, int]
    area_at: Callable[[float, float], int] | None = None

    def is_on(self, example: Example) -> bool:
        """Say whether an example is on the same page."""
        return example.picture.is_file() and example.picture.read_bytes() == self.data

    def is_of(self, example: Example) -> bool:
        """Say whether an example shows the same place: all of its points lie in that area of that page."""
        return bool(example.points) and all(map(self._is_there, example.points)) and self.is_on(example)

    def _is_there(self, point: tuple[int, int]) -> bool:
        if point == self.point:
            return True
        return self.area_at is not None and self.area_at(*point) == self.area_at(*self.point) >= 0


class Palettes:
    """Series folders below the studio's.

    Args:
        folder: The studio's.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER
        self._known = KnownSeries()
        self._ready = ReadyColorizers(cast("Follow", colorizer_following))

    def names(self) -> list[str]:
        """Return what the series are called."""
        found = []
        for path in sorted(self._folder.glob(f"*/{SERIES_NAME}")):
            try:
                found.append(self._read(path.parent.name).series.name)
            except BadInputError:
                continue  # it is told when a project uses it
        return found

    def make(self, name: str) -> str:
        """Return the key of the series of a name, which is made if there is none.

        Raises:
            BadInputError: The name says nothing.
            CannotWriteError: No right or no space.
        """
        name = name.strip()[:100]
        key = file_stem(one_spelling(name))
        if not key:
            raise BadInputError("A series needs a name.", advice="Letters or digits, that is.")
        make_series(self._folder / key, name, elsewhere="--studio")
        return key

    def told(self, key: str) -> dict[str, Any]:
        """Return a series as JSON has it; what is wrong with one that is missing or damaged stands in `error`."""
        try:
            series = self._read(key).series
        except BadInputError as error:
            return {"name": key, "characters": {}, "error": str(error)}
        characters: dict[str, dict[str, str]] = {}
        for part, rgb in series.colours.items():
            characters.setdefault(part.owner, {})[part.name] = hex_of(rgb)
        return {"name": series.name, "characters": characters}

    def digest(self, key: str | None) -> str:
        """Return what stands for all that a series does to pages; nothing for none."""
        return self._read(key).digest if key else ""

    def save(self, key: str, character: str, part: str, rgb: tuple[int, int, int], shown: PagePlace | None) -> None:
        """Give a part a colour, and note where it is shown, which shows no other part from then on.

        Args:
            key: Of the series.
            character: Whose part; spelt as the user likes.
            part: Which.
            rgb: Its colour.
            shown: Where that is.

        Raises:
            BadInputError: Neither has a name, or the series is damaged.
            CannotWriteError: No right or no space.
        """
        wanted = Part(self._kind_of(key, character), one_spelling(character), one_spelling(part))
        if not wanted.owner or not wanted.name:
            raise BadInputError("A colour needs a character and a part.", advice="Such as rin and hair.")
        with temporary_folder() as scratch:
            examples = []
            if shown is not None and not self._has(key, wanted, shown):
                path = Path(scratch) / shown.name
                write_atomically(path, shown.data, elsewhere=PLACE)
                examples = [Example(wanted, path, (shown.point,))]

            def is_misplaced(one: Example) -> bool:
                return shown is not None and one.part != wanted and shown.is_of(one)

            set_colours(self._folder / key, {wanted: rgb}, examples, is_misplaced=is_misplaced, elsewhere="--studio")

    def forget(self, key: str, character: str, part: str) -> None:
        """Take a colour and its examples out of a series.

        Raises:
            BadInputError: It is not there.
            CannotWriteError: No right or no space.
        """
        unwanted = Part(self._kind_of(key, character), one_spelling(character), one_spelling(part))
        remove_part(self._folder / key, unwanted, elsewhere="--studio")

    def following(self, key: str | None, colorizer: Colorizer) -> Colorizer:
        """Return a colouriser that follows a series, with what was learnt of it; runs in the thread of the networks.

        Raises:
            BadInputError: The series is damaged, was changed just now, or a part of it has no colour.
            ModelFileError: What was learnt of it is for other weights, or damaged.
            UsageError: The weights, or the fast way, follow no series.
        """
        if key is None:
            return colorizer
        return cast("Colorizer", self._ready.of(cast("PageColorizer", colorizer), self._read(key)))

    def _kind_of(self, key: str, owner: str) -> str:
        """Return whether somebody is a character or a place; who is not known is a character."""
        kinds = {part.owner: part.kind for part in self._read(key).series.colours}
        return kinds.get(one_spelling(owner), OWNERS[0])

    def _has(self, key: str, part: Part, shown: PagePlace) -> bool:
        return any(
            one.part == part and one.points == (shown.point,) and shown.is_on(one)
            for one in self._read(key).series.examples
        )

    def _read(self, key: str) -> Followed:
        return self._known.read(self._folder / key)
