"""The server over real sockets: clients that go away, dawdle or send too much, and being told to stop.

Oracle: the contract in docs/serve.md. The process is a real one; only its painter waits instead of painting.
"""

from __future__ import annotations

import contextlib
import http.client
import signal
import socket
import threading
import time
from urllib.parse import urlsplit

import pytest

pytest.importorskip("uvicorn", reason="needs the extra `serve`")

import httpx
from web_process import server
from web_stubs import GatedPainter, is_red, page_bytes

from mangacolor.cli import run
from mangacolor.errors import ExitCode, UsageError
from mangacolor.web import run as web_run
from mangacolor.web.engine import Engine
from mangacolor.web.listening import listen
from mangacolor.web.services import Service
from mangacolor.web.settings import ServeSettings

pytestmark = pytest.mark.slow


def until(condition, seconds=20.0):
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it did not happen")


def send(client, number, size=(40, 60)):
    return client.post("/suwayomi", files={"image": ("1.png", page_bytes(number, size=size), "image/png")})


def raw(url, text):
    """Open a connection and send the beginning of a request."""
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname, parts.port), 20)
    connection.sendall(text)
    return connection


def page_request(number):
    data = page_bytes(number)
    head = b'--b\r\nContent-Disposition: form-data; name="image"; filename="1.png"\r\n\r\n'
    body = head + data + b"\r\n--b--\r\n"
    return (
        b"POST /translate/with-form/image/stream HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    )


def test_clients_that_are_unplugged_give_their_places_away_and_others_are_served(tmp_path):
    with server(seconds=0.5) as (_, url), httpx.Client(base_url=url, timeout=30) as client:
        unplugged = [raw(url, page_request(number)) for number in range(1, 9)]
        until(lambda: client.get("/health").json()["waiting"] == 7)
        started = time.monotonic()
        for connection in unplugged:
            connection.close()
        assert is_red(send(client, 20).content)
        assert time.monotonic() - started < 3  # the page in work, and then this one, not seven more
        assert client.get("/health").json()["waiting"] == 0
        assert "mangacolor_pages_left_total 7" in client.get("/metrics").text


def test_slow_uploads_and_half_requests_are_given_up_and_hold_nobody_up():
    with server("--upload-seconds", 1) as (_, url), httpx.Client(base_url=url, timeout=30) as client:
        slow = [raw(url, page_request(number)[:-40]) for number in range(20)]
        heads = [raw(url, b"POST /suwayomi HTTP/1.1\r\nHost: loc") for _ in range(20)]
        assert is_red(send(client, 30).content)
        for connection in slow:
            assert b"408" in connection.recv(4096).partition(b"\r\n")[0]
        assert is_red(send(client, 31).content)
        for connection in slow + heads:
            connection.close()


def test_a_hundred_megabytes_are_refused_by_their_length_or_on_the_way():
    with server() as (_, url), httpx.Client(base_url=url, timeout=60) as client:
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
        connection.putrequest("POST", "/suwayomi")
        connection.putheader("Content-Type", "multipart/form-data; boundary=b")
        connection.putheader("Content-Length", str(100 << 20))
        connection.endheaders()  # and not a byte of it
        assert connection.getresponse().status == 413
        connection.close()

        def pieces():
            yield b'--b\r\nContent-Disposition: form-data; name="image"; filename="1.png"\r\n\r\n'
            for _ in range(100):
                yield bytes(1 << 20)

        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        # The server may close while the client still sends.
        with contextlib.suppress(httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):
            assert client.post("/suwayomi", content=pieces(), headers=headers).status_code == 413
        assert is_red(send(client, 1).content)


def test_told_to_stop_the_page_in_work_is_finished_and_those_that_wait_go_back(tmp_path):
    with server("--cache", tmp_path, seconds=1.5) as (process, url), httpx.Client(base_url=url, timeout=30) as client:
        answers = {}
        threads = [
            threading.Thread(target=lambda number=number: answers.update({number: send(client, number)}))
            for number in range(1, 5)
        ]
        for thread in threads:
            thread.start()
        until(lambda: client.get("/health").json()["waiting"] == 3)
        process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join(20)
        assert process.wait(20) == 0
        done = [is_red(answers[number].content) for number in range(1, 5)]
        assert sum(done) == 1
        for number, is_done in enumerate(done, 1):
            assert answers[number].status_code == 200
            assert is_done or answers[number].content == page_bytes(number)
        assert len(list(tmp_path.glob("[0-9a-f]*"))) == 1


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_while_its_services_open_it_closes_them_and_ends(told, monkeypatch):
    done = []

    async def open_service():
        signal.raise_signal(told)
        done.append("opened")

    async def close_service():
        done.append("closed")

    opened = Service([], paths=(), open=open_service, close=close_service)
    monkeypatch.setattr(web_run, "all_services", lambda engine, settings: [opened])
    engine = Engine(GatedPainter)
    web_run.serve(engine, ServeSettings(port=0), on_ready=lambda url: None)
    assert done == ["opened", "closed"]
    assert engine.is_stopping


def test_killed_amid_pages_the_next_server_finds_whole_ones_only(tmp_path):
    with server("--cache", tmp_path, seconds=0.01) as (process, url):

        def read():
            with httpx.Client(base_url=url, timeout=5) as client:
                for number in range(200):
                    try:
                        send(client, number, size=(300, 400))
                    except httpx.HTTPError:
                        return

        thread = threading.Thread(target=read)
        thread.start()
        until(lambda: len(list(tmp_path.iterdir())) > 5)
        process.kill()
        thread.join(20)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if len(path.name) == 64}
    with server("--cache", tmp_path) as (_, url), httpx.Client(base_url=url, timeout=30) as client:
        for number in range(len(before)):
            assert is_red(send(client, number, size=(300, 400)).content)
        assert f"mangacolor_pages_hits_total {len(before)}" in client.get("/metrics").text
    assert not list(tmp_path.glob(".mangacolor-*"))


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["--host", "0.0.0.0"], ExitCode.USAGE, "--token"),
        (["--port", "70000"], ExitCode.USAGE, "--port"),
        (["--queue", "0"], ExitCode.USAGE, "--queue"),
        (["--cache", __file__], ExitCode.CANNOT_WRITE, "--cache"),
        (["--weights", "nowhere.safetensors", "--cache-mb", "0"], ExitCode.MODEL_FILE, "nowhere"),
    ],
)
def test_the_command_tells_what_is_wrong_before_it_listens(words, status, said, capsys):
    assert run(["serve", *words]) == status
    assert said in capsys.readouterr().err


def test_a_port_that_is_taken_is_told():
    with server() as (_, url), pytest.raises(UsageError, match="--port"):
        listen("127.0.0.1", urlsplit(url).port)
