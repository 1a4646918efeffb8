"""Seconds of the networks of a page by runtime, arithmetic and threads, in one run, and how far colours move.

python tests/benchmarks/runtimes.py [--page PAGE] [--threads 1 2] [--ways ...] [--paint FOLDER --pages FOLDER]

`dynamic` and `static` are ONNX Runtime's int8, the latter calibrated on the other example pages; `openvino` needs
onnxruntime-openvino in place of onnxruntime. With --paint the pages of a folder are coloured to be scored by
`mangacolor evaluate --task look --outputs`.
"""

import argparse
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime

from mangacolor import ColorizeOptions, Colorizer
from mangacolor.image import encode, read_image
from mangacolor.models import onnx_backend

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "pages"
CACHE = ROOT / "build" / "runtimes"
WAYS = ("torch fp32", "torch bf16", "onnx", "dynamic", "static", "openvino")
REPEATS = 3
CALIBRATED_ON = 8
"""Inputs of each graph that ranges are taken from."""


def graphs_of(colorizer):
    """Return the graphs of a colouriser in ONNX Runtime by name."""
    backend, planes = colorizer.engine.backend, colorizer.engine.separate.__self__._planes
    named = {name: getattr(backend, f"_{name}") for name in onnx_backend.GENERATOR_GRAPHS}
    return {**named, onnx_backend.SEPARATOR_GRAPH: planes._graph}


def graph_files():
    """Return the networks as ONNX files with their numbers, as `mangacolor export` writes them."""
    folder = CACHE / "onnx"
    if not folder.exists():
        from mangacolor.cli import run

        if run(["export", "-o", str(folder)]) != 0:
            sys.exit("mangacolor export failed")
    return {path.stem: path for path in folder.glob("*.onnx")}


def quantised(way):
    """Return the files with int8 in them, made where they are missing."""
    from onnxruntime import quantization as q

    folder = CACHE / way
    folder.mkdir(parents=True, exist_ok=True)
    inputs = None
    for name, path in graph_files().items():
        target = folder / path.name
        if target.exists():
            continue
        partial_file = target.with_suffix(".part")
        if name == "describe":  # sees references, of which there are none
            target.write_bytes(path.read_bytes())
            continue
        if way == "dynamic":
            q.quantize_dynamic(path, partial_file, weight_type=q.QuantType.QUInt8)
        else:
            inputs = inputs or fed_inputs()

            class Reader(q.CalibrationDataReader):
                def __init__(self, fed):
                    self.fed = iter(fed)

                def get_next(self):
                    return next(self.fed, None)

            q.quantize_static(
                path, partial_file, Reader(inputs[name][:CALIBRATED_ON]), per_channel=True,
                activation_type=q.QuantType.QUInt8, weight_type=q.QuantType.QInt8,
                op_types_to_quantize=["Conv", "MatMul"],
            )  # fmt: skip
        partial_file.rename(target)
    return {path.stem: path for path in folder.glob("*.onnx")}


def fed_inputs():
    """Return what the graphs are given while the example pages but the second are coloured."""
    colorizer = Colorizer.from_options(ColorizeOptions(runtime="onnx"))
    fed = {}
    for name, graph in graphs_of(colorizer).items():
        fed[name] = []
        graph._session = Hearing(graph._session, fed[name])
    for path in sorted(EXAMPLES.glob("*.png"))[::2]:
        colorizer.colorize_page(read_image(path))
    return fed


class Hearing:
    """A session that keeps its inputs."""

    def __init__(self, session, fed):
        self.session, self.fed = session, fed

    def run(self, names, given):
        self.fed.append(given)
        return self.session.run(names, given)


class Timed:
    """Something callable that counts its own seconds."""

    def __init__(self, call):
        self.call, self.seconds = call, 0.0

    def __call__(self, *given, **named):
        started = time.perf_counter()
        try:
            return self.call(*given, **named)
        finally:
            self.seconds += time.perf_counter() - started


def opened(way, threads):
    """Return a colouriser that computes in a way."""
    if way.startswith("torch"):
        import torch

        torch.set_num_threads(threads)
        return Colorizer.from_options(ColorizeOptions(runtime="torch", precision=way.split()[1], device="cpu"))
    colorizer = Colorizer.from_options(ColorizeOptions(runtime="onnx"))
    files = graph_files() if way in ("onnx", "openvino") else quantised(way)
    providers = ["CPUExecutionProvider"]
    if way == "openvino":
        providers = [("OpenVINOExecutionProvider", {"device_type": "CPU", "num_of_threads": str(threads)})]
    for name, graph in graphs_of(colorizer).items():
        graph._session = onnxruntime.InferenceSession(files[name], onnx_backend._options(threads), providers)
    return colorizer


def network_clocks(colorizer):
    """Have the networks count their seconds; returns the clocks."""
    backend, planes = colorizer.engine.backend, colorizer.engine.separate.__self__._planes
    clocks = [Timed(backend.generate), Timed(planes.separate)]
    backend.generate, planes.separate = clocks
    return clocks


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", type=Path, default=EXAMPLES / "page_02_street.png")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--ways", nargs="+", default=list(WAYS))
    parser.add_argument("--paint", type=Path)
    parser.add_argument("--pages", type=Path, nargs="*", default=[])
    chosen = parser.parse_args()
    if chosen.paint:
        colorizer = opened(chosen.ways[0], chosen.threads[0])
        chosen.paint.mkdir(parents=True, exist_ok=True)
        for path in chosen.pages:
            painted = colorizer.colorize_page(read_image(path))[0]
            (chosen.paint / f"{path.stem}.png").write_bytes(encode(painted, format="png"))
        return
    page = read_image(chosen.page)
    height, width = page.rgb.shape[:2]
    print(f"{chosen.page.name}, {width * height / 1e6:.1f} megapixels, ONNX Runtime {onnxruntime.__version__}\n")
    print(
        "| way | threads | networks, s | page, s | within 2/255 of fp32 | mean difference |\n|---|---|---|---|---|---|"
    )
    reference = None
    for threads in chosen.threads:
        for way in chosen.ways:
            if way == "openvino" and "OpenVINOExecutionProvider" not in onnxruntime.get_available_providers():
                continue
            colorizer = opened(way, threads)
            clocks = network_clocks(colorizer)
            best = [np.inf, np.inf]
            for _ in range(REPEATS):
                for clock in clocks:
                    clock.seconds = 0.0
                whole = Timed(partial(colorizer.colorize_page, page))
                painted = whole()[0].rgb.astype(int)
                best = np.minimum(best, [sum(clock.seconds for clock in clocks), whole.seconds])
            reference = painted if reference is None else reference
            off = np.abs(painted - reference)
            print(
                f"| {way} | {threads} | {best[0]:.2f} | {best[1]:.2f} | {(off <= 2).mean():.2%} | {off.mean():.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
