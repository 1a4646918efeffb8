"""The scores of a look set as Markdown, a table a question, a row a tool and half, and as plain values for JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mangacolor.evaluate.look import LookScores
from mangacolor.evaluate.look_points import Verdict

Column = tuple[str, Callable[[LookScores], str]]


def look_table(scores: Sequence[LookScores]) -> str:
    """Return scores as Markdown tables; a dash stands where there is nothing to score."""
    tables = [
        (
            share_column("skin ↑", "skin"),
            *(share_column(place, f"skin_{place}") for place in ("face", "neck", "hand", "leg", "body")),
        ),
        (
            share_column("white ↑", "white"),
            *(share_column(place, f"white_{place}") for place in ("balloon", "gutter", "cloth")),
        ),
        (
            ("chroma off paper ↑", lambda row: f"{row.chroma:.3f}"),
            ("coloured ↑", lambda row: f"{row.coloured:.2f}"),
            ("of paper", lambda row: f"{row.coloured_paper:.2f}"),
            ("hue sectors ↑", lambda row: f"{row.sectors:.1f}"),
        ),
        (
            share_column("hair ↑", "hair"),
            share_column("garments ↑", "cloth"),
            share_column("eyes ↑", "eye"),
            *(share_column(f"{thing} ↑", thing) for thing in ("sky", "foliage", "sea", "wood", "ground")),
        ),
        (
            ("hair on a page ↓", lambda row: number(row.hair_spread, ".3f")),
            ("over pages ↓", lambda row: number(row.hair_spread_over_pages, ".3f")),
            ("garment on a page ↓", lambda row: number(row.cloth_spread, ".3f")),
            ("garment over pages ↓", lambda row: number(row.cloth_spread_over_pages, ".3f")),
            ("garments apart ↑", lambda row: number(row.cloth_apart, ".3f")),
            ("seconds a page", lambda row: number(row.seconds, ".2f")),
            ("peak MiB", lambda row: number(row.peak_mib, ".0f")),
        ),
    ]
    return "\n\n".join(table_of(scores, columns) for columns in tables)


def table_of(scores: Sequence[LookScores], columns: Sequence[Column]) -> str:
    """Return a Markdown table, a row a score; columns have a title, and what they tell of a score."""
    lines = [f"| | pages | {' | '.join(title for title, _ in columns)} |", "|---|---|" + "---|" * len(columns)]
    for row in scores:
        pages = f"{row.pages}" if row.half == "all" else f"{row.half} {row.pages}"
        lines.append(f"| {row.name} | {pages} | {' | '.join(told(row) for _, told in columns)} |")
    return "\n".join(lines)


def share_column(title: str, share: str) -> Column:
    """Return the column of a share of points, one of `look.SHARES`."""
    return title, lambda row: number(row.shares[share], ".2f")


def number(value: float | None, form: str) -> str:
    """Write a number in a form of `format`; a dash for None."""
    return "–" if value is None else f"{value:{form}}"


def plain_look(scores: LookScores) -> dict[str, Any]:
    """Return scores as plain values for JSON, with every page, the verdict on every point, and what was missed.

    `missed` lists the points that are wrong, place by place and in the order of the pages.
    """
    plain = dataclasses.asdict(dataclasses.replace(scores, looks=()))
    del plain["looks"]
    plain |= plain.pop("shares")
    plain["per_page"] = [
        {
            **{name: value for name, value in dataclasses.asdict(look).items() if name != "verdicts"},
            "points": [_plain_verdict(verdict) for verdict in look.verdicts],
        }
        for look in scores.looks
    ]
    wrong = [verdict for look in scores.looks for verdict in look.verdicts if not verdict.right]
    wrong.sort(key=lambda verdict: (verdict.point.kind, verdict.point.where))
    plain["missed"] = [{"page": verdict.point.page, **_plain_verdict(verdict)} for verdict in wrong]
    return plain


def _plain_verdict(verdict: Verdict) -> dict[str, Any]:
    lightness, a, b = verdict.colour
    point = verdict.point
    return {
        **{name: getattr(point, name) for name in ("x", "y", "kind", "where")},
        **{"lightness": lightness, "a": a, "b": b, "chroma": float(np.hypot(a, b))},
        "hue": float(np.degrees(np.arctan2(b, a)) % 360),
        "right": verdict.right,
    }
