"""What is told where a library is missing: which, and how it is got."""

from __future__ import annotations

import importlib.util

from mangacolor.errors import UsageError

LEFT_OUT = {
    "torch": "torch",
    "lightning_fabric": "lightning-fabric",
    "tensorboard": "tensorboard",
    "skimage": "scikit-image",
    "scipy": "scipy",
}
"""What an install without torch leaves out (docs/guide.md, "Without torch"), by the names that are imported."""

SERVING = ("starlette", "uvicorn", "python_multipart", "httpx", "websockets")
"""What the extra `serve` brings."""


def missing_library(error: BaseException) -> UsageError | None:
    """Return what is told of an import that failed; None where it is none of a library that may be missing."""
    if not isinstance(error, ModuleNotFoundError):
        return None
    name = (error.name or "").split(".")[0]
    if name not in LEFT_OUT:
        return None
    packages = [package for module, package in LEFT_OUT.items() if module == name or not _is_there(module)]
    return UsageError(
        f"This needs {LEFT_OUT[name]}, which is not installed: to colour pages is all that works without.",
        advice=f"pip install {' '.join(packages)}",
    )


def check_serving() -> None:
    """Refuse to serve where a library for it is missing.

    Raises:
        UsageError: One is.
    """
    missing = [name for name in SERVING if not _is_there(name)]
    if missing:
        raise UsageError(
            f"serve needs more libraries ({', '.join(missing)}).", advice='pip install "mangacolor[serve]"'
        )


def _is_there(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
