"""The colours of one series: who is in it, in which colours, and where that is shown; a folder people can edit."""

from mangacolor.series.document import EYES, HAIR, SKIN, Example, Part, Rgb, Series, hex_of, part_of, unrecognised
from mangacolor.series.folder import (
    ADAPTED_NAME,
    SERIES_NAME,
    digest_of,
    example_digest,
    make_series,
    merge_series,
    open_series,
    remove_part,
    rename_owner,
    set_colours,
)
from mangacolor.series.learnt import Learnt, read_learnt, write_learnt

__all__ = [
    "ADAPTED_NAME",
    "EYES",
    "HAIR",
    "SERIES_NAME",
    "SKIN",
    "Example",
    "Learnt",
    "Part",
    "Rgb",
    "Series",
    "digest_of",
    "example_digest",
    "hex_of",
    "make_series",
    "merge_series",
    "open_series",
    "part_of",
    "read_learnt",
    "remove_part",
    "rename_owner",
    "set_colours",
    "unrecognised",
    "write_learnt",
]
