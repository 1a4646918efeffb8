"""A page that a reader shows: coloured if that can be done, else as it is; with what lets clients keep it."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.responses import Response

from mangacolor.errors import BadInputError
from mangacolor.web.answers import OUTCOME, ClientGoneError, told, unless_gone
from mangacolor.web.followed import followed_of
from mangacolor.web.painting import PageOrder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request

    from mangacolor.web.engine import Engine
    from mangacolor.web.painting import Painted

KEPT = "private, no-cache"
"""Of a coloured page: the client keeps it and asks whether it is still right, which other colours make it not."""

NOT_KEPT = "no-store"
"""Of a page that could not be coloured this time."""

_PLAIN = PageOrder()

logger = logging.getLogger("mangacolor.web")


async def order_if_possible(
    engine: Engine, request: Request, titles: Sequence[str], order: PageOrder = _PLAIN
) -> PageOrder | None:
    """Return what is wanted of a page with the series that its titles have; None where that one cannot be read.

    Args:
        engine: Has the series.
        request: For the page.
        titles: Of what is read, what says most first.
        order: What is wanted of it otherwise.
    """
    try:
        return replace(order, series=await followed_of(request, engine, titles))
    except BadInputError as error:
        logger.warning("A page is shown as it is: %s", told(error).replace("\n", " "))
        return None


async def color_if_possible(
    engine: Engine, request: Request, data: bytes, order: PageOrder | None, *, seconds: float
) -> Painted | None:
    """Colour a page, or return None where it must be shown as it is.

    Args:
        engine: Colours it.
        request: Whose client waits for it; read to its end.
        data: Its file.
        order: What is wanted of it; None for nothing.
        seconds: How long the client may wait.

    Raises:
        ClientGoneError: The client went away.
    """
    if order is None:
        return None
    try:
        return await unless_gone(request, engine.color(data, order), seconds=seconds)
    except ClientGoneError:
        raise
    except Exception as error:
        logger.warning("A page is shown as it is: %s", told(error).replace("\n", " "))
        return None


def entity_tag(data: bytes) -> str:
    """Return the ETag of a file: the same for the same bytes, wherever they come from."""
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'


def is_known(request: Request, tag: str) -> bool:
    """Say whether a client has what a tag stands for (RFC 9110, 13.1.2: compared weakly)."""
    known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    return tag in known or known == ["*"]


def shown_answer(
    request: Request, data: bytes, media_type: str, outcome: str, *, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a page as an answer; without its bytes where the client has them.

    Args:
        request: The client's.
        data: The file.
        media_type: Its MIME type.
        outcome: What was done; `failed` makes that the client does not keep it.
        headers: Further ones.
    """
    all_headers = {**(headers or {}), OUTCOME: outcome}
    if outcome == "failed":
        return Response(data, media_type=media_type, headers={**all_headers, "Cache-Control": NOT_KEPT})
    tag = entity_tag(data)
    all_headers.update({"ETag": tag, "Cache-Control": KEPT})
    if is_known(request, tag):
        return Response(status_code=304, headers=all_headers)
    return Response(data, media_type=media_type, headers=all_headers)
