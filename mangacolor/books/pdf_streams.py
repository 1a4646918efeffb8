"""Streams of a PDF: how they are packed, and whether what is packed in them is too much to look at."""

from __future__ import annotations

import zlib
from typing import Any

_PACKERS = {
    "/FlateDecode": 1, "/LZWDecode": 1, "/RunLengthDecode": 1, "/ASCIIHexDecode": 0, "/ASCII85Decode": 0, "/Crypt": 0,
}  # fmt: skip
"""Filters that content may have, and whether a few bytes may stand for many."""

_HARMLESS_BYTES = 64 << 20
"""What every machine can hold for a moment."""

_MOST_FOLD = 1500
"""Largest size of what is unpacked over that of what was packed, for one such filter."""


def filters_of(stream: Any) -> list[tuple[str, Any]]:
    """Return the filters that a stream is packed with, the outermost first, and the parameters of each.

    Args:
        stream: Of pikepdf.
    """
    import pikepdf

    filters, parameters = stream.get("/Filter"), stream.get("/DecodeParms")
    if filters is None:
        return []
    names: list[Any] = list(filters) if isinstance(filters, pikepdf.Array) else [filters]
    each: list[Any] = list(parameters) if isinstance(parameters, pikepdf.Array) else [parameters]
    each += [None] * (len(names) - len(each))
    known: list[Any] = [one if isinstance(one, pikepdf.Dictionary) else {} for one in each]
    return [(str(name), one) for name, one in zip(names, known, strict=False)]


def is_longer(stream: Any, most: int) -> bool:
    """Say whether a stream unpacks to more than so many bytes, without unpacking much more than those.

    What is packed several times over counts as longer: a few bytes may then stand for any number.

    Args:
        stream: Of pikepdf.
        most: The bytes.
    """
    raw, filters = bytes(stream.read_raw_bytes()), filters_of(stream)
    if [name for name, _ in filters] == ["/FlateDecode"] and not filters[0][1].get("/Predictor"):
        try:
            return len(zlib.decompressobj().decompress(raw, most + 1)) > most
        except zlib.error:  # what comes before the damage is all that there is
            return len(raw) > most
    packers = sum(_PACKERS.get(name, 2) for name, _ in filters)
    if packers > 1 or (packers == 1 and len(raw) * _MOST_FOLD > max(_HARMLESS_BYTES, 64 * most)):
        return True
    return len(raw) > 4 * most or len(stream.read_bytes()) > most
