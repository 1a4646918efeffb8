"""Seconds of the generator of manga-colorization-v2, built anew by its published shape, beside those of ours.

Random weights; only the work is alike. The shape: an SE-ResNeXt-50 (32 groups, 3, 4 and 6 blocks, no pooling) sees the
page; a second, small encoder sees page and hints; three "tunnels" of 20, 8 and 8 blocks lead back to full size by
pixel shuffling. https://github.com/qweasdd/manga-colorization-v2. Its denoiser before it, and the second head that
training alone needs, are left out, in its favour.

python tests/benchmarks/peer.py [--threads 1] [--repeats 5]
"""

import argparse
import statistics
import time
from functools import partial

import numpy as np
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from mangacolor import ColorizeOptions, Colorizer

SIZE = (864, 576)
"""Its own working size is 576 pixels across; this is a page of usual proportions."""

GROUPS = 32


class Gated(nn.Module):
    """A grouped bottleneck with squeeze and excitation, added to what came in."""

    def __init__(self, before, after, width, *, groups=GROUPS, stride=1, dilation=1, normed=False):
        super().__init__()
        act = nn.ReLU(inplace=True) if normed else nn.LeakyReLU(0.2, inplace=True)
        norms = [nn.BatchNorm2d(n) if normed else nn.Identity() for n in (width, width, after)]
        self.body = nn.Sequential(
            nn.Conv2d(before, width, 1, bias=False), norms[0], act,
            nn.Conv2d(width, width, 3, stride, dilation, dilation, groups, bias=False), norms[1], act,
            nn.Conv2d(width, after, 1, bias=False), norms[2],
        )  # fmt: skip
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(after, after // 16, 1), nn.ReLU(inplace=True),
            nn.Conv2d(after // 16, after, 1), nn.Sigmoid(),
        )  # fmt: skip
        fits = before == after and stride == 1
        self.beside = nn.Identity() if fits else nn.Conv2d(before, after, 1, stride, bias=False)

    def forward(self, seen):
        inner = self.body(seen)
        return self.beside(seen) + inner * self.gate(inner)


def layer(before, planes, blocks, stride):
    """Return a stage of the SE-ResNeXt."""
    first = Gated(before, 4 * planes, 2 * planes, stride=stride, normed=True)
    return nn.Sequential(first, *(Gated(4 * planes, 4 * planes, 2 * planes, normed=True) for _ in range(blocks - 1)))


def pair(before, after, stride):
    """Return a stage of the small encoder."""
    return nn.Sequential(
        nn.Conv2d(before, after, 3, stride, 1), nn.LeakyReLU(0.2), nn.Conv2d(after, after, 3, 1, 1), nn.LeakyReLU(0.2)
    )


def tunnel(before, width, after, dilations, groups=GROUPS):
    """Return a stage of the decoder, which doubles the size."""
    return nn.Sequential(
        nn.Conv2d(before, width, 3, 1, 1), nn.LeakyReLU(0.2),
        *(Gated(width, width, width // 2, groups=groups, dilation=one) for one in dilations),
        nn.Conv2d(width, 4 * after, 3, 1, 1), nn.PixelShuffle(2), nn.LeakyReLU(0.2),
    )  # fmt: skip


class Peer(nn.Module):
    """The peer's generator."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True))
        self.layers = nn.ModuleList([layer(64, 64, 3, 1), layer(256, 128, 4, 2), layer(512, 256, 6, 2)])
        self.full = pair(5, 32, 1)
        self.small = nn.Sequential(pair(32, 64, 2), pair(64, 92, 2), pair(92, 128, 2))
        around = (1, 1, 2, 2, 4, 4, 2, 1)
        self.tunnels = nn.ModuleList([
            tunnel(1024 + 128, 512, 256, (1,) * 20), tunnel(512 + 256, 256, 128, around),
            tunnel(256 + 128 + 64, 128, 64, around),
        ])  # fmt: skip
        self.exit = nn.Sequential(nn.Conv2d(64 + 32, 32, 3, 1, 1), nn.LeakyReLU(0.2), nn.Conv2d(32, 3, 1), nn.Tanh())

    def forward(self, sketch):
        full = self.full(sketch)
        halves = self.stem(sketch[:, :1])
        large = self.layers[0](halves)
        middle = self.layers[1](large)
        little = self.layers[2](middle)
        up = self.tunnels[0](torch.cat([little, self.small(full)], 1))
        up = self.tunnels[1](torch.cat([up, middle], 1))
        up = self.tunnels[2](torch.cat([up, large, halves], 1))
        return self.exit(torch.cat([up, full], 1))


def seconds(work, repeats):
    """Return the median of some runs after one."""
    work()
    spent = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        spent.append(time.perf_counter() - started)
    return statistics.median(spent)


def work_of(run):
    """Return the multiplications and additions of a run, in thousands of millions."""
    with torch.inference_mode(False), torch.no_grad(), FlopCounterMode(display=False) as counter:
        run()
    return counter.get_total_flops() / 1e9


def row(name, precision, network, run, repeats):
    """Measure a generator."""
    size = sum(one.numel() for one in network.parameters()) / 1e6
    return name, precision, size, work_of(run), seconds(run, repeats)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--repeats", type=int, default=5)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    torch.manual_seed(0)
    peer = Peer().eval().to(memory_format=torch.channels_last)
    condition = np.random.default_rng(0).random((1, *SIZE, 6), np.float32)
    sketch = torch.from_numpy(condition[..., :5].copy()).permute(0, 3, 1, 2)  # channels last, as ours
    rows = []
    with torch.inference_mode():
        rows.append(row("theirs", "fp32", peer, lambda: peer(sketch), chosen.repeats))
        half = peer.to(torch.bfloat16)
        rows.append(row("theirs", "bf16", half, lambda: half(sketch.bfloat16()), chosen.repeats))
    for precision in ("fp32", "bf16"):
        options = ColorizeOptions(runtime="torch", device="cpu", precision=precision)
        backend = Colorizer.from_options(options).engine.backend
        rows.append(row("ours", precision, backend._generator, partial(backend.generate, condition), chosen.repeats))
    print(f"{SIZE[1]} × {SIZE[0]}, {chosen.threads} threads, torch {torch.__version__}\n")
    print("| generator | arithmetic | parameters, millions | GFLOP | seconds | of theirs in fp32 |")
    print("|---" * 6 + "|")
    for name, precision, size, work, spent in rows:
        print(f"| {name} | {precision} | {size:.1f} | {work:.0f} | {spent:.2f} | {spent / rows[0][4]:.2f} |")


if __name__ == "__main__":
    main()
