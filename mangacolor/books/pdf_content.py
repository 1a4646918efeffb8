"""What a page of a PDF shows, read from its content: which pictures, where, and whether there is anything else."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from mangacolor.books.pdf_look import Box, Look, Matrix, Placed, meet, times
from mangacolor.books.pdf_streams import is_longer

MOST_CONTENT = 256 << 10
"""Bytes of content of a page that are read when a book is opened; more is surely no plain picture."""

_DEEPEST = 8
_MOST_STEPS = 100_000
_LETTER = (0.0, 0.0, 612.0, 792.0)

# What the graphics state may hold without changing how a picture is shown.
_HARMLESS_STATE = {
    *("/Type", "/LW", "/LC", "/LJ", "/ML", "/D", "/RI", "/OP", "/op", "/OPM", "/FL", "/SM", "/SA", "/AIS", "/TK"),
    *("/Font", "/BG", "/BG2", "/UCR", "/UCR2", "/UseBlackPtComp"),
}
_PAINTING = {"f", "F", "f*", "B", "B*", "b", "b*", "s", "S"}
_DRAWING_PATHS = {"m", "l", "c", "v", "y"}
_SHOWING_TEXT = {"Tj", "TJ", "'", '"'}
_UNSEEN = 3
"""Text rendering mode of the layer that text recognition puts over a scan."""


def inherited(page: Any, key: str) -> Any | None:
    """Return what a page, or the part of the document that it stands in, says under a key."""
    node, seen = page.obj if hasattr(page, "obj") else page, 0
    while node is not None and seen < 64:
        if key in node:
            return node[key]
        node, seen = node.get("/Parent"), seen + 1
    return None


def look_at(page: Any, *, most: int = MOST_CONTENT) -> Look:
    """Say what a page shows.

    Args:
        page: Of pikepdf.
        most: Bytes of content that are read.
    """
    import pikepdf

    media, crop = (_box(inherited(page, key)) for key in ("/MediaBox", "/CropBox"))
    media = media or _LETTER
    box = meet(crop, media) if crop else media
    if box[2] - box[0] <= 0 or box[3] - box[1] <= 0:
        box = media
    look = Look(box, _turn(inherited(page, "/Rotate")), _unit(page))
    try:
        if content_is_longer(page, most):
            raise ValueError("too long to be a picture")
        _Walk(look).go(pikepdf.parse_content_stream(page), inherited(page, "/Resources"), _State(), ())
    except Exception:  # Odd documents raise nearly anything; what is not understood is rendered.
        look.is_known = False
        look.placed = _guessed(page, box)
    return look


def _guessed(page: Any, box: Box) -> list[Placed]:
    """Take every picture that a page may use to cover all of it, for want of anything better."""
    matrix = (box[2] - box[0], 0.0, 0.0, box[3] - box[1], box[0], box[1])
    try:
        things = dict(inherited(page, "/Resources").get("/XObject", {}).items())  # type: ignore[union-attr]
        return [
            Placed(thing, (name,), (int(thing["/Width"]), int(thing["/Height"])), matrix, False, box)
            for name, thing in things.items()
            if thing.get("/Subtype") == "/Image"
        ]
    except Exception:  # As above.
        return []


def content_is_longer(page: Any, most: int) -> bool:
    """Say whether a page has more than so many bytes of content."""
    import pikepdf

    contents = page.obj.get("/Contents")
    if contents is None:
        return False
    streams = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
    if any(is_longer(stream, most) for stream in streams):
        return True
    total = 0
    for stream in streams:  # one may stand there any number of times
        total += len(stream.read_bytes())
        if total > most:
            return True
    return False


def _box(value: Any) -> Box | None:
    try:
        x, y, other_x, other_y = (float(side) for side in value)
    except (TypeError, ValueError):
        return None
    box = min(x, other_x), min(y, other_y), max(x, other_x), max(y, other_y)
    return box if box[2] > box[0] and box[3] > box[1] else None


def _turn(value: Any) -> int:
    try:
        return int(math.fmod(int(value / 90), 4)) % 4 * 90
    except (TypeError, ValueError):
        return 0


def _unit(page: Any) -> float:
    try:
        unit = float(page.obj.get("/UserUnit", 1))
    except (TypeError, ValueError):
        return 1.0
    return unit if unit > 0 else 1.0


@dataclass(frozen=True)
class _State:
    """The part of the graphics state that decides how a picture is shown."""

    matrix: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    clip: Box = (-math.inf, -math.inf, math.inf, math.inf)
    is_plain: bool = True
    text_mode: int = 0
    font_is_drawn: bool = False


class _Walk:
    """Goes through the content of a page and of the forms on it, and notes what is painted."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._steps = 0

    def go(self, content: Any, resources: Any, state: _State, names: tuple[str, ...]) -> None:
        """Note what some content paints."""
        if len(names) > _DEEPEST:
            raise ValueError("forms within forms without end")
        resources = {} if resources is None else resources
        stack: list[_State] = []
        corners: list[Box] = []
        path_is_box, is_clip, hidden = True, False, 0
        for step in content:
            self._steps += 1
            if self._steps > _MOST_STEPS:
                raise ValueError("too many steps")
            name, operands = str(step.operator), step.operands
            if name == "q":
                stack.append(state)
            elif name == "Q":
                state = stack.pop() if stack else state
            elif name == "cm":
                state = replace(state, matrix=times(_matrix(operands), state.matrix))
            elif name == "re":
                x, y, width, height = (float(operand) for operand in operands)
                corners.append((x, y, x + width, y + height))
            elif name in _DRAWING_PATHS:
                path_is_box = False
            elif name in ("W", "W*"):
                is_clip = True
            elif name == "n" or name in _PAINTING:
                self._look.is_drawn_on |= name != "n"
                if is_clip:
                    state = _clipped(state, corners if path_is_box else [])
                corners, path_is_box, is_clip = [], True, False
            elif name == "sh" or (name in _SHOWING_TEXT and (state.text_mode != _UNSEEN or state.font_is_drawn)):
                self._look.is_drawn_on = True
            elif name == "Tr":
                state = replace(state, text_mode=int(operands[0]))
            elif name == "Tf":
                font = resources["/Font"].get(str(operands[0]))
                state = replace(state, font_is_drawn=font is not None and font.get("/Subtype") == "/Type3")
            elif name == "gs":
                state = replace(state, is_plain=state.is_plain and _is_harmless(resources["/ExtGState"][operands[0]]))
            elif name in ("BMC", "BDC"):
                # What belongs to a layer is seen or not as the reader chooses.
                hidden += bool(hidden) or str(operands[0]) == "/OC"
            elif name == "EMC":
                hidden = max(0, hidden - 1)
            elif name == "INLINE IMAGE":
                size = int(step.iimage.width), int(step.iimage.height)
                self._look.placed.append(Placed(None, names, size, state.matrix, False, state.clip))
            elif name == "Do":
                self._place(str(operands[0]), resources, replace(state, is_plain=state.is_plain and not hidden), names)

    def _place(self, name: str, resources: Any, state: _State, names: tuple[str, ...]) -> None:
        import pikepdf

        thing = resources["/XObject"].get(name)
        if thing is None:
            return
        names = (*names, name)
        if "/OC" in thing:
            state = replace(state, is_plain=False)
        if thing.get("/Subtype") == "/Image":
            is_plain = state.is_plain and not bool(thing.get("/ImageMask", False))
            size = int(thing["/Width"]), int(thing["/Height"])
            self._look.placed.append(Placed(thing, names, size, state.matrix, is_plain, state.clip))
        elif thing.get("/Subtype") == "/Form":
            if "/Matrix" in thing:
                state = replace(state, matrix=times(_matrix(thing["/Matrix"]), state.matrix))
            box = _box(thing.get("/BBox"))
            state = _clipped(state, [box] if box else [])
            within = thing.get("/Resources", resources)
            if is_longer(thing, MOST_CONTENT):
                raise ValueError("too long to be a picture")
            self.go(pikepdf.parse_content_stream(thing), within, state, names)


def _matrix(operands: Any) -> Matrix:
    a, b, c, d, e, f = (float(operand) for operand in operands)
    return a, b, c, d, e, f


def _clipped(state: _State, boxes: list[Box]) -> _State:
    """Clip by one upright box; by anything else, what is painted is plain no more."""
    a, b, c, d, e, f = state.matrix
    if len(boxes) != 1 or max(abs(b), abs(c)) > 1e-6 * max(abs(a), abs(d)):
        return replace(state, is_plain=False)
    left, bottom, right, top = boxes[0]
    across, up = sorted((a * left + e, a * right + e)), sorted((d * bottom + f, d * top + f))
    return replace(state, clip=meet(state.clip, (across[0], up[0], across[1], up[1])))


def _is_harmless(state: Any) -> bool:
    """Say whether a graphics state leaves pictures as they are: opaque, painted over what is there."""
    for key, value in state.items():
        if key in ("/CA", "/ca"):
            if float(value) != 1:
                return False
        elif key == "/BM":
            if str(value) not in ("/Normal", "/Compatible"):
                return False
        elif key == "/SMask":
            if str(value) != "/None":
                return False
        elif key not in _HARMLESS_STATE and not (key in ("/TR", "/TR2") and str(value) in ("/Identity", "/Default")):
            return False
    return True
