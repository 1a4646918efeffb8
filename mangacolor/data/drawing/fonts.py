"""Fonts for lettering, among those installed: which of them can set English, which Japanese.

Nothing is downloaded or shipped. On Debian and Ubuntu `apt install fonts-ipafont-gothic
fonts-ipafont-mincho fonts-comic-neue` gives Japanese and comic lettering; without any font, Pillow's
own Latin one is used. The same seed gives the same pixels only with the same fonts.
"""

from __future__ import annotations

import os
import re
import sys
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import ImageFont

from mangacolor.errors import BadInputError

FONTS_VARIABLE = "MANGACOLOR_FONTS"
"""Environment variable that names the only folder to take fonts from."""

_SUFFIXES = (".ttf", ".otf", ".ttc")
_LATIN_PROBE = "AEGMQRWaegmqrw!?'"
_JAPANESE_PROBE = "あのゃんアドッ日見何間。"
# A private-use character is in no text font, so it shows what the font draws for what it lacks.
_MISSING = "\U0010fffd"
# Faces no letterer would choose: they are found by the dozen on every desktop.
_UNFIT = re.compile(
    r"mono|code|math|symbol|emoji|icon|dingbat|braille|typewriter|courier|console|barcode|sign|thin|hairline|extralight",
    re.IGNORECASE,
)
_HEAVY = re.compile(r"bold|black|heavy|reggae", re.IGNORECASE)
_COMIC = re.compile(r"comic|manga|anime|hand|marker|humor|tomson|wild ?words|bangers", re.IGNORECASE)


class Font(NamedTuple):
    """A font file.

    Attributes:
        family: Its family, such as "Comic Neue".
        style: Its style within the family, such as "Bold".
        path: The file; None is Pillow's built-in font.
    """

    family: str
    style: str = ""
    path: Path | None = None

    @property
    def name(self) -> str:
        """Family and style."""
        return f"{self.family} {self.style}".strip()

    @property
    def is_heavy(self) -> bool:
        """Whether it is a bold or black face."""
        return bool(_HEAVY.search(self.name))


class Fonts(NamedTuple):
    """Fonts that can set English, never empty, and fonts that can set Japanese, perhaps none."""

    latin: tuple[Font, ...]
    japanese: tuple[Font, ...]

    def names(self) -> list[str]:
        """Return the sorted names of all fonts, which a set of drawn pages depends on."""
        return sorted({font.name for font in (*self.latin, *self.japanese)})

    def choose(self, rng: np.random.Generator, *, japanese: bool) -> Font:
        """Draw a font, family first; English ones made for comics four times out of five, where there are any."""
        known = self.japanese if japanese else self.latin
        prefers_comic, family, style = rng.random() < 0.8, rng.random(), rng.random()
        comic = tuple(font for font in known if _COMIC.search(font.family))
        known = comic if comic and prefers_comic and not japanese else known
        families = sorted({font.family for font in known})
        styles = [font for font in known if font.family == families[int(family * len(families))]]
        return styles[int(style * len(styles))]


BUILT_IN = Font("Pillow built-in")


def find_fonts() -> Fonts:
    """Find the fonts that lettering can use, in a fixed order.

    They are those of the folder that `MANGACOLOR_FONTS` names or, without it, of the usual folders of the system and
    the user.

    Raises:
        BadInputError: The folder that was named does not exist.
    """
    named = os.environ.get(FONTS_VARIABLE)
    chosen = Path(named) if named else None
    if chosen is not None and not chosen.is_dir():
        raise BadInputError(
            f"{chosen}: no such folder of fonts.", advice=f"Check the folder, or unset {FONTS_VARIABLE}."
        )
    return _find((chosen,) if chosen else tuple(_usual_folders()))


@lru_cache(maxsize=8)
def _find(folders: tuple[Path, ...]) -> Fonts:
    files = {file.name: file for folder in folders for file in sorted(folder.rglob("*")) if _is_font(file)}
    latin, japanese = [], []
    for name in sorted(files):
        font = _open(files[name])
        if font is None or _UNFIT.search(font.name):
            continue
        if _covers(font, _JAPANESE_PROBE):
            japanese.append(font)
        elif _covers(font, _LATIN_PROBE):
            latin.append(font)
    return Fonts(tuple(latin) or (BUILT_IN,), tuple(japanese))


def _usual_folders() -> list[Path]:
    home = Path(os.path.expanduser("~"))  # noqa: PTH111  # `Path.home` ends the run of a user without one
    folders = [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), home / ".fonts", home / ".local/share/fonts"]
    if sys.platform == "darwin":
        folders = [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts"]
    elif sys.platform == "win32":
        user = Path(os.environ.get("LOCALAPPDATA", home)) / "Microsoft/Windows/Fonts"
        folders = [Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts", user]
    return [folder for folder in folders if folder.is_dir()]


def _is_font(file: Path) -> bool:
    return file.suffix.lower() in _SUFFIXES and not file.name.startswith(".")


def _open(path: Path) -> Font | None:
    """Return the font in a file, or None where FreeType cannot read it."""
    try:
        family, style = ImageFont.truetype(path, 16).getname()
    except (OSError, ValueError):
        return None
    return Font(family or path.stem, style or "", path)


def _covers(font: Font, text: str) -> bool:
    """Compare bitmaps: a character the font lacks is drawn like any other it lacks, or not at all."""
    face = load_face(font, 24)
    try:
        missing = bytes(face.getmask(_MISSING))
        return all((drawn := bytes(face.getmask(letter))) != missing and any(drawn) for letter in text)
    except (OSError, ValueError):
        return False


@lru_cache(maxsize=256)
def load_face(font: Font, size_px: int) -> ImageFont.FreeTypeFont:
    """Open a font at a size; the last few hundred stay open.

    Args:
        font: Which.
        size_px: Height of its em square, at least 1.
    """
    if font.path is not None:
        return ImageFont.truetype(font.path, size_px)
    face = ImageFont.load_default(size_px)
    if not isinstance(face, ImageFont.FreeTypeFont):
        raise BadInputError("Pillow was built without FreeType.", advice="Install Pillow from PyPI.")
    return face
