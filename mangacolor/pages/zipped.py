"""ZIP archives: CBZ and EPUB."""

from __future__ import annotations

import shutil
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, cast

from mangacolor.errors import BadInputError, UsageError
from mangacolor.pages.containers import COPY_BYTES, Entry, Limits, Replacement, check_limits, safe_name, telling

_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_AES = 99

ZIP64_FROM = 1 << 31
"""Sizes from which an entry is written in the long form."""

EARLIEST_DATE = (1980, 1, 1, 0, 0, 0)
LATEST_DATE = (2107, 12, 31, 23, 59, 58)
"""What the format can hold."""


class ZipContainer:
    """ZIP, CBZ and EPUB."""

    def __init__(self, path: Path, *, password: str | None = None, limits: Limits | None = None) -> None:
        self.path = path
        self._password = password.encode() if password is not None else None
        with telling(path):
            self._archive = _opened(path)
        self._infos = self._archive.infolist()
        self.entries = tuple(
            Entry(index, safe_name(_zip_name(info)), info.file_size, _is_zip_file(info))
            for index, info in enumerate(self._infos)
        )
        check_limits(path, self.entries, limits or Limits())

    def read(self, index: int) -> bytes:
        """Unpack an entry; see `Container`."""
        with telling(self.path, self.entries[index].name), self._entry(index) as source:
            return source.read()

    def rewrite(self, target: Path, replacements: Mapping[int, Replacement]) -> None:
        """Write the archive anew; see `Container`.

        Entries keep order, times, permissions, comments and whether they are compressed. Nothing is encrypted.
        """
        with zipfile.ZipFile(target, "x", allowZip64=True) as result:
            result.comment = self._archive.comment
            for entry, info in zip(self.entries, self._infos, strict=True):
                replacement = replacements.get(entry.index)
                written = _copied_info(info, replacement.name if replacement else entry.name)
                if _is_folder(info):
                    result.writestr(written, b"")
                    continue
                size = replacement.path.stat().st_size if replacement else info.file_size
                with telling(self.path, entry.name, reading_only=True):
                    source = replacement.path.open("rb") if replacement else self._entry(entry.index)
                    with source as data, result.open(written, "w", force_zip64=size > ZIP64_FROM) as sink:
                        shutil.copyfileobj(data, sink, COPY_BYTES)

    def _entry(self, index: int) -> IO[bytes]:
        info = self._infos[index]
        if info.flag_bits & _ENCRYPTED and self._password is None:
            raise BadInputError(f"{self.path} is encrypted.", advice="Give its password with --password.")
        return self._archive.open(info, pwd=self._password)


def _opened(path: Path) -> zipfile.ZipFile:
    """Open an archive with the standard library, or where that cannot decrypt it, with one that can."""
    archive = zipfile.ZipFile(path)
    if all(info.compress_type != _AES for info in archive.infolist()):
        return archive
    archive.close()
    try:
        import pyzipper
    except ImportError as error:
        raise UsageError(
            f"{path} is encrypted with AES, which needs one more library.", advice="pip install 'mangacolor[archives]'"
        ) from error
    return cast("zipfile.ZipFile", pyzipper.AESZipFile(path))


def _zip_name(info: zipfile.ZipInfo) -> str:
    """Read a name as its writer meant it: without the flag for UTF-8 it may be UTF-8 all the same, or Shift-JIS."""
    if info.flag_bits & _UTF8_NAME or info.filename.isascii():
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "cp932"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def _is_zip_file(info: zipfile.ZipInfo) -> bool:
    kind = stat.S_IFMT(info.external_attr >> 16)
    return not _is_folder(info) and kind in (0, stat.S_IFREG)


def _is_folder(info: zipfile.ZipInfo) -> bool:
    return info.filename.endswith("/")  # the library's own method fails on entries without a name


def _copied_info(info: zipfile.ZipInfo, name: str) -> zipfile.ZipInfo:
    """Describe an entry to be written like another one."""
    written = zipfile.ZipInfo(name, max(EARLIEST_DATE, info.date_time))
    known = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    written.compress_type = info.compress_type if info.compress_type in known else zipfile.ZIP_DEFLATED
    written.comment, written.create_system = info.comment, info.create_system
    written.external_attr, written.internal_attr = info.external_attr, info.internal_attr
    return written
