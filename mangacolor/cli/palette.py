"""`mangacolor palette`."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mangacolor.cli.options import JsonOption
from mangacolor.cli.streams import tell
from mangacolor.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from mangacolor.series import Example, Part, Series
    from mangacolor.series.document import Rgb


def palette(
    series: Annotated[Path, typer.Argument(metavar="NAME.series", help="The series folder.")],
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME.PART=COLOUR", help="A part's colour; repeatable.")
    ] = None,
    from_: Annotated[
        list[Path] | None, typer.Option("--from", metavar="PICTURE", help="Coloured picture whose faces are added.")
    ] = None,
    rename: Annotated[
        list[str] | None, typer.Option(metavar="OLD=NEW", help="Give what is somebody's to another; repeatable.")
    ] = None,
    merge: Annotated[list[Path] | None, typer.Option(metavar="SERIES", help="Series to add; repeatable.")] = None,
    as_json: JsonOption = False,
) -> int:
    """List the colours of a series, or set them; the folder is made if it is missing.

    What is not set stays as it is, and what you wrote in its file by hand stays, too.

    Examples:
        mangacolor palette rin.series --set rin.hair=#7a3b2e --set rin.jacket=navy
        mangacolor palette rin.series --from cover.png
        mangacolor palette rin.series --rename new-1=rin
        mangacolor palette rin.series
    """
    from mangacolor.series import merge_series, open_series, rename_owner, set_colours

    names = [_old_and_new(word) for word in rename or ()]
    colours: dict[Part, Rgb] = {}
    examples: list[Example] = []
    known = {part.owner: part.kind for part in open_series(series).colours} if series.is_dir() else {}
    for picture in from_ or ():
        found_colours, found_examples = _proposed(picture, {*known, *(part.owner for part in colours)})
        colours |= found_colours
        examples += found_examples
    for word in set_ or ():
        part, rgb = _told(word, known)
        if colours.get(part, rgb) != rgb:
            raise UsageError(f"--set gives {part} two colours.", advice="Leave one of them.")
        colours[part] = rgb
    if colours or examples:
        set_colours(series, colours, examples)
    for old, new in names:
        rename_owner(series, old, new)
    for other in merge or ():
        merge_series(series, open_series(other))
    _list(open_series(series), as_json=as_json)
    return ExitCode.DONE


def _old_and_new(word: str) -> tuple[str, str]:
    old, equals, new = word.partition("=")
    if not (equals and old.strip() and new.strip()) or "." in new:
        raise UsageError(f"--rename {word} has no two names.", advice="Write it as --rename new-1=rin.")
    return old.strip(), new.strip()


def _told(word: str, known: dict[str, str]) -> tuple[Part, Rgb]:
    from mangacolor.errors import BadInputError
    from mangacolor.series import part_of
    from mangacolor.series.document import colour_of

    spelt, equals, colour = word.partition("=")
    try:
        if equals:
            return part_of(spelt, known), colour_of(_list_or_text(colour), f"--set {spelt}")
    except BadInputError as error:
        raise UsageError(str(error)) from error
    raise UsageError(f"--set {word} has no colour.", advice="Write it as --set rin.hair=#7a3b2e.")


def _list_or_text(colour: str) -> Any:
    """Take a colour that is written as a list for one, as a series file does."""
    if colour.startswith("["):
        with suppress(ValueError, RecursionError):
            return json.loads(colour)
    return colour


def _proposed(picture: Path, known: set[str]) -> tuple[dict[Part, Rgb], list[Example]]:
    """Return what a picture shows; what lies beside it as it was drawn must be the same page."""
    from mangacolor.books import drawn_twin
    from mangacolor.data.agreement import checked_gray
    from mangacolor.image import read_image
    from mangacolor.image.formats import IMAGE_SUFFIXES
    from mangacolor.models.weight_files import find_face_weights
    from mangacolor.page.faces import FaceDetector
    from mangacolor.series.proposals import propose

    rgb = read_image(picture).rgb
    proposed = propose(rgb, picture, FaceDetector(find_face_weights()), known)
    twin = drawn_twin(picture)
    if twin is not None and twin.suffix.lower() in IMAGE_SUFFIXES:
        checked_gray(read_image(twin).rgb, rgb, str(twin))
    return proposed


def _list(series: Series, *, as_json: bool) -> None:
    """Print the parts of a series with their colours and how many examples show them."""
    from mangacolor.series import ADAPTED_NAME, EYES, SKIN, hex_of, unrecognised

    shown = [example.part for example in series.examples]
    parts = [*series.colours, *(part for part in dict.fromkeys(shown) if part not in series.colours)]
    rows = [
        {
            "kind": part.kind, "owner": part.owner, "part": part.name,
            "colour": hex_of(series.colours[part]) if part in series.colours else None, "examples": shown.count(part),
        }
        for part in sorted(parts)
    ]  # fmt: skip
    if as_json:
        tell(json.dumps({"name": series.name, "parts": rows}, indent=2))
        return
    if not rows:
        learnt = (series.folder / ADAPTED_NAME).exists()
        tell(f"{series.folder}: no colours are set{'; adapt has learnt it from pages' * learnt}.", err=True)
    unknown = unrecognised(series)
    width = max((len(str(part)) for part in parts), default=0)
    for part in sorted(parts):
        count = shown.count(part)
        told = "no example: it is not recognised yet" if part in unknown else f"{count} example{'s' * (count != 1)}"
        if part.kind == "character" and part.name in SKIN + EYES:
            told = "recognised by the hair"
        colour = hex_of(series.colours[part]) if part in series.colours else "as its example"
        tell(f"{part!s:<{width}}  {colour:<14}  {told}")
