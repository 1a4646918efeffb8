"""What a `series.toml` says, checked: characters and places with named parts, their colours, and examples of them."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from PIL import ImageColor

from mangacolor.errors import BadInputError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FORMAT = 1
"""Version of the file that this program writes, and the newest that it reads."""

OWNERS = ("character", "place")
"""Kinds of those who have parts: tables of the file."""

HAIR, SKIN, EYES = ("hair", "brows", "beard"), ("skin", "face"), ("eyes", "eye", "irises", "iris")
"""Names of parts that are hair, skin and eyes; all others are garments and things."""

Rgb = tuple[int, int, int]


class Part(NamedTuple):
    """A part of somebody or of some place.

    Attributes:
        kind: One of `OWNERS`.
        owner: Whose it is.
        name: What it is called, in small letters.
    """

    kind: str
    owner: str
    name: str

    def __str__(self) -> str:
        return f"{self.owner}.{self.name}"


@dataclass(frozen=True)
class Example:
    """Where a part is shown.

    Attributes:
        part: What is shown.
        picture: A page, or a crop of one; in colour or not.
        points: Columns and rows (x, y) of places on it that are of the part; none for a crop that shows little else.
        drawn: The same picture as it was drawn, of the same size, if `picture` is in colour and that is at hand.
    """

    part: Part
    picture: Path
    points: tuple[tuple[int, int], ...] = ()
    drawn: Path | None = None

    @property
    def pictures(self) -> tuple[Path, ...]:
        """All that it names."""
        return (self.picture,) if self.drawn is None else (self.picture, self.drawn)


@dataclass(frozen=True)
class Series:
    """A series as its file has it.

    Attributes:
        folder: The series folder.
        name: What it is called.
        colours: sRGB bytes of each part.
        examples: Where parts are shown.
        likeness: How alike an area must be to an example to get its colour, from 0 to 1; None for the usual.
    """

    folder: Path
    name: str
    colours: dict[Part, Rgb] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    likeness: float | None = None

    def part(self, spelt: str) -> Part:
        """Return the part that `owner.name` means, be it there or not; owners that are not known are characters."""
        return part_of(spelt, {part.owner: part.kind for part in self.colours})


def unrecognised(series: Series) -> list[Part]:
    """Return the parts that have a colour and nothing to be known by: no example, nor hair, as skin and eyes have."""
    shown = {example.part for example in series.examples}
    return [
        part for part in series.colours
        if part not in shown and not (part.kind == OWNERS[0] and part.name in SKIN + EYES)
    ]  # fmt: skip


def part_of(spelt: str, known: dict[str, str]) -> Part:
    """Return the part that `owner.name` means, with the kinds of known owners.

    Raises:
        BadInputError: There is no dot, or nothing before or after it.
    """
    owner, dot, name = spelt.rpartition(".")
    kind, _, rest = owner.partition(".")
    if kind in OWNERS and rest:
        owner = rest
    else:
        kind = known.get(one_spelling(owner), OWNERS[0])
    if not (dot and owner.strip() and name.strip()):
        raise BadInputError(f"`{spelt}` names no part.", advice="Write it as NAME.PART, such as rin.hair.")
    return Part(kind, one_spelling(owner), one_spelling(name))


def one_spelling(name: str) -> str:
    """Return a name as it is compared: small letters, and `-` for spaces and underscores."""
    return "-".join(name.replace("_", " ").replace("-", " ").casefold().split())


def colour_of(value: Any, where: str) -> Rgb:
    """Read a colour: "#7a3b2e", "#732", a name that HTML knows, or [122, 59, 46].

    Raises:
        BadInputError: It is none; `where` says whose.
    """
    try:
        # Pillow lets "rgb(300, 0, 0)" pass.
        said = ImageColor.getrgb(value)[:3] if isinstance(value, str) else value
        red, green, blue = said
        if all(isinstance(one, int) and not isinstance(one, bool) and 0 <= one <= 255 for one in said):
            return red, green, blue
    except (ValueError, TypeError):
        pass
    raise BadInputError(
        f"{where}: {value!r} is no colour.",
        advice='Colours are written as "#7a3b2e", as [122, 59, 46], or by name, such as "navy".',
    )


def hex_of(rgb: Rgb) -> str:
    """Write a colour as "#7a3b2e"."""
    return "#{:02x}{:02x}{:02x}".format(*rgb)


def parse(text: str, folder: Path, where: str) -> Series:
    """Read the text of a series file.

    Args:
        text: TOML.
        folder: What the paths of its examples start from.
        where: What errors call the file.

    Raises:
        BadInputError: It is no TOML, was written by a newer version, has something unknown or wrong, or two colours
            for one part.
    """
    try:
        said = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        advice = (
            "A part is there twice: leave one of its colours."
            if "overwrite" in str(error)
            else 'Lines look like `hair = "#7a3b2e"`, below `[character.rin]`.'
        )
        raise BadInputError(f"{where}: not a series file: {error}.", advice=advice) from error
    version = said.pop("format", None)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise BadInputError(f"{where}: does not say its format.", advice=f"Begin it with `format = {FORMAT}`.")
    if version > FORMAT:
        raise BadInputError(
            f"{where}: format {version} is newer than this mangacolor knows ({FORMAT}).", advice="Update mangacolor."
        )
    name = said.pop("name", folder.name.removesuffix(".series"))
    if not isinstance(name, str):
        raise BadInputError(f"{where}: `name` is no text.")
    likeness = _likeness(_table(said, "settings", where), where)
    colours = _colours(said, where)
    examples = said.pop("example", [])
    if not isinstance(examples, list):
        raise BadInputError(f"{where}: `example` is no list.", advice="Each begins with a line `[[example]]`.")
    known = {part.owner: part.kind for part in colours}
    read = tuple(_example(one, folder, known, f"{where}: example {k}") for k, one in enumerate(examples, start=1))
    if said:
        raise BadInputError(
            f"{where}: `{next(iter(said))}` is unknown.",
            advice="There are format, name, [settings], [character.NAME], [place.NAME] and [[example]].",
        )
    return Series(folder, name, colours, read, likeness)


def _table(said: dict[str, Any], key: str, where: str) -> dict[str, Any]:
    table = said.pop(key, {})
    if not isinstance(table, dict):
        raise BadInputError(f"{where}: `{key}` is no table.", advice=f"Write `[{key}]` on a line of its own.")
    return table


def _likeness(settings: dict[str, Any], where: str) -> float | None:
    unknown = [key for key in settings if key != "likeness"]
    if unknown:
        raise BadInputError(f"{where}: [settings] has no `{unknown[0]}`.", advice="There is `likeness`.")
    value = settings.get("likeness")
    if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1):
        raise BadInputError(f"{where}: a likeness of {value!r} has no meaning.", advice="Choose one from 0 to 1.")
    return None if value is None else float(value)


def _colours(said: dict[str, Any], where: str) -> dict[Part, Rgb]:
    colours: dict[Part, Rgb] = {}
    spelt: dict[Part, str] = {}
    kinds: dict[str, str] = {}
    for kind in OWNERS:
        for owner in (table := _table(said, kind, where)):
            if kinds.setdefault(one_spelling(owner), kind) != kind:
                raise BadInputError(f"{where}: `{owner}` is a character and a place.", advice="Rename one of them.")
            for name, value in _table(dict(table), owner, f"{where}: [{kind}]").items():
                part = Part(kind, one_spelling(owner), one_spelling(name))
                colour = colour_of(value, f"{where}: {owner}.{name}")
                if part in colours and colours[part] != colour:
                    raise BadInputError(
                        f"{where}: two colours for {part}: {hex_of(colours[part])} as `{spelt[part]}` and "
                        f"{hex_of(colour)} as `{name}`.",
                        advice="Leave one of them.",
                    )
                colours[part] = colour
                spelt[part] = name
    return colours


def _example(said: Any, folder: Path, known: dict[str, str], where: str) -> Example:
    if not isinstance(said, dict):
        raise BadInputError(f"{where} is no table.", advice="Each begins with a line `[[example]]`.")
    unknown = [key for key in said if key not in ("of", "picture", "at", "drawn")]
    if unknown:
        advice = "There are `of`, `picture`, `at` and `drawn`."
        raise BadInputError(f"{where} has an unknown `{unknown[0]}`.", advice=advice)
    of, picture, points, drawn = said.get("of"), said.get("picture"), said.get("at", []), said.get("drawn")
    if not isinstance(of, str) or not isinstance(picture, str):
        raise BadInputError(f"{where} lacks `of` or `picture`.", advice='Write `of = "rin.hair"`, `picture = "1.png"`.')
    if drawn is not None and not isinstance(drawn, str):
        raise BadInputError(f"{where}: `drawn` is no picture.", advice='Write `drawn = "1.png"`.')
    if isinstance(points, list) and len(points) == 2 and all(_is_count(one) for one in points):
        points = [points]
    try:
        read = tuple((x, y) for x, y in points if _is_count(x) and _is_count(y))
    except (TypeError, ValueError):
        read = ()
    if len(read) != len(points):
        raise BadInputError(f"{where}: `at` is no list of points.", advice="Write `at = [[412, 220]]`, x before y.")
    return Example(part_of(of, known), folder / picture, read, None if drawn is None else folder / drawn)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
