"""The description of the API against what its routes do.

Oracle: OpenAPI 3.1.0 for its own form (https://spec.openapis.org/oas/v3.1.0); for all else the answers themselves,
each status caused as its description says.
"""

from __future__ import annotations

import asyncio
import io
import json
import re
import zipfile
from typing import get_args

import pytest

pytest.importorskip("starlette", reason="needs the extra `serve`")

from web_described import answer_misfits, misfits, operation_of, operations, resolved
from web_stubs import GatedPainter, page_bytes, served, until

from mangacolor.image import NoteKind
from mangacolor.web.api import api_services
from mangacolor.web.openapi import DESCRIPTION
from mangacolor.web.settings import ServeSettings
from mangacolor.web.studio.routes import studio_services
from mangacolor.web.studio.studio import Studio

BOOKS = "/api/v1/books"
NOBODY = "x" * 22


def run(test):
    """Run a coroutine to its end; torch is loaded on the way."""
    return asyncio.run(asyncio.wait_for(test, 120))


def book(*numbers):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in numbers:
            archive.writestr(f"{number}.png", page_bytes(number))
    return buffer.getvalue()


def caused(name):
    """The statuses that an operation describes, but 500, which is for what nobody foresaw."""
    return {int(status) for status in operation_of(name)["responses"]} - {500}


# Its form


def walk(said):
    yield said
    for one in said.values() if isinstance(said, dict) else said if isinstance(said, list) else ():
        yield from walk(one)


def test_the_description_is_one():
    """The fixed fields of OpenAPI 3.1.0, 4.8; what a `$ref` names is there."""
    for said in walk(DESCRIPTION):
        if isinstance(said, dict) and isinstance(said.get("$ref"), str):
            assert isinstance(resolved(said), dict)
    for path, method, one in operations():
        where = f"{method} {path}"
        in_path = {said["name"] for said in one["parameters"] if said["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", path)), where
        assert all(said["required"] for said in one["parameters"] if said["in"] == "path"), where
        assert all("schema" in said and said["in"] in ("path", "query", "header") for said in one["parameters"]), where
        names = [(said["name"], said["in"]) for said in one["parameters"]]
        assert len(names) == len(set(names)), where
        assert one["responses"], where
        for status, response in one["responses"].items():
            assert re.fullmatch(r"[1-5]\d\d", status), where
            response = resolved(response)
            assert response["description"], where
            for kind, content in response.get("content", {}).items():
                assert re.fullmatch(r"[\w.*+-]+/[\w.*+-]+", kind), where
                assert set(content) <= {"schema", "example", "x-event-data"}, where
        assert {str(status) for status in (401, 403, 421, 500)} <= set(one["responses"]), where
    required = {name for one in DESCRIPTION["security"] for name in one}
    assert required == set(DESCRIPTION["components"]["securitySchemes"])


def test_every_operation_has_a_name_that_stays():
    """Contract: programs that are made from the description call operations by these names."""
    names = [one["operationId"] for *_, one in operations()]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z]+[A-Za-z]*", name) for name in names)
    assert {"colorizePage", "sendBook", "getBook", "deleteBook", "followBook", "getBookResult"} <= set(names)
    for *_, one in operations():
        assert "?" not in one["summary"], "options are parameters"


def test_every_kind_of_note_is_described():
    described = resolved(operation_of("colorizePage")["responses"]["200"])["headers"]["Mangacolor-Notes"]["description"]
    assert set(re.findall(r"`(\w+)`", described)) == set(get_args(NoteKind))


# Who is let in


def test_whoever_is_not_let_in_is_told_as_described(tmp_path):
    def studio(engine, settings):
        return studio_services(Studio(engine, settings, tmp_path))

    async def test():
        async with served((studio, api_services), settings=ServeSettings(token="secret")) as client:
            known = {"authorization": "Bearer secret"}
            for path, method, one in operations():
                address = re.sub(r"{(\w+)}", lambda found: "0" if found[1] == "number" else NOBODY, path)
                for status, headers in (
                    (401, {}),
                    (403, {**known, "origin": "https://other.example"}),
                ):
                    answer = await client.request(method, address, headers=headers)
                    assert answer.status_code == status, path
                    assert answer_misfits(one["operationId"], answer) == []
                if "404" in one["responses"]:
                    answer = await client.request(method, address, headers=known, json={})
                    assert answer.status_code == 404, path
                    assert answer_misfits(one["operationId"], answer) == []
        async with served((studio, api_services)) as client:
            for path, method, one in operations():
                answer = await client.request(method, path, headers={"host": "other.example"})
                assert answer.status_code == 421
                assert answer_misfits(one["operationId"], answer) == []

    run(test())


def test_outside_the_api_refusals_are_text():
    async def test():
        async with served((api_services,), settings=ServeSettings(token="secret")) as client:
            answer = await client.get("/health")
            assert (answer.status_code, answer.headers["content-type"]) == (401, "text/plain; charset=utf-8")

    run(test())


# Pages


async def slowly(data):
    yield data[:10]
    await asyncio.sleep(5)
    yield data[10:]


class Troubled(GatedPainter):
    def colorize_page(self, page, hints=()):
        if page.rgb[0, 0, 0] == 8:
            raise RuntimeError
        return super().colorize_page(page, hints)


def test_every_status_of_a_page_is_caused():
    settings = ServeSettings(token="t", max_body=1 << 20, upload_seconds=0.5, wait_seconds=1.0, queue_pages=1)
    known, image = {"authorization": "Bearer t"}, {"authorization": "Bearer t", "content-type": "image/png"}

    async def test():
        painter, seen = Troubled(), set()
        async with served((api_services,), painter, settings=settings) as client:

            async def ask(status, **kwargs):
                answer = await client.post("/api/v1/colorize", **{"headers": known, **kwargs})
                assert answer.status_code == status
                assert answer_misfits("colorizePage", answer) == []
                seen.add(status)

            await ask(200, content=page_bytes(1), headers=image)
            await ask(400, files=[("page", ("a", page_bytes(1))), ("page", ("b", page_bytes(2)))])
            await ask(401, headers={})
            await ask(403, headers={**known, "origin": "https://other.example"})
            await ask(408, content=slowly(page_bytes(1)), headers=image)
            await ask(413, content=bytes(2 << 20), headers=image)
            await ask(415, content=page_bytes(1), headers={**known, "content-type": "text/plain"})
            await ask(422, files={"page": page_bytes(1)}, data={"format": "gif"})
            await ask(500, files={"page": page_bytes(8)})
            painter.gate.clear()
            painter.begun.clear()
            first = asyncio.create_task(ask(504, files={"page": page_bytes(3)}))
            await until(painter.begun.is_set)
            waits = asyncio.create_task(ask(504, files={"page": page_bytes(4)}))
            await until(lambda: client.engine.waiting == 1)
            await ask(503, files={"page": page_bytes(5)})
            await asyncio.gather(first, waits)
            painter.gate.set()
        async with served((api_services,)) as client:
            await ask(421, headers={"host": "other.example"})
        assert seen - {500} == caused("colorizePage")

    run(test())


# Books


def test_every_status_of_sending_a_book_is_caused(monkeypatch):
    monkeypatch.setattr("mangacolor.web.book_jobs.BOOKS", 1)
    monkeypatch.setattr("mangacolor.web.api.BOOK_SECONDS", 0.5)
    monkeypatch.setattr("mangacolor.web.api.MAX_BOOK", 1 << 20)
    known = {"authorization": "Bearer t"}

    async def test():
        painter, seen = GatedPainter(is_open=False), set()

        async def ask(client, status, **kwargs):
            answer = await client.post(BOOKS, **{"headers": known, **kwargs})
            assert answer.status_code == status
            assert answer_misfits("sendBook", answer) == []
            seen.add(status)

        async with served((api_services,), painter, settings=ServeSettings(token="t")) as client:
            await ask(client, 401, headers={})
            await ask(client, 403, headers={**known, "origin": "https://other.example"})
            await ask(client, 408, content=slowly(book(1)))
            await ask(client, 413, content=bytes(2 << 20))
            await ask(client, 415, files={"book": book(1)})
            await ask(client, 422, content=b"")
            await ask(client, 202, content=book(1))
            await ask(client, 503, content=book(1))
            painter.gate.set()
        async with served((api_services,)) as client:
            await ask(client, 421, headers={"host": "other.example"})
        assert seen == caused("sendBook")

    run(test())


def test_every_status_of_a_book_is_caused_and_its_events_are_as_described():
    async def test():
        painter, seen = GatedPainter(is_open=False), {}
        async with served((api_services,), painter) as client:

            async def ask(name, status, where, method="GET", **headers):
                answer = await client.request(method, where, headers=headers)
                assert answer.status_code == status
                assert answer_misfits(name, answer) == []
                seen.setdefault(name, {401, 403, 421}).add(status)  # which the test above has caused
                return answer

            sent = await client.post(BOOKS, content=book(1, 2).replace(b"IHDR", b"IHDx", 1))
            where, missing = sent.headers["location"], f"{BOOKS}/{NOBODY}"
            await until(painter.begun.is_set, 60)
            await ask("getBook", 200, where)
            await ask("getBookResult", 425, f"{where}/result")
            painter.gate.set()
            told = (await ask("followBook", 200, f"{where}/events")).text
            await ask("getBookResult", 200, f"{where}/result")
            found = [json.loads(line[6:]) for line in told.splitlines() if line.startswith("data: ")]
            assert [text for one in found for text in misfits("BookEvent", one)] == []
            assert {one.get("status") for one in found} == {None, "colored", "failed"}
            example = operation_of("followBook")["responses"]["200"]["content"]["text/event-stream"]["example"]
            said = dict(line.split(": ", 1) for line in example.strip().splitlines())
            last = next(block for block in told.split("\n\n") if '"page"' in block)
            assert said.keys() == dict(line.split(": ", 1) for line in last.splitlines()).keys()
            assert json.loads(said["data"]).keys() == json.loads(last.partition("data: ")[2]).keys()
            assert misfits("BookEvent", json.loads(said["data"])) == []
            broken = (await client.post(BOOKS, content=b"no book")).headers["location"]
            await client.get(f"{broken}/events")
            await ask("getBookResult", 409, f"{broken}/result")
            picture = (await client.post(BOOKS, content=page_bytes(4))).headers["location"]
            await client.get(f"{picture}/events")
            kind = (await ask("getBookResult", 200, f"{picture}/result")).headers["content-type"]
            assert kind == "image/png"
            for name, end in (("getBook", ""), ("followBook", "/events"), ("getBookResult", "/result")):
                await ask(name, 404, f"{missing}{end}")
            await ask("deleteBook", 404, missing, "DELETE")
            await ask("deleteBook", 204, where, "DELETE")
        assert seen == {name: caused(name) for name in seen}

    run(test())
