"""What names in archives say, whose bytes are in the encoding of whatever computer wrote them."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence

UNICODE_PATH = 0x7075

_LEAST_USUAL = 0.75
"""Share of usual letters from which an encoding is believed: names hold a rare sign now and then."""


def _common(encoding: str, low: int, high: int, trail: int = 0xA1) -> Callable[[str], bool]:
    """Say how to tell the common characters of a set whose first bytes lie together."""

    def is_usual(letter: str) -> bool:
        raw = letter.encode(encoding)
        return len(raw) == 2 and low <= raw[0] <= high and raw[1] >= trail

    return is_usual


def _is_usual_japanese(letter: str) -> bool:
    # Kana of full width, signs, Latin of full width, and the 2,965 characters of level 1 (JIS X 0208).
    is_kana = "\u3000" <= letter <= "\u30ff" or "\uff01" <= letter <= "\uff5e"
    return is_kana or 0x88 <= letter.encode("cp932")[0] <= 0x98


_ENCODINGS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("cp932", _is_usual_japanese),
    ("gbk", _common("gbk", 0xB0, 0xD7)),  # level 1 of GB 2312
    ("cp949", _common("cp949", 0xB0, 0xC8)),  # the syllables of KS X 1001
    ("big5", _common("big5", 0xA4, 0xC6, 0x40)),  # level 1
    ("cp866", lambda letter: "\u0400" <= letter <= "\u04ff"),
)
_KOREAN_FROM = 6
"""Korean takes a part of the bytes that Chinese takes: as many different letters all in that part are Korean."""

_MIXED_WORD = re.compile(r"[A-Za-z][\u0400-\u04ff]|[\u0400-\u04ff][A-Za-z]")


def encoding_of(names: Sequence[bytes]) -> str:
    """Guess the one encoding of the names of an archive that do not say theirs.

    UTF-8 where all are valid; else that of Shift-JIS, GBK, EUC-KR, Big5 and cp866 in which most letters are common
    ones; else that of MS-DOS, in which everything is valid.
    """
    foreign = [name for name in names if not name.isascii()]
    if not foreign:
        return "utf-8"
    scores: dict[str, float] = {}
    try:
        for name in foreign:
            name.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError:
        pass
    for encoding, is_usual in _ENCODINGS:
        try:
            letters = [letter for name in foreign for letter in name.decode(encoding) if not letter.isascii()]
        except UnicodeDecodeError:
            continue
        # Two bytes of one encoding are often one or two valid, rare letters of another.
        scores[encoding] = sum(is_usual(letter) for letter in letters) / len(letters)
        if encoding == "cp949" and scores[encoding] == 1 and len(set(letters)) >= _KOREAN_FROM:
            return encoding
        if encoding == "cp866" and any(_MIXED_WORD.search(name.decode(encoding)) for name in foreign):
            scores[encoding] = 0
    best = max(scores, key=lambda encoding: scores[encoding], default="cp437")
    return best if scores.get(best, 0) >= _LEAST_USUAL else "cp437"


def extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and content of extra fields; what follows one that is cut is dropped."""
    place = 0
    while place + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, place)
        place += 4 + size
        if place > len(extra):
            return
        yield kind, extra[place - size : place]


def joined_fields(fields: Iterator[tuple[int, bytes]]) -> bytes:
    """Return extra fields as an archive holds them."""
    return b"".join(struct.pack("<HH", kind, len(data)) + data for kind, data in fields)


def unicode_path(name: bytes, extra: bytes) -> str | None:
    """Return the name that the Unicode path field gives, which counts only for the bytes that it was made for."""
    for kind, data in extra_fields(extra):
        if kind == UNICODE_PATH and len(data) >= 5 and data[:1] == b"\x01":
            if struct.unpack_from("<I", data, 1)[0] != zlib.crc32(name):
                return None
            return data[5:].decode("utf-8", "replace")
    return None


def renamed(raw: bytes, old: str, new: str) -> bytes | None:
    """Give bytes in an unknown encoding the new end that a name got; None where the names differ otherwise.

    Args:
        raw: The name as it is in the archive.
        old: What it says.
        new: `old` with another suffix, or one added.
    """
    if new.startswith(old) and new[len(old) :].isascii():
        return raw + new[len(old) :].encode("ascii")
    stem, dot, suffix = old.rpartition(".")
    if dot and new.startswith(f"{stem}.") and suffix.isascii() and raw.endswith(f".{suffix}".encode()):
        added = new[len(stem) :]
        return raw[: -len(suffix) - 1] + added.encode("ascii") if added.isascii() else None
    return None
