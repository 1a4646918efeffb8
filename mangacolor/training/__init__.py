"""Training: the loop, its checkpoints, and runs from folder to weights."""

from mangacolor.training.loop import Budget
from mangacolor.training.run import RunOptions, run_training

__all__ = ["Budget", "RunOptions", "run_training"]
