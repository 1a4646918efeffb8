"""What letterers write here: plausible nonsense in English and Japanese."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_WORDS = (
    "a i my no oh so go we he it is to in on me up you the and but not for was are his her him who why how what that "
    "this with from have will your they been there where never again always before after right wait stop look here "
    "come back home help sorry really think know want need tell said little friend master captain brother sister "
    "village school monster power dragon winter tomorrow yesterday nothing everything somebody anyone impossible "
    "promise remember together morning believe happened"
)
_SOUNDS = "BAM BOOM CRASH THUD WHAM SLAM CRACK WHOOSH ZIP SNAP CLICK TAP RUMBLE SWISH KRAK POW HUH GASP SIGH BA-DUM"
_KANJI = (
    "日一国人年大十二本中長出三時行見月分後前生五間上東四今金九入学高円子外八六下来気小七山話女北午百書先名川千水半男西電校語土木聞食車"
    "何南万毎白天母火右読友左休父雨思言心手力私君僕彼誰目声夜朝夢空海風花死命戦敵剣王姫村町家族兄弟姉妹体顔頭足音楽昔次最初絶対本当"
)
HIRAGANA = (
    "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわをん"
    "がぎぐげござじずだでどばびぶべぼ"
)
_ENDINGS = (
    "の は が を に で も と へ から まで より だ です ます した して ない たい だろう かな よね って という んだ のか "
    "ても れば ちゃった じゃない しろ なら ながら"
)
_KATAKANA = (
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモラリルレロワン"
    "ガギグゲゴザジズゼゾダデドバビブベボパピプペポ"
)
_JAPANESE_SOUNDS = (
    "ドドド ゴゴゴ ザワザワ バン ドン ガタッ ズキュン ビクッ ドキドキ シーン ザッ ゴロゴロ バキッ キャー ワアア ダッ "
    "ピシッ ふわっ にこっ"
)
_MARKS = ("!", "?", ".", "...", "!!", "?!", ",")
_JAPANESE_MARKS = ("!", "…", "。", "?", "ー", "っ")


def is_kanji(letter: str) -> bool:
    """Say whether a letter is a Chinese character, which may carry furigana."""
    return "\u4e00" <= letter <= "\u9fff"


def write_english(rng: np.random.Generator, lengths: list[int]) -> tuple[str, ...]:
    """Write lines of about so many letters each; English-like words without a meaning, most often in capitals."""
    capitals = rng.random() < 0.8
    lines = []
    for length in lengths:
        words: list[str] = []
        while not words or sum(map(len, words)) + len(words) < length - 2:
            words.append(_pick(_WORDS.split(), rng))
        lines.append(" ".join(words))
    text = "\n".join(lines)
    mark = _pick(_MARKS, rng)
    text = (text.upper() if capitals else text.capitalize()) + mark
    return tuple(text.split("\n"))


def write_japanese(rng: np.random.Generator, lengths: list[int]) -> tuple[str, ...]:
    """Write columns of about so many characters each: kanji, their endings, some katakana, no meaning."""
    text = ""
    while len(text) < sum(lengths):
        kind = rng.random()
        if kind < 0.6:
            text += "".join(_pick(_KANJI, rng) for _ in range(int(rng.integers(1, 3))))
            text += _pick(_ENDINGS.split(), rng)
        elif kind < 0.75:
            text += "".join(_pick(_KATAKANA, rng) for _ in range(int(rng.integers(2, 5)))) + (
                "ー" if kind < 0.66 else ""
            )
        else:
            text += "".join(_pick(HIRAGANA, rng) for _ in range(int(rng.integers(2, 5))))
        if rng.random() < 0.12:
            text += "、"
    ends = np.cumsum(lengths)
    columns = [text[end - length : end] for end, length in zip(ends, lengths, strict=True)]
    columns[-1] = columns[-1][:-1] + _pick(_JAPANESE_MARKS, rng)
    return tuple(columns)


def write_sound(rng: np.random.Generator, *, japanese: bool) -> str:
    """Return a sound effect."""
    sounds = _JAPANESE_SOUNDS if japanese else _SOUNDS
    return _pick(sounds.split(), rng)


def _pick(letters: Sequence[str], rng: np.random.Generator) -> str:
    return letters[int(rng.integers(len(letters)))]
