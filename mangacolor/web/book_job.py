"""A book that was sent: its state, and what was told of it."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mangacolor.web.answers import small_number

State = Literal["waiting", "working", "done", "failed", "cancelled", "interrupted"]


@dataclass(eq=False)
class BookJob:
    """A book on its way.

    Attributes:
        format: File format of its pages.
        series: Name of the series that it follows; empty for the usual one.
        key: Its name in addresses; nobody guesses it.
        folder: Where it lies.
        state: What has become of it; `interrupted` means that it goes on when the server runs again.
        pages: How many it has; 0 until that is known.
        done: How many of them are done.
        failed: How many of those done stayed as they were, since they could not be coloured.
        notes: What pages do not keep exactly, kinds of notes by the name of the page.
        error: What went wrong first, or with the book as a whole; a book that is done may have one as well.
        output: The coloured book.
        sent: When it came, in seconds since 1970.
        ended: When it ended, likewise.
        events: What was told of it in this run of the server, in order.
        run: Stands for this run of the server in the names of events.
    """

    format: str = "keep"
    series: str = ""
    key: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    folder: Path = Path()
    state: State = "waiting"
    pages: int = 0
    done: int = 0
    failed: int = 0
    notes: dict[str, list[str]] = field(default_factory=dict)
    error: str = ""
    output: Path | None = None
    sent: float = field(default_factory=time.time)
    ended: float = 0.0
    events: list[dict[str, Any]] = field(default_factory=list)
    run: str = field(default_factory=lambda: secrets.token_hex(4))
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def input(self) -> Path:
        """Where the book that came lies; its name comes from here, never from a request."""
        return self.folder / "book"

    @property
    def is_ended(self) -> bool:
        """Whether nothing more will happen to it in this run of the server."""
        return self.state not in ("waiting", "working")

    def told(self) -> dict[str, Any]:
        """Return what is said of it."""
        kinds = Counter(kind for kinds in list(self.notes.values()) for kind in kinds)
        return {"id": self.key, **self._counts(), "notes": dict(kinds), "error": self.error}

    def tell(self, **event: Any) -> None:
        """Add an event, and wake those who wait for one."""
        self.events.append({**event, **self._counts()})
        self.changed.set()
        self.changed = asyncio.Event()

    def _counts(self) -> dict[str, Any]:
        return {"state": self.state, "pages": self.pages, "done": self.done, "failed": self.failed}

    def begin_anew(self) -> None:
        """Wait once more: what is done already is counted and told again, but for the notes, which are kept."""
        self.state, self.done, self.failed, self.error = "waiting", 0, 0, ""

    def end(self, state: State, error: str = "") -> None:
        """Say that nothing more will happen to it."""
        if not self.is_ended:
            self.state, self.error, self.ended = state, error, time.time()
            self.tell(error=error)

    def after(self, last: str) -> int:
        """Return the number of the event after one that a client names, all of this run for one of another run."""
        run, _, name = last.partition("-")
        number = small_number(name, 9) if run == self.run else None
        return 0 if number is None else number + 1

    async def follow(self, start: int = 0) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """Yield the events from one on with their names, as they come, until the book has ended."""
        while True:
            changed = self.changed
            while start < len(self.events):  # more may come while one is sent
                yield f"{self.run}-{start}", self.events[start]
                start += 1
            if self.is_ended:
                return
            await changed.wait()
