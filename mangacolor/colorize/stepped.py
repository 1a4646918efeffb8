"""A page with steps of the studio done to it, for those who want it whole and at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from mangacolor.colorize.corrected import CorrectedPage
from mangacolor.colorize.corrections import Step
from mangacolor.colorize.layers import in_layers
from mangacolor.colorize.paper_notes import notes_on_paper
from mangacolor.colorize.references import References
from mangacolor.colorize.sitting import Sitting
from mangacolor.image import DecodedImage
from mangacolor.image.layered import LayerFormat
from mangacolor.image.photoshop import layered_file


def correct(
    page: DecodedImage,
    sitting: Sitting,
    steps: Sequence[Step],
    followed: Mapping[str, References],
    layers: LayerFormat | None,
) -> DecodedImage:
    """Return a page as steps make it, with notes on hints that lie where nothing is drawn.

    Args:
        page: As it came.
        sitting: The same page, open.
        steps: What is done to it.
        followed: References by the names that steps call them.
        layers: In which format it comes in layers, too; animations do not.

    Raises:
        BadInputError: A step names a reference that is not known.
    """
    corrected = CorrectedPage(sitting)
    for name, references in followed.items():
        corrected.learn(name, references)
    corrected.correct(steps)
    notes = (*page.notes, *notes_on_paper(steps, corrected.sitting.seen.paper))
    wanted = layers if page.animation is None else None
    file = layered_file(in_layers(corrected, page.dpi), wanted) if wanted is not None else None
    return dataclasses.replace(page, rgb=corrected.rgb, layers=file, notes=notes)
