"""Learning one series from a few coloured pages, and keeping what was known of all else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from mangacolor.config import TrainConfig
from mangacolor.data.pictures import Picture
from mangacolor.data.samples import ColourSamples, Sample, Samples, Stock
from mangacolor.models.nn import Generated
from mangacolor.training import losses
from mangacolor.training.objectives import Batch, ColourObjective, Play, Teacher

REHEARSED = 4
"""Of how many samples one is rehearsed: batches of as many have one each."""

KEPT_COLOURS, KEPT_LABELS, KEPT_PAINT = 1.0, 8.0, 10.0
"""Weights of what is kept: chances of colours and paint where it is rehearsed, labels everywhere."""


class _Mixed(Samples):
    """Samples of the series, and every `REHEARSED`-th one of something else."""

    def __init__(self, series: Samples, others: Samples | None) -> None:
        self._series, self._others = series, others

    def __getitem__(self, number: int) -> Sample:
        is_other = self._others is not None and number % REHEARSED == REHEARSED - 1
        source = self._others if is_other and self._others is not None else self._series
        return source[number] | {"is_series": torch.tensor([0.0 if is_other else 1.0])}


class SeriesObjective:
    """A generator learns the colours of a series, and answers as its teacher does where something else is shown.

    Args:
        config: Of the run.
        teacher: The generator as it was.
        others: Pictures of other things, in any colours.
    """

    def __init__(self, config: TrainConfig, teacher: Teacher, others: Sequence[Picture]) -> None:
        self._config, self._teacher, self._others = config, teacher, others
        self._colour = ColourObjective(config)

    def samples(self, stock: Stock, crop_px: int, seed: int) -> Samples:
        """Return crops of the pages, and some of other pictures among them."""
        series = ColourSamples(stock, crop_px, self._config.synthesis, seed)
        if not len(self._others):
            return _Mixed(series, None)
        even = np.full(len(self._others), 1 / len(self._others))
        return _Mixed(series, ColourSamples(Stock(self._others, even), crop_px, self._config.synthesis, seed))

    def play(self, player: Callable[..., Any], batch: Batch) -> Play:
        """Colour a batch, and compare it with the pages and with what the teacher says."""
        condition = batch["condition"]
        generated, known = player(condition), self._teacher(condition)
        of_series = batch["is_series"][:, 0] > 0.5
        terms: dict[str, Tensor] = {}
        if of_series.any():
            taught = {name: plane[of_series] for name, plane in batch.items()}
            terms |= self._colour.play(lambda _: _some(generated, of_series), taught).terms
        stride = self._config.generator.chroma_stride
        visible = functional.avg_pool2d(condition[:, :1], stride, ceil_mode=True)
        if not of_series.all():
            ours, theirs = _some(generated, ~of_series), _some(known, ~of_series)
            if ours.chroma_logits is not None and theirs.chroma_logits is not None:
                kept = losses.kept_colours(ours.chroma_logits, theirs.chroma_logits, visible[~of_series])
                terms["kept_colours"] = KEPT_COLOURS * kept
            ink = condition[~of_series, :1]
            terms["kept_paint"] = KEPT_PAINT * functional.l1_loss(ours.colour * ink, theirs.colour * ink)
        if generated.label_logits is not None and known.label_logits is not None:
            ours_told, theirs_told = generated.label_logits.float(), known.label_logits.float().sigmoid()
            weight = visible.expand_as(theirs_told)
            kept = functional.binary_cross_entropy_with_logits(ours_told, theirs_told, weight)
            terms["kept_labels"] = KEPT_LABELS * kept
        return Play(terms)

    def score(self, average: Callable[..., Any], batch: Batch) -> tuple[dict[str, float], list[Tensor]]:
        """Return the losses on held-out panels alone; see `ColourObjective.score`."""
        of_series = batch["is_series"][:, 0] > 0.5
        return self._colour.score(average, {name: plane[of_series] for name, plane in batch.items()})


def _some(generated: Generated, which: Tensor) -> Generated:
    """Return some pictures of a batch."""
    return Generated(*(None if plane is None else plane[which] for plane in generated))  # type: ignore[arg-type]
