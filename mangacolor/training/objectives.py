"""What a network learns: its samples, its losses and the sheet that shows them. The loop is the same for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from mangacolor.config import LABELS, Recipe, SeparatorTrainConfig, TrainConfig
from mangacolor.data.samples import ColourSamples, Samples, Stock
from mangacolor.data.separation_samples import SeparationSamples
from mangacolor.image.color import chroma_bins
from mangacolor.models.nn import Generated, Separated, UNetGenerator
from mangacolor.training import losses

Batch = Mapping[str, Tensor]

VALIDATION = "validation"


class Game(NamedTuple):
    """What the discriminator is shown.

    Attributes:
        condition: (N, C, h, w) what the network was given; the discriminator reads the first two planes.
        fake_page: (N, 3, h, w) what it made of it.
        real_page: (N, 3, h, w) what it should have made.
    """

    condition: Tensor
    fake_page: Tensor
    real_page: Tensor


class Play(NamedTuple):
    """One step of the network under training, before the discriminator has its say.

    Attributes:
        terms: The weighed losses that compare what it made with what it should have made.
        game: What a discriminator could be shown; None where there is no game.
    """

    terms: dict[str, Tensor]
    game: Game | None = None


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


Teacher = Callable[[Tensor], Generated]
"""A generator that no longer learns, whose colours another one keeps."""


def build_objective(config: Recipe, network: nn.Module, teacher: Teacher | None = None) -> Objective:
    """Return what a config's network learns, from a teacher too if its recipe asks for one."""
    if isinstance(config, SeparatorTrainConfig):
        return SeparationObjective(config)
    tells_classes = isinstance(network, UNetGenerator) and config.loss.chroma_classes > 0
    return ColourObjective(config, tells_classes=tells_classes, teacher=teacher)


class ColourObjective:
    """The generator paints colour under the ink of a page (Isola et al. 2017, in our own losses)."""

    def __init__(self, config: TrainConfig, *, tells_classes: bool, teacher: Teacher | None = None) -> None:
        self._config = config
        self._tells_classes = tells_classes
        self._teacher = teacher
        self._bins = torch.from_numpy(chroma_bins())
        self._rarity = losses.saturation_rarity(self._bins)

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
        if self._tells_classes and generated.chroma_logits is not None:
            entropy = self._chroma_entropy(generated.chroma_logits, batch)
            terms["chroma_classes"] = weights.chroma_classes * entropy
        if self._teacher is not None and generated.chroma_logits is not None:
            known = self._teacher(condition).chroma_logits
            if known is not None:
                kept = losses.kept_colours(generated.chroma_logits, known, self._visible(batch))
                terms["kept_colours"] = weights.kept_colours * kept
        if weights.labels and generated.label_logits is not None:
            terms["labels"] = weights.labels * self._label_entropy(generated.label_logits, batch)
        return Play(terms, Game(judged_condition, fake_page, real_page))

    def _label_entropy(self, logits: Tensor, batch: Batch) -> Tensor:
        told = batch["labels"][:, [LABELS.index(name) for name in self._config.generator.labels]]
        return losses.label_cross_entropy(logits, self._cells(told), self._visible(batch))

    def _chroma_entropy(self, logits: Tensor, batch: Batch) -> Tensor:
        targets = losses.chroma_targets(losses.oklab(self._cells(batch["colour"])), self._bins.to(logits.device))
        return losses.chroma_cross_entropy(logits, targets, self._rarity.to(logits.device), self._visible(batch))

    def _cells(self, plane: Tensor) -> Tensor:
        """Return the mean over each cell of the heads."""
        return functional.avg_pool2d(plane, self._config.generator.chroma_stride, ceil_mode=True)

    def _visible(self, batch: Batch) -> Tensor:
        """Return how much of each cell no ink hides."""
        return self._cells(batch["condition"][:, :1])

    def score(self, average: Callable[..., Any], batch: Batch) -> tuple[dict[str, float], list[Tensor]]:
        """Return the OKLab distance and the loss of the classes; the sheet shows grey page, generated page and target.

        Of the two the loss of the classes is the first to rise when pictures are learnt by heart.
        """
        condition, ink = batch["condition"], batch["condition"][:, :1]
        generated = average(condition)
        page, target = generated.colour * ink, batch["colour"] * ink
        scores = {VALIDATION: float(losses.oklab_distance(page, target))}
        if self._tells_classes and generated.chroma_logits is not None:
            scores["validation_chroma_classes"] = float(self._chroma_entropy(generated.chroma_logits, batch))
        if generated.label_logits is not None:
            scores["validation_labels"] = float(self._label_entropy(generated.label_logits, batch))
        return scores, [ink * condition[:, 1:2], page, target]


class SeparationObjective:
    """The separator takes a page apart into ink and tone."""

    def __init__(self, config: SeparatorTrainConfig) -> None:
        self._config = config

    def samples(self, stock: Stock, crop_px: int, seed: int) -> Samples:
        """Return windows of composed, printed and scanned pages at page size."""
        return SeparationSamples(stock, crop_px, self._config.synthesis, seed)

    def play(self, player: Callable[..., Any], batch: Batch) -> Play:
        """Separate a batch."""
        page, ink, tone, screened = (batch[name] for name in ("page", "ink", "tone", "screened"))
        separated: Separated = player(page)
        return Play(losses.separation_terms(separated.ink, separated.tone, separated.screened, ink, tone, screened))

    def score(self, average: Callable[..., Any], batch: Batch) -> tuple[dict[str, float], list[Tensor]]:
        """Return the mean error of ink and visible tone; the sheet shows page, ink, its truth, tone, its truth."""
        page, ink, tone = (batch[name] for name in ("page", "ink", "tone"))
        separated: Separated = average(page)
        terms = losses.separation_terms(
            separated.ink.clamp(0, 1), separated.tone.clamp(0, 1), separated.screened, ink, tone, batch["screened"]
        )
        columns = [page, separated.ink.clamp(0, 1), ink, separated.tone.clamp(0, 1), tone]
        return {VALIDATION: float(terms["ink"] + terms["tone"])}, columns
