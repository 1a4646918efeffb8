"""What the server speaks, one service a client or protocol."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from starlette.routing import BaseRoute

MAX_BOOK = 2 << 30
BOOK_SECONDS = 3600.0
"""Largest book that may be sent, and how long it may take to arrive."""

ALIVE_SECONDS = 15.0
"""Proxies close streams of events over which nothing comes for longer."""


@dataclass(frozen=True)
class Service:
    """Routes with who may use them.

    Attributes:
        routes: As Starlette has them. Those of earlier services come first.
        paths: Which requests the rest of this is about: a path, or the start of one followed by `*`.
        for_browsers: Whether pages of other sites may send requests, as browser extensions do in their name.
        checks_token: Whether the token is asked for before the routes see a request; those of a service that does so
            itself, or asks somebody else, must not work without.
        keeps_slashes: Whether a slash at the end of a path may mean something; else it is taken off.
        limits_body: Whether size and time of a request are limited before the routes read it.
        max_body: Its largest size in bytes, where that of the settings is too small.
        upload_seconds: The longest that a request may take to arrive, where that of the settings is too short.
        open: What is done when the server starts.
        farewell: What is done when it is told to stop, before the requests that are there have been answered.
        close: What is done when it stops.
    """

    routes: Sequence[BaseRoute]
    paths: tuple[str, ...]
    for_browsers: bool = False
    checks_token: bool = True
    keeps_slashes: bool = False
    limits_body: bool = True
    max_body: int | None = None
    upload_seconds: float | None = None
    open: Callable[[], Awaitable[None]] | None = None
    farewell: Callable[[], None] | None = None
    close: Callable[[], Awaitable[None]] | None = None

    def serves(self, path: str) -> bool:
        """Say whether a request for a path is this one's."""
        return any(path.startswith(one[:-1]) if one.endswith("*") else path == one for one in self.paths)
