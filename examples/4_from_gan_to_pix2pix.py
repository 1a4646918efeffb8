"""Lesson 4: from a GAN to pix2pix, which is what mangacolor is.

    python examples/4_from_gan_to_pix2pix.py

What you learn: a generator that is told what to draw (a conditional GAN: the condition is a label); then the condition
is a picture: a drawing in, a coloured picture out, with the networks and losses of mangacolor itself. And what each
half of the loss is for, by leaving the other out: L1 alone, GAN alone, both.

The task of the second half is colouring in small. The condition is the outline of a digit. Each digit has its own paper
colour, which can be known by reading the digit, as skin can be known by recognising a face. Its paint is red, green or
blue by chance, which nobody can know, as nobody knows the colour of a shirt in a grey picture.

Plots: 4_digits_on_demand, 4_pix2pix, 4_paints. Seven minutes on two cores of a laptop.
"""

from __future__ import annotations

import colorsys
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from digits import Digits, Reader, lesson_arguments, load_digits, train_reader
from matplotlib import pyplot as plt
from torch import Tensor, nn
from torch.nn import functional

from mangacolor.config import DiscriminatorConfig, GeneratorConfig
from mangacolor.image.color import oklab_from_srgb
from mangacolor.models.nn import PatchDiscriminator, Pix2PixGenerator
from mangacolor.training.losses import discriminator_loss, generator_loss

plt.switch_backend("Agg")  # draws into files; needs no window

SEED_SIZE = 64
BETAS = (0.5, 0.999)
PAPERS = torch.tensor([colorsys.hsv_to_rgb(digit / 10, 0.4, 1.0) for digit in range(10)])
PAINTS = torch.tensor([[0.85, 0.15, 0.2], [0.1, 0.6, 0.25], [0.15, 0.25, 0.85]])
L1_WEIGHT = 25.0
"""The paper's 100, on pictures from -1 to 1, would be 200 on ours. Much of them cannot be known, which L1 has wrong."""


class LabelledGenerator(nn.Module):
    """The generator of lesson 3, which also gets the label: ten more inputs, nine of them 0."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(SEED_SIZE + 10, 64 * 7 * 7, bias=False),
            nn.Unflatten(1, (64, 7, 7)), nn.BatchNorm2d(64), nn.ReLU(),
            nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
            nn.ConvTranspose2d(32, 1, 4, stride=2, padding=1), nn.Sigmoid(),
        )  # fmt: skip

    def forward(self, seeds: Tensor, labels: Tensor) -> Tensor:
        """Draw the digits that labels (N,) ask for."""
        return self.layers(torch.cat([seeds, functional.one_hot(labels, 10)], dim=1))


class LabelledDiscriminator(nn.Module):
    """The discriminator of lesson 3, which asks: is this a real picture *of that digit*?"""

    def __init__(self) -> None:
        super().__init__()
        norm = nn.utils.parametrizations.spectral_norm
        self.layers = nn.Sequential(
            norm(nn.Conv2d(1 + 10, 32, 4, stride=2, padding=1)), nn.LeakyReLU(0.2),
            norm(nn.Conv2d(32, 64, 4, stride=2, padding=1)), nn.LeakyReLU(0.2),
            nn.Flatten(), norm(nn.Linear(64 * 7 * 7, 1)),
        )  # fmt: skip

    def forward(self, pictures: Tensor, labels: Tensor) -> Tensor:
        """Return logits; the label joins the picture as ten planes, one of them white."""
        planes = functional.one_hot(labels, 10)[:, :, None, None].expand(-1, -1, *pictures.shape[-2:])
        return self.layers(torch.cat([pictures, planes], dim=1))


def train_on_labels(digits: Digits, steps: int, batch: int = 64) -> LabelledGenerator:
    """Play the game of lesson 3 with labels on both sides."""
    pictures, labels = torch.from_numpy(digits.pictures)[:, None], torch.from_numpy(digits.labels)
    generator, discriminator = LabelledGenerator(), LabelledDiscriminator()
    generator_adam = torch.optim.Adam(generator.parameters(), lr=5e-4, betas=BETAS)
    discriminator_adam = torch.optim.Adam(discriminator.parameters(), lr=5e-4, betas=BETAS)
    for _ in range(steps):
        chosen = torch.randint(len(labels), (batch,))
        real, asked = pictures[chosen], labels[chosen]
        fake = generator(torch.randn(batch, SEED_SIZE), asked)
        loss = discriminator_loss(discriminator(real, asked), discriminator(fake.detach(), asked), "vanilla")
        take_step(discriminator_adam, loss)
        take_step(generator_adam, generator_loss(discriminator(fake, asked), "vanilla"))
    return generator


def take_step(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    """Move the weights of one player downhill."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def digits_on_demand(generator: LabelledGenerator, reader: Reader, path: Path) -> None:
    """Draw each seed as each digit, and print how often a reader reads what was asked for."""
    seeds = torch.randn(50, SEED_SIZE).repeat_interleave(10, dim=0)
    asked = torch.arange(10).repeat(50)
    with torch.no_grad():
        drawn = generator(seeds, asked)
        read = reader(drawn).argmax(dim=1)
    print(f"Of the digits asked for, the reader reads {(read == asked).float().mean():.1%}.")
    sheet = drawn[:60].reshape(6, 10, 28, 28).permute(0, 2, 1, 3).reshape(6 * 28, 280)
    figure, axis = plt.subplots(figsize=(7, 4.6), layout="constrained")
    axis.imshow(sheet.numpy(), cmap="gray_r", vmin=0, vmax=1)
    axis.set_xticks([14 + 28 * digit for digit in range(10)], [str(digit) for digit in range(10)])
    axis.set(title="one column for each label, one row for each seed", yticks=[])
    axis.tick_params(length=0)
    save(figure, path)


class Drawings(NamedTuple):
    """Drawings to colour.

    Attributes:
        condition: (N, 6, 32, 32) ink, tone and four empty planes for hints: what mangacolor's networks take.
        colour: (N, 3, 32, 32) the colour under the ink.
        painted: (N, 1, 32, 32) 1 where there is paint, inside the outline, else 0.
    """

    condition: Tensor
    colour: Tensor
    painted: Tensor

    def take(self, chosen: Tensor | slice) -> Drawings:
        """Return some of the drawings."""
        return Drawings(*(plane[chosen] for plane in self))


def outline_and_colour(digits: Digits) -> Drawings:
    """Turn digits into outlines, and colour them: the paper by digit, the paint by chance."""
    shapes = np.pad(digits.pictures > 0.4, ((0, 0), (2, 2), (2, 2))).astype(np.uint8)
    outlines = np.stack([cv2.dilate(shape, np.ones((3, 3), np.uint8)) - shape for shape in shapes])
    painted = torch.from_numpy(shapes)[:, None].float()
    condition = torch.zeros(len(shapes), 6, 32, 32)
    condition[:, 0] = 1 - torch.from_numpy(outlines)  # ink is 0, as on paper
    condition[:, 1] = 1  # no screentone anywhere
    paper = PAPERS[torch.from_numpy(digits.labels)][:, :, None, None]
    paint = PAINTS[torch.randint(len(PAINTS), (len(shapes),))][:, :, None, None]
    return Drawings(condition, paint * painted + paper * (1 - painted), painted)


def train_to_colour(drawings: Drawings, steps: int, l1: float, gan: float, batch: int = 32) -> Pix2PixGenerator:
    """Train mangacolor's pix2pix generator with `l1` x L1 + `gan` x adversarial loss."""
    unet = GeneratorConfig(kind="pix2pix", channels=(32, 64, 96, 96, 96), dropout=0.5)
    patches = DiscriminatorConfig(channels=(24, 48), normalization="spectral")  # each verdict sees 16 x 16 pixels
    generator, discriminator = Pix2PixGenerator(unet), PatchDiscriminator(patches)
    generator_adam = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=BETAS)
    discriminator_adam = torch.optim.Adam(discriminator.parameters(), lr=5e-4, betas=BETAS)
    for _ in range(steps):
        condition, colour, _ = drawings.take(torch.randint(len(drawings.condition), (batch,)))
        ink = condition[:, :1]
        real_page = colour * ink
        fake_page = generator(condition).colour * ink  # colour x ink: the painter's model
        loss = l1 * functional.l1_loss(fake_page, real_page)
        if gan:
            real_logits = discriminator(condition, real_page).logits
            fake_logits = discriminator(condition, fake_page.detach()).logits
            take_step(discriminator_adam, discriminator_loss(real_logits, fake_logits, "vanilla"))
            loss = loss + gan * generator_loss(discriminator(condition, fake_page).logits, "vanilla")
        take_step(generator_adam, loss)
    return generator


def colour_drawings(generator: Pix2PixGenerator, drawings: Drawings) -> Tensor:
    """Colour drawings, as in the paper with dropout at work: it is the chance in the generator."""
    with torch.no_grad():
        return generator(drawings.condition).colour


def mean_colour(colour: Tensor, where: Tensor) -> Tensor:
    """Return the mean colour (N, 3) of pictures (N, 3, h, w) where a mask (N, 1, h, w) is 1."""
    return (colour * where).sum(dim=(2, 3)) / where.sum(dim=(2, 3)).clamp_min(1)


def measure(colour: Tensor, truth: Drawings) -> tuple[float, float]:
    """Return how far the paper is from the right colour, and the share of digits in one of the three paints.

    The first asks for what can be known. The second asks for a decision where nothing can be known: any of the three
    paints is right, a mixture of them is not.
    """
    unpainted = truth.condition[:, :1] * (1 - truth.painted)
    paper_error = (mean_colour(colour, unpainted) - mean_colour(truth.colour, unpainted)).abs().mean()
    distance = torch.cdist(mean_colour(colour, truth.painted), PAINTS).amin(dim=1)
    return float(paper_error), float((distance < 0.25).float().mean())


def compare_losses(drawings: Drawings, steps: int, out: Path) -> None:
    """Train with L1 alone, GAN alone and both, and show what each does to drawings none has seen."""
    unseen, seen = drawings.take(slice(300)), drawings.take(slice(300, None))
    rows = {"drawing": unseen.condition[:, :1].expand(-1, 3, -1, -1)}
    coloured = {}
    for name, l1, gan in (("L1 alone", L1_WEIGHT, 0.0), ("GAN alone", 0.0, 1.0), ("L1 + GAN", L1_WEIGHT, 1.0)):
        coloured[name] = colour_drawings(train_to_colour(seen, steps, l1, gan), unseen)
    coloured["truth"] = unseen.colour
    for name, colour in coloured.items():
        paper_error, decided = measure(colour, unseen)
        print(f"{name}: paper off by {paper_error:.3f}, {decided:.0%} of the digits in one of the three paints")
        rows[name] = colour * unseen.condition[:, :1]
    show_pages(rows, out / "4_pix2pix.png")
    show_paints({name: mean_colour(colour, unseen.painted) for name, colour in coloured.items()}, out / "4_paints.png")


def show_pages(rows: dict[str, Tensor], path: Path, count: int = 12) -> None:
    """Write a sheet with one named row for each tensor of pictures (N, 3, 32, 32)."""
    framed = [functional.pad(row[:count], [1] * 4, value=1.0) for row in rows.values()]
    sheet = torch.cat([torch.cat(list(row), dim=2) for row in framed], dim=1)
    figure, axis = plt.subplots(figsize=(10, 4.2), layout="constrained")
    axis.imshow(sheet.permute(1, 2, 0).clamp(0, 1).numpy(), interpolation="nearest")
    axis.set_yticks([17 + 34 * row for row in range(len(rows))], rows)
    axis.set_xticks([])
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    save(figure, path)


def show_paints(paints: dict[str, Tensor], path: Path) -> None:
    """Plot the colour (N, 3) each digit was painted in, in the plane of OKLab: grey in the middle, vivid outside."""
    figure, axes = plt.subplots(1, len(paints), figsize=(11, 3.2), sharex=True, sharey=True, layout="constrained")
    for axis, (name, colours) in zip(axes, paints.items(), strict=True):
        lab = oklab_from_srgb(colours.numpy())
        axis.scatter(lab[:, 1], lab[:, 2], c=colours.clamp(0, 1).numpy(), s=14, edgecolors="0.4", linewidths=0.3)
        axis.plot(*oklab_from_srgb(PAINTS.numpy())[:, 1:].T, "o", ms=16, mfc="none", mec="k")
        axis.set(title=name, xlabel="green to red", xlim=(-0.25, 0.3), ylim=(-0.3, 0.25))
        axis.axhline(0, color="0.8", lw=0.5, zorder=0)
        axis.axvline(0, color="0.8", lw=0.5, zorder=0)
    axes[0].set_ylabel("blue to yellow")
    save(figure, path)


def save(figure: plt.Figure, path: Path) -> None:
    """Write a figure and say so."""
    figure.savefig(path, dpi=110)
    plt.close(figure)
    print(path)


def main(argv: list[str] | None = None) -> None:
    """Run both halves of the lesson."""
    arguments = lesson_arguments(__doc__, argv)
    torch.manual_seed(arguments.seed)
    digits = load_digits(arguments.mnist, arguments.seed)
    label_steps, colour_steps, reader_steps = (5, 2, 20) if arguments.quick else (2500, 500, 850)
    reader = train_reader(digits, reader_steps)
    digits_on_demand(train_on_labels(digits, label_steps), reader, arguments.out / "4_digits_on_demand.png")
    compare_losses(outline_and_colour(digits), colour_steps, arguments.out)


if __name__ == "__main__":
    main()
