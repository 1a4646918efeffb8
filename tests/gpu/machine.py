"""What a machine has of what training and colouring need; the little that can be carried is installed from wheels.

Nothing but the standard library is imported here, so that a bare machine can say what it lacks.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import subprocess
import sys
from pathlib import Path

CARRIED = {
    "natsort": "natsort",
    "platformdirs": "platformdirs",
    "threadpoolctl": "threadpoolctl",
    "annotated_types": "annotated-types",
    "typing_inspection": "typing-inspection",
    "pydantic_core": "pydantic-core",
    "pydantic": "pydantic",
    "lightning_utilities": "lightning-utilities",
    "lightning_fabric": "lightning-fabric",
}
"""Small packages, by what is imported: a machine set up for torch often lacks them. Three megabytes together."""

WANTED = {
    "torch": "torch>=2.4",
    "torch.utils.tensorboard": "tensorboard>=2.17",
    "numpy": "numpy>=1.26",
    "scipy": "scipy>=1.11",
    "cv2": "opencv-contrib-python-headless, or opencv-python-headless",
    "PIL": "pillow>=10.3",
    "skimage": "scikit-image>=0.24",
    "safetensors": "safetensors>=0.4",
    "tqdm": "tqdm",
    "typing_extensions": "typing-extensions",
}
"""What the machine must have itself, by what is imported: too large to carry, or there wherever torch is."""


class MissingError(Exception):
    """The machine lacks something; the message lists all of it."""


def prepare(pack: Path) -> None:
    """See that everything needed can be imported; install what is missing from the wheels of a pack into it.

    Args:
        pack: Folder that `pack.py` wrote; its `wheels/` may be missing.

    Raises:
        MissingError: Something is missing that no wheel provides.
    """
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # samples are drawn by a thread for each core already
    site = pack / "site"
    sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(site)]
    lacking = [package for module, package in CARRIED.items() if not _is_there(module)]
    if lacking and (pack / "wheels").is_dir():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-compile"]
        command += ["--find-links", str(pack / "wheels"), "--target", str(site), *lacking]
        subprocess.run(command, check=False, stdout=sys.stderr)
        importlib.invalidate_caches()
        lacking = [package for module, package in CARRIED.items() if not _is_there(module)]
    missing = lacking + [package for module, package in WANTED.items() if not _is_there(module)]
    if missing:
        raise MissingError(
            f"This machine's Python ({sys.executable}, {platform.python_version()}) lacks: {', '.join(missing)}.\n"
            "Install them there; or, for the small ones, pack their wheels: make gpu-pack WHEELS=3.12, its version."
        )


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # of a parent
        return False


def describe() -> str:
    """Say in one line what the machine is. Call `prepare` before."""
    import cv2
    import torch

    contrib = "with" if hasattr(cv2, "ximgproc") else "without"
    gpu = "no CUDA"
    if torch.cuda.is_available():
        facts = torch.cuda.get_device_properties(0)
        gpu = f"{facts.name}, {facts.total_memory / 2**30:.0f} GiB, CUDA {torch.version.cuda}"
    return (
        f"{gpu}; {os.cpu_count()} cores; Python {platform.python_version()}, torch {torch.__version__}, "
        f"OpenCV {cv2.__version__} {contrib} contrib"
    )


def chosen_device(name: str | None) -> str:
    """Return the device to use: CUDA unless another was asked for.

    Raises:
        MissingError: CUDA is to be used and is not there.
    """
    import torch

    if name is None and not torch.cuda.is_available():
        raise MissingError("This machine has no CUDA that torch can use. DEVICE=cpu rehearses everything without.")
    return name or "cuda"
