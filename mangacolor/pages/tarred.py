"""TAR archives: CBT."""

from __future__ import annotations

import copy
import tarfile
import threading
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mangacolor.pages.containers import Entry, Limits, Replacement, check_limits, safe_name, telling


class TarContainer:
    """TAR and CBT, compressed or not."""

    def __init__(self, path: Path, *, limits: Limits | None = None) -> None:
        self.path = path
        self._lock = threading.Lock()
        limits = limits or Limits()
        self._infos: list[tarfile.TarInfo] = []
        entries: list[Entry] = []
        most = max(limits.harmless_bytes, limits.expansion * path.stat().st_size)
        total = 0
        with telling(path):
            self._archive = tarfile.open(path)  # noqa: SIM115
            weakref.finalize(self, self._archive.close)
            # To list a packed archive is to unpack it: a bomb is left at the first entry that gives it away.
            while len(entries) <= limits.entries and total <= most and (info := self._archive.next()):
                entries.append(Entry(len(entries), safe_name(info.name + "/" * info.isdir()), info.size, info.isreg()))
                self._infos.append(info)
                total += info.size
        self.entries = tuple(entries)
        check_limits(path, self.entries, limits)

    def read(self, index: int) -> bytes:
        """Unpack an entry; see `Container`."""
        with self._lock, telling(self.path, self.entries[index].name):
            source = self._archive.extractfile(self._infos[index])
            return source.read() if source else b""

    def rewrite(self, target: Path, replacements: Mapping[int, Replacement]) -> None:
        """Write the archive anew with the same compression; see `Container`."""
        mode: Any = f"x:{_tar_compression(self.path)}"
        with self._lock, tarfile.open(target, mode, format=tarfile.PAX_FORMAT) as result:
            for entry, info in zip(self.entries, self._infos, strict=True):
                written = copy.copy(info)
                written.name = entry.name
                replacement = replacements.get(entry.index)
                with telling(self.path, entry.name, reading_only=True):
                    if replacement is not None:
                        written.name, written.size = replacement.name, replacement.path.stat().st_size
                        with replacement.path.open("rb") as data:
                            result.addfile(written, data)
                    else:
                        result.addfile(written, self._archive.extractfile(info) if info.isreg() else None)


def _tar_compression(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(6)
    signatures = {b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ\x00": "xz"}
    return next((name for signature, name in signatures.items() if start.startswith(signature)), "")
