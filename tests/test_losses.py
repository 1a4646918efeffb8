"""Each loss against numbers worked out by hand or by another implementation."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from mangacolor.config import PRESETS
from mangacolor.image.color import chroma_bins, oklab_from_srgb
from mangacolor.training import losses

KINDS = ("hinge", "vanilla")
REAL = torch.tensor([[2.0, 0.5], [-1.0, 1.0]])
FAKE = torch.tensor([[-2.0, 0.5], [0.0, -1.0]])
BINS = torch.from_numpy(chroma_bins())


def pages(seed=0, n=2, h=16, w=24, low=0.15):
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.uniform(low, 1, (n, 3, h, w)).astype(np.float32))


def test_pix2pix_weighs_l1_as_the_paper_does():
    """Oracle: Isola et al. (2017), 100 times the L1 of pages in [-1, 1]; ours lie in [0, 1]."""
    page, target = pages(0), pages(1)
    paper = 100 * functional.l1_loss(2 * page - 1, 2 * target - 1)
    painted = losses.Painted(page, target, torch.ones(2, 1, 16, 24), page, None, None, None)
    terms = losses.colour_terms(painted, PRESETS["pix2pix"].loss)
    assert terms.keys() == {"rgb"}
    assert terms["rgb"].item() == pytest.approx(paper.item())


# The two games


def test_hinge_by_hand():
    """Real: max(0, 1 - x) = 0, .5, 2, 0, mean .625. Fake: max(0, 1 + x) = 0, 1.5, 1, 0, mean .625."""
    assert losses.discriminator_loss(REAL, FAKE, "hinge").item() == pytest.approx(1.25)
    assert losses.generator_loss(FAKE, "hinge").item() == pytest.approx(0.625)


def test_vanilla_is_binary_cross_entropy():
    """Oracle: torch's own binary cross-entropy with targets 1 and 0; the discriminator's is halved as in pix2pix."""
    bce = functional.binary_cross_entropy_with_logits
    expected = (bce(REAL, torch.ones_like(REAL)) + bce(FAKE, torch.zeros_like(FAKE))) / 2
    torch.testing.assert_close(losses.discriminator_loss(REAL, FAKE, "vanilla"), expected)
    torch.testing.assert_close(losses.generator_loss(FAKE, "vanilla"), bce(FAKE, torch.ones_like(FAKE)))


@pytest.mark.parametrize("kind", KINDS)
def test_the_players_pull_in_opposite_directions(kind):
    """Invariant: the discriminator pushes real logits up and fake ones down, the generator fake ones up."""
    real, fake = torch.zeros(4, requires_grad=True), torch.zeros(4, requires_grad=True)
    losses.discriminator_loss(real, fake, kind).backward()
    assert (real.grad < 0).all()
    assert (fake.grad >= 0).all()
    fake.grad = None
    losses.generator_loss(fake, kind).backward()
    assert (fake.grad < 0).all()


def test_feature_matching_is_the_mean_of_layer_means():
    """Hand-computed: layers of different size weigh the same; the real side is a constant."""
    real = [torch.zeros(1, 1, 2, 2, requires_grad=True), torch.zeros(1, 8, 4, 4)]
    fake = [torch.full((1, 1, 2, 2), 3.0, requires_grad=True), torch.ones(1, 8, 4, 4)]
    loss = losses.feature_matching(real, fake)
    assert loss.item() == pytest.approx((3 + 1) / 2)
    loss.backward()
    assert real[0].grad is None
    assert fake[0].grad.sum() == pytest.approx(0.5)


# Colour


def numpy_distance(page, target):
    """The docstring of `oklab_distance`, in numpy on channels-last float64."""
    page_lab, target_lab = (oklab_from_srgb(x.permute(0, 2, 3, 1).numpy()).astype(np.float64) for x in (page, target))
    chroma = np.sqrt((target_lab[..., 1:] ** 2).sum(axis=-1, keepdims=True))
    weight = np.minimum(1 + 4 * chroma / 0.15, 6)
    difference = np.abs(page_lab - target_lab)

    def means(lab):
        n, h, w, c = lab.shape
        return lab.reshape(n, h // 8, 8, w // 8, 8, c).mean(axis=(2, 4))

    blurred = np.abs(means(page_lab) - means(target_lab)).mean()
    return difference[..., 0].mean() + 2 * (difference[..., 1:] * weight).mean() + blurred


def test_oklab_distance_is_what_its_docstring_says():
    """Oracle: the same formula in numpy, through `color.oklab_from_srgb`."""
    page, target = pages(0), pages(1)
    assert losses.oklab_distance(page, target).item() == pytest.approx(numpy_distance(page, target), rel=1e-4)
    assert losses.oklab_distance(target, target).item() == 0


def test_chroma_error_costs_more_on_saturated_targets():
    """Contract: the same step in chroma counts up to six times where the target is saturated."""
    grey, red = torch.full((1, 3, 8, 8), 0.5), torch.tensor([0.9, 0.1, 0.1])[:, None, None].expand(1, 3, 8, 8)
    assert losses.oklab_distance(grey, red) > 2 * losses.oklab_distance(red, grey)


@pytest.mark.parametrize("level", [0.0, -0.02, 1e-6, 1.0, 1.02])
def test_colour_losses_have_finite_gradients_at_the_ends(level):
    """Invariant: the cube root has an infinite slope at black; no gradient may be infinite or NaN there."""
    page = torch.full((1, 3, 8, 8), level, requires_grad=True)
    loss = losses.oklab_distance(page, pages(2, 1, 8, 8))
    loss.backward()
    assert loss.isfinite()
    assert page.grad.isfinite().all()


def test_gradient_moves_a_dark_page_towards_a_light_target():
    """Invariant: finite must not mean absent; making a nearly black page lighter lowers the loss."""
    page = torch.full((1, 3, 8, 8), 0.02, requires_grad=True)
    losses.oklab_distance(page, torch.ones(1, 3, 8, 8)).backward()
    assert page.grad.sum() < 0


def test_blurred_distance_forgives_displacement_within_a_window():
    """Hand-computed: equal means cost nothing; a constant offset costs itself; windows shrink to small pictures."""
    target = torch.zeros(1, 1, 16, 16)
    target[..., 3, 3] = 1
    moved = target.roll((2, 3), dims=(2, 3))
    assert losses.blurred_distance(moved, target) == 0
    assert losses.blurred_distance(target.roll(8, dims=3), target).item() == pytest.approx(2 / 64 / 4)
    assert losses.blurred_distance(target + 0.25, target).item() == pytest.approx(0.25)
    assert losses.blurred_distance(torch.ones(1, 1, 3, 5), torch.zeros(1, 1, 3, 5)).item() == pytest.approx(1)


# Chroma classes


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
def test_chroma_targets_are_distributions_on_the_nearest_bins(seed):
    """Oracle: distances sorted in numpy, Gaussian weights; rows sum to 1, and the nearest bin gets the most."""
    rng = np.random.default_rng(seed)
    rgb = rng.random((6, 3), dtype=np.float32)
    lab = oklab_from_srgb(rgb)
    encoded = losses.chroma_targets(torch.from_numpy(lab).T.reshape(1, 3, 2, 3).contiguous(), BINS)
    neighbours = losses.NEAREST_BINS
    assert encoded.shape == (1, len(BINS), 2, 3)
    rows = encoded[0].flatten(1).T.numpy()
    np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-5)
    for row, colour in zip(rows, lab, strict=True):
        distance = np.linalg.norm(chroma_bins().astype(np.float64) - colour[1:], axis=1)
        nearest = np.argsort(distance)[:neighbours]
        weights = np.exp(-(distance[nearest] ** 2) / (2 * 0.03**2))
        expected = np.zeros(len(BINS))
        expected[nearest] = weights / weights.sum()
        cut = np.partition(distance, neighbours - 1)[neighbours - 1 : neighbours + 1]
        if cut[-1] - cut[0] > 1e-4:  # on a tie either bin may be taken
            np.testing.assert_allclose(row, expected, atol=2e-3)
        assert row[nearest[0]] >= row.max() - 1e-5


def test_chroma_cross_entropy_of_equally_rare_bins_is_plain_cross_entropy():
    """Oracle: torch's cross-entropy with soft targets, over the visible places only."""
    even = torch.full((7,), 3.0)
    noise = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 7, 3, 4, generator=noise)
    targets = torch.softmax(torch.randn(2, 7, 3, 4, generator=noise), dim=1)
    everywhere = torch.ones(2, 1, 3, 4)
    torch.testing.assert_close(
        losses.chroma_cross_entropy(logits, targets, even, everywhere), functional.cross_entropy(logits, targets)
    )
    left = everywhere.clone()
    left[..., 2:] = 0
    torch.testing.assert_close(
        losses.chroma_cross_entropy(logits, targets, even, left),
        functional.cross_entropy(logits[..., :2], targets[..., :2]),
    )


def test_chroma_cross_entropy_weighs_saturated_bins_six_to_one():
    """Hand-computed: a neutral and a saturated place, log 2 and 2 log 2 wrong, weights 1 and 6."""
    rarity = losses.saturation_rarity(torch.tensor([[0.0, 0.0], [0.3, 0.0]]))
    targets = torch.eye(2).reshape(1, 2, 1, 2)
    logits = torch.zeros(1, 2, 1, 2)
    logits[0, 0, 0, 1] = math.log(3)  # the saturated place believes 3 : 1 in neutral, so its entropy is log 4
    loss = losses.chroma_cross_entropy(logits, targets, rarity, torch.ones(1, 1, 1, 2))
    assert loss.item() == pytest.approx((math.log(2) + 6 * math.log(4)) / 7)


def test_ink_hides_places_from_the_chroma_classes():
    """Contract: no weight and no gradient under ink; a page that is all ink costs nothing."""
    logits = torch.randn(1, len(BINS), 2, 2, requires_grad=True)
    targets = losses.chroma_targets(losses.oklab(pages(3, 1, 2, 2)), BINS)
    visible = torch.tensor([[[[1.0, 0.0], [0.5, 0.0]]]])
    rarity = losses.saturation_rarity(BINS)
    losses.chroma_cross_entropy(logits, targets, rarity, visible).backward()
    assert not logits.grad[..., 1].any()
    assert logits.grad[..., 0].abs().max() > 0
    assert losses.chroma_cross_entropy(logits, targets, rarity, torch.zeros(1, 1, 2, 2)).item() == 0


# Separation


def planes(seed=0, n=2, h=12, w=10):
    noise = torch.Generator().manual_seed(seed)
    ink, tone = torch.rand(2, n, 1, h, w, generator=noise)
    screened = (torch.rand(n, 1, h, w, generator=noise) > 0.5).float()
    return ink, tone, screened


def test_separation_costs_nothing_at_the_truth():
    """Invariant: but for the cross-entropy, which nears nothing as the logits grow."""
    ink, tone, screened = planes()
    terms = losses.separation_terms(ink, tone, 40 * (2 * screened - 1), ink, tone, screened)
    assert terms.keys() == {"ink", "tone", "flatness", "screened"}
    for name in ("ink", "tone", "flatness"):
        assert terms[name].item() == 0
    assert terms["screened"].item() == pytest.approx(0, abs=1e-6)


def test_separation_terms_by_hand():
    """Hand-computed: ink off by a half, tone off by a step of 0.2 between the halves; logits of 0 and of 2."""
    true_ink, true_tone, screened = torch.ones(1, 1, 2, 4), torch.full((1, 1, 2, 4), 0.5), torch.ones(1, 1, 2, 4)
    tone = true_tone.clone()
    tone[..., 2:] += 0.2
    terms, sure = (
        losses.separation_terms(true_ink - 0.5, tone, torch.full((1, 1, 2, 4), logit), true_ink, true_tone, screened)
        for logit in (0.0, 2.0)
    )
    assert terms["ink"].item() == pytest.approx(0.5 + 2 * 0.25)
    assert terms["tone"].item() == pytest.approx(0.1 * 1.02)
    assert terms["flatness"].item() == pytest.approx(0.2 * 1.02 / 3)
    expected = math.log(2) / math.log(1 + math.exp(-2))
    assert terms["screened"].item() / sure["screened"].item() == pytest.approx(expected, rel=1e-5)


def test_black_ink_over_screentone_counts_more():
    """Contract: the same error costs 1 + INK_OVER_SCREENTONE times as much on a black stroke among dots as anywhere
    else, so that strokes are not given up as dots."""
    black, white = torch.zeros(1, 1, 2, 2), torch.ones(1, 1, 2, 2)

    def cost(true_ink, screened):
        ink = true_ink + 0.5 * (1 - 2 * true_ink)
        return losses.separation_terms(ink, white, screened, true_ink, white, screened)["ink"].item()

    assert cost(white, white) == cost(white, black) == cost(black, black)
    assert cost(black, white) / cost(black, black) == pytest.approx(1 + losses.INK_OVER_SCREENTONE)


def test_false_alarms_cost_more_than_misses():
    """Contract: screentone seen where there is none costs FALSE_ALARMS times as much as as much missed."""
    blank = torch.ones(1, 1, 2, 2)

    def cost(logit, true_screened):
        logits = torch.full_like(blank, logit)
        return losses.separation_terms(blank, blank, logits, blank, blank, true_screened)["screened"].item()

    assert cost(3.0, 0 * blank) / cost(-3.0, blank) == pytest.approx(losses.FALSE_ALARMS)


def test_tone_hardly_counts_under_black_ink():
    """Contract: the same error costs 51 times as much on bare paper, so that nothing is guessed at a price."""
    _, tone, screened = planes()
    black, none = torch.zeros_like(tone), torch.ones_like(tone)

    def cost(ink, name):
        return losses.separation_terms(ink, 1 - tone, screened, ink, tone, screened)[name].item()

    for name in ("tone", "flatness"):
        assert cost(black, name) > 0
        assert cost(none, name) / cost(black, name) == pytest.approx(51, rel=1e-3)


@pytest.mark.parametrize("level", [-0.02, 0.0, 1.0, 1.02])
@pytest.mark.parametrize("logit", [-200.0, 0.0, 200.0])
def test_separation_gradients_are_finite(level, logit):
    """Invariant: at both ends of the headroom, however sure the separator is of screentone."""
    truth = planes(1)
    guess = [torch.full_like(truth[0], value).requires_grad_() for value in (level, level, logit)]
    torch.stack(list(losses.separation_terms(*guess, *truth).values())).sum().backward()
    for plane in guess:
        assert plane.grad.isfinite().all()
        assert plane.grad.any() or plane is guess[2]
