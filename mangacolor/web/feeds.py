"""OPDS 1.2 feeds with the Page Streaming Extension 1.2, as XML.

Specifications: https://specs.opds.io/opds-1.2 and anansi-project/opds-pse, v1.2.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from xml.sax.saxutils import escape, quoteattr

NAVIGATION = "application/atom+xml;profile=opds-catalog;kind=navigation"
ACQUISITION = "application/atom+xml;profile=opds-catalog;kind=acquisition"
SEARCH = "application/opensearchdescription+xml"
STREAM = "http://vaemendis.net/opds-pse/stream"

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_FEED = (
    '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:opds="http://opds-spec.org/2010/catalog"'
    ' xmlns:pse="http://vaemendis.net/opds-pse/ns">'
)
_LAST_SECOND = 253_402_300_799.0
"""Of the year 9999: files may claim to be younger, or older than 1970, and dates cannot."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, in whatever way it is written."""


@dataclass(frozen=True)
class Entry:
    """A book, or a feed of further ones.

    Attributes:
        key: Its lasting name.
        title: What readers see.
        updated: Seconds since 1970.
        text: A line about it.
        links: Their attributes.
    """

    key: str
    title: str
    updated: float
    text: str
    links: tuple[Mapping[str, str], ...]


def feed(key: str, title: str, updated: float, links: Iterable[Mapping[str, str]], entries: Iterable[Entry]) -> str:
    """Return a feed.

    Args:
        key: Its lasting name.
        title: What readers see.
        updated: Seconds since 1970.
        links: Their attributes.
        entries: What is in it.
    """
    lines = [
        _HEAD + _FEED,
        *_about(key, title, updated),
        "<author><name>mangacolor</name></author>",
        *map(_link, links),
    ]
    for entry in entries:
        lines += ["<entry>", *_about(entry.key, entry.title, entry.updated)]
        lines += [f'<content type="text">{_text(entry.text)}</content>', *map(_link, entry.links), "</entry>"]
    return "\n".join([*lines, "</feed>", ""])


def search_description(template: str) -> str:
    """Return how the catalogue is searched (OpenSearch 1.1)."""
    return (
        f'{_HEAD}<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/"><ShortName>mangacolor</ShortName>'
        "<Description>Search by title</Description>"
        f"{_tag('Url', {'type': ACQUISITION, 'template': template})}</OpenSearchDescription>\n"
    )


def shown_text(text: str) -> str:
    """Return a text with a sign for every letter that no answer can hold; names of files may have such letters."""
    return _NOT_XML.sub("�", text)


def _about(key: str, title: str, updated: float) -> list[str]:
    when = datetime.fromtimestamp(min(max(updated, 0.0), _LAST_SECOND), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return [f"<id>urn:mangacolor:{key}</id>", f"<title>{_text(title)}</title>", f"<updated>{when}</updated>"]


def _link(attributes: Mapping[str, str]) -> str:
    return _tag("link", attributes)


def _tag(name: str, attributes: Mapping[str, str]) -> str:
    written = [f"{one}={quoteattr(shown_text(value))}" for one, value in attributes.items()]
    return f"<{name} {' '.join(written)}/>"


def _text(text: str) -> str:
    return escape(shown_text(text))
