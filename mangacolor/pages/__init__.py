"""Finding pages, naming their outputs, and writing them whole."""

from mangacolor.pages.book import BookSource
from mangacolor.pages.book_sink import BookSink
from mangacolor.pages.containers import Limits
from mangacolor.pages.files import file_atomically, write_atomically
from mangacolor.pages.folder_sink import FolderSink
from mangacolor.pages.naming import FormatChoice, output_name, output_names, page_format
from mangacolor.pages.page import Page
from mangacolor.pages.sink import PageSink, open_sinks, place_sources
from mangacolor.pages.source import (
    FileEntry,
    FileSource,
    FolderSource,
    PageEntry,
    PageSource,
    Source,
    list_library,
    open_library,
    open_listed,
    open_source,
)

__all__ = [
    "BookSink",
    "BookSource",
    "FileEntry",
    "FileSource",
    "FolderSink",
    "FolderSource",
    "FormatChoice",
    "Limits",
    "Page",
    "PageEntry",
    "PageSink",
    "PageSource",
    "Source",
    "file_atomically",
    "list_library",
    "open_library",
    "open_listed",
    "open_sinks",
    "open_source",
    "output_name",
    "output_names",
    "page_format",
    "place_sources",
    "write_atomically",
]
