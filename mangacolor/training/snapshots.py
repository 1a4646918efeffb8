"""What is kept of a run now and then: the loss on what is held out, a sheet, and a checkpoint that knows both."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lightning_fabric import Fabric

from mangacolor.config import Recipe
from mangacolor.recipes import to_dict
from mangacolor.training.checkpoint import save_checkpoint
from mangacolor.training.journal import Journal
from mangacolor.training.objectives import VALIDATION, Objective
from mangacolor.training.players import Players
from mangacolor.training.schedule import Clock, Patience
from mangacolor.training.validation import TrainingData, validate


class Snapshots:
    """Takes them, in the first process alone.

    Args:
        config: What the run computes.
        data: What is held out.
        objective: What scores it.
        out: Folder of the run.
        fabric: Launched device, precision and processes.
        notes: Plain values that checkpoints carry along.
        players: The networks.
        clock: Where the run stands.
    """

    def __init__(
        self,
        config: Recipe,
        data: TrainingData,
        objective: Objective,
        out: Path,
        fabric: Fabric,
        notes: Mapping[str, Any],
        players: Players,
        clock: Clock,
    ) -> None:
        self._data, self._objective, self._out, self._fabric = data, objective, out, fabric
        self._players, self._clock = players, clock
        self._plain = {"config": to_dict(config), "notes": dict(notes)}
        self.patience = Patience(config.patience)

    def go_on(self, earlier: Mapping[str, Any], journal: Journal) -> None:
        """Go on from a checkpoint; what it owes is scored now."""
        self.patience.restore(earlier.get("patience") or self.patience.state())
        if earlier.get("owed_px") and self._fabric.is_global_zero:
            self._look(earlier["owed_px"], journal)
            self._save(0)

    def take(self, crop_px: int, journal: Journal, *, is_due: bool, is_hurried: bool) -> None:
        """Write a checkpoint, and score what is held out where that is due: first, so that the checkpoint knows it.

        Args:
            crop_px: Side of the crops that are scored.
            journal: Gets the scores.
            is_due: Whether it is time to score.
            is_hurried: Whether Ctrl-C does not let it wait; whoever goes on scores it then.
        """
        if not self._fabric.is_global_zero:
            return
        if is_due and not is_hurried:
            self._look(crop_px, journal)
        self._save(crop_px if is_due and is_hurried else 0)

    def _look(self, crop_px: int, journal: Journal) -> None:
        if not self._data.held_out:
            return
        average, images = self._players.average, self._clock.images_seen
        scores = validate(self._objective, average, self._data, crop_px, self._fabric, self._out, images)
        self.patience.note(scores[VALIDATION], average)
        journal.write(images, scores)

    def _save(self, owed_px: int) -> None:
        state = self._plain | {"patience": self.patience.state(), "owed_px": owed_px}
        save_checkpoint(self._out, state | self._players.state() | self._clock.state(), self._clock.images_seen)
