"""What the first bytes of RAR and 7-Zip say that libarchive does not: where archives begin, and which are volumes.

Layout: RARLAB's technote (RAR 5), and the public notes on RAR 3 headers that come with unrar.
"""

from __future__ import annotations

import struct
from pathlib import Path

from mangacolor.errors import BadInputError

RAR, SEVENZIP = b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c"
"""How archives begin; a RAR says its version next."""

HEAD_BYTES = 1 << 20
"""How long a program before an archive that unpacks itself may be, with the beginning of the archive."""

_IS_VOLUME = 0x0001
"""Flag of the archive, in RAR 3 and in RAR 5."""

_RAR3, _RAR5 = RAR + b"\x00", RAR + b"\x01\x00"
_FORMATS = {_RAR3: "rar", _RAR5: "rar5", SEVENZIP: "7zip"}


def first_archive(head: bytes) -> tuple[int, str]:
    """Return where a RAR or 7-Zip archive begins, behind a program that unpacks it, and what libarchive calls it.

    Others may be stored in the first.

    Args:
        head: The first `HEAD_BYTES` of a file.

    Returns:
        0 and "all" where neither is to be seen.
    """
    found = [(place, format) for one, format in _FORMATS.items() if (place := head.find(one)) >= 0]
    return min(found, default=(0, "all"))


def archive_start(path: Path) -> tuple[int, str]:
    """Return what `first_archive` says of a file.

    Left to itself, libarchive takes an archive for the one that is stored last in it.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        return first_archive(file.read(HEAD_BYTES))


def refuse_volumes(path: Path) -> None:
    """Refuse archives that are parts of one, of which libarchive reads only the first entries.

    Raises:
        BadInputError: It is such a part.
        OSError: It cannot be read.
    """
    start, _ = archive_start(path)
    with path.open("rb") as file:
        file.seek(start)
        head = file.read(256)
    if _is_volume(head):
        raise BadInputError(
            f"{path} is one volume of a RAR archive in several.",
            advice="Unpack the first one, which finds the others, and colour the folder.",
        )


def _is_volume(head: bytes) -> bool:
    if head.startswith(_RAR3) and len(head) >= 20:
        # A header of RAR 3: checksum, type 0x73, flags, size.
        kind, flags = struct.unpack_from("<BH", head, 9)
        return kind == 0x73 and bool(flags & _IS_VOLUME)
    if not head.startswith(_RAR5):
        return False
    place = 12  # behind signature and checksum
    numbers = []
    for _ in range(5):  # size, type, flags, and what those say is there
        value = shift = 0
        while place < len(head):
            byte = head[place]
            value, shift, place = value | (byte & 0x7F) << shift, shift + 7, place + 1
            if not byte & 0x80:
                break
        numbers.append(value)
    _, kind, flags, third, fourth = numbers
    return kind == 1 and bool((fourth if flags & 1 else third) & _IS_VOLUME)
