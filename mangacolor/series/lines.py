"""The text of a series file, changed line by line, so that what people wrote stays."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence

from mangacolor.series.document import FORMAT, OWNERS, Example, Part, Rgb, Series, hex_of, one_spelling

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_HEADER = re.compile(r"^\s*\[(\[?)([^\[\]]+)\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*("[^"]*"|'[^']*'|[A-Za-z0-9_-]+)\s*=\s*""")

_VALUE = re.compile(
    r'''\s*(?:"""(?:[^"\\]|\\.|"(?!""))*"""|'{3}.*?'{3}|"(?:[^"\\]|\\.)*"|'[^']*'|\[[^\]]*\])(?P<comment>\s*#.*)?\s*'''
)
"""What a colour can be behind its key: a text in one of the ways of TOML, or a list."""


def new_text(name: str = "") -> str:
    """Return the text of a series that says nothing yet but its name."""
    named = f"name = {json.dumps(name, ensure_ascii=False)}\n" if name else ""
    return f"format = {FORMAT}\n{named}"


def with_colour(text: str, part: Part, rgb: Rgb) -> str:
    """Return the text with another colour for a part, or one more."""
    lines, wanted = _lines(text), [part.kind, part.owner]
    inside, last = False, None
    for number, line in enumerate(lines):
        if header := _HEADER.match(line):
            inside = _names(header, wanted)
            last = number if inside else last
        elif inside and (key := _KEY.match(line)):
            last = number
            if one_spelling(_unquoted(key[1])) == part.name:
                lines[number] = f'{key[0]}"{hex_of(rgb)}"{_comment(line[key.end() :])}'
                return "\n".join(lines) + "\n"
    added = f'{_key(part.name)} = "{hex_of(rgb)}"'
    if last is None:
        # Tables before lists of tables, as people write them.
        end = next((k for k, line in enumerate(lines) if line.lstrip().startswith("[[")), len(lines))
        is_apart = end > 0 and not lines[end - 1].strip()
        table = [f"[{part.kind}.{_key(part.owner)}]", added, *([""] if end < len(lines) else [])]
        lines[end:end] = table if is_apart else ["", *table]
    else:
        lines.insert(last + 1, added)
    return "\n".join(lines) + "\n"


def without_part(text: str, part: Part, said: Series) -> str:
    """Return the text without the colour of a part, and without its examples; `said` is what the text says."""
    lines, wanted = _lines(without_examples(text, said, lambda example: example.part == part)), [part.kind, part.owner]
    kept: list[str] = []
    inside = False
    for line in lines:
        if header := _HEADER.match(line):
            inside = _names(header, wanted)
        key = _KEY.match(line)
        if not (inside and key is not None and one_spelling(_unquoted(key[1])) == part.name):
            kept.append(line)
    return "\n".join(kept).rstrip() + "\n"


def without_empty_table(text: str, kind: str, owner: str) -> str:
    """Return the text without the headers of somebody below whom nothing is written any more."""
    lines = _lines(text)
    headers = [number for number, line in enumerate(lines) if _HEADER.match(line)]
    ends = [*headers[1:], len(lines)]
    empty: set[int] = set()
    for start, end in zip(headers, ends, strict=False):
        header = _HEADER.match(lines[start])
        if header and _names(header, [kind, owner]) and not any(line.strip() for line in lines[start + 1 : end]):
            empty.update(range(start, end))
    return "\n".join(line for number, line in enumerate(lines) if number not in empty).rstrip() + "\n"


def without_examples(text: str, said: Series, is_unwanted: Callable[[Example], bool]) -> str:
    """Return the text without some examples; `said` is what the text says."""
    kept: list[str] = []
    is_dropped, number = False, -1
    for line in _lines(text):
        if header := _HEADER.match(line):
            is_example = bool(header[1]) and header[2].strip() == "example"
            number += is_example
            is_dropped = is_example and is_unwanted(said.examples[number])
        if not is_dropped:
            kept.append(line)
    return "\n".join(kept).rstrip() + "\n"


def with_example(text: str, example: Example, names: Sequence[str]) -> str:
    """Return the text with one more example; `names` are those of its pictures in the folder."""
    points = ", ".join(f"[{x}, {y}]" for x, y in example.points)
    at = f"at = [{points}]\n" if points else ""
    of = json.dumps(_spelt(example.part), ensure_ascii=False)
    pictures = [
        f"{key} = {json.dumps(name, ensure_ascii=False)}\n"
        for key, name in zip(("picture", "drawn"), names, strict=False)
    ]
    return f"{text.rstrip()}\n\n[[example]]\nof = {of}\n{''.join(pictures)}{at}"


def _names(header: re.Match[str], wanted: Sequence[str]) -> bool:
    """Say whether a header is that of a table with these names."""
    return not header[1] and [one_spelling(_unquoted(word)) for word in header[2].split(".", 1)] == wanted


def _lines(text: str) -> list[str]:
    """Return lines as TOML has them; what else Python ends lines at may stand in a text."""
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n")


def _comment(rest: str) -> str:
    """Return the comment behind a value that is replaced; the `#` of a colour in quotes begins none."""
    value = _VALUE.fullmatch(rest)
    return (value and value["comment"]) or ""


def _unquoted(key: str) -> str:
    return key.strip().strip("\"'")


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _spelt(part: Part) -> str:
    return str(part) if part.kind == OWNERS[0] else f"{part.kind}.{part}"
