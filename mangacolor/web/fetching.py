"""Pages from the web, for browsers that may not read them: from public addresses alone, within limits.

A server that fetches what it is told could be used to look at what only its own network can see. So the addresses that
a name stands for are looked at when the connection is made, again for every redirect, and the connection goes to the
address that was looked at: a name that points elsewhere a moment later gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import httpcore

from mangacolor.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FETCH_SECONDS = 30.0
REDIRECTS = 4

_NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in ("::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16", "fec0::/10")
)
"""IPv6 addresses that lead to IPv4 addresses, private ones among them, and those of one site (RFC 3879): older Pythons
hold some of them for public."""


class Fetcher:
    """Fetches pictures over http and https.

    Args:
        max_bytes: Larger ones are refused.
        seconds: Those that take longer, too.
        backend: Opens connections; None opens those of the system.
    """

    def __init__(
        self, max_bytes: int, *, seconds: float = FETCH_SECONDS, backend: httpcore.AsyncNetworkBackend | None = None
    ) -> None:
        self.max_bytes, self.seconds = max_bytes, seconds
        self._backend = PublicOnly(backend or httpcore.AnyIOBackend())

    async def fetch(self, url: str, headers: Mapping[str, str]) -> bytes:
        """Return what lies at an address.

        Args:
            url: The address.
            headers: What is told to the other server, such as the page that shows the picture.

        Raises:
            BadInputError: It is no public http or https address, it is too large or too slow, or the other server
                gives something else than a file.
        """
        try:
            return await asyncio.wait_for(self._fetch(url, headers), self.seconds)
        except (TimeoutError, asyncio.TimeoutError, httpcore.TimeoutException):
            raise BadInputError(f"{_shown(url)} did not come within {self.seconds:g} s.") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            raise BadInputError(f"{_shown(url)} cannot be fetched: {type(error).__name__}.") from error

    async def _fetch(self, url: str, headers: Mapping[str, str]) -> bytes:
        # A pool of its own for each picture: no connection is left open to what was asked for once.
        async with httpcore.AsyncConnectionPool(network_backend=self._backend) as pool:
            for _ in range(REDIRECTS + 1):
                _check_url(url)
                asked = [("Host", urlsplit(url).netloc.rpartition("@")[2]), *headers.items()]
                async with pool.stream("GET", url, headers=asked) as answer:
                    told = {name.lower(): value for name, value in answer.headers}
                    if answer.status in (301, 302, 303, 307, 308) and b"location" in told:
                        url = urljoin(url, told[b"location"].decode("latin-1"))
                        continue
                    if answer.status != 200:
                        raise BadInputError(f"{_shown(url)} answers with status {answer.status}.")
                    return await self._read(answer, url)
        raise BadInputError(f"{_shown(url)} leads elsewhere more than {REDIRECTS} times.")

    async def _read(self, answer: httpcore.Response, url: str) -> bytes:
        data = bytearray()
        async for piece in answer.aiter_stream():
            data += piece
            if len(data) > self.max_bytes:
                raise BadInputError(f"{_shown(url)} is larger than {self.max_bytes >> 20} MiB.")
        return bytes(data)


class PublicOnly(httpcore.AsyncNetworkBackend):
    """Connects to public addresses and to no others.

    Args:
        inner: Opens the connections.
    """

    def __init__(self, inner: httpcore.AsyncNetworkBackend) -> None:
        self.inner = inner

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to a host if every address that it stands for is public."""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise BadInputError(f"There is no server of the name {host}.") from error
        addresses = [str(entry[4][0]) for entry in found]
        if not addresses or not all(is_public(address) for address in addresses):
            raise BadInputError(f"{host} is not on the public web.", advice="Send the picture itself.")
        return await self.inner.connect_tcp(addresses[0], port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: such sockets are files of this machine."""
        raise BadInputError("Sockets of this machine are not fetched from.")

    async def sleep(self, seconds: float) -> None:
        """Wait between tries."""
        await self.inner.sleep(seconds)


def is_public(address: str) -> bool:
    """Say whether an address is one of the public internet."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        elif any(ip in network for network in _NOT_PUBLIC):
            return False
    return ip.is_global and not ip.is_multicast


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and url.isascii()
    except ValueError:
        is_web = False
    if not is_web:
        raise BadInputError(
            f"{_shown(url)} is no address of the web.",
            advice="It must start with http:// or https://, and be percent-encoded where it is not ASCII.",
        )


def _shown(url: str) -> str:
    """Return an address without what may be secret in it."""
    return url.partition("?")[0][:120]
