"""Files that are being written: what they are called, and what becomes of those whose process was killed."""

from __future__ import annotations

import hashlib
import os
import platform
import secrets
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

_PREFIX, _SUFFIX = ".mangacolor-", ".part"
_DAY_SECONDS = 86_400
"""No file is written for so long; one of another machine is left alone until then."""
_KEY = secrets.token_hex(4)
"""Of this process, and of those that were forked from it, which have other numbers."""
_BOOT, _NUMBERING = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")


def partial_name() -> str:
    """Return a new name that no walk takes for a page, and that says which process writes it."""
    return f"{_PREFIX}{_machine()}-{os.getpid()}-{_KEY}{secrets.token_hex(8)}{_SUFFIX}"


def sweep_partials(folder: Path) -> None:
    """Delete what processes that are gone have left half-written in a folder, which need not be there."""
    with suppress(OSError):
        for path in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
            with suppress(OSError):
                if _is_left(path):
                    path.unlink()


def _is_left(path: Path) -> bool:
    machine, process, key = (*path.name.removeprefix(_PREFIX).split("-"), "", "")[:3]
    if machine == _machine() and process.isdigit() and os.name == "posix":
        if int(process) == os.getpid():
            return not key.startswith(_KEY)  # of one that had this number before
        try:
            os.kill(int(process), 0)  # asks whether it is there
        except ProcessLookupError:
            return True
        except OSError:
            return False
    return time.time() - path.stat().st_mtime > _DAY_SECONDS


@cache
def _machine() -> str:
    """Return what stands for all processes that can tell by its number whether one is there.

    Containers may have one name, and all number their processes from 1.
    """
    said = [platform.node()]
    with suppress(OSError):  # Linux alone
        said += [_BOOT.read_text(), str(_NUMBERING.readlink())]
    return hashlib.sha256("".join(said).encode()).hexdigest()[:8]
