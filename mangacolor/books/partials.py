"""Files that are being written: what they are called, and what becomes of those whose process was killed."""

from __future__ import annotations

import hashlib
import os
import platform
import secrets
import time
from contextlib import suppress
from pathlib import Path

_PREFIX, _SUFFIX = ".mangacolor-", ".part"
_DAY_SECONDS = 86_400
"""No file is written for so long; one of another machine is left alone until then."""


def partial_name() -> str:
    """Return a new name that no walk takes for a page, and that says which process writes it."""
    return f"{_PREFIX}{_machine()}-{os.getpid()}-{secrets.token_hex(8)}{_SUFFIX}"


def sweep_partials(folder: Path) -> None:
    """Delete what processes that are gone have left half-written in a folder, which need not be there."""
    with suppress(OSError):
        for path in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
            with suppress(OSError):
                if _is_left(path):
                    path.unlink()


def _is_left(path: Path) -> bool:
    machine, _, rest = path.name.removeprefix(_PREFIX).partition("-")
    process = rest.partition("-")[0]
    if machine == _machine() and process.isdigit() and os.name == "posix":
        try:
            os.kill(int(process), 0)  # asks whether it is there
        except ProcessLookupError:
            return True
        except OSError:
            return False
        return False
    return time.time() - path.stat().st_mtime > _DAY_SECONDS


def _machine() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]
