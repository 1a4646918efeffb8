"""Lesson 3: a generative adversarial network that draws digits.

    python examples/3_a_gan_on_digits.py

What you learn: the game of lesson 2 with pictures. The generator turns 64 random numbers into 784 pixels, the
discriminator returns the probability that a picture is real, and two Adam optimisers take turns. Then we ask what one
should ask of every generative model: are the digits legible to somebody else, does it draw all ten, has it only learnt
the training pictures by heart, and do its seeds make a space one can walk in?

The networks are a small DCGAN (Radford et al. 2015). Plots: 3_samples_over_time, 3_digits, 3_nearest_neighbours,
3_walks_between_seeds, 3_losses. Six minutes on two cores of a laptop.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from digits import Reader, lesson_arguments, load_digits, train_reader
from matplotlib import pyplot as plt
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, update_bn

plt.switch_backend("Agg")  # draws into files; needs no window

SEED_SIZE = 64
BATCH = 64
AVERAGING = 0.995
"""The generator we show is a running average of the one that plays: the game swings, the average does not."""


class Generator(nn.Module):
    """From a seed (N, 64) to pictures (N, 1, 28, 28): 7 x 7 places of many features, doubled in size twice."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(SEED_SIZE, 64 * 7 * 7, bias=False),
            nn.Unflatten(1, (64, 7, 7)), nn.BatchNorm2d(64), nn.ReLU(),
            nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
            nn.ConvTranspose2d(32, 1, 4, stride=2, padding=1), nn.Sigmoid(),
        )  # fmt: skip

    def forward(self, seeds: Tensor) -> Tensor:
        """Draw one picture for each seed."""
        return self.layers(seeds)


class Discriminator(nn.Module):
    """The generator's mirror image: from pictures (N, 1, 28, 28) to one logit each.

    Spectral norm (Miyato et al. 2018) bounds how steep it can be, so that the generator always has a slope to climb.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            spectral_norm(nn.Conv2d(1, 32, 4, stride=2, padding=1)), nn.LeakyReLU(0.2),
            spectral_norm(nn.Conv2d(32, 64, 4, stride=2, padding=1)), nn.LeakyReLU(0.2),
            nn.Flatten(), spectral_norm(nn.Linear(64 * 7 * 7, 1)),
        )  # fmt: skip

    def forward(self, pictures: Tensor) -> Tensor:
        """Return logits (N, 1); their sigmoid is the probability of being real."""
        return self.layers(pictures)


class Journal(NamedTuple):
    """What happened in the game: losses and mean verdicts of each step, and sheets of samples in between."""

    losses: list[tuple[float, float]]
    verdicts: list[tuple[float, float]]
    sheets: dict[int, Tensor]


def train(real_pictures: Tensor, steps: int) -> tuple[Generator, Journal]:
    """Play the game on pictures (N, 1, 28, 28), and return the averaged generator and what happened."""
    generator, discriminator = Generator(), Discriminator()
    average = AveragedModel(generator, multi_avg_fn=get_ema_multi_avg_fn(AVERAGING))
    generator_adam = torch.optim.Adam(generator.parameters(), lr=5e-4, betas=(0.5, 0.999))
    discriminator_adam = torch.optim.Adam(discriminator.parameters(), lr=5e-4, betas=(0.5, 0.999))
    journal = Journal([], [], {})
    shown_seeds = torch.randn(12, SEED_SIZE)
    shown_steps = {round(steps * share) for share in (0, 0.02, 0.05, 0.1, 0.25, 0.5, 1)}
    start = time.monotonic()
    for step in range(steps + 1):
        if step in shown_steps:
            journal.sheets[step] = draw(average, shown_seeds)

        # Discriminator: real pictures are real (-log D), generated ones are not (-log(1 - D)).
        real = real_pictures[torch.randint(len(real_pictures), (BATCH,))]
        fake = generator(torch.randn(BATCH, SEED_SIZE))
        real_logits, fake_logits = discriminator(real), discriminator(fake.detach())
        discriminator_loss = functional.softplus(-real_logits).mean() + functional.softplus(fake_logits).mean()
        discriminator_adam.zero_grad()
        discriminator_loss.backward()
        discriminator_adam.step()

        # Generator: be taken for real (-log D of what it drew).
        generator_loss = functional.softplus(-discriminator(fake)).mean()
        generator_adam.zero_grad()
        generator_loss.backward()
        generator_adam.step()
        average.update_parameters(generator)

        journal.losses.append((discriminator_loss.item(), generator_loss.item()))
        journal.verdicts.append((real_logits.sigmoid().mean().item(), fake_logits.sigmoid().mean().item()))
        if step and step % 500 == 0:
            on_real, on_fake = journal.verdicts[-1]
            seconds = time.monotonic() - start
            print(f"step {step}, {seconds:.0f} s: D says {on_real:.0%} to real digits, {on_fake:.0%} to generated ones")
    # Batch norm used each batch's own statistics so far. From now on it uses those of 50 batches, whatever we draw.
    update_bn((torch.randn(BATCH, SEED_SIZE) for _ in range(50)), average)
    return average.module.eval(), journal


def draw(generator: nn.Module, seeds: Tensor) -> Tensor:
    """Draw pictures without learning from them; batch norm uses the seeds' own statistics while training goes on."""
    with torch.no_grad():
        return generator(seeds)


def show(path: Path, rows: list[Tensor], names: list[str], title: str) -> None:
    """Write a sheet with one named row for each tensor (N, 1, 28, 28)."""
    picture = torch.cat([torch.cat(list(row[:, 0]), dim=1) for row in rows])
    height, width = picture.shape
    figure, axis = plt.subplots(figsize=(width / 45 + 1.6, height / 45 + 0.5), layout="constrained")
    axis.imshow(picture.numpy(), cmap="gray_r", vmin=0, vmax=1)
    axis.set_yticks([14 + 28 * row for row in range(len(names))], names)
    axis.set(title=title, xticks=[])
    axis.tick_params(length=0)
    figure.savefig(path, dpi=110)
    plt.close(figure)
    print(path)


def show_losses(path: Path, journal: Journal) -> None:
    """Plot losses and verdicts: neither loss falls to zero, for each player's gain is the other's loss."""
    figure, axes = plt.subplots(1, 2, figsize=(11, 3.2), layout="constrained")
    window = max(1, len(journal.losses) // 100)
    for axis, values, names in (
        (axes[0], journal.losses, ("discriminator", "generator")),
        (axes[1], journal.verdicts, ("on real digits", "on generated digits")),
    ):
        smooth = torch.tensor(values).T[:, None]
        curves = functional.avg_pool1d(smooth, window, stride=1)[:, 0]
        for curve, name, colour in zip(curves, names, ("tab:blue", "tab:orange"), strict=True):
            axis.plot(curve.numpy(), color=colour, label=name)
        axis.set_xlabel("step")
        axis.legend()
    axes[0].axhline(2 * np.log(2), color="tab:blue", ls=":", lw=1)
    axes[0].set_title("losses; dotted: the discriminator's, if it could only guess", fontsize=10)
    axes[1].axhline(0.5, color="0.5", ls=":", lw=1)
    axes[1].set_title("what D says: the mean probability of being real", fontsize=10)
    axes[1].set_ylim(0, 1)
    figure.savefig(path, dpi=110)
    plt.close(figure)
    print(path)


def nearest_neighbours(drawn: Tensor, real_pictures: Tensor) -> Tensor:
    """Return the training picture nearest to each drawn one."""
    return real_pictures[torch.cdist(drawn.flatten(1), real_pictures.flatten(1)).argmin(dim=1)]


def walks_between_seeds(generator: Generator, walks: int, steps: int = 12) -> list[Tensor]:
    """Draw the pictures on the way from one seed to another.

    On an arc, not straight through the middle: the middle of two random directions is shorter than any seed it learnt.
    """
    angle = torch.linspace(0, torch.pi / 2, steps)[:, None]
    return [draw(generator, angle.cos() * torch.randn(SEED_SIZE) + angle.sin() * torch.randn(SEED_SIZE))
            for _ in range(walks)]  # fmt: skip


def judge(reader: Reader, drawn: Tensor) -> tuple[Tensor, Tensor]:
    """Print what somebody else reads in the drawn digits, and return it: which digit (N,), and how sure (N,)."""
    with torch.no_grad():
        sure, read = reader(drawn).max(dim=1)
    shares = torch.bincount(read, minlength=10) / len(read)
    print(f"The reader is {sure.mean():.1%} sure of the drawn digits on average.")
    print("Of 100 drawn digits: " + ", ".join(f"{100 * share:.0f} x {digit}" for digit, share in enumerate(shares)))
    return read, sure


def main(argv: list[str] | None = None) -> None:
    """Train, draw and judge."""
    arguments = lesson_arguments(__doc__, argv)
    torch.manual_seed(arguments.seed)
    digits = load_digits(arguments.mnist, arguments.seed)
    real_pictures = torch.from_numpy(digits.pictures)[:, None]
    steps = 10 if arguments.quick else 5000
    generator, journal = train(real_pictures, steps)
    drawn = draw(generator, torch.randn(500, SEED_SIZE))

    out = arguments.out
    moments = [f"step {step}" for step in journal.sheets]
    show(out / "3_samples_over_time.png", list(journal.sheets.values()), moments, "twelve seeds while the game goes on")
    show_losses(out / "3_losses.png", journal)
    show(out / "3_digits.png", list(drawn[:96].split(16)), [""] * 6, "96 drawn digits, not picked")
    nearest = nearest_neighbours(drawn[:14], real_pictures)
    pairs = [drawn[:14], nearest]
    show(out / "3_nearest_neighbours.png", pairs, ["drawn", "nearest\nreal one"], "learnt by heart?")
    show(out / "3_walks_between_seeds.png", walks_between_seeds(generator, 5), [""] * 5, "walks between two seeds")

    judge(train_reader(digits, steps=20 if arguments.quick else 850), drawn)


if __name__ == "__main__":
    main()
