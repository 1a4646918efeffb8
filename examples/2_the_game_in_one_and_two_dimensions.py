"""Lesson 2: the game of two networks, small enough to see all of it.

    python examples/2_the_game_in_one_and_two_dimensions.py

What you learn: how a generator learns a distribution it never sees, from a discriminator alone; how close the learnt
discriminator comes to the best one there is, p / (p + q); how the game fails (mode collapse), and what cures it.

In one and two dimensions the density of the data p is ours to choose, the density of the generator q can be estimated,
and the discriminator is a curve or a field that can be drawn. With pictures none of this is possible.

Plots: 2_one_dimension.gif, 2_two_dimensions.gif, 2_mode_collapse.png. Three minutes on a laptop.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from digits import lesson_arguments
from matplotlib import pyplot as plt
from numpy.typing import NDArray
from PIL import Image
from scipy.stats import gaussian_kde
from torch import Tensor, nn
from torch.nn import functional

plt.switch_backend("Agg")  # draws into files; needs no window

BATCH = 128
NOISE = 2
"""How many random numbers the generator starts from."""


class Mixture(NamedTuple):
    """The data: equally many points around each centre (K, D), normally distributed with deviation sigma."""

    centres: Tensor
    sigma: float

    def sample(self, count: int) -> Tensor:
        """Draw points (count, D)."""
        centres = self.centres[torch.randint(len(self.centres), (count,))]
        return centres + self.sigma * torch.randn_like(centres)

    def density(self, points: Tensor) -> Tensor:
        """Return p at points (N, D)."""
        dimensions = self.centres.shape[1]
        squared = torch.cdist(points, self.centres).square() / self.sigma**2
        return torch.exp(-squared / 2).mean(dim=1) / (self.sigma * math.sqrt(2 * math.pi)) ** dimensions


class Game(NamedTuple):
    """The rules of one game.

    Attributes:
        generator_rate: Learning rate of the generator.
        discriminator_rate: Learning rate of the discriminator.
        pack: How many points the discriminator judges together (Lin et al. 2018): it can see that all are alike.
        r1: Weight of the penalty on the discriminator's slope at real points (Mescheder et al. 2018).
    """

    generator_rate: float = 1e-3
    discriminator_rate: float = 1e-3
    pack: int = 1
    r1: float = 0.0


ON_A_LINE = Mixture(torch.tensor([[-2.0], [0.0], [2.5]]), 0.35)
EIGHTHS = torch.arange(8) * math.pi / 4
ON_A_RING = Mixture(2 * torch.stack([EIGHTHS.cos(), EIGHTHS.sin()], dim=1), 0.1)
GAMES = {
    "the discriminator learns\n10 times slower": Game(discriminator_rate=1e-4),
    "same, with R1 penalty 0.1": Game(discriminator_rate=1e-4, r1=0.1),
    "same, judging 4 at a time": Game(discriminator_rate=1e-4, pack=4),
    "both learn equally fast": Game(),
}


def perceptron(inputs: int, outputs: int, width: int = 64) -> nn.Sequential:
    """Return a network of three layers: enough for either player."""
    return nn.Sequential(
        nn.Linear(inputs, width), nn.LeakyReLU(0.2),
        nn.Linear(width, width), nn.LeakyReLU(0.2),
        nn.Linear(width, outputs),
    )  # fmt: skip


Watcher = Callable[[int, nn.Module, nn.Module], None]


def play(data: Mixture, game: Game, steps: int, watch: Watcher, every: int) -> None:
    """Let the two networks play, calling `watch(step, generator, discriminator)` now and then."""
    dimensions = data.centres.shape[1]
    generator = perceptron(NOISE, dimensions)
    discriminator = perceptron(game.pack * dimensions, 1)
    generator_adam = torch.optim.Adam(generator.parameters(), game.generator_rate, betas=(0.5, 0.999))
    discriminator_adam = torch.optim.Adam(discriminator.parameters(), game.discriminator_rate, betas=(0.5, 0.999))

    def generate() -> Tensor:
        return generator(torch.randn(BATCH * game.pack, NOISE)).reshape(BATCH, -1)

    for step in range(steps + 1):
        if step % every == 0:
            with torch.no_grad():
                watch(step, generator, discriminator)

        # The discriminator's move: D = sigmoid(logit) should be 1 on data and 0 on what the generator makes.
        # softplus(-logit) is -log D, softplus(logit) is -log(1 - D).
        real = data.sample(BATCH * game.pack).reshape(BATCH, -1).requires_grad_()
        fake = generate().detach()  # the generator holds still meanwhile
        real_logits = discriminator(real)
        loss = functional.softplus(-real_logits).mean() + functional.softplus(discriminator(fake)).mean()
        if game.r1:
            (slope,) = torch.autograd.grad(real_logits.sum(), real, create_graph=True)
            loss = loss + game.r1 / 2 * slope.square().sum(dim=1).mean()
        discriminator_adam.zero_grad()
        loss.backward()
        discriminator_adam.step()

        # The generator's move: make the discriminator say 1. This is all it ever hears of the data.
        loss = functional.softplus(-discriminator(generate())).mean()
        generator_adam.zero_grad()
        loss.backward()
        generator_adam.step()


def optimal_discriminator(p: NDArray[np.float64], q: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the best answer to "is this point data?", where p and q are the densities of data and generator.

    Where neither ever puts a point, any answer is as good: those places are left out (NaN).
    """
    return np.where(p + q > 1e-3, p / np.maximum(p + q, 1e-3), np.nan)


def densities(data: Mixture, generated: Tensor, points: Tensor) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return p, known, and q, estimated by a small Gaussian on each generated point, at points (N, D)."""
    estimate = gaussian_kde(generated.numpy().T, 0.1)
    return data.density(points).double().numpy(), estimate(points.numpy().T)


def film_of_one_dimension(path: Path, steps: int, frames: int) -> None:
    """Film both densities, the discriminator's curve and the best one."""
    x = torch.linspace(-4.5, 5, 300)[:, None]
    seeds = torch.randn(2000, NOISE)
    film = []

    def watch(step: int, generator: nn.Module, discriminator: nn.Module) -> None:
        generated = generator(seeds)
        p, q = densities(ON_A_LINE, generated, x)
        figure, axis = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
        axis.fill_between(x[:, 0], p, color="0.8", label="data p")
        axis.plot(x, q, color="tab:orange", lw=2, label="generator q")
        axis.plot(x, discriminator(x).sigmoid(), color="tab:blue", lw=2, label="discriminator D")
        axis.plot(x, optimal_discriminator(p, q), "--", color="tab:blue", lw=1, label="best D = p / (p + q)")
        axis.plot(generated[:150, 0], np.full(150, -0.05), "|", color="tab:orange")
        axis.axhline(0.5, color="0.6", lw=0.5)
        axis.set(title=f"step {step}", xlabel="x", xlim=(-4.5, 5), ylim=(-0.1, 1.2))
        axis.legend(loc="upper center", ncols=4, fontsize=8, columnspacing=1.2)
        film.append(photograph(figure))
        if step == steps:
            use = p + q > 0.05
            gap = np.abs(discriminator(x).sigmoid()[:, 0].numpy() - optimal_discriminator(p, q))[use].mean()
            print(f"1-D: after {steps} steps D is {gap:.3f} from p / (p + q) on average.")

    # Theory assumes a perfect discriminator, so this one learns ten times as fast as the generator.
    play(ON_A_LINE, Game(generator_rate=5e-4, discriminator_rate=5e-3), steps, watch, steps // frames)
    save_film(film, path)


def film_of_two_dimensions(path: Path, steps: int, frames: int) -> None:
    """Film the discriminator's field beside the best one, with the points of both players."""
    across = torch.linspace(-3, 3, 61)
    grid = torch.cartesian_prod(across, across)
    seeds = torch.randn(1500, NOISE)
    film = []

    def watch(step: int, generator: nn.Module, discriminator: nn.Module) -> None:
        generated, real = generator(seeds), ON_A_RING.sample(300)
        learnt = discriminator(grid).sigmoid()[:, 0].numpy()
        best = optimal_discriminator(*densities(ON_A_RING, generated, grid))
        figure, axes = plt.subplots(1, 2, figsize=(7.4, 3.9), layout="constrained")
        for axis, field, title in zip(axes, (learnt, best), ("D as learnt", "best D = p / (p + q)"), strict=True):
            levels = axis.contourf(across, across, field.reshape(61, 61).T, np.linspace(0, 1, 11), cmap="RdBu")
            axis.plot(*real.T, ".", color="k", ms=2, label="data")
            axis.plot(*generated[:300].T, ".", color="yellow", ms=4, mec="0.3", mew=0.3, label="generated")
            axis.set(title=title, xticks=[], yticks=[], xlim=(-3, 3), ylim=(-3, 3), aspect="equal")
        axes[0].legend(loc="upper center", bbox_to_anchor=(0.5, 0), ncols=2, fontsize=8, frameon=False)
        figure.colorbar(levels, ax=axes, shrink=0.8, ticks=[0, 0.5, 1], label="probability of being data")
        figure.suptitle(f"step {step}", fontsize=10)
        film.append(photograph(figure))

    play(ON_A_RING, Game(), steps, watch, steps // frames)
    save_film(film, path)


def modes_covered(data: Mixture, points: Tensor) -> tuple[int, float]:
    """Count the centres that the generator serves, and the share of its points that are good.

    A point is good within three sigma of a centre. A centre is served if it gets at least a quarter of its fair share.
    """
    distance, nearest = torch.cdist(points, data.centres).min(dim=1)
    good = distance < 3 * data.sigma
    count = torch.bincount(nearest[good], minlength=len(data.centres))
    return int((count >= len(points) / len(data.centres) / 4).sum()), float(good.float().mean())


def mode_collapse_and_cures(path: Path, steps: int, seed: int) -> None:
    """Play the same game by four rules, and draw and count what each generator covers over time."""
    moments = 5
    figure, axes = plt.subplots(len(GAMES), moments, figsize=(11, 9), layout="constrained")
    for row, (name, game) in zip(axes, GAMES.items(), strict=True):
        torch.manual_seed(seed)
        seen = iter(row)

        def watch(step: int, generator: nn.Module, _: nn.Module, seen: iter = seen, name: str = name) -> None:
            if step == 0:
                return
            points = generator(torch.randn(2000, NOISE))
            modes, good = modes_covered(ON_A_RING, points)
            axis = next(seen)
            axis.plot(*ON_A_RING.centres.T, "o", color="0.8", ms=14)
            axis.plot(*points[:500].T, ".", color="tab:orange", ms=2)
            axis.set(xticks=[], yticks=[], xlim=(-3, 3), ylim=(-3, 3), aspect="equal")
            axis.set_title(f"step {step}: {modes} of 8, {good:.0%} good", fontsize=9)
            if step == steps:
                print(f"{name.replace(chr(10), ' ')}: {modes} of 8 modes, {good:.0%} of the points good")

        play(ON_A_RING, game, steps, watch, steps // moments)
        row[0].set_ylabel(name)
    figure.savefig(path, dpi=110)
    plt.close(figure)
    print(path)


def photograph(figure: plt.Figure) -> Image.Image:
    """Turn a figure into one frame of a film."""
    figure.canvas.draw()
    frame = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())[..., :3])
    plt.close(figure)
    return frame


def save_film(frames: list[Image.Image], path: Path) -> None:
    """Write frames as a GIF that rests on the last one."""
    small = [frame.quantize(64, dither=Image.Dither.NONE) for frame in frames]
    small[0].save(path, save_all=True, append_images=small[1:], duration=[120] * (len(small) - 1) + [2500], loop=0)
    print(path)


def main(argv: list[str] | None = None) -> None:
    """Play the games and draw them."""
    arguments = lesson_arguments(__doc__, argv)
    torch.manual_seed(arguments.seed)
    steps, frames = (20, 2) if arguments.quick else (2000, 40)
    film_of_one_dimension(arguments.out / "2_one_dimension.gif", steps, frames)
    film_of_two_dimensions(arguments.out / "2_two_dimensions.gif", 2 * steps, frames)
    mode_collapse_and_cures(arguments.out / "2_mode_collapse.png", 2 * steps, arguments.seed)


if __name__ == "__main__":
    main()
