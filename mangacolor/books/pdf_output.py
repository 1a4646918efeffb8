"""Coloured pictures put into the pages of a PDF, all else of the page kept."""

from __future__ import annotations

import sys
from typing import Any

from mangacolor.books.pdf_content import content_is_longer, inherited
from mangacolor.books.pdf_look import Look, Placed
from mangacolor.books.pdf_pictures import flate_of_png, unturned
from mangacolor.books.pdf_streams import is_longer
from mangacolor.image import decode

_NAME = "/MangacolorPage"
_KEPT_OF_PICTURE = ("/Interpolate", "/Intent", "/StructParent")
_TEXT_STEPS = {
    *("q", "Q", "cm", "BT", "ET", "Tc", "Tw", "Tz", "TL", "Tf", "Ts", "Td", "TD", "Tm", "T*", "Tj", "TJ", "'", '"'),
    *("BMC", "BDC", "EMC", "MP", "DP"),
}
_PACKING = ("/Length", "/Filter", "/DecodeParms")
_MOST_TEXT = 8 << 20
"""Bytes of content that are searched for text; pages with more are maps, and not searched."""


def make_picture(document: Any, data: bytes, name: str) -> Any:
    """Return a picture for a PDF, made from a JPEG or PNG file.

    Args:
        document: Of pikepdf.
        data: The file.
        name: What error messages call it.
    """
    import pikepdf

    image = decode(data, name=name, max_pixels=sys.maxsize)  # the page that it replaces was not too large
    height, width = image.rgb.shape[:2]
    picture = document.make_stream(b"", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image)
    picture.Width, picture.Height = width, height
    picture.ColorSpace, picture.BitsPerComponent = pikepdf.Name.DeviceRGB, 8
    packed = flate_of_png(data)
    if data.startswith(b"\xff\xd8"):
        picture.write(data, filter=pikepdf.Name.DCTDecode)
    elif packed is not None:
        how = pikepdf.Dictionary(Predictor=15, Colors=3, BitsPerComponent=8, Columns=width)
        picture.write(packed, filter=pikepdf.Name.FlateDecode, decode_parms=how)
    else:
        picture.write(image.rgb.tobytes())
    return picture


def exchange(document: Any, page: Any, placed: Placed, number: int, picture: Any) -> None:
    """Put a picture in the place of another; what other pages use stays as it is.

    Args:
        document: Of pikepdf.
        page: Of it.
        placed: The picture that it shows.
        number: How that is turned, as EXIF counts it; the new one is upright.
        picture: From `make_picture`.
    """
    import pikepdf

    if placed.picture is not None:
        for key in _KEPT_OF_PICTURE:
            if key in placed.picture and key not in picture:
                picture[key] = placed.picture[key]
    *forms, last = placed.names
    owner = page.obj
    resources = _own_resources(owner, inherited(page, "/Resources"))
    for name in forms:
        old = resources.XObject[name]
        form = document.make_stream(old.read_bytes(), {k: v for k, v in old.items() if k not in _PACKING})
        resources.XObject[name] = form
        owner, resources = form, _own_resources(form, form.get("/Resources", resources))
    resources.XObject[last] = picture
    if number == 1:
        return
    placing = pikepdf.ContentStreamInstruction([round(value, 6) for value in unturned(number)], pikepdf.Operator("cm"))
    steps: list[Any] = []
    for step in pikepdf.parse_content_stream(owner if forms else page):
        is_it = str(step.operator) == "Do" and str(step.operands[0]) == last
        steps += [_step("q"), placing, step, _step("Q")] if is_it else [step]
    content = pikepdf.unparse_content_stream(steps)
    if forms:
        owner.write(content)
    else:
        page.obj.Contents = document.make_stream(content)


def make_picture_page(document: Any, page: Any, look: Look, picture: Any) -> None:
    """Put a picture over all that a page shows; its text stays beneath, where it can be found and copied.

    Boxes, rotation, links and whatever else the page says stay as they are.

    Args:
        document: Of pikepdf.
        page: Of it.
        look: What it shows.
        picture: From `make_picture`, of the page as readers show it.
    """
    import pikepdf

    text, forms = _text_of(page)
    old: Any = inherited(page, "/Resources")
    resources = pikepdf.Dictionary()
    if text and old is not None:
        for key in ("/Font", "/Properties"):
            if key in old:
                resources[key] = old[key]
    resources.XObject = pikepdf.Dictionary({_NAME: picture, **{name: old.XObject[name] for name in forms}})
    left, bottom, right, top = look.box
    width, height = right - left, top - bottom
    matrix = {
        0: (width, 0, 0, height, left, bottom),
        90: (0, height, -width, 0, right, bottom),
        180: (-width, 0, 0, -height, right, top),
        270: (0, -height, width, 0, left, top),
    }[look.turn]
    place = " ".join(f"{number:.6f}".rstrip("0").rstrip(".") for number in matrix)
    page.obj.Resources = resources
    page.obj.Contents = document.make_stream(text + f"q {place} cm {_NAME} Do Q\n".encode())
    for key in ("/Thumb", "/Group"):
        if key in page.obj:
            del page.obj[key]


def _step(name: str) -> Any:
    import pikepdf

    return pikepdf.ContentStreamInstruction([], pikepdf.Operator(name))


def _own_resources(owner: Any, shared: Any) -> Any:
    """Give a page or form resources, and names of pictures, that no other page shares."""
    import pikepdf

    owner.Resources = pikepdf.Dictionary({} if shared is None else shared)
    owner.Resources.XObject = pikepdf.Dictionary(owner.Resources.get("/XObject", {}))
    spaces = owner.Resources.get("/ColorSpace", {})
    if "/DefaultRGB" in spaces:
        # It would be taken for the profile of the new picture, too, which is sRGB.
        owner.Resources.ColorSpace = pikepdf.Dictionary({k: v for k, v in spaces.items() if k != "/DefaultRGB"})
    return owner.Resources


def _text_of(page: Any) -> tuple[bytes, list[str]]:
    """Return the content of a page without all that is not text, unseen, and the forms in it that hold text."""
    import pikepdf

    try:
        if content_is_longer(page, _MOST_TEXT):
            return b"", []
        pieces = _text_steps(pikepdf.parse_content_stream(page), inherited(page, "/Resources"))
    except Exception:  # What cannot be read cannot be searched either.
        return b"", []
    steps, forms = pieces
    if not any(str(step.operator) in ("Tj", "TJ", "'", '"', "Do") for step in steps):
        return b"", []
    return b"q 3 Tr\n" + pikepdf.unparse_content_stream(steps) + b"\nQ\n", forms


def _text_steps(content: Any, resources: Any) -> tuple[list[Any], list[str]]:
    steps: list[Any] = []
    forms: list[str] = []
    depth = 0
    for step in content:
        name = str(step.operator)
        if name == "Do":
            thing = resources.XObject.get(str(step.operands[0]))
            if thing is None or not _is_text(thing):
                continue
            forms.append(str(step.operands[0]))
        elif name not in _TEXT_STEPS:
            continue
        # What is not balanced would end what is put around it.
        if name == "Q" and depth == 0:
            continue
        depth += {"q": 1, "Q": -1}.get(name, 0)
        steps.append(step)
    return steps + [_step("Q")] * depth, list(dict.fromkeys(forms))


def _is_text(thing: Any) -> bool:
    """Say whether a form holds text and no pictures, such as the layer that text recognition adds."""
    if thing.get("/Subtype") != "/Form" or "/XObject" in thing.get("/Resources", {}):
        return False
    return not is_longer(thing, _MOST_TEXT) and b"BT" in thing.read_bytes()
