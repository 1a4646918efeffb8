"""Where the server listens: at every address that its host stands for, and never where another program does."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import ExitStack, suppress

from mangacolor.errors import UsageError

_NOT_OF_THIS_MACHINE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, 10047, 10049)
"""How a system says that it does not have an address, Windows as well."""


def listen(host: str, port: int) -> list[socket.socket]:
    """Listen at a port of all addresses of a host, `localhost` at that of IPv4 and that of IPv6 where both are there.

    Args:
        host: A name or an address.
        port: 0 takes any.

    Raises:
        UsageError: One is taken, or none is of this machine.
    """
    refusal: OSError | None = None
    listeners: list[socket.socket] = []
    try:
        said = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        found = list(dict.fromkeys(said))  # a file of hosts may say one twice
        with ExitStack() as stack:
            for family, kind, protocol, _, address in found:
                own_port = listeners[0].getsockname()[1] if listeners else port
                try:
                    one = socket.socket(family, kind, protocol)
                    with ExitStack() as unless_bound:
                        unless_bound.enter_context(one)
                        _prepare(one, family, is_alone=len(found) == 1)
                        one.bind((address[0], own_port, *address[2:]))
                        unless_bound.pop_all()
                except OSError as error:
                    if error.errno not in _NOT_OF_THIS_MACHINE:
                        raise
                    refusal = error
                else:
                    listeners.append(stack.enter_context(one))
            if not listeners and refusal is not None:
                raise refusal
            stack.pop_all()
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{host}:{port} cannot be listened at: {reason}.", advice="Choose another --port.") from error
    return listeners


def _prepare(one: socket.socket, family: int, *, is_alone: bool) -> None:
    if os.name == "nt":  # there the other option lets two programs have one port
        one.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)  # type: ignore[attr-defined, unused-ignore]
    else:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        with suppress(OSError):  # `::` is every address, those of IPv4 too; Windows wants to be told
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if is_alone else 1)
