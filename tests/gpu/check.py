"""Colours the example pages on CUDA and on the CPU and compares: `make gpu-check`.

The Markdown it prints is for docs/measurements.md. With --device cpu it rehearses: every row is then the CPU's own.
Exit status: 0 equal enough and the tests passed, 1 not so, 2 no CUDA here or something missing.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from machine import MissingError, chosen_device, describe, prepare

ROOT = Path(__file__).resolve().parents[2]

ALIKE = 2
"""Steps of 255 by which two devices may differ in a channel of a pixel ..."""

ALIKE_SHARE = 0.999
"""... in this share of all, both computing in fp32."""

EDGES = (0, 1, 2, 5, 10, 255)
"""Upper ends of the bars of the histogram, in steps of 255."""

REPEATS = 3

TESTED = {
    "`colorize`: one page, several together, fp32, bf16, fp16": (
        "test_arrays_come_back_from_a_device_as_they_went", "test_a_generator_moved_there_predicts_as_on_the_cpu",
        "test_a_batch_is_its_pages", "test_autocast_computes_in_what_was_asked_and_stays_near",
        "test_pages_are_coloured_as_on_the_cpu", "test_auto_precision_is_one_that_the_device_computes",
    ),
    "`train`, resumed from a checkpoint of the other device": ("test_a_run_goes_on_on_the_other_device",),
    "copies from pinned memory": ("test_batches_reach_the_device_channels_last", "test_pinned_batches_arrive_whole"),
    "networks, losses and discriminator: no constant left on the CPU": ("test_no_constant_stays_behind_on_the_cpu",),
}  # fmt: skip
"""Which tests of `tests/test_devices.py` speak for which line of the table in docs/gpu.md."""


def main() -> int:
    """Compare, print, run the tests."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=Path, default=ROOT / "examples" / "pages")
    parser.add_argument("--pack", type=Path, default=ROOT / "build" / "gpu", help="for wheels of what is missing")
    parser.add_argument("-w", "--weights", type=Path)
    parser.add_argument("--device", help="cuda unless said; cpu rehearses")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--no-tests", action="store_true")
    chosen = parser.parse_args()
    try:
        prepare(chosen.pack)
        device = chosen_device(chosen.device)
    except MissingError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    alike = compare(chosen, device)
    passed = chosen.no_tests or run_tests(device)
    return 0 if alike and passed else 1


def compare(chosen: argparse.Namespace, device: str) -> bool:
    """Print the table; returns whether the device's fp32 agrees with the CPU's."""
    from mangacolor import Colorizer
    from mangacolor.image import read_image

    files = sorted(path for path in chosen.pages.iterdir() if path.suffix in (".png", ".jpg", ".webp"))
    pages = [read_image(path) for path in files]
    megapixels = sum(page.rgb.shape[0] * page.rgb.shape[1] for page in pages) / 1e6
    print(f"{describe()}. {len(pages)} pages, {megapixels:.1f} megapixels together.\n")
    heads = ["device", "arithmetic", "seconds a page", "four at a time", "peak memory", "within 2/255 of CPU, fp32"]
    print("| " + " | ".join(heads + bar_names()) + " |")
    print("|" + "---|" * (6 + len(EDGES)))
    reference, is_alike = None, True
    rows = [("cpu", "fp32")] + [(device, precision) for precision in precisions(device)]
    for name, precision in rows:
        colorizer = Colorizer(chosen.weights, device=name, precision=precision)
        one_by_one, at_once = partial(colour_each, colorizer, pages), partial(colorizer.colorize_together, pages)
        painted, seconds = timed(one_by_one, name, chosen.repeats)
        _, together = timed(at_once, name, chosen.repeats)
        reference = reference or painted
        bars = histogram(painted, reference)
        share = sum(bars[: EDGES.index(ALIKE) + 1])
        if precision == "fp32":
            is_alike &= share >= ALIKE_SHARE
        cells = [
            name, precision, f"{seconds / len(pages):.2f}", f"{together / len(pages):.2f}", peak_memory(name),
            f"{share:.3%}", *(f"{bar:.3%}" for bar in bars),
        ]  # fmt: skip
        print("| " + " | ".join(cells) + " |", flush=True)
    verdict = "agrees" if is_alike else "DOES NOT AGREE"
    print(f"\nfp32 {verdict}: at least {ALIKE_SHARE:.1%} of all channels within {ALIKE}/255.", flush=True)
    return is_alike


def colour_each(colorizer, pages) -> list:
    """Return the pages coloured, one after the other."""
    return [colorizer.colorize_page(page)[0].rgb for page in pages]


def precisions(device: str) -> list[str]:
    """Return the arithmetics to try on a device: all that CUDA has, but no bf16 that a CPU would only emulate."""
    import torch

    from mangacolor.models.tensors import choose_precision

    if device.startswith("cuda"):
        return ["fp32", "bf16", "fp16"]
    return list(dict.fromkeys(["fp32", choose_precision("auto", torch.device(device))]))


def timed(work, device: str, repeats: int) -> tuple[list, float]:
    """Return what a piece of work gives, and the median of its seconds after one round of warming up."""
    import torch

    cuda = device.startswith("cuda")
    result = work()
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        result = work()
        if cuda:
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - started)
    return result, statistics.median(seconds)


def histogram(painted: list, reference: list) -> list[float]:
    """Return the shares of channels whose difference falls between the EDGES, for uint8 pages of equal sizes."""
    import numpy as np

    counts = np.zeros(256, np.int64)
    for one, other in zip(painted, reference, strict=True):
        difference = np.abs(one.astype(np.int16) - other)
        counts += np.bincount(difference.ravel(), minlength=256)
    shares, first = [], 0
    for last in EDGES:
        shares.append(float(counts[first : last + 1].sum() / counts.sum()))
        first = last + 1
    return shares


def bar_names() -> list[str]:
    """Return the headings of the histogram's columns."""
    firsts = [0, *(edge + 1 for edge in EDGES[:-1])]
    return [str(first) if first == last else f"{first}–{last}" for first, last in zip(firsts, EDGES, strict=True)]


def peak_memory(device: str) -> str:
    """Return the peak of the device's memory since it was last reset, in words."""
    import torch

    return f"{torch.cuda.max_memory_allocated() / 2**20:.0f} MiB" if device.startswith("cuda") else "–"


def run_tests(device: str) -> bool:
    """Run the tests of devices and say for each line of the table in docs/gpu.md how it went, where pytest is there."""
    try:
        import pytest  # noqa: F401
    except ModuleNotFoundError:
        print("\nNo pytest here: the tests of devices were not run.")
        return True
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    words = ["tests/test_devices.py", "-o", "addopts=", "-v", "-rs", "--color=no", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    print(f"\n| what | on {device} |\n|---|---|")
    for what, verdict in verdicts(done.stdout, device).items():
        print(f"| {what} | {verdict} |")
    print("\n`tests/test_devices.py`:\n\n" + "".join(f"    {line}\n" for line in done.stdout.splitlines()[-12:]))
    return done.returncode == 0


def verdicts(told: str, device: str) -> dict[str, str]:
    """Say of each line of the table in docs/gpu.md how its tests went.

    Args:
        told: What `pytest -v` printed.
        device: Only tests of this device count, and those that name none.
    """
    other = "cuda" if device == "cpu" else "cpu"
    outcomes = re.findall(r"::(\w+)(\[[^]]*\])? (PASSED|FAILED|ERROR|SKIPPED)", told)
    found = {}
    for what, tests in TESTED.items():
        of_device = [
            outcome for name, case, outcome in outcomes
            if name in tests and (device in case or other not in case)
        ]  # fmt: skip
        if not of_device or set(of_device) == {"SKIPPED"}:
            found[what] = "never run"
        else:
            found[what] = "FAILED" if set(of_device) & {"FAILED", "ERROR"} else "passed"
    return found


if __name__ == "__main__":
    sys.exit(main())
