"""Deciding on colours by areas: skin first, then one colour for what is one thing; paper stays paper.

The generator says for every cell of a page how likely each colour is. That is pooled over the areas between the lines,
weighed against what is likely all over the page, so that a thing gets the colour that speaks for it rather than the one
that everything has, and areas get one colour; only the largest, skies and grounds, keep some of the soft ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.colorize.area_kinds import AreaKinds, kinds_of, without_backdrops
from mangacolor.colorize.backdrops import run_out
from mangacolor.colorize.bare_grounds import fill_grounds
from mangacolor.colorize.belief import GUESSED, LEARNT, Belief
from mangacolor.colorize.class_colours import ClassColours
from mangacolor.colorize.face_paint import paint_faces
from mangacolor.colorize.findings import Findings
from mangacolor.colorize.given_colours import given_colours
from mangacolor.colorize.grids import enlarge_cells
from mangacolor.colorize.kept_colours import Choose, of_page_alone
from mangacolor.colorize.likelihoods import ramp, softmax
from mangacolor.colorize.mauve_walls import make_beige
from mangacolor.colorize.open_grounds import run_on, run_through
from mangacolor.colorize.paint import Paint, means_of, planes_of
from mangacolor.colorize.paper import AREA_PAPER_TONES
from mangacolor.colorize.scenery import as_scenery, scenery_shares
from mangacolor.colorize.shading import Light, lay, lights
from mangacolor.colorize.tinted_greys import tint_greys
from mangacolor.colorize.two_minds import parted
from mangacolor.colorize.usual_colours import as_usual, paint_things
from mangacolor.image.color import lightness_of_gray, oklab_from_srgb, srgb_from_oklab
from mangacolor.models.backend import Guess, Traits
from mangacolor.models.cores import at_once, beside
from mangacolor.page.areas import runs_of
from mangacolor.page.ink import Separation, even_out, times

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]

SHADOW_EDGE = (0.82, 0.92)
"""Mean tones up to which skin is shaded, and from which on it is bare."""

SKIN_LIGHTNESS = (0.905, 0.935)
SHADED_LIGHTNESS = (0.62, 0.84)
LIT = 0.3
"""OKLab lightness of skin where it is bare paper, and under tone; and how far the latter is brought to its most, for
screens are darker than shadows of skin are. Lighter skin could not be told from paper."""

THING_SIZES = (0.15, 0.4)
"""Share of the page up to which an area is one thing, and from which on it is a ground with colours of its own. Nobody
likes walls and skies in patches."""

THING_SHARE = 0.9
"""How far a thing has one colour; the hair of a face has altogether."""

SHADING = 0.6
"""How much of what the paint varies in lightness over an area is kept."""

LIFT, LIFTED_TO = 0.45, 0.86
"""How far the lightness of paint is brought to the second where it is darker: colour is lighter than the screen that
it replaces, and a haze lies over pages that keep the tone of the screen."""

SCREENED = (0.3, 0.6)
"""Share of a page's grey that is printed in screens up to which it is painted in grey, and is as light as it should be,
and from which on it is lifted."""

TINT = 0.05
"""OKLab chroma of toned areas that are nothing we know and likeliest grey: a little of their likeliest other colour."""

LIVELINESS = 1.5
"""Factor on the chroma where no colour is certain, since the mean over classes is paler than each of them."""


def decide(
    guess: Guess,
    page: Separation,
    found: Findings,
    traits: Traits,
    choose: Choose = of_page_alone,
    *,
    paper: Mask | None = None,
    screened: float = 1.0,
    has_backdrops: bool = True,
    is_lit: bool = True,
) -> FloatArray:
    """Decide on the colours of a page.

    Args:
        guess: What the generator said of it, with chances of the classes: colour (h, w, 3).
        page: Deepened ink and tone (h, w).
        found: Its areas and faces.
        traits: What the generator is like.
        choose: Chooses the colours of hair and garments.
        paper: (H, W) what stays white whatever is decided, at any size; None is nothing.
        screened: Share of the page's grey that is printed in screens, and not in grey.
        has_backdrops: Whether bare paper behind people has a colour.
        is_lit: Whether skin and hair have shadows and gleams that the page has not.

    Returns:
        (h, w, 3) OKLab of the colour under the ink.
    """
    if guess.chroma_logits is None or traits.bins is None:
        raise ValueError("areas are decided on by the chances of colours, which this generator does not tell")
    told = beside(partial(_told, guess.chroma_logits, traits.bins, guess, traits))
    found, labels = _of_one_mind(found, guess, page, traits)
    light = beside(partial(_lightness, guess.colour.clip(0, 1), labels, page))
    scenery, chances = told()
    colours = ClassColours(traits.bins, chances, traits.habits)
    belief = LEARNT if traits.has_learnt else GUESSED

    def by_pixel() -> FloatArray:
        return enlarge_cells(colours.decided(chances, belief.soft_surprise), traits.cell_px, labels.shape)

    softly = beside(by_pixel)
    kinds = kinds_of(guess, chances, scenery, page, found, labels, traits, paper)
    if not has_backdrops:
        kinds = without_backdrops(kinds)
    certainty = ramp(colours.largest(kinds.chances), *belief.certain)
    given = given_colours(choose(found, kinds, colours), found, kinds, colours, certainty, belief)
    lights_of_page = partial(lights, page.tone, labels, found, kinds, given.is_said)
    lit = beside(lights_of_page) if is_lit and belief.fills_in else list
    paper_share = _paper_shares(found, kinds, colours, belief) * ~given.is_on_paper
    is_skin = (kinds.is_skin & belief.fills_in & ~given.is_sure).take(labels)
    bareness = ramp(found.areas.tone, *SHADOW_EDGE)[labels[is_skin]]

    soft, (lightness, of_paper) = softly(), light()
    own, thing = _own_chroma(kinds, colours, belief), _thingness(found, kinds)
    # Of each area how much of the soft colours is left, and what is added to it.
    kept = (1 - paper_share) * (1 + np.float32(LIVELINESS - 1) * (1 - certainty)) * (1 - given.share)
    chroma = times(soft, _at((1 - thing) * kept, labels))
    chroma += _at(own * (thing * kept)[:, None] + given.lab[:, 1:] * given.share[:, None], labels)
    bare, shaded = colours.skin(kinds.chances, np.sqrt(found.areas.sizes) * kinds.is_skin)
    for plane, bright, dark in zip(planes_of(chroma), bare, shaded, strict=True):
        plane[is_skin] = dark + (bright - dark) * bareness
    lift = LIFT * belief.fills_in * float(np.interp(screened, SCREENED, (0, 1)))
    if lift > 0:  # what somebody has said is as light as they said
        lightness += _at(lift * ~given.is_said, labels) * (LIFTED_TO - lightness).clip(0)
    paint = Paint(lightness, chroma, page.tone, labels)
    if belief.fills_in:
        make_beige(paint, found, kinds, given.is_said)

    lightness *= _at((1 - given.lightness_share) * (1 - paper_share), labels)
    lightness += _at(given.lab[:, 0] * given.lightness_share * (1 - paper_share), labels)
    lightness += of_paper * _at(paper_share, labels)
    lightness[is_skin] = _of_skin(lightness[is_skin], bareness)
    is_backdrop = given.is_backdrop
    if belief.fills_in:
        as_usual(paint, found, kinds, given.is_said | (certainty >= 1))
        is_backdrop = is_backdrop | _paint_details(
            paint, lit, guess, page, found, kinds, traits, given.is_said, has_backdrops
        )
    if is_backdrop.any():
        run_out(lightness, chroma, labels, found, is_backdrop)
    return _evened(np.asarray(cv2.merge([lightness, chroma]), np.float32), page)


def _paper_shares(found: Findings, kinds: AreaKinds, colours: ClassColours, belief: Belief) -> FloatArray:
    """Return how far each area (n,) is bare paper that stays white."""
    whiteness = ramp(colours.near_grey(kinds.chances), *belief.white) * ~kinds.is_hair * ~kinds.is_skin
    whiteness *= 1 - kinds.is_known * belief.fills_in
    is_bare = kinds.is_paper | (kinds.is_bare_cloth & belief.fills_in)
    return np.asarray(ramp(found.areas.tone, *AREA_PAPER_TONES) * np.maximum(kinds.bareness * whiteness, is_bare))


def _own_chroma(kinds: AreaKinds, colours: ClassColours, belief: Belief) -> FloatArray:
    """Return the chroma (n, 2) that speaks for areas by their own chances of colours."""
    is_free = kinds.is_hair | kinds.is_dressed | kinds.is_fur
    own = colours.decided(colours.without_grey(kinds.chances, is_free), belief.surprise)
    if belief.fills_in:
        other = colours.decided(colours.without_grey(kinds.chances, kinds.is_plain), belief.surprise)
        own = _tinted(own, other, kinds.is_plain)
    return own


def _evened(lab: FloatArray, page: Separation) -> FloatArray:
    """Even colours (h, w, 3) out, half way: in sRGB, for means of vivid ones in OKLab are measurably paler."""
    rgb = srgb_from_oklab(lab, at_once)
    return oklab_from_srgb(np.asarray(cv2.addWeighted(rgb, 0.5, even_out(rgb, *page), 0.5, 0), np.float32), at_once)


def _paint_details(
    paint: Paint, lit: Callable[[], Sequence[Light]], guess: Guess, page: Separation, found: Findings, kinds: AreaKinds,
    traits: Traits, is_said: Mask, has_backdrops: bool,
) -> Mask:  # fmt: skip
    """Paint, in place, what nobody has said and no chance of a colour tells; return what has become a backdrop (n,)."""
    paint_things(paint, kinds, is_said)
    lay(paint, lit())
    paint_faces(paint, guess, traits, found, kinds, is_said)
    fill_grounds(paint, found, kinds, page.ink, is_said)
    means = means_of(paint, len(is_said))
    is_behind = run_on(paint, means, found, kinds, page.ink, is_said) if has_backdrops else np.zeros_like(is_said)
    tint_greys(paint, means, found, kinds, is_said)
    if has_backdrops:
        run_through(paint, found, kinds, page.ink, is_said)
    return is_behind


def _told(logits: FloatArray, bins: FloatArray, guess: Guess, traits: Traits) -> tuple[FloatArray, FloatArray]:
    """Return how far each cell is which scenery, and how likely each colour is there."""
    scenery = scenery_shares(guess, traits)
    return scenery, as_scenery(softmax(logits, axis=-1), scenery, bins)


def _of_one_mind(found: Findings, guess: Guess, page: Separation, traits: Traits) -> tuple[Findings, NDArray[np.int32]]:
    """Return areas of which none is two things, and the labels (h, w) of them."""
    labels = fit_labels(found.areas.labels, page.ink.shape)
    whole = parted(found, labels, guess, page, traits)
    return whole, labels if whole is found else fit_labels(whole.areas.labels, page.ink.shape)


def _at(values: NDArray[np.floating], labels: NDArray[np.int32]) -> FloatArray:
    """Return for each pixel (h, w) the value of its area, of (n,) or (n, C)."""
    return values.astype(np.float32, copy=False).take(labels, axis=0)


def _tinted(own: FloatArray, other: FloatArray, is_plain: Mask) -> FloatArray:
    """Return the chroma (n, 2) of areas, in which plain ones have at least a tint of their likeliest other colour."""
    tint = _at_most(other, TINT)
    is_dull = is_plain & (np.linalg.norm(own, axis=1) < np.linalg.norm(tint, axis=1))
    return np.where(is_dull[:, None], tint, own)


def _at_most(chroma: FloatArray, most: float) -> FloatArray:
    """Return chroma (n, 2) no longer than `most`."""
    length = np.linalg.norm(chroma, axis=1)
    return np.asarray(chroma * np.minimum(1, most / np.maximum(length, 1e-6))[:, None], np.float32)


def _thingness(found: Findings, kinds: AreaKinds) -> FloatArray:
    """Say how far each area (n,) is one thing of one colour, and no ground."""
    shares = found.areas.sizes / found.areas.labels.size
    is_hair = (found.hair_of >= 0) & kinds.is_hair
    return np.where(is_hair, np.float32(1), np.float32(THING_SHARE) * ramp(shares, *THING_SIZES[::-1]))


def _of_skin(lightness: FloatArray, bareness: FloatArray) -> FloatArray:
    """Bring the lightness of skin to where skin may have it, where it is shaded and where it is bare paper."""
    lit = lightness + LIT * (SHADED_LIGHTNESS[1] - lightness)
    shaded, bare = lit.clip(*SHADED_LIGHTNESS), lightness.clip(*SKIN_LIGHTNESS)
    return np.asarray(shaded * (1 - bareness) + bare * bareness, np.float32)


def fit_labels(labels: NDArray[np.int32], size: tuple[int, ...]) -> NDArray[np.int32]:
    """Bring labels (H, W) to another size (h, w), each pixel from the nearest."""
    return np.asarray(cv2.resize(labels, size[::-1], interpolation=cv2.INTER_NEAREST_EXACT), np.int32)


def _lightness(painted: FloatArray, labels: NDArray[np.int32], page: Separation) -> tuple[FloatArray, FloatArray]:
    """Return the OKLab lightness (h, w) of the paint, evened out a little over each area, and of the page's tone."""
    lightness = oklab_from_srgb(painted)[..., 0]
    heavy, runs = page.ink * page.ink + np.float32(1e-3), runs_of(labels)
    count = int(runs.labels.max()) + 1
    mean = runs.sums(lightness * heavy, count) / np.maximum(runs.sums(heavy, count), 1e-9)
    flat = _at(mean, labels)
    return np.asarray(flat + SHADING * (lightness - flat), np.float32), lightness_of_gray(page.tone)
