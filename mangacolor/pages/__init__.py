"""Finding pages, naming their outputs, and writing them whole."""

from mangacolor.pages.naming import FormatChoice, output_name, output_names, page_format
from mangacolor.pages.page import Page
from mangacolor.pages.sink import FolderSink, PageSink, open_sinks, write_atomically
from mangacolor.pages.source import FileEntry, FileSource, FolderSource, PageEntry, PageSource, open_source

__all__ = [
    "FileEntry",
    "FileSource",
    "FolderSink",
    "FolderSource",
    "FormatChoice",
    "Page",
    "PageEntry",
    "PageSink",
    "PageSource",
    "open_sinks",
    "open_source",
    "output_name",
    "output_names",
    "page_format",
    "write_atomically",
]
