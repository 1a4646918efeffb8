"""Going on with an earlier run: whether its newest checkpoint is one of the run that is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mangacolor.config import Recipe, SeparatorConfig
from mangacolor.errors import MangacolorError, UsageError
from mangacolor.models.weight_files import SEPARATOR_NAME, WEIGHTS_NAME, read_weight_file
from mangacolor.recipes import recipe_from_dict, to_dict
from mangacolor.training.checkpoint import load_newest_checkpoint
from mangacolor.training.loop import Outcome
from mangacolor.training.schedule import Budget, Patience
from mangacolor.training.starting import keeping_labels

MOST_NAMED = 3
"""Settings that an error names: a whole preset differs in dozens."""

LONGEST_TOLD = 80
"""Letters up to which both values of a setting are told: phases are tables."""


def load_earlier(config: Recipe, out: Path) -> dict[str, Any]:
    """Read the newest checkpoint of a folder; nothing is written there.

    Args:
        config: What the run that goes on computes.
        out: The run's folder.

    Raises:
        ModelFileError: There is no checkpoint, or all are damaged.
        UsageError: It was made with another config; the message names the settings.
    """
    state = load_newest_checkpoint(out)
    known = recipe_from_dict(state["config"], name=str(out))
    changed = list(_differences(to_dict(known), to_dict(keeping_labels(config, known.network))))
    if changed:
        more = f", and {len(changed) - MOST_NAMED} more" if len(changed) > MOST_NAMED else ""
        raise UsageError(
            f"{out}: its checkpoint has another config: {', '.join(changed[:MOST_NAMED])}{more}.",
            advice="Resume with the preset, recipe and seed that the run began with.",
        )
    return state


def weights_path(config: Recipe, out: Path) -> Path:
    """Return where a run writes its weights."""
    return out / (SEPARATOR_NAME if isinstance(config.network, SeparatorConfig) else WEIGHTS_NAME)


def finished_before(config: Recipe, budget: Budget, out: Path, earlier: Mapping[str, Any]) -> Outcome | None:
    """Return how a run ended that is to go on, if it has nothing left to do: its weights lie there, to be left alone.

    Args:
        config: What it computes.
        budget: How long it is to last now.
        out: Its folder.
        earlier: Its newest checkpoint.
    """
    patience = Patience(config.patience)
    patience.restore(earlier.get("patience") or patience.state())
    images, seconds = earlier["images_seen"], earlier["seconds"]
    if (budget.progress(images, seconds) < 1 and not patience.is_over) or earlier.get("owed_px"):
        return None
    try:
        facts = read_weight_file(weights_path(config, out)).facts
    except MangacolorError:  # the run was ended before they were written
        return None
    if facts.get("images_seen") != images:  # those of a shorter run
        return None
    best = patience.state()["best"] or earlier["average"]
    return Outcome(best, images, seconds, True, facts.get("validation_loss"))


def _differences(there: Mapping[str, Any], here: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield in words what two configs differ in, setting by setting."""
    for key in [*there, *(key for key in here if key not in there)]:
        one, other = there.get(key), here.get(key)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            yield from _differences(one, other, f"{prefix}{key}.")
        elif one != other:
            told = f"`{prefix}{key}` is {one} there and {other} here"
            yield told if len(told) <= LONGEST_TOLD else f"`{prefix}{key}`"
