"""How PNG files are laid out: a signature, and chunks after it (https://www.w3.org/TR/png-3/)."""

from __future__ import annotations

import zlib

PNG_START = b"\x89PNG\r\n\x1a\n"

PNG_HEAD_BYTES = 33
"""Of the signature and the first chunk, which says size and kind of the picture."""


def png_chunk(kind: bytes, content: bytes) -> bytes:
    """Return a chunk with its length and checksum.

    Args:
        kind: Its four letters.
        content: What is in it.
    """
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")
