"""What a network learns: its samples, its losses and the sheet that shows them. The loop is the same for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

from torch import Tensor
from torch.nn import functional

from mangacolor.config import LABELS, Recipe, SeparatorTrainConfig, TrainConfig
from mangacolor.data.samples import ColourSamples, Samples, Stock
from mangacolor.data.separation_samples import SeparationSamples
from mangacolor.models.nn import Generated, Separated
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


def build_objective(config: Recipe, teacher: Teacher | None = None) -> Objective:
    """Return what a config's network learns, from a teacher too if its recipe asks for one."""
    return SeparationObjective(config) if isinstance(config, SeparatorTrainConfig) else ColourObjective(config, teacher)


class ColourObjective:
    """The generator paints colour under the ink of a page (Isola et al. 2017, in our own losses)."""

    def __init__(self, config: TrainConfig, teacher: Teacher | None = None) -> None:
        self._config = config
        self._teacher = teacher

    def samples(self, stock: Stock, crop_px: int, seed: int) -> Samples:
        """Return pages drawn from colour art, or cut from pairs, at the working size."""
        return ColourSamples(stock, crop_px, self._config.synthesis, seed)

    def play(self, player: Callable[..., Any], batch: Batch) -> Play:
        """Colour a batch, and compare at the size that the config asks for; both pages carry the same ink."""
        condition, weights = batch["condition"], self._config.loss
        painted = self._painted(player(condition), batch, weights.reduction)
        if self._teacher is not None:
            painted = replace(painted, known_logits=self._teacher(condition).chroma_logits)
        judged = functional.avg_pool2d(condition, weights.reduction)
        return Play(losses.colour_terms(painted, weights), Game(judged, painted.page, painted.target))

    def score(self, average: Callable[..., Any], batch: Batch) -> tuple[dict[str, float], list[Tensor]]:
        """Return the OKLab distance and the loss of the classes; the sheet shows grey page, generated page and target.

        Of the two the loss of the classes is the first to rise when pictures are learnt by heart.
        """
        condition = batch["condition"]
        painted = self._painted(average(condition), batch)
        scores = {VALIDATION: float(losses.oklab_distance(painted.page, painted.target))}
        of_classes = losses.chroma_classes_term(painted) if self._config.loss.chroma_classes else None
        for name, term in (("chroma_classes", of_classes), ("labels", losses.labels_term(painted))):
            if term is not None:
                scores[f"validation_{name}"] = float(term)
        return scores, [condition[:, :1] * condition[:, 1:2], painted.page, painted.target]

    def _painted(self, generated: Generated, batch: Batch, reduction: int = 1) -> losses.Painted:
        """Put what was generated beside what it should be, pages at 1 to `reduction` of their size."""
        ink = batch["condition"][:, :1]
        page, target = (functional.avg_pool2d(plane * ink, reduction) for plane in (generated.colour, batch["colour"]))
        labels = None
        if generated.label_logits is not None:
            told = [LABELS.index(name) for name in self._config.generator.labels]
            labels = self._cells(batch["labels"][:, told])
        return losses.Painted(
            page, target, self._cells(ink), self._cells(batch["colour"]),
            generated.chroma_logits, generated.label_logits, labels,
        )  # fmt: skip

    def _cells(self, plane: Tensor) -> Tensor:
        """Return the mean over each cell of the heads."""
        return functional.avg_pool2d(plane, self._config.generator.chroma_stride, ceil_mode=True)


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
