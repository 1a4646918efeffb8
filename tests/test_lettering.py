"""Lettering: fonts found by their glyphs, words that fit, letters where they belong.

Oracles: the rules of Japanese typesetting, where ink must lie and where not, and what Pillow's font is known to hold.
"""

from __future__ import annotations

import numpy as np
import pytest

from mangacolor.data.drawing import fonts as fonts_module
from mangacolor.data.drawing.balloons import Lettering
from mangacolor.data.drawing.fonts import BUILT_IN, FONTS_VARIABLE, find_fonts
from mangacolor.data.drawing.letterer import caption_screentone
from mangacolor.data.drawing.lettering import Setting, draw_sound, draw_text
from mangacolor.data.drawing.wording import write_english, write_japanese, write_sound
from mangacolor.errors import BadInputError


@pytest.fixture
def japanese_font():
    found = find_fonts().japanese
    if not found:
        pytest.skip("no Japanese font is installed")
    return found[0]


def test_without_fonts_the_built_in_one_sets_english(tmp_path, monkeypatch):
    monkeypatch.setenv(FONTS_VARIABLE, str(tmp_path))
    found = find_fonts()
    assert found.latin == (BUILT_IN,)
    assert found.japanese == ()
    assert draw_text(Setting(("HELLO",)), found.choose(np.random.default_rng(0), japanese=False), 20).max() == 255


def test_the_environment_names_the_only_folder(tmp_path, monkeypatch):
    monkeypatch.setenv(FONTS_VARIABLE, str(tmp_path))
    assert find_fonts().latin == (BUILT_IN,)
    monkeypatch.setenv(FONTS_VARIABLE, str(tmp_path / "none"))
    with pytest.raises(BadInputError, match="no such folder"):
        find_fonts()


def test_files_that_are_no_fonts_are_passed_over(tmp_path, monkeypatch):
    (tmp_path / "broken.ttf").write_bytes(b"not a font")
    monkeypatch.setenv(FONTS_VARIABLE, str(tmp_path))
    assert find_fonts().latin == (BUILT_IN,)


def test_the_built_in_font_has_no_japanese():
    """Known fact: Pillow ships a Latin font only."""
    assert not fonts_module._covers(BUILT_IN, "あ日")
    assert fonts_module._covers(BUILT_IN, "AZaz!?")


@pytest.mark.parametrize("seed", range(20))
def test_words_are_about_as_long_as_asked(seed):
    rng = np.random.default_rng(seed)
    lengths = [int(length) for length in rng.integers(2, 14, 4)]
    assert [len(column) for column in write_japanese(rng, lengths)] == lengths
    lines = write_english(rng, lengths)
    longest_word = 12
    assert len(lines) == len(lengths)
    assert all(len(line) <= length + longest_word for line, length in zip(lines, lengths, strict=True))


def test_lines_stand_below_each_other_and_are_centred():
    drawn = draw_text(Setting(("WWWW", "WWWW", "W")), BUILT_IN, 24) > 127
    rows = np.flatnonzero(np.diff(drawn.any(axis=1).astype(int)))
    assert len(rows) == 6  # three lines begin and end
    last = np.flatnonzero(drawn[rows[4] + 1 :].any(axis=0))
    assert abs(last.mean() - drawn.shape[1] / 2) < 3


def test_bolder_letters_cover_more():
    thin = draw_text(Setting(("HELLO",)), BUILT_IN, 24)
    bold = draw_text(Setting(("HELLO",)), BUILT_IN, 24, bold_px=1)
    assert (bold > 127).sum() > 1.2 * (thin > 127).sum()


def test_columns_run_from_right_to_left(japanese_font):
    one = draw_text(Setting(("日", "一一一"), vertical=True), japanese_font, 24) > 127
    lower = one[one.shape[0] // 2 :]
    assert lower[:, : one.shape[1] // 2].any()
    assert not lower[:, one.shape[1] // 2 :].any()


def test_full_stops_stand_in_the_upper_right_of_their_square(japanese_font):
    rows, columns = np.nonzero(draw_text(Setting(("。",), vertical=True), japanese_font, 40) > 127)
    height, width = draw_text(Setting(("。",), vertical=True), japanese_font, 40).shape
    assert rows.mean() < height / 2
    assert columns.mean() > width / 2


def test_long_vowels_stand_upright_in_columns(japanese_font):
    rows, columns = np.nonzero(draw_text(Setting(("ー",), vertical=True), japanese_font, 40) > 127)
    assert np.ptp(rows) > 2 * np.ptp(columns)


def test_furigana_stand_beside_kanji_only(japanese_font):
    def ink(text, ruby):
        return (draw_text(Setting((text,), vertical=True, ruby=ruby), japanese_font, 40) > 127).sum()

    assert ink("日本", True) > ink("日本", False)
    assert ink("にほ", True) == ink("にほ", False)


@pytest.mark.parametrize("vertical", [False, True])
def test_sounds_are_cut_to_their_letters_and_repeat(vertical):
    text = write_sound(np.random.default_rng(1), japanese=False)
    one, other = (draw_sound(text, BUILT_IN, 40, 20, np.random.default_rng(2), vertical=vertical) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert all(edge.any() for edge in (one[0], one[-1], one[:, 0], one[:, -1]))


@pytest.mark.parametrize("letter_px", [8, 21, 60])
def test_captions_are_screened_so_that_they_can_be_read(letter_px):
    """Contract: dots or lines, with a period of at most a fifth of a letter or as fine as screentone gets."""
    caption = Lettering("caption", BUILT_IN, 0, 0, 50, 20, "box", "tone", 1, letter_px)
    sheets = [caption_screentone(caption, np.random.default_rng(seed)) for seed in range(60)]
    assert {sheet.kind for sheet in sheets} <= {"round", "square", "line"}
    assert max(sheet.period_px for sheet in sheets) <= max(2.5, letter_px / 5)
