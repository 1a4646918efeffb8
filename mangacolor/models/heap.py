"""Memory that arrays were freed from, kept for the next ones: where the C library is glibc, which has to be told."""

from __future__ import annotations

import contextlib
import ctypes
from functools import cache

GLIBC_TRIM_THRESHOLD, GLIBC_MMAP_THRESHOLD, GLIBC_ARENA_MAX = -1, -3, -8
"""The numbers by which glibc's `mallopt` calls how much of what was freed is kept, from which size on arrays are no
part of a heap, and the most heaps that threads share (malloc.h)."""

LARGE_BYTES = 32 << 20
"""Arrays from this size on, glibc's own largest, are no part of a heap."""

KEPT_BYTES, LEAST_KEPT_BYTES = 256 << 20, 64 << 20
"""How much of what was freed is kept: to have it from the system again takes a tenth of the time of a page; and where
memory is needed, as much as glibc keeps by itself."""


@cache
def share_heap() -> None:
    """Let threads that begin from now on share one heap where the C library is glibc: each keeps what it has freed.

    Arrays of up to `LARGE_BYTES` are part of it in this whole process, whatever its environment says.

    A page of 1.6 megapixels takes a tenth more memory otherwise, and a chapter a third.
    """
    _tell_heap(GLIBC_ARENA_MAX, 1)
    _tell_heap(GLIBC_MMAP_THRESHOLD, LARGE_BYTES)


def keep_freed(is_large: bool) -> None:
    """Keep what this process frees for the next arrays; of a large page, which needs the memory, only little."""
    _tell_heap(GLIBC_TRIM_THRESHOLD, LEAST_KEPT_BYTES if is_large else KEPT_BYTES)


def _tell_heap(what: int, value: int) -> None:
    with contextlib.suppress(AttributeError, OSError, TypeError):  # another C library
        ctypes.CDLL(None).mallopt(what, value)
