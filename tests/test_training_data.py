"""What a run learns from.

Oracle: `is_colored` is false for a picture with three equal channels, whatever else it shows.
"""

from __future__ import annotations

import numpy as np
import pytest
from lightning_fabric import Fabric
from pictures import draw_art, greyed, save_image

from mangacolor.config import PRESETS
from mangacolor.data.examples import find_examples
from mangacolor.errors import BadInputError
from mangacolor.training import Budget
from mangacolor.training.loading import load_data
from mangacolor.training.options import RunOptions


def loaded(folder, said):
    options = RunOptions(folder, folder / "out", Budget(images=1), device="cpu")
    fabric = Fabric(accelerator="cpu", devices=1)
    return load_data(find_examples(folder), PRESETS["tiny"], options, fabric, "fp32", said.append, lambda total: None)


def test_grey_pictures_are_passed_over_with_a_notice(tmp_path):
    for number in range(4):
        save_image(tmp_path / f"{number}.png", draw_art(number))
        save_image(tmp_path / f"{number}_page.png", greyed(draw_art(number)))
    said = []
    data = loaded(tmp_path, said)
    assert "4 grey pictures passed over." in said
    pictures = [*data.pictures, *data.held_out]
    assert len(pictures) == 4
    assert all(np.ptp(picture.rgb, axis=2).any() for picture in pictures)
    assert len(data.probabilities) == len(data.pictures)


def test_grey_pictures_alone_are_refused(tmp_path):
    save_image(tmp_path / "1.png", greyed(draw_art(1)))
    with pytest.raises(BadInputError, match="grey"):
        loaded(tmp_path, [])
