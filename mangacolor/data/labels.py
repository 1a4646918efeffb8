"""Values of a plane of labels, one plane for each of `config.LABELS`."""

YES, UNKNOWN, NO = 255, 128, 0
"""Far enough apart that what a resize mixes of two of them is unknown."""
