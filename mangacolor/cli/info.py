"""`mangacolor info`."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import platform
from pathlib import Path
from typing import Annotated, Any

from mangacolor.cli.options import DeviceOption, JsonOption, weights_option
from mangacolor.cli.streams import tell
from mangacolor.errors import ExitCode


def info(
    weights: Annotated[Path | None, weights_option("Weights to describe.")] = None,
    device: DeviceOption = None,
    as_json: JsonOption = False,
) -> int:
    """Describe the weights, your config file and this machine."""
    from mangacolor import __version__
    from mangacolor.cli.settings import config_path, is_there
    from mangacolor.models.weight_files import find_separator, find_weights

    told: dict[str, Any] = {
        "weights": _describe(find_weights(weights)),
        "separator": _describe(find_separator()),
        "config": {"file": str(config_path() or "no home"), "exists": is_there(config_path())},
        "machine": {
            "mangacolor": __version__,
            "python": platform.python_version(),
            **_runtimes(device or "auto"),
        },
    }
    if as_json:
        tell(json.dumps(told, indent=2))
        return ExitCode.DONE
    for title, entries in told.items():
        tell(title)
        for key, value in entries.items():
            if value is not None:
                if isinstance(value, bool):
                    shown = "yes" if value else "no"
                else:
                    shown = f"{value:,}" if isinstance(value, int) and key != "seed" else value
                tell(f"  {_OF_LAST_RUN.get(key, key.replace('_', ' ')):<20} {shown}")
    return ExitCode.DONE


_OF_LAST_RUN = {
    "images_seen": "images of last run", "minutes": "minutes of last run", "command": "command of last run",
}  # fmt: skip
"""How facts are called that count one run alone, where weights may have learnt in several; see their card."""


def _describe(path: Path) -> dict[str, Any]:
    from mangacolor.models.weight_files import read_weight_file

    loaded = read_weight_file(path)
    told = ("images_seen", "minutes", "seed", "command", "data", "pictures", "data_licence")
    return {
        "file": str(loaded.path),
        "sha256 of contents": loaded.digest,
        "parameters": sum(tensor.size for tensor in loaded.tensors.values()),
        "kind": loaded.config.kind,
        **{key: loaded.facts.get(key) for key in told},
    }


def _runtimes(device: str) -> dict[str, Any]:
    """Say what is there to run the networks, and how torch would."""
    versions: dict[str, Any] = {}
    if importlib.util.find_spec("onnxruntime"):
        versions["onnxruntime"] = importlib.metadata.version("onnxruntime")
    if not importlib.util.find_spec("torch"):
        return versions
    import torch

    from mangacolor.models.tensors import choose_device, choose_precision

    chosen = choose_device(device)
    return {
        "torch": torch.__version__,
        "device": str(chosen),
        "precision": choose_precision("auto", chosen),
        "threads": torch.get_num_threads(),
        **versions,
    }
