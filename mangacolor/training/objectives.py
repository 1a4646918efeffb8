"""What a network learns: its samples, its losses and the sheet that shows them. The loop is the same for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from mangacolor.config import LABELS, TrainConfig
from mangacolor.data.pictures import Picture
from mangacolor.data.samples import ColourSamples, Samples, Stock
from mangacolor.data.separation_samples import SeparationSamples
from mangacolor.image import float_from_pixels, resize
from mangacolor.image.color import chroma_bins, oklab_from_srgb
from mangacolor.models.nn import Separated, UNetGenerator
from mangacolor.training import losses

Batch = Mapping[str, Tensor]

VALIDATION = "validation"

RARITY_PICTURES = 1000
RARITY_SIDE_PX = 24


class Play(NamedTuple):
    """One step of the network under training, before the discriminator has its say.

    Attributes:
        condition: (N, C, h, w) what the network was given, as the discriminator sees it.
        fake_page: (N, 3, h, w) what it made of it, shown to the discriminator.
        real_page: (N, 3, h, w) what it should have made.
        terms: The weighed losses that compare the two.
    """

    condition: Tensor
    fake_page: Tensor
    real_page: Tensor
    terms: dict[str, Tensor]


class Objective(Protocol):
    """What the loop asks of the thing to be learnt."""

    def samples(self, stock: Stock, crop_px: int, seed: int) -> Samples:
        """Return endless samples by number, made of the pages of a bank if there is one."""

    def play(self, player: Callable[..., Any], batch: Batch) -> Play:
        """Run the network on a batch and weigh its losses."""

    def score(self, average: Callable[..., Any], batch: Batch) -> tuple[dict[str, float], list[Tensor]]:
        """Return losses that no schedule changes, and pictures (N, 1 or 3, h, w) for the columns of a sheet.

        The loss called VALIDATION is there always, and stands for the run on its card.
        """


def build_objective(
    config: TrainConfig, network: nn.Module, pictures: Sequence[Picture], probabilities: NDArray[np.float64]
) -> Objective:
    """Return what a config's network learns from pictures drawn with these probabilities."""
    if config.generator.kind == "separator":
        return SeparationObjective(config)
    rarity = None
    if isinstance(network, UNetGenerator) and config.loss.chroma_classes:
        bins = torch.from_numpy(chroma_bins())
        if config.loss.rarity == "saturation":
            rarity = losses.saturation_rarity(bins)
        else:
            rarity = losses.measured_rarity(torch.from_numpy(bin_shares(pictures, probabilities)), bins)
    return ColourObjective(config, rarity)


def bin_shares(pictures: Sequence[Picture], probabilities: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the share (B,) of each of `chroma_bins` in pictures as training draws them.

    Measured on a fixed draw of at most `RARITY_PICTURES`, so that a run that goes on measures the same.
    """
    rng = np.random.default_rng(0)
    bins = chroma_bins()
    counts = np.zeros(len(bins))
    for index in rng.choice(len(pictures), RARITY_PICTURES, p=probabilities):
        small = resize(pictures[index].rgb, RARITY_SIDE_PX, RARITY_SIDE_PX)
        chroma = oklab_from_srgb(float_from_pixels(small)).reshape(-1, 3)[:, 1:]
        nearest = np.linalg.norm(chroma[:, None] - bins, axis=2).argmin(axis=1)
        counts += np.bincount(nearest, minlength=len(bins))
    return np.asarray(counts / counts.sum(), np.float32)


class ColourObjective:
    """The generator paints colour under the ink of a page (Isola et al. 2017, in our own losses)."""

    def __init__(self, config: TrainConfig, rarity: Tensor | None) -> None:
        self._config = config
        self._bins = torch.from_numpy(chroma_bins())
        self._rarity = rarity

    def samples(self, stock: Stock, crop_px: int, seed: int) -> Samples:
        """Return pages drawn from colour art, or cut from pairs, at the working size."""
        return ColourSamples(stock, crop_px, self._config.synthesis, seed)

    def play(self, player: Callable[..., Any], batch: Batch) -> Play:
        """Colour a batch; both pages carry the same ink."""
        condition, ink = batch["condition"], batch["condition"][:, :1]
        generated = player(condition)
        weights, terms = self._config.loss, {}
        fake_page, real_page, judged_condition = (
            functional.avg_pool2d(plane, weights.reduction)
            for plane in (generated.colour * ink, batch["colour"] * ink, condition)
        )
        if weights.oklab:
            terms["oklab"] = weights.oklab * losses.oklab_distance(fake_page, real_page)
        if weights.rgb:
            terms["rgb"] = weights.rgb * functional.l1_loss(fake_page, real_page)
        if self._rarity is not None and generated.chroma_logits is not None:
            entropy = self._chroma_entropy(generated.chroma_logits, batch, self._rarity)
            terms["chroma_classes"] = weights.chroma_classes * entropy
        if weights.labels and generated.label_logits is not None:
            terms["labels"] = weights.labels * self._label_entropy(generated.label_logits, batch)
        return Play(judged_condition, fake_page, real_page, terms)

    def _label_entropy(self, logits: Tensor, batch: Batch) -> Tensor:
        stride = self._config.generator.chroma_stride
        told = batch["labels"][:, [LABELS.index(name) for name in self._config.generator.labels]]
        labels, visible = (
            functional.avg_pool2d(plane, stride, ceil_mode=True) for plane in (told, batch["condition"][:, :1])
        )
        return losses.label_cross_entropy(logits, labels, visible)

    def _chroma_entropy(self, logits: Tensor, batch: Batch, rarity: Tensor) -> Tensor:
        stride = self._config.generator.chroma_stride
        small, visible = (
            functional.avg_pool2d(plane, stride, ceil_mode=True)
            for plane in (batch["colour"], batch["condition"][:, :1])
        )
        targets = losses.chroma_targets(losses.oklab(small), self._bins.to(logits.device))
        return losses.chroma_cross_entropy(logits, targets, rarity.to(logits.device), visible)

    def score(self, average: Callable[..., Any], batch: Batch) -> tuple[dict[str, float], list[Tensor]]:
        """Return the OKLab distance and the loss of the classes; the sheet shows grey page, generated page and target.

        Of the two the loss of the classes is the first to rise when pictures are learnt by heart.
        """
        condition, ink = batch["condition"], batch["condition"][:, :1]
        generated = average(condition)
        page, target = generated.colour * ink, batch["colour"] * ink
        scores = {VALIDATION: float(losses.oklab_distance(page, target))}
        if self._rarity is not None and generated.chroma_logits is not None:
            scores["validation_chroma_classes"] = float(
                self._chroma_entropy(generated.chroma_logits, batch, self._rarity)
            )
        if generated.label_logits is not None:
            scores["validation_labels"] = float(self._label_entropy(generated.label_logits, batch))
        return scores, [ink * condition[:, 1:2], page, target]


class SeparationObjective:
    """The separator takes a page apart into ink and tone."""

    def __init__(self, config: TrainConfig) -> None:
        self._config = config

    def samples(self, stock: Stock, crop_px: int, seed: int) -> Samples:
        """Return windows of composed, printed and scanned pages at page size."""
        return SeparationSamples(stock, crop_px, self._config.synthesis, seed)

    def play(self, player: Callable[..., Any], batch: Batch) -> Play:
        """Separate a batch."""
        page, ink, tone, screened = (batch[name] for name in ("page", "ink", "tone", "screened"))
        separated: Separated = player(page)
        terms = losses.separation_terms(separated.ink, separated.tone, separated.screened, ink, tone, screened)
        weighed = {name: self._config.loss.separation * term for name, term in terms.items()}
        fake_page, real_page = (plane.expand(-1, 3, -1, -1) for plane in (separated.ink, ink))
        return Play(page, fake_page, real_page, weighed)

    def score(self, average: Callable[..., Any], batch: Batch) -> tuple[dict[str, float], list[Tensor]]:
        """Return the mean error of ink and visible tone; the sheet shows page, ink, its truth, tone, its truth."""
        page, ink, tone = (batch[name] for name in ("page", "ink", "tone"))
        separated: Separated = average(page)
        terms = losses.separation_terms(
            separated.ink.clamp(0, 1), separated.tone.clamp(0, 1), separated.screened, ink, tone, batch["screened"]
        )
        columns = [page, separated.ink.clamp(0, 1), ink, separated.tone.clamp(0, 1), tone]
        return {VALIDATION: float(terms["ink"] + terms["tone"])}, columns
