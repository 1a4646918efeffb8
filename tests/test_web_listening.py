"""Where the server listens.

Oracles: the sockets of the system; for Windows, the options that Microsoft's "Using SO_REUSEADDR and
SO_EXCLUSIVEADDRUSE" says a port that nobody shares needs.
"""

from __future__ import annotations

import contextlib
import errno
import socket

import pytest
from windows_rules import Nt

pytest.importorskip("uvicorn", reason="needs the extra `serve`")

from mangacolor.errors import UsageError
from mangacolor.web import listening

V4, V6 = (socket.AF_INET, ("127.0.0.1", 0)), (socket.AF_INET6, ("::1", 0, 0, 0))


def _answers(monkeypatch, *found):
    def getaddrinfo(host, port, **options):
        return [(family, socket.SOCK_STREAM, 0, "", (place[0], port, *place[2:])) for family, place in found]

    monkeypatch.setattr(listening.socket, "getaddrinfo", getaddrinfo)


@contextlib.contextmanager
def listened(host="localhost", port=0):
    found = listening.listen(host, port)
    try:
        yield found
    finally:
        for one in found:
            one.close()


@pytest.mark.parametrize("twice", [False, True])
def test_a_name_of_two_addresses_is_listened_at_by_both(monkeypatch, twice):
    """Contract: 127.0.0.1 answers, too, where `localhost` is `::1` first, and at the same port."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as one:
        one.bind(("::1", 0))
        _answers(monkeypatch, V6, V4, *[V4] * twice)
        with listened() as found:
            assert [one.family for one in found] == [socket.AF_INET6, socket.AF_INET]
            assert len({one.getsockname()[1] for one in found}) == 1
        return
    pytest.skip("no IPv6 here")


def test_an_address_that_the_machine_has_not_is_passed_over(monkeypatch):
    """As `::1` in a container without IPv6; where there is none, that is told."""
    elsewhere = (socket.AF_INET, ("192.0.2.1", 0))
    _answers(monkeypatch, elsewhere, V4)
    with listened() as found:
        assert [one.getsockname()[0] for one in found] == ["127.0.0.1"]
    _answers(monkeypatch, elsewhere)
    with pytest.raises(UsageError, match="--port"):
        listening.listen("localhost", 0)


def test_a_port_of_windows_is_nobody_elses(monkeypatch):
    said = []

    class Heard(socket.socket):
        def setsockopt(self, level, option, value):
            said.append(option)

    monkeypatch.setattr(listening, "os", Nt())
    monkeypatch.setattr(socket, "SO_EXCLUSIVEADDRUSE", -5, raising=False)
    monkeypatch.setattr(listening.socket, "socket", Heard)
    with listened("127.0.0.1"):
        assert said == [socket.SO_EXCLUSIVEADDRUSE]


def test_one_address_that_is_taken_is_told_and_the_others_are_let_go(monkeypatch):
    _answers(monkeypatch, V4, (socket.AF_INET, ("127.0.0.2", 0)))
    with socket.socket() as taken:
        taken.bind(("127.0.0.2", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match="--port"):
            listening.listen("localhost", port)
        with socket.socket() as free:
            free.bind(("127.0.0.1", port))
    assert errno.EADDRINUSE not in listening._NOT_OF_THIS_MACHINE
