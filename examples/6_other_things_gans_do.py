"""Lesson 6: the same game with other pictures: enlarging drawings, and inking them.

    python examples/6_other_things_gans_do.py

A conditional GAN turns one picture into another; nothing in it knows about colour. Here the loop that trains the
colouriser (`mangacolor.training.loop.train`) teaches a small network two other things, and all that changes between
them are the pairs it is shown:

- **enlarge**: a drawing at half its size, enlarged by bicubic interpolation → the drawing (after Ledig et al. 2017,
  SRGAN);
- **ink**: a drawing in lines of one width with shadows in grey wash → the same one inked with a brush, its lines
  swelling and tapering, its shadows black.

Each is learnt twice, by L1 alone and in the game against a discriminator. PSNR and SSIM on drawings held out are
printed beside what simple tools make of them. What you learn: what an objective has to tell the loop; that a mean
error likes grey, where ink is black or white; and why better figures and better pictures are not the same.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from draw_busts import SIDE_PX, Brush, EvenPen, draw_bust_with
from lightning_fabric import Fabric
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from mangacolor.config import DiscriminatorConfig, LossConfig, Phase, TrainConfig
from mangacolor.data.pictures import Picture, PictureDraw, random_crop
from mangacolor.data.samples import Sample, Samples, Stock
from mangacolor.evaluate.metrics import psnr, ssim
from mangacolor.image import float_from_pixels, pixels_from_float
from mangacolor.models.tensors import to_array, to_tensor
from mangacolor.training.loop import train
from mangacolor.training.objectives import VALIDATION, Game, Play
from mangacolor.training.schedule import Budget
from mangacolor.training.validation import TrainingData

Pixels = NDArray[np.uint8]
LEARNT_FROM, HELD_OUT = 16, 4
QUICK_IMAGES = 64
SHOWN = 2
"""Of the drawings held out, as many are on the sheet."""


def enlarge(wanted: Pixels) -> Pixels:
    """Halve a drawing and enlarge it again, as every viewer does."""
    half = cv2.resize(wanted, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return cv2.resize(half, wanted.shape[::-1], interpolation=cv2.INTER_CUBIC)


def thicken(given: Pixels) -> Pixels:
    """Ink a drawing without thought: washes to paper or black, all lines bolder."""
    flat = np.where(given < 205, 0, 255).astype(np.uint8)
    return cv2.GaussianBlur(cv2.erode(flat, np.ones((2, 2), np.uint8)), (3, 3), 0)


TASKS: dict[str, dict[str, Callable[[Pixels], Pixels]]] = {
    "enlarge": {"bicubic": lambda given: given},
    "ink": {"as given": lambda given: given, "thickened": thicken},
}
"""What is learnt, and the simple tools that it has to beat."""


def make_pairs(task: str, seeds: Sequence[int]) -> list[Picture]:
    """Draw pairs; a `Picture` holds what is wanted in `rgb`, what is given in the first plane beside it."""
    pairs = []
    for seed in seeds:
        wanted = draw_bust_with(Brush, seed)
        given = enlarge(wanted) if task == "enlarge" else draw_bust_with(EvenPen, seed)
        pairs.append(Picture(np.dstack([wanted] * 3), (given, given)))
    return pairs


# ------------------------------------------------------------------------------------- what is learnt, and what learns


class PairSamples(Samples):
    """Crops of pairs at their own size, mirrored or not; the same one for the same number."""

    def __init__(self, draw: PictureDraw, crop_px: int, seed: int) -> None:
        self._draw, self._crop_px, self._seed = draw, crop_px, seed

    def __getitem__(self, number: int) -> Sample:
        rng = np.random.default_rng((self._seed, number))
        share = self._crop_px / SIDE_PX
        crop = random_crop(self._draw(rng), self._crop_px, (share, share), rng)
        planes = {"given": crop.ink_and_tone[0], "wanted": crop.rgb[..., 0]}
        return {name: torch.from_numpy(float_from_pixels(plane))[None] for name, plane in planes.items()}


class Redrawing:
    """The objective: what the loop asks of whatever is to be learnt (`training/objectives.py` has the protocol)."""

    def samples(self, stock: Stock, crop_px: int, seed: int) -> Samples:
        """Return what is learnt from."""
        return PairSamples(PictureDraw(stock.pictures, stock.probabilities), crop_px, seed)

    def play(self, player: Callable[[Tensor], Tensor], batch: dict[str, Tensor]) -> Play:
        """Redraw a batch; L1 is the part of the loss that knows the answer, the game is added by the loop."""
        redrawn = player(batch["given"])
        # The discriminator was made for pages: it reads two planes of condition, ink and tone, and three of colour.
        given, fake, real = (
            plane.expand(-1, planes, -1, -1)
            for plane, planes in ((batch["given"], 2), (redrawn, 3), (batch["wanted"], 3))
        )
        terms = {"l1": 10 * functional.l1_loss(redrawn, batch["wanted"])}
        return Play(terms, Game(given, fake, real))

    def score(
        self, average: Callable[[Tensor], Tensor], batch: dict[str, Tensor]
    ) -> tuple[dict[str, float], list[Tensor]]:
        """Return the L1 on drawings held out, and the columns of the sheet."""
        given, wanted = batch["given"], batch["wanted"]
        redrawn = average(given).clamp(0, 1)
        return {VALIDATION: float(functional.l1_loss(redrawn, wanted))}, [given, redrawn, wanted]


class Redrawer(nn.Module):
    """Sixteen convolutions that say what to change about a drawing; before training they change nothing.

    They see 2 × 2 pixels as one place, which is four times faster and sees twice as far: 66 px.
    """

    def __init__(self, width: int = 48, blocks: int = 7) -> None:
        super().__init__()
        self.first = nn.Conv2d(4, width, 3, padding=1)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, width, 3, padding=1))
            for _ in range(blocks)
        )
        self.last = nn.Conv2d(width, 4, 3, padding=1)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, given: Tensor) -> Tensor:
        """Redraw (N, 1, h, w); sides must be even."""
        x = self.first(functional.pixel_unshuffle(given, 2))
        for block in self.blocks:
            x = x + block(functional.relu(x))
        return given + functional.pixel_shuffle(self.last(functional.relu(x)), 2)


def learn(pairs: list[Picture], held_out: list[Picture], out: Path, game: float, images: int, seed: int) -> Redrawer:
    """Train a network on pairs with mangacolor's own loop."""
    config = TrainConfig(
        discriminator=DiscriminatorConfig(channels=(32, 64, 96, 96)),
        loss=LossConfig(adversarial=game, adversarial_start=0.3),
        phases=(Phase(1.0, 64, 8),),
        generator_learning_rate=1e-3,
        warmup_images=min(500, images // 4),
        ema_half_life_images=500,
        snapshots=4,
        seed=seed,
    )
    fabric = Fabric(accelerator="auto", devices=1)
    fabric.launch()
    torch.manual_seed(seed)
    network = Redrawer()
    out.mkdir(parents=True)
    data = TrainingData(pairs, np.full(len(pairs), 1 / len(pairs)), held_out)
    outcome = train(config, data, network, out, Budget(images=images), fabric=fabric, objective=Redrawing())
    network.load_state_dict(outcome.average)
    return network.eval()


# ---------------------------------------------------------------------------------------------------------- the result


@torch.no_grad()
def redraw(network: Redrawer, given: Pixels) -> Pixels:
    """Redraw a whole drawing, of any even size."""
    device = next(network.parameters()).device
    redrawn = network(to_tensor(float_from_pixels(given)).to(device))
    return pixels_from_float(to_array(redrawn)[..., 0].clip(0, 1))


def measure(redrawn: Sequence[Pixels], wanted: Sequence[Pixels]) -> dict[str, float]:
    """Return PSNR and SSIM, and the share of pixels that are grey: neither ink nor paper."""
    pairs = [(np.dstack([one] * 3), np.dstack([other] * 3)) for one, other in zip(redrawn, wanted, strict=True)]
    return {
        "PSNR": float(np.mean([psnr(*pair) for pair in pairs])),
        "SSIM": float(np.mean([ssim(*pair) for pair in pairs])),
        "grey": float(np.mean([((one > 48) & (one < 208)).mean() for one in redrawn])),
    }


def main(arguments: list[str] | None = None) -> None:
    """Learn both tasks, with and without the game, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    out = Path(__file__).resolve().parent / "out" / "lessons"
    parser.add_argument("--out", type=Path, default=out, help="folder to write to")
    parser.add_argument("--images", type=int, default=2000, help="crops that each of the four networks sees")
    parser.add_argument("--game", type=float, default=0.05, help="weight of the game against the discriminator")
    parser.add_argument("--seed", type=int, default=0, help="seed of everything random")
    parser.add_argument("--quick", action="store_true", help="a few crops: shows that it runs, not what it can do")
    options = parser.parse_args(arguments)
    folder = options.out / "6_other_things"
    shutil.rmtree(folder, ignore_errors=True)
    figures: dict[str, dict[str, dict[str, float]]] = {}
    for task, simple_tools in TASKS.items():
        first = options.seed * 1000
        pairs = make_pairs(task, range(first, first + LEARNT_FROM + HELD_OUT))
        pairs, held_out = pairs[:LEARNT_FROM], pairs[LEARNT_FROM:]
        given, wanted = [pair.ink_and_tone[0] for pair in held_out], [pair.rgb[..., 0] for pair in held_out]
        results = {name: [tool(one) for one in given] for name, tool in simple_tools.items()}
        for how, game in (("L1 alone", 0.0), ("L1 and game", options.game)):
            print(f"{task}: learning by {how} ...", flush=True)
            run = folder / f"{task}, {how}"
            network = learn(pairs, held_out, run, game, QUICK_IMAGES if options.quick else options.images, options.seed)
            results[how] = [redraw(network, one) for one in given]
        results["wanted"] = wanted
        figures[task] = {how: measure(drawings, wanted) for how, drawings in results.items()}
        print(f"\n{task:<14}{'PSNR':>8}{'SSIM':>8}{'grey':>8}")
        for how, row in figures[task].items():
            print(f"{how:<14}{row['PSNR']:>8.2f}{row['SSIM']:>8.3f}{row['grey']:>8.1%}")
        sheet = np.concatenate([np.concatenate(drawings[:SHOWN]) for drawings in results.values()], axis=1)
        Image.fromarray(sheet).save(options.out / f"6_{task}.png")
        print(f"\nLook at {options.out / f'6_{task}.png'}, from left to right: {', '.join(results)}.\n")
    (folder / "figures.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
