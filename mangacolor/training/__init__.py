"""Training: the loop, its checkpoints, and runs from folder to weights."""

from mangacolor.training.options import RunOptions
from mangacolor.training.run import run_training
from mangacolor.training.schedule import Budget

__all__ = ["Budget", "RunOptions", "run_training"]
