"""Which graphics cards this torch can use: older ones are found, but it comes without programs for them."""

from __future__ import annotations

import logging
import re

import torch

logger = logging.getLogger("mangacolor")


def can_use_cuda() -> bool:
    """Say whether the first CUDA device computes; tells where there is one that does not."""
    if not torch.cuda.is_available():
        return False
    try:
        card = torch.cuda.get_device_capability(0)
    except (RuntimeError, AssertionError):  # whoever uses it will be told what is wrong
        return True
    known = [re.fullmatch(r"(sm|compute)_(\d+)(\d)[a-z]?", one) for one in torch.cuda.get_arch_list()]
    programs = [(one[1], int(one[2]), int(one[3])) for one in known if one]
    # Programs run on later cards of their generation; those that are not compiled yet (compute), on all later ones.
    if not programs or any(
        (major == card[0] or kind == "compute") and (major, minor) <= card for kind, major, minor in programs
    ):
        return True
    logger.warning("This torch does not know the graphics card, so that the CPU is used: an older torch may know it.")
    return False
