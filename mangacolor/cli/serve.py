"""`mangacolor serve`."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from mangacolor.cli.missing import check_serving
from mangacolor.cli.options import allow_pages_of
from mangacolor.cli.streams import tell
from mangacolor.errors import MangacolorError

if TYPE_CHECKING:
    from mangacolor.colorize.options import ColorizeOptions
    from mangacolor.colorize.page_cache import PageCache
    from mangacolor.web.known_series import Follow
    from mangacolor.web.painting import PageColorizer
    from mangacolor.web.settings import ServeSettings

TOKEN_VARIABLE = "MANGACOLOR_TOKEN"


def serve(
    host: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Where to listen. [127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(metavar="N", help="Port; 0 takes a free one. [8800]")] = None,
    token: Annotated[str | None, typer.Option(metavar="TEXT", envvar=TOKEN_VARIABLE, help="Needed to get in.")] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Another name of this server; repeatable.")
    ] = None,
    allow_origin: Annotated[
        list[str] | None, typer.Option(metavar="URL", help="Only pages of this site may ask; repeatable.")
    ] = None,
    fetch: Annotated[bool, typer.Option("--fetch", help="Fetch pages that the extension may not read.")] = False,
    proxy: Annotated[
        str | None, typer.Option(metavar="URL", help="Komga, Kavita, LANraragi or Stump to pass through, coloured.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Of it, only this library or tag; repeatable.")
    ] = None,
    library: Annotated[Path | None, typer.Option(metavar="DIR", help="Books to read at /read and by OPDS.")] = None,
    studio: Annotated[Path | None, typer.Option(metavar="DIR", help="Where projects of the studio lie.")] = None,
    ahead: Annotated[int | None, typer.Option(metavar="N", help="Next pages coloured before they are read. [4]")] = (
        None
    ),
    cache: Annotated[Path | None, typer.Option(metavar="DIR", help="Where coloured pages are kept.")] = None,
    cache_mb: Annotated[
        int, typer.Option(metavar="N", min=0, show_default=False, help="Most of them; 0 for none. [2048]")
    ] = 2048,
    queue: Annotated[int | None, typer.Option(metavar="N", help="Pages that may wait. [64]")] = None,
    max_body_mb: Annotated[int | None, typer.Option(metavar="N", help="Largest request. [64]")] = None,
    max_pixels: Annotated[int | None, typer.Option(metavar="N", help="Most pixels of a page. [40000000]")] = None,
    wait: Annotated[float | None, typer.Option(metavar="S", help="Seconds until a page is given up. [600]")] = None,
    reference: Annotated[
        list[Path] | None, typer.Option(metavar="PATH", help="Picture or book whose colours to follow; repeatable.")
    ] = None,
    series: Annotated[Path | None, typer.Option(metavar="DIR", help="Series folder: who has which colours.")] = None,
    series_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="NAME.series folders, each for the title NAME.")
    ] = None,
    saturation: Annotated[float | None, typer.Option(metavar="X", help="Paler below 1, stronger above. [1.0]")] = None,
    fast: Annotated[bool | None, typer.Option("--fast/--no-fast", help="In half the time, plainer.")] = None,
    white_paper: Annotated[
        bool | None, typer.Option("--white-paper/--tints", help="Leave paper behind people white.")
    ] = None,
    flat: Annotated[bool | None, typer.Option("--flat/--shaded", help="No shadows and gleams on people.")] = None,
    weights: Annotated[Path | None, typer.Option("-w", "--weights", metavar="FILE", help="Weights to use.")] = None,
    device: Annotated[str | None, typer.Option(metavar="NAME", help="auto, cpu, cuda, cuda:N or mps. [auto]")] = None,
    precision: Annotated[str | None, typer.Option(metavar="NAME", help="auto, fp32, bf16 or fp16. [auto]")] = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="TOML file of defaults; see `info`.")] = None,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No line a request.")] = False,
) -> int:
    """Colour pages for readers, libraries and browsers over HTTP, until Ctrl-C.

    Examples:
        mangacolor serve
        mangacolor serve --host 0.0.0.0 --token SECRET
        mangacolor serve --proxy http://127.0.0.1:25600 --only Manga
    """
    check_serving()
    from mangacolor.cli.settings import read_settings
    from mangacolor.colorize import jobs
    from mangacolor.colorize.order import Order
    from mangacolor.colorize.series_colours import check_follows
    from mangacolor.colorize.surveys import colorizer_following
    from mangacolor.series import open_series
    from mangacolor.web.engine import Engine
    from mangacolor.web.followed import SeriesShelf
    from mangacolor.web.run import serve as serve_until_stopped
    from mangacolor.web.settings import ServeSettings

    given = {
        "host": host, "port": port, "token": token, "hosts": tuple(name.lower() for name in allow_host or ()),
        "origins": tuple(origin.rstrip("/") for origin in allow_origin or ()), "fetch": fetch,
        "max_body": max_body_mb and max_body_mb << 20, "max_pixels": max_pixels, "wait_seconds": wait,
        "queue_pages": queue, "proxy": proxy and proxy.rstrip("/"), "only": tuple(only or ()), "ahead": ahead,
        "library": library, "studio": studio or (None if proxy else _data_folder()), "series_dir": series_dir,
    }  # fmt: skip
    settings = ServeSettings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    settings.check()
    wanted: dict[str, Any] = {
        "reference": reference or None, "saturation": saturation, "fast": fast, "white_paper": white_paper,
        "flat": flat, "weights": weights, "device": device, "precision": precision, "series": series,
    }  # fmt: skip
    options = read_settings(config, wanted)
    settings = replace(settings, max_pixels=_max_pixels(max_pixels, options, settings))
    # Who wants layers says so with a page; those of every page would take time that nobody has asked for.
    order = Order(replace(options, layers=None, max_pixels=settings.max_pixels))
    allow_pages_of(settings.max_pixels)
    pages = _open_cache(cache, cache_mb << 20)
    tell("Loading the weights ...", err=True)
    usual = order.options.series
    # Pages may follow other series: what was learnt of this one is for those that follow it.
    order = replace(order, options=replace(order.options, series=None))
    asked = ["--series"] * (usual is not None) + ["--series-dir"] * (series_dir is not None)
    shelf = SeriesShelf(usual, series_dir, cast("Follow", colorizer_following))

    def open_colorizer() -> PageColorizer:
        colorizer = jobs.open_colorizer(order)
        if not shelf.is_empty:
            check_follows(colorizer, " and ".join(asked))
        if usual is not None:  # what is wrong with it is better told now than at the first page
            colorizer_following(colorizer, open_series(usual))
        return colorizer

    engine = Engine(
        open_colorizer, cache=pages, queue_pages=settings.queue_pages, max_pixels=settings.max_pixels, series=shelf
    )
    _log_requests(quiet=quiet)
    serve_until_stopped(engine, settings, on_ready=lambda url: tell(f"Serving at {url} until Ctrl-C.", err=True))
    tell("Stopped.", err=True)
    return 0


def _max_pixels(given: int | None, options: ColorizeOptions, settings: ServeSettings) -> int:
    """Return the most pixels of a page: of the command line, else of the config file, else the server's own limit.

    Args:
        given: What the command line says; None for nothing.
        options: With the file's limit, which is the one of `colorize` where the file says nothing.
        settings: With the server's.
    """
    is_said = given is None and options.max_pixels != type(options).max_pixels
    return options.max_pixels if is_said else settings.max_pixels


def _data_folder() -> Path | None:
    """Return where projects lie of who says nothing of them; None, and why on stderr, where they can lie nowhere."""
    import platformdirs

    from mangacolor.web.studio.owner import studio_held

    try:
        folder = platformdirs.user_data_path("mangacolor", appauthor=False) / "studio"
        with studio_held(folder):  # a second server is for something else, as long as no folder is named
            return folder
    except RuntimeError:
        tell("There is no home to keep projects in: give --studio DIR, or there is no studio.", err=True)
    except MangacolorError as error:
        tell(f"There is no studio here: {error}", err=True)
    return None


def _open_cache(folder: Path | None, limit_bytes: int) -> PageCache | None:
    import platformdirs

    from mangacolor.colorize.page_cache import PageCache

    if limit_bytes == 0:
        return None
    if folder is None:
        try:
            folder = platformdirs.user_cache_path("mangacolor", appauthor=False) / "served"
        except RuntimeError:
            tell("There is no home to keep coloured pages in: give --cache DIR, or each is coloured anew.", err=True)
            return None
    return PageCache(folder, limit_bytes)


class _Told(logging.Handler):
    """Log lines on stderr, which may be closed."""

    def emit(self, record: logging.LogRecord) -> None:
        """Tell one line, and what led to an error below it."""
        tell(self.format(record), err=True)


def _log_requests(*, quiet: bool) -> None:
    handler = _Told()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    logger = logging.getLogger("mangacolor.web")
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING if quiet else logging.INFO)
    logger.propagate = False
