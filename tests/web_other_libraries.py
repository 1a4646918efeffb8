"""LANraragi and Stump for tests: each answers as its code says, and remembers what it was asked."""

from __future__ import annotations

import base64
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from web_stubs import page_bytes

PAGES = 6


class Played:
    """A library with one book of six grey pages.

    Args:
        format: What the pages are.
        title: The series of the book.
        tags: What the book is tagged with.
    """

    def __init__(self, *, format="JPEG", title="Rin & Aki", tags=("colour me",)):
        self.format, self.title, self.tags = format, title, list(tags)
        self.asked, self.headers, self.read = [], [], []
        self.app = Starlette(routes=[Route(path, self._noted(answer), methods=[*methods]) for path, answer, *methods
                                     in self.routes()])  # fmt: skip

    def routes(self):
        raise NotImplementedError

    def may_read(self, request):
        raise NotImplementedError

    def targets(self):
        """Paths and queries of what it was asked, in order."""
        return list(self.asked)

    def _noted(self, answer):
        async def endpoint(request):
            query = f"?{request.url.query}" if request.url.query else ""
            self.asked.append(request.scope["raw_path"].decode() + query)
            self.headers.append(request.headers)
            if not self.may_read(request):
                return JSONResponse({"error": "This API is protected."}, status_code=401)
            return await answer(request)

        return endpoint

    def page(self, number, headers=None):
        """Page `number`, from 1 on."""
        if not 1 <= number <= PAGES:
            return PlainTextResponse("Page not found", status_code=404)
        media_type = f"image/{self.format.lower()}"
        return Response(page_bytes(number, format=self.format), media_type=media_type, headers=headers)


class Lanraragi(Played):
    """Pages by their files, whose names need to be written with care in addresses."""

    ARCHIVE = "28697b96f0ac5858be2614ed10ca47742c9522fd"
    KEY = "se cret"
    BEARER = "Bearer " + base64.b64encode(KEY.encode()).decode()
    FILES = ("a%20b/01.jpg", "a%20b/02%26x%3D1.jpg", "a%20b/03%2By.jpg", "a%20b/04%E8%89%B2.jpg", "05.jpg", "06.jpg")

    listed = "/api/archives/{id}/page?path={file}"
    """How addresses of pages are listed."""

    def __init__(self, *, chapter="Some chapter v02", **options):
        self.chapter = chapter
        super().__init__(**options)

    def routes(self):
        archive = "/api/archives/{id}"
        return [
            (f"{archive}/page", self.archive_page, "GET"), (f"{archive}/files", self.files, "GET"),
            (f"{archive}/thumbnail", self.thumbnail, "GET"), (f"{archive}/metadata", self.metadata, "GET"),
            (f"{archive}/categories", self.categories, "GET"), ("/api/opds/{id}/pse", self.opds_page, "GET"),
        ]  # fmt: skip

    def may_read(self, request):
        by_key = request.headers.get("authorization") == self.BEARER or request.query_params.get("key") == self.KEY
        return by_key or request.cookies.get("mojolicious") == "logged-in"

    async def archive_page(self, request):
        names = [unquote(file) for file in self.FILES]
        name = request.query_params.get("path", "404.xyz")
        return self.page(names.index(name) + 1 if name in names else 0, {"Content-Disposition": "inline"})

    async def opds_page(self, request):
        number = int(request.query_params.get("page") or 0) or 1
        return self.page(number if number <= PAGES else 1)

    async def files(self, request):
        id = request.path_params["id"]
        return JSONResponse({"pages": [self.listed.format(id=id, file=file) for file in self.FILES]})

    async def thumbnail(self, request):
        return Response(page_bytes(9, format="JPEG"), media_type="image/jpeg")

    async def metadata(self, request):
        tags = ", ".join(("artist:wada rco", f"series:{self.title}", *self.tags))
        return JSONResponse({"arcid": self.ARCHIVE, "title": self.chapter, "tags": tags, "pagecount": PAGES})

    async def categories(self, request):
        categories = [{"id": "SET_1613080290", "name": "My Manga", "search": "", "archives": [self.ARCHIVE]}]
        return JSONResponse({"operation": "find_arc_categories", "categories": categories, "success": 1})


class Stump(Played):
    """Pages by numbers, from 1 on; through OPDS 1.2 from 0 on, and noted as read."""

    BOOK = "0b9f4c1e-7d2a-4e55-9a10-3c5d8e7f6a21"
    KEY = "stump_Bk5f_Gn8x"
    BASIC = "Basic " + base64.b64encode(b"reader:secret").decode()

    def __init__(self, *, has_graphql=True, **options):
        self.has_graphql = has_graphql
        super().__init__(**options)

    def routes(self):
        media, book = "media/{id}", "books/{id}/pages/{number:int}"
        routes = [
            (f"/api/{'v2' if self.has_graphql else 'v1'}/{media}/page/{{number:int}}", self.numbered, "GET"),
            (f"/api/v2/{media}/thumbnail", self.thumbnail, "GET"),
            (f"/opds/v2.0/{book}", self.numbered, "GET"), (f"/opds/v1.2/{book}", self.opds_page, "GET"),
            (f"/opds/{{key}}/v1.2/{book}", self.opds_page, "GET"),
        ]  # fmt: skip
        say = ("/api/graphql", self.graphql, "POST") if self.has_graphql else (f"/api/v1/{media}", self.media, "GET")
        return [*routes, say]

    def may_read(self, request):
        shown, path = request.headers.get("authorization", ""), request.url.path
        by_password = shown == self.BASIC and path.startswith("/opds")
        by_key = shown == f"Bearer {self.KEY}" or request.path_params.get("key") == self.KEY
        return by_password or by_key or request.cookies.get("stump_session") == "logged-in"

    async def numbered(self, request):
        return self.page(request.path_params["number"], {"Cache-Control": "private,max-age=31536000"})

    async def opds_page(self, request):
        number = request.path_params["number"] + (request.query_params.get("zero_based") != "false")
        self.read.append(number)
        answer = self.page(number)
        if self.format not in ("JPEG", "PNG", "GIF") and answer.status_code == 200:
            return Response(page_bytes(number, format="JPEG"), media_type="image/jpeg")
        return answer

    async def thumbnail(self, request):
        return Response(page_bytes(9, format="JPEG"), media_type="image/jpeg")

    def _said(self, *, tags):
        series = {"name": "on-disk", "metadata": {"title": self.title}, "library": {"name": "Manga"}}
        own = [{"name": tag} for tag in self.tags]
        return {"series": {**series, "tags": []}, "tags": own} if tags else {"series": series}

    async def graphql(self, request):
        said = await request.json()
        assert request.headers["content-type"] == "application/json"
        known = "mediaById" in said["query"] and said["variables"] == {"id": self.BOOK}
        return JSONResponse({"data": {"mediaById": self._said(tags=True) if known else None}})

    async def media(self, request):
        loads = request.query_params.get("load_series"), request.query_params.get("load_library")
        return JSONResponse(self._said(tags=False) if loads == ("true", "true") else {"id": self.BOOK})
