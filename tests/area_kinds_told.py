"""What areas are, told by hand."""

from __future__ import annotations

import numpy as np

from mangacolor.colorize.area_kinds import AreaKinds


def kinds_told(chances, **told):
    """Kinds of areas with chances (n, B): nothing at all, bare and surely ground, but for what is told of them."""
    count = len(chances)
    values = {name: np.zeros(count, np.bool_) for name in AreaKinds._fields}
    values |= {"is_known": np.zeros(count, np.float32), "bareness": np.ones(count, np.float32)}
    values |= {"thing_of": np.arange(count)}
    values |= {"ground": np.ones(count, np.float32), "chances": chances}
    return AreaKinds(**(values | told))
