"""Finding pages, naming their outputs, and writing them whole."""

from mangacolor.books.book import BookSource, open_folder_book
from mangacolor.books.book_kinds import is_book_name
from mangacolor.books.book_sink import BookSink
from mangacolor.books.containers import Limits
from mangacolor.books.files import file_atomically, write_atomically
from mangacolor.books.folder_sink import FolderSink
from mangacolor.books.naming import FormatChoice, drawn_twin, made_of_others, output_name, output_names, page_format
from mangacolor.books.page import Page, evenly_chosen
from mangacolor.books.page_sink import PageSink
from mangacolor.books.sink import open_sinks, place_sources
from mangacolor.books.source import (
    DoubledPages,
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
    "DoubledPages",
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
    "drawn_twin",
    "evenly_chosen",
    "file_atomically",
    "is_book_name",
    "list_library",
    "made_of_others",
    "open_folder_book",
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
