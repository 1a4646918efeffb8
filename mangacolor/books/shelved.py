"""Thousands of books at once: only those that are being read are open."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path

from mangacolor.books.containers import Container, Entry, Replacement
from mangacolor.errors import BadInputError

MOST_OPEN = 6
"""More than are at work at a time, however small they are; each may hold a file, memory, or an unpacked copy."""

_lock = threading.Lock()
_open: OrderedDict[int, tuple[Path, Container]] = OrderedDict()
"""By the identity of their shelved ones, the one that was used last at the end."""


def let_go(place: Path) -> None:
    """Close the books that lie at a place or below it, so that Windows lets them be deleted; who reads one keeps it."""
    with _lock:
        there = [key for key, (path, _) in _open.items() if place == path or place in path.parents]
        closed = [_open.pop(key) for key in there]
    del closed  # not with the lock held: what goes with them may take it


class ShelvedContainer:
    """A container that is closed while others are read, and opened again when it is needed.

    Args:
        path: The archive.
        opener: Opens it.
        opened: What it gave, where it was asked before.

    Raises:
        BadInputError: It cannot be opened.
    """

    def __init__(self, path: Path, opener: Callable[[], Container], opened: Container | None = None) -> None:
        self.path = path
        self._opener = opener
        self.entries: tuple[Entry, ...] = ()
        weakref.finalize(self, _open.pop, id(self), None)
        if opened is not None:
            _open[id(self)] = path, opened
        self.entries = self._container().entries

    def read(self, index: int) -> bytes:
        """Unpack an entry; see `Container`."""
        return self._container().read(index)

    def rewrite(self, target: Path, replacements: Mapping[int, Replacement]) -> Mapping[int, str]:
        """Write the archive anew; see `Container`."""
        return self._container().rewrite(target, replacements)

    def _container(self) -> Container:
        with _lock:
            found = _open.pop(id(self), None)
            container = found[1] if found else None
            if container is None:
                container = self._opener()
                if self.entries and container.entries != self.entries:
                    raise BadInputError(f"{self.path} has changed.", advice="Run the command again.")
            _open[id(self)] = self.path, container
            while len(_open) > MOST_OPEN:
                _open.popitem(last=False)  # closed by itself when nobody holds it any more
            return container
