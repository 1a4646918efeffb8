"""Inference: one page through `Colorizer`, many through `colorize_pages`."""

from mangacolor.inference.colorizer import Colorizer, Outcome
from mangacolor.inference.reference_pages import read_references
from mangacolor.inference.run import PageResult, colorize_pages

__all__ = ["Colorizer", "Outcome", "PageResult", "colorize_pages", "read_references"]
