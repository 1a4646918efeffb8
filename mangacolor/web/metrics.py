"""What the server has done, as numbers that Prometheus reads."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

_SMOOTHING = 0.2
"""Share of the newest page in the mean of seconds: it follows a book of larger pages within a few of them."""


@dataclass
class Metrics:
    """Counts since the start.

    Attributes:
        pages: Pages by outcome, as the thread did them.
        seconds: What they took.
        mean_seconds: What the last pages took; 0 before the first.
        failed: Pages that could not be coloured.
        hits: Pages that were there already.
        misses: Pages that were not.
        foreseen: Pages coloured before they were asked for.
        refused: Pages for which the queue had no room.
        left: Pages whose client went away before their turn.
        requests: Answers by status.
    """

    pages: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    mean_seconds: float = 0.0
    failed: int = 0
    hits: int = 0
    misses: int = 0
    foreseen: int = 0
    refused: int = 0
    left: int = 0
    requests: Counter[int] = field(default_factory=Counter)

    def add_page(self, outcome: str, seconds: float) -> None:
        """Count a page that was done."""
        self.pages[outcome] += 1
        self.seconds += seconds
        self.mean_seconds += (seconds - self.mean_seconds) * (_SMOOTHING if self.mean_seconds else 1)


def prometheus_text(metrics: Metrics, gauges: dict[str, tuple[str, float]]) -> str:
    """Return the counts in Prometheus' text format, version 0.0.4.

    Args:
        metrics: The counts.
        gauges: Name to help and value of what goes up and down.
    """
    lines: list[str] = []

    def add(name: str, help: str, kind: str, values: dict[str, float]) -> None:
        lines.extend([f"# HELP mangacolor_{name} {help}", f"# TYPE mangacolor_{name} {kind}"])
        lines.extend(f"mangacolor_{name}{labels} {value:.15g}" for labels, value in values.items())

    by_outcome = {f'{{outcome="{outcome}"}}': float(count) for outcome, count in sorted(metrics.pages.items())}
    add("pages_total", "Pages done, by what was done with them.", "counter", by_outcome)
    add("page_seconds_total", "Seconds spent on them.", "counter", {"": metrics.seconds})
    for name, help in (
        ("failed", "Pages that could not be coloured."),
        ("hits", "Pages that were in the cache."),
        ("misses", "Pages that were not."),
        ("foreseen", "Pages coloured before they were asked for."),
        ("refused", "Pages refused because the queue was full."),
        ("left", "Pages whose client went away before their turn."),
    ):
        add(f"pages_{name}_total", help, "counter", {"": float(getattr(metrics, name))})
    by_status = {f'{{status="{status}"}}': float(count) for status, count in sorted(metrics.requests.items())}
    add("requests_total", "Requests, by status of the answer.", "counter", by_status)
    for name, (help, value) in gauges.items():
        add(name, help, "gauge", {"": float(value)})
    return "\n".join(lines) + "\n"
