"""Learning the colours of a series from a few coloured pages of it."""
