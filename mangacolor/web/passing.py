"""Requests and answers on their way through: which headers go on, and what they say of where they come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

RawHeaders = list[tuple[bytes, bytes]]

_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding "
    b"upgrade".split()
)
"""About one connection alone (RFC 9110, 7.6.1)."""

_NOT_ASKED = _HOP | {b"host", b"expect", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto"}
_NOT_ANSWERED = _HOP | {b"date", b"alt-svc"}
"""uvicorn says the date; `Alt-Svc` would lead clients past this server."""


def asked_headers(connection: HTTPConnection, host: bytes, *, without: Iterable[bytes] = ()) -> RawHeaders:
    """Return the headers that go on to the server behind, with where the request came from.

    Args:
        connection: What the client sent.
        host: Name and port of the server behind.
        without: Further headers that do not go on, in lower case.
    """
    given = connection.headers
    left_out = {*_NOT_ASKED, *without, *_named_in(given.get("connection", "").encode("latin-1"))}
    client = connection.client.host if connection.client else ""
    sender = ", ".join(one for one in (given.get("x-forwarded-for"), client) if one)
    scheme = {"ws": "http", "wss": "https"}.get(connection.url.scheme, connection.url.scheme)
    forwarded = {
        "x-forwarded-for": sender, "x-forwarded-host": given.get("x-forwarded-host") or given.get("host", ""),
        "x-forwarded-proto": given.get("x-forwarded-proto") or scheme,
    }  # fmt: skip
    kept = [(name, value) for name, value in connection.headers.raw if name.lower() not in left_out]
    extra = [(name.encode(), value.encode("latin-1")) for name, value in forwarded.items() if value]
    return [(b"Host", host), *kept, *extra]


def answered_headers(headers: Iterable[tuple[bytes, bytes]], origin: str, *, is_plain: bool) -> RawHeaders:
    """Return the headers that go back to the client; what they say of the server behind is said of this one.

    Args:
        headers: Those of the server behind.
        origin: Its scheme, name and port, as addresses begin with.
        is_plain: Whether the client came over http, so that it would drop cookies marked as secure.
    """
    headers = list(headers)
    named = {one for name, value in headers if name.lower() == b"connection" for one in _named_in(value)}
    kept: RawHeaders = []
    for name, value in headers:
        lower = name.lower()
        if lower in _NOT_ANSWERED or lower in named:
            continue
        if lower in (b"location", b"content-location"):
            kept.append((name, _own(value.decode("latin-1"), origin).encode("latin-1")))
        elif lower == b"set-cookie":
            kept.append((name, _own_cookie(value, is_plain=is_plain)))
        else:
            kept.append((name, value))
    return kept


def without(headers: RawHeaders, names: Iterable[bytes]) -> RawHeaders:
    """Return headers without some, given in lower case."""
    left_out = frozenset(names)
    return [(name, value) for name, value in headers if name.lower() not in left_out]


def replaced(headers: RawHeaders, further: Mapping[str, str]) -> RawHeaders:
    """Return headers with further ones, each in place of those of its name."""
    kept = without(headers, (name.lower().encode() for name in further))
    return [*kept, *((name.encode(), value.encode("latin-1")) for name, value in further.items())]


def _named_in(value: bytes) -> list[bytes]:
    return [one.strip().lower() for one in value.split(b",") if one.strip()]


def _own(url: str, origin: str) -> str:
    """Return an address on the server behind as a path, which is one on this server."""
    if not url.lower().startswith(origin.lower()):
        return url
    rest = url[len(origin) :]
    if rest and rest[0] not in "/?#":  # another server, whose name begins like this one's
        return url
    return rest if rest.startswith("/") else f"/{rest}"


def _own_cookie(cookie: bytes, *, is_plain: bool) -> bytes:
    """Return a cookie that the client sends to this server: one without `Domain` goes to whoever set it."""
    pair, *attributes = cookie.split(b";")
    kept = [pair]
    for attribute in attributes:
        name = attribute.partition(b"=")[0].strip().lower()
        if name != b"domain" and not (name == b"secure" and is_plain):
            kept.append(attribute)
    return b";".join(kept)
