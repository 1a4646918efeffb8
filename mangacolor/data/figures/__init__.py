"""Drawings of people whose every pixel is known: what it is, how lit it is, and where ink lies over it.

They teach what pictures without labels cannot: where skin, hair, eyes and each garment begin and end. Drawn from bodies
that MakeHuman released under CC0, dressed, posed, seen by a camera and inked; `mangacolor synthesize --figures` writes
folders of them, `load_drawings` reads them.
"""

from mangacolor.data.figures.store import Drawing, Part, load_drawings

__all__ = ["Drawing", "Part", "load_drawings"]
