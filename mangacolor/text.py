"""Text as editors save it."""

from __future__ import annotations

import codecs


def text_of(data: bytes) -> str:
    """Read a file of UTF-8; a mark before it is none of the text, and one of UTF-16, as of PowerShell, is obeyed.

    Raises:
        UnicodeDecodeError: It is neither.
    """
    is_utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if is_utf_16 else "utf-8-sig").replace("\r\n", "\n")
