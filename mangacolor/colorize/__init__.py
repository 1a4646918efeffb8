"""Colouring: one page through `colorizer.Colorizer`, many through `run.colorize_pages`."""
