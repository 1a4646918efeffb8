"""What is done with a page, by what it shows."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mangacolor.page.kinds import Uncoloured, kind_and_colours
from mangacolor.page.own_colours import OwnColours, find_own_colours

Outcome = Literal["colored", "already_colored", Uncoloured]


def look_first(
    rgb: NDArray[np.uint8], *, force: bool = False, is_wanted: bool = False
) -> tuple[Outcome, OwnColours | None]:
    """Say what is to be done with a page, and what of one that is coloured keeps the colours it has.

    Args:
        rgb: (H, W, 3) sRGB.
        force: Colour all of it, whatever it shows.
        is_wanted: Colour it, whatever it shows, but for what is in colour on a grey page.
    """
    if force:
        return "colored", None
    if is_wanted:
        return "colored", find_own_colours(rgb)
    kind, own = kind_and_colours(rgb)
    if kind == "gray":
        return "colored", own
    return "already_colored" if kind == "colored" else kind, None
