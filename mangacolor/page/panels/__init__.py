"""Panels: where they are, how large they are drawn, and the gutters between them."""
