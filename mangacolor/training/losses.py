"""The losses, as functions of tensors; each names its paper and returns a scalar mean.

COLOUR_TERMS, at the end, has those that a weight of `LossConfig` switches on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from mangacolor.config import AdversarialKind, LossConfig
from mangacolor.image.color import LMS_FROM_LINEAR, OKLAB_FROM_LMS, chroma_bins

CHROMA_UNIT = 0.15
"""OKLab chroma of a well saturated colour."""

MOST_RARITY = 6.0

FORGIVEN_PX = 8
"""Side of the windows whose means are compared: what is displaced within one costs nothing."""

NEAREST_BINS, BIN_SIGMA = 5, 0.03
"""How many bins share the chroma of a pixel, and the width of the Gaussian that shares it, in OKLab units: about a bin.
"""

DARKEST = 1e-4
"""Cone response below which OKLab is cut off: its cube root has an infinite slope at black."""


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor, kind: AdversarialKind) -> Tensor:
    """Loss of the discriminator on logits of real and of generated pages.

    `hinge`: Lim & Ye, "Geometric GAN" (2017).
    `vanilla`: Goodfellow et al. (2014), halved as in pix2pix so that it learns slower.
    """
    if kind == "hinge":
        return functional.relu(1 - real_logits).mean() + functional.relu(1 + fake_logits).mean()
    return (functional.softplus(-real_logits).mean() + functional.softplus(fake_logits).mean()) / 2


def generator_loss(fake_logits: Tensor, kind: AdversarialKind) -> Tensor:
    """Adversarial loss of the generator, in the same games; `vanilla` is the non-saturating form."""
    if kind == "hinge":
        return -fake_logits.mean()
    return functional.softplus(-fake_logits).mean()


def feature_matching(real_features: list[Tensor], fake_features: list[Tensor]) -> Tensor:
    """Mean L1 between discriminator features of real and generated pages (Wang et al., pix2pixHD, 2018)."""
    distances = [
        functional.l1_loss(fake, real.detach()) for real, fake in zip(real_features, fake_features, strict=True)
    ]
    return torch.stack(distances).mean()


def oklab(rgb: Tensor) -> Tensor:
    """Convert (N, 3, h, w) sRGB to OKLab (Ottosson 2020), with a finite gradient at black.

    Agrees with `color.oklab_from_srgb` but for colours so dark that they cannot be seen.
    """
    linear = torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb.clamp_min(0.04) + 0.055) / 1.055) ** 2.4)
    to_cone = torch.as_tensor(LMS_FROM_LINEAR, device=rgb.device)[:, :, None, None]
    to_lab = torch.as_tensor(OKLAB_FROM_LMS, device=rgb.device)[:, :, None, None]
    cone = functional.conv2d(linear, to_cone).clamp_min(DARKEST)
    return functional.conv2d(cone.pow(1 / 3), to_lab)


def oklab_distance(page: Tensor, target: Tensor) -> Tensor:
    """L1 in OKLab with chroma weighed up, plus the L1 of 8 x 8 means.

    Plain RGB L1 learns brown: a timid mean costs it little. Here an error in chroma counts double,
    and up to six times that where the target is saturated; the means see colour that is right but
    a few pixels off.

    Args:
        page: (N, 3, h, w) generated page, sRGB.
        target: The page it should be.
    """
    page_lab, target_lab = oklab(page), oklab(target)
    chroma = target_lab[:, 1:].norm(dim=1, keepdim=True)
    weight = (1 + 4 * chroma / CHROMA_UNIT).clamp(max=6)
    difference = (page_lab - target_lab).abs()
    of_lightness, of_chroma = difference[:, :1].mean(), (difference[:, 1:] * weight).mean()
    total: Tensor = of_lightness + 2 * of_chroma + blurred_distance(page_lab, target_lab)
    return total


def blurred_distance(page: Tensor, target: Tensor) -> Tensor:
    """L1 between means over windows of `FORGIVEN_PX`; forgives small displacements."""
    window = min(FORGIVEN_PX, *page.shape[-2:])
    return functional.l1_loss(functional.avg_pool2d(page, window), functional.avg_pool2d(target, window))


def chroma_targets(target_lab: Tensor, bins: Tensor) -> Tensor:
    """Soft-encode chroma on its nearest bins (Zhang et al. 2016, section 2.2).

    Args:
        target_lab: (N, 3, h, w) OKLab colours.
        bins: (B, 2) bin centres, from `color.chroma_bins`.

    Returns:
        (N, B, h, w) distributions over the bins.
    """
    chroma = target_lab[:, 1:].permute(0, 2, 3, 1).reshape(-1, 2)
    distance = torch.cdist(chroma, bins)
    near, index = distance.topk(NEAREST_BINS, dim=1, largest=False)
    share = torch.softmax(-(near**2) / (2 * BIN_SIGMA**2), dim=1)
    encoded = torch.zeros_like(distance).scatter_(1, index, share)
    n, _, h, w = target_lab.shape
    return encoded.reshape(n, h, w, -1).permute(0, 3, 1, 2)


def chroma_cross_entropy(logits: Tensor, targets: Tensor, rarity: Tensor, visible: Tensor) -> Tensor:
    """Cross-entropy over chroma bins, rarer colours weighing more, where no ink hides them.

    Args:
        logits: (N, B, h, w) of the chroma head.
        targets: (N, B, h, w) from `chroma_targets`.
        rarity: (B,) weight of each bin, from `saturation_rarity`.
        visible: (N, 1, h, w) weight of each place, 0 under ink.
    """
    weight = torch.einsum("nbhw,b->nhw", targets, rarity) * visible[:, 0]
    entropy = -(targets * functional.log_softmax(logits.float(), dim=1)).sum(dim=1)
    return (entropy * weight).sum() / weight.sum().clamp_min(1e-6)


def kept_colours(logits: Tensor, known: Tensor, visible: Tensor) -> Tensor:
    """Divergence from the chances of colours that a teacher gives, where no ink hides them.

    It lets a network learn something new and keep what it knew (Li & Hoiem, "Learning without Forgetting", 2016).

    Args:
        logits: (N, B, h, w) of the chroma head.
        known: (N, B, h, w) logits of the teacher's.
        visible: (N, 1, h, w) weight of each place, 0 under ink.
    """
    ours, theirs = (functional.log_softmax(each.float(), dim=1) for each in (logits, known))
    divergence = functional.kl_div(ours, theirs, reduction="none", log_target=True).sum(dim=1)
    return (divergence * visible[:, 0]).sum() / visible.sum().clamp_min(1e-6)


LEAST_KNOWN = 1e-3
"""What is known less well is not known at all: the byte that stands for unknown is not quite a half."""


def label_cross_entropy(logits: Tensor, labels: Tensor, visible: Tensor) -> Tensor:
    """Binary cross-entropy of labels, where they are known and no ink hides them.

    Args:
        logits: (N, L, h, w).
        labels: (N, L, h, w): 1 yes, 0 no, 0.5 unknown; what lies between counts less the nearer it is to unknown.
        visible: (N, 1, h, w) weight of each place, 0 under ink.
    """
    known = functional.threshold((2 * labels - 1).square(), LEAST_KNOWN, 0.0) * visible
    entropy = functional.binary_cross_entropy_with_logits(logits.float(), (labels > 0.5).float(), reduction="none")
    return (entropy * known).sum() / known.sum().clamp_min(1e-6)


def saturation_rarity(bins: Tensor) -> Tensor:
    """Weigh chroma bins (B, 2) by their saturation, up to six to one: neutral ones are the common ones."""
    weight: Tensor = (1 + 4 * bins.norm(dim=1) / CHROMA_UNIT).clamp(max=MOST_RARITY)
    return weight


INK_OVER_SCREENTONE = 1.5
"""How much more an error of black ink counts where screentone lies around it."""

FALSE_ALARMS = 2.5
"""How much more it costs to see screentone where there is none than to miss some: hatching that is taken for dots is
lost, dots that are taken for hatching stay in the ink, where they do little harm."""


def separation_terms(
    ink: Tensor, tone: Tensor, screened: Tensor, true_ink: Tensor, true_tone: Tensor, true_screened: Tensor
) -> dict[str, Tensor]:
    """Return the separator's losses, each a scalar mean: `ink`, `tone`, `flatness`, `screened`.

    The tone counts where the ink does not hide it. Flatness is the L1 between the slopes of the two tones: dots left
    over are small in the mean and plain to the eye. The squared part of the ink punishes whole missing lines, and ink
    over screentone weighs more, because a stroke of a letter taken for a dot is worse than a dot too many.

    Args:
        ink: (N, 1, H, W) predicted ink.
        tone: (N, 1, H, W) predicted tone.
        screened: (N, 1, H, W) logits of screentone.
        true_ink: What the ink should be, in [0, 1].
        true_tone: What the tone should be, in [0, 1].
        true_screened: 1 where screentone was laid, else 0.
    """
    visible = 0.02 + true_ink
    difference = (tone - true_tone) * visible
    error = ink - true_ink
    weight = 1 + INK_OVER_SCREENTONE * true_screened * (1 - true_ink)
    alarm = true_screened + FALSE_ALARMS * (1 - true_screened)
    return {
        "ink": (weight * (error.abs() + 2 * error.square())).mean(),
        "tone": difference.abs().mean(),
        "flatness": difference.diff(dim=-1).abs().mean() + difference.diff(dim=-2).abs().mean(),
        "screened": 0.3 * functional.binary_cross_entropy_with_logits(screened, true_screened, weight=alarm),
    }


@dataclass(frozen=True)
class Painted:
    """What a generator made of a batch, beside what it should have made; cells are those of its heads.

    Attributes:
        page: (N, 3, h, w) its pages, with their ink.
        target: (N, 3, h, w) the pages that they should be.
        visible: (N, 1, h', w') how much of each cell no ink hides.
        colour: (N, 3, h', w') mean true colour of each cell, sRGB.
        chroma_logits: (N, B, h', w') over `chroma_bins`; None without that head.
        label_logits: (N, L, h', w') of its labels; None without any.
        labels: (N, L, h', w') what is true of them; see `label_cross_entropy`.
        known_logits: (N, B, h', w') what a teacher says in place of `chroma_logits`; None without one.
    """

    page: Tensor
    target: Tensor
    visible: Tensor
    colour: Tensor
    chroma_logits: Tensor | None
    label_logits: Tensor | None
    labels: Tensor | None
    known_logits: Tensor | None = None


@cache
def _bins(device: torch.device) -> Tensor:
    return torch.from_numpy(chroma_bins()).to(device)


def chroma_classes_term(painted: Painted) -> Tensor | None:
    """Return the cross-entropy over chroma bins, if there is a head for them."""
    if painted.chroma_logits is None:
        return None
    bins = _bins(painted.chroma_logits.device)
    targets = chroma_targets(oklab(painted.colour), bins)
    return chroma_cross_entropy(painted.chroma_logits, targets, saturation_rarity(bins), painted.visible)


def labels_term(painted: Painted) -> Tensor | None:
    """Return the cross-entropy of labels, if there are any."""
    if painted.label_logits is None or painted.labels is None:
        return None
    return label_cross_entropy(painted.label_logits, painted.labels, painted.visible)


def _kept_colours_term(painted: Painted) -> Tensor | None:
    if painted.chroma_logits is None or painted.known_logits is None:
        return None
    return kept_colours(painted.chroma_logits, painted.known_logits, painted.visible)


COLOUR_TERMS: dict[str, Callable[[Painted], Tensor | None]] = {
    "oklab": lambda painted: oklab_distance(painted.page, painted.target),
    "rgb": lambda painted: functional.l1_loss(painted.page, painted.target),
    "chroma_classes": chroma_classes_term,
    "kept_colours": _kept_colours_term,
    "labels": labels_term,
}
"""Losses of the generator by the name of their weight in `LossConfig`; None where a network has nothing to compare."""


def colour_terms(painted: Painted, weights: LossConfig) -> dict[str, Tensor]:
    """Return the losses that are switched on, weighed, each a scalar."""
    weighed = {name: getattr(weights, name) for name in COLOUR_TERMS}
    terms = {name: COLOUR_TERMS[name](painted) for name, weight in weighed.items() if weight}
    return {name: weighed[name] * term for name, term in terms.items() if term is not None}
