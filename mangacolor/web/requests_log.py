"""One line a request, without what pages show or tokens are."""

from __future__ import annotations

import logging
import re
import time
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.datastructures import Headers

from mangacolor.web.answers import GONE, OUTCOME

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from mangacolor.web.metrics import Metrics

_QUIET = ("/health", "/metrics")
"""Asked for every few seconds by whatever watches the server."""

_KEY = re.compile(r"(/opds/)(?!v\d[\d.]*/)[^/]+", re.IGNORECASE)

logger = logging.getLogger("mangacolor.web.requests")


class RequestsLog:
    """Tells and counts requests: address, method, path, status, seconds, bytes, and what was done.

    Args:
        app: Everything else.
        metrics: Where to count.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status, sent, outcome = time.monotonic(), GONE, 0, ""

        async def send_on(message: Message) -> None:
            nonlocal status, sent, outcome
            if message["type"] == "http.response.start":
                status = message["status"]
                outcome = Headers(raw=message["headers"]).get(OUTCOME, "")
            sent += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, send_on)
        finally:
            self.metrics.requests[status] += 1
            seconds = time.monotonic() - started
            client = (scope.get("client") or ("-",))[0]
            # No line breaks, and no secrets: the token was taken off, and addresses of OPDS may have a user's key.
            path = _KEY.sub(r"\1…", quote(scope["path"][:200], safe="/{}:@,"))
            level = logging.DEBUG if path in _QUIET and status < 400 else logging.INFO
            logger.log(
                level, "%s %s %s %d %.2fs %dB%s", client, scope["method"], path, status, seconds, sent,
                f" {outcome}" * bool(outcome),
            )  # fmt: skip
