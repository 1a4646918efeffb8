"""Scoring a separator on drawn fields of strokes and of screens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mangacolor.evaluate.hatch_fields import INSIDE, Field, Sort
from mangacolor.evaluate.screen_fields import FIELD_KINDS, draw_field
from mangacolor.page.ink import Separation, deepen

FloatArray = NDArray[np.float32]

FIELDS = 6
"""Fields a kind."""

COARSEST_PX = 12.0
"""Standard deviation of the blur that is taken off before contrast is measured: a stroke is finer, shading coarser."""

LONGEST_PERIOD_PX = 40
"""A longer wave in the tone is no trace of a screen's cells but uneven shading."""

UNCHANGED = 4 / 255

BARE = 0.99
"""Strokes are where their plane is darker than this."""


@dataclass(frozen=True)
class HatchScores:
    """What a separator makes of one kind of field, mean over its fields; None where the kind has no such thing.

    Attributes:
        kind: The kind.
        sort: Whether these are strokes, painted greys or screens.
        fields: How many.
        strokes_kept: Contrast of the ink alone over that of the drawn strokes. The ink is that with blacks in it
            (`ink.deepen`).
        strokes_alike: Correlation of that ink with the drawn strokes: crumbs may have contrast, too.
        tone_left: Contrast of the tone over that of the strokes. Under strokes there is none.
        dots_left: Contrast of the ink between the strokes over that of the page there, of strokes over a screen.
        unchanged: Share of pixels of ink × tone that are the page within 4/255.
        tone_error: Mean absolute error of the tone, as a share of the range.
        tone_peak: Amplitude of the strongest wave left in the tone, as a share of the range; goal 2 % or less.
        worst_peak: The same, largest over the fields.
        ink_left: Contrast of the ink over that of the page under screens, where there should be none.
    """

    kind: str
    sort: Sort
    fields: int
    strokes_kept: float | None
    strokes_alike: float | None
    tone_left: float | None
    dots_left: float | None
    unchanged: float | None
    tone_error: float | None
    tone_peak: float | None
    worst_peak: float | None
    ink_left: float | None


def score_hatching(
    separate: Callable[[FloatArray], Separation],
    fields: int = FIELDS,
    *,
    on_field: Callable[[int], object] = lambda total: None,
    on_separated: Callable[[Field, Separation], object] = lambda field, separation: None,
) -> list[HatchScores]:
    """Take drawn fields apart and say what became of them.

    Args:
        separate: Takes a page (H, W) apart.
        fields: How many of each kind.
        on_field: Called for each field, with the total.
        on_separated: Called for each field with what it was taken apart into, blacks in the ink.
    """
    scores = []
    for kind in FIELD_KINDS:
        seen = []
        for seed in range(fields):
            field = draw_field(kind, seed)
            separation = separate(field.page)
            on_separated(field, deepen(separation))
            seen.append(measure_field(field, separation))
            on_field(fields * len(FIELD_KINDS))
        names = (
            "strokes_kept", "strokes_alike", "tone_left", "dots_left", "unchanged", "tone_error", "tone_peak",
            "ink_left",
        )  # fmt: skip
        means = {name: float(np.mean([one[name] for one in seen])) if name in seen[0] else None for name in names}
        worst = max(one["tone_peak"] for one in seen) if "tone_peak" in seen[0] else None
        scores.append(HatchScores(kind, field.sort, fields, worst_peak=worst, **means))
    return scores


def measure_field(field: Field, separation: Separation) -> dict[str, float]:
    """Measure one field; what is measured depends on its sort. The names are those of `HatchScores`."""
    page, deep = field.page[INSIDE], Separation(*(plane[INSIDE] for plane in deepen(separation)))
    contrast = max(float(_fine(page).std()), 1e-6)
    unchanged = float((np.abs(deep.ink * deep.tone - page) <= UNCHANGED).mean())
    if field.strokes is not None:
        drawn, fine = _fine(field.strokes[INSIDE]), _fine(deep.ink)
        contrast = max(float(drawn.std()), 1e-6)
        measured = {
            "strokes_kept": float(fine.std()) / contrast,
            "strokes_alike": float((fine * drawn).mean()) / max(float(fine.std()) * contrast, 1e-9),
            "tone_left": float(_fine(deep.tone).std()) / contrast,
        }
        if field.tone is not None and field.tone.min() < 1:
            between = cv2.erode(field.strokes, np.ones((5, 5), np.uint8))[INSIDE] > BARE
            measured["dots_left"] = float(deep.ink[between].std()) / max(float(page[between].std()), 1e-6)
        return measured
    if field.tone is None:
        return {"unchanged": unchanged}
    error = separation.tone[INSIDE] - field.tone[INSIDE]
    return {
        "tone_error": float(np.abs(error).mean()),
        "tone_peak": strongest_wave(error),
        "ink_left": float(_fine(separation.ink[INSIDE]).std()) / contrast,
    }


def strongest_wave(plane: FloatArray) -> float:
    """Return the amplitude of the strongest wave in a plane (H, W) whose period is at most `LONGEST_PERIOD_PX`.

    A plane 0.1 cos(x) has 0.1. A Hann window keeps edges from looking like waves.
    """
    window = np.outer(*(np.hanning(side) for side in plane.shape))
    spectrum = np.abs(np.fft.rfft2((plane - plane.mean()) * window)) * 2 / window.sum()
    pace = np.hypot(np.fft.fftfreq(plane.shape[0])[:, None], np.fft.rfftfreq(plane.shape[1])[None, :])
    return float(spectrum[pace >= 1 / LONGEST_PERIOD_PX].max())


def hatch_table(scores: Sequence[HatchScores]) -> str:
    """Return the three sorts as Markdown tables."""
    columns: dict[Sort, dict[str, str]] = {
        "strokes": {
            "strokes kept → 100%": "strokes_kept",
            "ink like the strokes ↑": "strokes_alike",
            "tone left ↓": "tone_left",
            "dots left ↓": "dots_left",
        },
        "painted": {"ink × tone unchanged ↑": "unchanged"},
        "screen": {
            "tone error ↓": "tone_error",
            "strongest wave ↓": "tone_peak",
            "in the worst field ↓": "worst_peak",
            "left in the ink ↓": "ink_left",
        },
    }
    tables = []
    for sort, named in columns.items():
        lines = [f"| {sort} | fields | {' | '.join(named)} |", "|---|---|" + "---|" * len(named)]
        for row in scores:
            if row.sort == sort:
                values = " | ".join(_share(getattr(row, name)) for name in named.values())
                lines.append(f"| {row.kind} | {row.fields} | {values} |")
        tables.append("\n".join(lines))
    return "\n\n".join(tables)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _fine(plane: FloatArray) -> FloatArray:
    """Return a plane (H, W) without its coarse shading."""
    return np.asarray(plane - cv2.GaussianBlur(plane, (0, 0), COARSEST_PX), np.float32)
