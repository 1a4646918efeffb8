"""A library's server for tests: it answers as Komga and Kavita do, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import base64
from email.utils import formatdate

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from web_stubs import page_bytes

BASIC = "Basic " + base64.b64encode(b"reader@example.org:secret").decode()
KEY = "4d1f-key"
BOOK, SERIES, LIBRARY = "0B5YPC4TWPQWB", "0B5YPC4TWQZZZ", "0B5YPC4TLIB01"
PAGES = 6


class Library:
    """Six grey pages in one book, for who shows the password or the key."""

    def __init__(self, *, format="JPEG", media_type="image/jpeg", tags=("Colour me",), title="Vol"):
        self.format, self.media_type, self.tags, self.is_silent = format, media_type, list(tags), False
        self.title = title
        self.asked, self.left, self.uploaded = [], asyncio.Event(), b""
        self.hanging = 0
        self.app = Starlette(
            routes=[
                Route("/api/v1/books/hang/pages/{number:int}", self.hang),
                Route("/api/v1/books/half/pages/{number:int}", self.half),
                Route("/api/v1/books/hanging", self.hang),
                Route("/api/v1/books/{id}/pages/{number:int}", self.komga_page),
                Route("/api/v1/books/{id}/pages/{number:int}/thumbnail", self.thumbnail),
                Route("/opds/v1.2/books/{id}/pages/{number:int}", self.komga_opds_page),
                Route("/api/v1/books/{id}", self.book),
                Route("/api/v1/series/{id}", self.series),
                Route("/api/v1/libraries/{id}", self.library),
                Route("/api/reader/image", self.kavita_page),
                Route("/api/Reader/image", self.kavita_page),
                Route("/api/opds/{key}/image", self.kavita_opds_page),
                Route("/api/plugin/authenticate", self.authenticate, methods=["POST"]),
                Route("/api/reader/chapter-info", self.chapter_info),
                Route("/api/library/libraries", self.libraries),
                Route("/api/series/metadata", self.kavita_metadata),
                Route("/login", self.login),
                Route("/leave", self.leave),
                Route("/sse/v1/events", self.events),
                Route("/upload", self.upload, methods=["POST", "PUT", "PATCH"]),
                Route("/file", self.file),
                Route("/hang", self.hang, methods=["GET", "POST"]),
                Route("/{rest:path}", self.echo, methods=["GET", "POST", "DELETE", "OPTIONS", "HEAD"]),
                WebSocketRoute("/hubs/messages", self.hub),
                WebSocketRoute("/hubs/closed", self.closed_hub),
            ]
        )

    def targets(self, method="GET"):
        """Paths and queries of what it was asked, in order."""
        return [target for how, target, _ in self.asked if how == method]

    async def note(self, request, *, is_open=False):
        query = f"?{request.url.query}" if request.url.query else ""
        self.asked.append((request.method, request.scope["raw_path"].decode() + query, request.headers))
        shown = request.headers.get("authorization", "")
        is_known = (
            shown == BASIC or shown == "Bearer jwt" or KEY in (request.url.query, request.query_params.get("apiKey"))
        )
        return is_open or is_known or request.path_params.get("key") == KEY

    def _image(self, number, headers):
        if not 0 <= number < PAGES:
            return PlainTextResponse("Page number does not exist", status_code=400)
        return Response(page_bytes(number + 1, format=self.format), media_type=self.media_type, headers=headers)

    async def _komga(self, request, number):
        if not await self.note(request):
            return PlainTextResponse("", status_code=401, headers={"WWW-Authenticate": 'Basic realm="Realm"'})
        if "if-modified-since" in request.headers:
            return Response(status_code=304)
        headers = {
            "Last-Modified": formatdate(1_700_000_000, usegmt=True),
            "Cache-Control": "max-age=0, must-revalidate, no-transform, private",
            "Content-Disposition": f"inline; filename*=UTF-8''Vol%201-{number}.jpg",
            "X-Frame-Options": "DENY",
        }
        return self._image(number - 1, headers)

    async def komga_page(self, request):
        number = request.path_params["number"]
        return await self._komga(request, number + 1 if request.query_params.get("zero_based") == "true" else number)

    async def komga_opds_page(self, request):
        return await self._komga(request, request.path_params["number"] + 1)

    async def thumbnail(self, request):
        await self.note(request)
        return Response(page_bytes(9, format="JPEG"), media_type="image/jpeg", headers={"Cache-Control": "private"})

    async def _json(self, request, value):
        return JSONResponse(value) if await self.note(request) else JSONResponse({}, status_code=401)

    async def book(self, request):
        if self.is_silent:
            await self.note(request)
            return PlainTextResponse("<html>starting</html>", status_code=200)
        metadata = {"title": "Vol 1", "tags": []}
        return await self._json(request, {"id": BOOK, "seriesId": SERIES, "libraryId": LIBRARY, "metadata": metadata})

    async def series(self, request):
        metadata = {"title": self.title, "tags": self.tags, "genres": ["Drama"]}
        return await self._json(request, {"id": SERIES, "name": "on-disk", "metadata": metadata})

    async def library(self, request):
        return await self._json(request, {"id": LIBRARY, "name": "Manga"})

    async def kavita_page(self, request):
        if not await self.note(request):
            return Response(status_code=401)
        headers = {"ETag": '"abc"', "Cache-Control": "private, max-age=3600, stale-while-revalidate=3600"}
        return self._image(int(request.query_params["page"]), headers)

    async def kavita_opds_page(self, request):
        if not await self.note(request):
            return Response(status_code=401)
        return self._image(int(request.query_params["pageNumber"]), {"Cache-Control": "private, max-age=86400"})

    async def authenticate(self, request):
        await self.note(request, is_open=True)
        is_known = request.query_params["apiKey"] == KEY and request.query_params["pluginName"]
        return JSONResponse({"username": "reader", "token": "jwt"}) if is_known else Response(status_code=401)

    async def chapter_info(self, request):
        return await self._json(request, {"seriesId": 7, "seriesName": self.title, "libraryId": 2, "pages": PAGES})

    async def libraries(self, request):
        return await self._json(request, [{"id": 1, "name": "Comics"}, {"id": 2, "name": "Manga"}])

    async def kavita_metadata(self, request):
        titles = [{"id": number, "title": tag} for number, tag in enumerate(self.tags)]
        return await self._json(request, {"seriesId": 7, "tags": titles, "genres": [{"id": 1, "title": "Drama"}]})

    async def login(self, request):
        await self.note(request, is_open=True)
        own = f"{request.url.scheme}://{request.headers['host']}"
        answer = RedirectResponse(f"{own}/libraries?x=1", status_code=302)
        host = request.headers["host"].partition(":")[0]
        answer.headers.append("Set-Cookie", f"KOMGA-SESSION=abc; Path=/; Domain={host}; HttpOnly; SameSite=Lax")
        answer.headers.append("Set-Cookie", "remember=me; Path=/; Secure")
        return answer

    async def leave(self, request):
        await self.note(request, is_open=True)
        return RedirectResponse("https://elsewhere.example/x", status_code=307)

    async def events(self, request):
        await self.note(request, is_open=True)

        async def lines():
            try:
                yield b"event: TaskQueueStatus\ndata: {}\n\n"
                await asyncio.sleep(60)
            finally:
                self.left.set()

        return StreamingResponse(lines(), media_type="text/event-stream")

    async def upload(self, request):
        await self.note(request, is_open=True)
        try:
            async for piece in request.stream():
                self.uploaded += piece
        except ClientDisconnect:
            self.left.set()
        return PlainTextResponse(str(len(self.uploaded)), status_code=202)

    async def file(self, request):
        await self.note(request, is_open=True)
        if "range" in request.headers:
            start, _, end = request.headers["range"].removeprefix("bytes=").partition("-")
            data = bytes(range(256))[int(start) : int(end) + 1]
            return Response(data, status_code=206, headers={"Content-Range": f"bytes {start}-{end}/256"})
        return Response(bytes(range(256)), headers={"Accept-Ranges": "bytes"})

    async def hang(self, request):
        """Never answer; know how many wait for that."""
        await self.note(request, is_open=True)
        await request.body()
        self.hanging += 1
        try:
            while (await request.receive())["type"] != "http.disconnect":
                pass
        finally:
            self.hanging -= 1
        return Response()

    async def half(self, request):
        """Begin a page and never end it."""
        await self.note(request, is_open=True)

        async def pieces():
            self.hanging += 1
            try:
                yield page_bytes(1, format=self.format)[:100]
                await asyncio.sleep(60)
            finally:
                self.hanging -= 1

        return StreamingResponse(pieces(), media_type=self.media_type)

    async def echo(self, request):
        await self.note(request, is_open=True)
        told = [[name.decode(), value.decode("latin-1")] for name, value in request.headers.raw]
        return JSONResponse(
            told, headers={"X-Path": request.scope["raw_path"].decode(), "Connection": "X-Hop", "X-Hop": "1"}
        )

    async def hub(self, socket):
        if socket.query_params.get("access_token") != "jwt":
            await socket.send_denial_response(PlainTextResponse("Who?", status_code=401))
            return
        await socket.accept(subprotocol=(socket.scope["subprotocols"] or [None])[0])
        await socket.send_text(socket.headers.get("cookie", ""))
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                self.left.set()
                return
            if message.get("text") == "bye":
                await socket.close(4001, "enough")
                return
            await socket.send_bytes((message.get("bytes") or message["text"].encode())[::-1])

    async def closed_hub(self, socket):
        await socket.accept()
        await socket.close(1011)
