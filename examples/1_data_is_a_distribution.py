"""Lesson 1: data is a distribution.

    python examples/1_data_is_a_distribution.py

What you learn: what it means that samples are *drawn from a distribution*; that a picture is one point in a space with
as many dimensions as it has pixels; that nearly all of this space is noise, and that the digits lie close together on
a thin, folded sheet within it. To generate is to find that sheet and to draw new points on it.

Plots: 1_samples, 1_picture_is_a_point, 1_space_is_noise, 1_map_of_digits. A minute on a laptop.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from digits import SIDE_PX, Digits, lesson_arguments, load_digits
from matplotlib import pyplot as plt
from numpy.typing import NDArray
from scipy.stats import gaussian_kde, norm
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

plt.switch_backend("Agg")  # draws into files; needs no window

Pixels = NDArray[np.float32]
PIXELS = SIDE_PX * SIDE_PX


def density_behind_samples(path: Path, rng: np.random.Generator) -> None:
    """Draw few, more and many numbers from one density: the histogram grows into the curve.

    We only ever see the ticks at the bottom. The curve is what a generator has to find.
    """
    x = np.linspace(-4, 5, 400)
    density = 0.65 * norm.pdf(x, -1, 0.8) + 0.35 * norm.pdf(x, 2, 0.6)
    figure, axes = plt.subplots(1, 3, figsize=(11, 3), sharey=True, layout="constrained")
    for axis, count in zip(axes, (10, 200, 20_000), strict=True):
        left = rng.random(count) < 0.65
        samples = np.where(left, rng.normal(-1, 0.8, count), rng.normal(2, 0.6, count))
        axis.hist(samples, bins=45, range=(-4, 5), density=True, color="tab:blue", alpha=0.4)
        axis.plot(x, density, "k")
        axis.plot(samples[:200], np.full(len(samples[:200]), -0.03), "|", color="tab:blue")
        axis.set(title=f"{count:,} samples", xlabel="x", ylim=(-0.07, 0.75))
    axes[0].set_ylabel("density")
    save(figure, path)


def picture_is_a_point(picture: Pixels, path: Path) -> None:
    """Show one digit as a picture, as a table of numbers, and as the 784 coordinates of a point."""
    figure, axes = plt.subplot_mosaic(
        [["seen", "table"], ["point", "point"]], figsize=(9, 6.5), height_ratios=(4, 1), layout="constrained"
    )
    seen, table, coordinates = axes["seen"], axes["table"], axes["point"]
    seen.imshow(picture, cmap="gray_r")
    seen.set(title="A picture ...", xticks=[], yticks=[])
    table.imshow(picture, cmap="gray_r", alpha=0.35)
    for (row, column), value in np.ndenumerate(picture):
        table.text(column, row, f"{9 * value:.0f}", ha="center", va="center", fontsize=6)
    table.set(title="... is a table of numbers (here 0 to 9) ...", xticks=[], yticks=[])
    coordinates.bar(np.arange(PIXELS), picture.ravel(), width=1.0, color="k")
    coordinates.set(
        title=f"... is one point: its {PIXELS} coordinates, row after row",
        xlim=(0, PIXELS), ylim=(0, 1), xlabel="coordinate", ylabel="value",
    )  # fmt: skip
    save(figure, path)


def draw_points_of_the_space(pixels: Pixels, count: int, rng: np.random.Generator) -> dict[str, Pixels]:
    """Draw points by ever better guesses at the distribution of the digits, and last from the digits themselves."""
    guess = PCA(n_components=min(150, len(pixels))).fit(pixels)
    spread = np.sqrt(guess.explained_variance_)
    own_pixel = pixels[rng.integers(len(pixels), size=(count, PIXELS)), np.arange(PIXELS)]
    return {
        "any value at any pixel": rng.random((count, PIXELS), dtype=np.float32),
        "each pixel as inked as\nit is among digits": own_pixel,
        "one Gaussian fitted\nto all digits": guess.inverse_transform(rng.normal(size=(count, len(spread))) * spread),
        "real digits": pixels[rng.choice(len(pixels), count, replace=False)],
    }


def distance_to_nearest_digit(points: Pixels, pixels: Pixels) -> NDArray[np.float32]:
    """Return how far each point is from the nearest digit that is not the point itself."""
    squared = (points**2).sum(1)[:, None] - 2 * points @ pixels.T + (pixels**2).sum(1)
    distance = np.sqrt(squared.clip(0))
    return np.where(distance < 1e-2, np.inf, distance).min(axis=1)


def space_is_noise(pixels: Pixels, path: Path, rng: np.random.Generator) -> None:
    """Draw points of the space beside digits, and print how far from any digit they are."""
    guesses = draw_points_of_the_space(pixels, 100, rng)
    figure, axes = plt.subplots(len(guesses), 10, figsize=(11, 3.7))
    for row, (name, points) in zip(axes, guesses.items(), strict=True):
        distance = np.median(distance_to_nearest_digit(points, pixels))
        print(f"{name.replace(chr(10), ' ')}: {distance:.1f} from the nearest digit (median)")
        for axis, point in zip(row, points, strict=False):
            axis.imshow(point.reshape(SIDE_PX, SIDE_PX), cmap="gray_r", vmin=0, vmax=1)
            axis.set(xticks=[], yticks=[])
        row[0].set_ylabel(f"{name}\n{distance:.1f} from a digit", rotation=0, ha="right", va="center", fontsize=9)
    figure.subplots_adjust(left=0.2, right=0.99, top=0.98, bottom=0.02, wspace=0.08, hspace=0.08)
    save(figure, path)


def map_digits(digits: Digits, path: Path, count: int, seed: int) -> None:
    """Flatten the 784 dimensions to two, and draw where digits are dense.

    PCA looks at the cloud from the side on which it is widest. t-SNE gives up distances and keeps neighbours, and so
    unfolds the sheet: islands, one for each way of writing a digit.
    """
    pixels, labels = digits.pictures[:count].reshape(-1, PIXELS), digits.labels[:count]
    shares = PCA().fit(pixels).explained_variance_ratio_.cumsum()
    print(f"{np.searchsorted(shares, 0.9) + 1} of {PIXELS} directions hold 90 % of the variance.")
    maps = {
        f"PCA: the widest two directions ({shares[1]:.0%} of the variance)": PCA(2).fit_transform(pixels),
        "t-SNE: neighbours stay neighbours": TSNE(init="pca", random_state=seed).fit_transform(pixels),
    }
    figure, axes = plt.subplots(1, 2, figsize=(12, 6), layout="constrained")
    for axis, (title, places) in zip(axes, maps.items(), strict=True):
        draw_density(axis, places)
        axis.scatter(*places.T, c=labels, cmap="tab10", s=6)
        for digit in range(10):
            middle = np.median(places[labels == digit], axis=0)
            circle = {"boxstyle": "circle,pad=0.15", "fc": "white", "ec": plt.cm.tab10(digit), "lw": 2}
            axis.text(*middle, str(digit), fontsize=16, weight="bold", ha="center", va="center", bbox=circle)
        axis.set(title=title, xticks=[], yticks=[])
    save(figure, path)


def draw_density(axis: plt.Axes, places: NDArray[np.float32]) -> None:
    """Shade where points (N, 2) lie densely, by putting a small Gaussian on each."""
    low, high = places.min(axis=0), places.max(axis=0)
    margin = 0.05 * (high - low)
    x, y = (np.linspace(a, b, 80) for a, b in zip(low - margin, high + margin, strict=True))
    density = gaussian_kde(places.T, 0.12)(np.stack(np.meshgrid(x, y)).reshape(2, -1)).reshape(80, 80)
    axis.contourf(x, y, density, levels=8, cmap="Greys", alpha=0.6)


def save(figure: plt.Figure, path: Path) -> None:
    """Write a figure and say so."""
    figure.savefig(path, dpi=110)
    plt.close(figure)
    print(path)


def main(argv: list[str] | None = None) -> None:
    """Draw the plots of the lesson."""
    arguments = lesson_arguments(__doc__, argv)
    rng = np.random.default_rng(arguments.seed)
    digits = load_digits(arguments.mnist, arguments.seed)
    density_behind_samples(arguments.out / "1_samples.png", rng)
    picture_is_a_point(digits.pictures[0], arguments.out / "1_picture_is_a_point.png")
    space_is_noise(digits.pictures[:10_000].reshape(-1, PIXELS), arguments.out / "1_space_is_noise.png", rng)
    count = 300 if arguments.quick else 3000
    map_digits(digits, arguments.out / "1_map_of_digits.png", count, arguments.seed)


if __name__ == "__main__":
    main()
