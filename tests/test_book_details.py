"""What books say of their own pages.

Oracle: the schema's meaning of each value, against the files that are in the coloured book; and every byte that was not
to change, against the original.
"""

from __future__ import annotations

import io
import re
import struct
import xml.etree.ElementTree as ElementTree
import zipfile

import pytest
from book_files import colour, contents, is_red, made_by, page_bytes, skip_without_libarchive, tarred, zipped
from PIL import Image
from rar5 import stored_rar

from mangacolor.books import open_source

PAGES = {f"{number:02}.jpg": page_bytes(number, "JPEG", (20 + number, 30)) for number in range(1, 4)}
HEAD = '<?xml version="1.0" encoding="utf-8"?>\r\n<ComicInfo xmlns:xsd="http://www.w3.org/2001/XMLSchema">\r\n'
KEPT = (
    "  <Series>漫画 &amp; more</Series>\r\n  <Own:Element a='1'>Yes</Own:Element>\r\n"
    "  <!-- <BlackAndWhite>Yes</BlackAndWhite> -->\r\n"
)


def comic_info(sizes, *, black_and_white="Yes", extra=""):
    pages = "".join(
        f'    <Page Image="{number}" Type="Story" ImageSize="{size}" ImageWidth="1" ImageHeight=\'2\' {extra}/>\r\n'
        for number, size in enumerate(sizes)
    )
    colours = f"  <BlackAndWhite>{black_and_white}</BlackAndWhite>\r\n"
    return f"{HEAD}{KEPT}{colours}  <Pages>\r\n{pages}  </Pages>\r\n</ComicInfo>"


INFO = comic_info([len(data) for data in PAGES.values()])


def expected(target, names=tuple(PAGES)):
    """Return what the description should say, made from the files of the coloured book."""
    found = contents(target)
    text = INFO.replace("  <BlackAndWhite>Yes", "  <BlackAndWhite>No")
    for number, name in enumerate(names):
        width, height = Image.open(io.BytesIO(found[name])).size
        text = re.sub(
            rf'(Image="{number}" Type="Story") ImageSize="\d+" ImageWidth="1" ImageHeight=\'2\'',
            rf'\1 ImageSize="{len(found[name])}" ImageWidth="{width}" ImageHeight=' + f"'{height}'",
            text,
        )
    return text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("kind", ["cbz", "cbt", "cbr", "cb7"])
def test_values_are_true_and_all_else_stays(tmp_path, kind, encoding):
    """Contract: byte for byte, also BOM, encoding, CRLF, unknown elements, quotes and comments."""
    data = INFO.replace("漫画", "漫画" if encoding.startswith("utf") else "manga").encode(encoding)
    files = {**PAGES, "ComicInfo.xml": data}
    book = tmp_path / f"a.{kind}"
    if kind == "cbz":
        zipped(book, files)
    elif kind == "cbt":
        tarred(book, files)
    else:
        skip_without_libarchive()
        if kind == "cbr":
            book.write_bytes(stored_rar(files))
        else:
            for name, content in files.items():
                (tmp_path / name).write_bytes(content)
            made_by("7z", "a", "-t7z", of=list(files))(book, tmp_path)
    _, target = colour(book, page="01.jpg")
    assert contents(target)["ComicInfo.xml"] == expected(target).encode(encoding)


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [("windows-1252", "cp1252"), ("shift_jis", "cp932"), ("iso-8859-1", "latin-1"), ("no-such", "utf-8")],
)
def test_old_encodings_stay(tmp_path, declared, encoding):
    """Contract: what is declared is how it is read and written; what nobody knows is left alone byte by byte."""
    title = {"cp1252": "caf\xe9 \x80", "cp932": "ソ漫画", "latin-1": "\xff\x81"}.get(encoding, "漫画")
    title = title.replace("\x80", "€") if encoding == "cp1252" else title
    head = f'<?xml version="1.0" encoding="{declared}"?><ComicInfo><Title>{title}</Title>'
    text = head + "<BlackAndWhite>{}</BlackAndWhite></ComicInfo>"
    book = zipped(tmp_path / "a.cbz", {**PAGES, "ComicInfo.xml": text.format("Yes").encode(encoding)})
    _, target = colour(book, page="01.jpg")
    assert contents(target)["ComicInfo.xml"] == text.format("No").encode(encoding)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<BlackAndWhite> Yes\n</BlackAndWhite>", "<BlackAndWhite> No\n</BlackAndWhite>"),
        ("<BlackAndWhite>yes</BlackAndWhite>", "<BlackAndWhite>No</BlackAndWhite>"),
        ("<c:BlackAndWhite xsi:type='x'>Yes</c:BlackAndWhite>", "<c:BlackAndWhite xsi:type='x'>No</c:BlackAndWhite>"),
        ("<BlackAndWhite>Unknown</BlackAndWhite>", None),
        ("<BlackAndWhite>No</BlackAndWhite>", None),
        ("<BlackAndWhite/>Yes", None),
        ("<![CDATA[<BlackAndWhite>Yes</BlackAndWhite>]]>", None),
        ("<Notes>BlackAndWhite: Yes</Notes>", None),
        ("<Page Image='9' ImageSize='5'/>", None),
        ("<Page ImageSize='5'/>", None),
        ("<Page Image='x' ImageSize='5'/>", None),
        ("<Page Image='0'/>", None),
        ("< <<>> & <Page", None),
    ],
)
def test_odd_descriptions(tmp_path, before, after):
    """Contract: what says nothing false stays, well-formed or not."""
    book = zipped(tmp_path / "a.cbz", {**PAGES, "comicinfo.XML": f"<ComicInfo>{before}</ComicInfo>"})
    _, target = colour(book, page="01.jpg")
    assert contents(target)["comicinfo.XML"].decode() == f"<ComicInfo>{after or before}</ComicInfo>"


def test_pages_are_numbered_as_the_sizes_tell(tmp_path):
    """Contract: readers differ in how they sort; the old sizes say which way was meant."""
    files = {name: page_bytes(int(name[0]), "JPEG", (20 + len(name) * 9, 31)) for name in ("10.jpg", "9.jpg", "1.jpg")}
    for order in (["1.jpg", "9.jpg", "10.jpg"], ["1.jpg", "10.jpg", "9.jpg"], ["10.jpg", "9.jpg", "1.jpg"]):
        assert len({len(data) for data in files.values()}) == 3
        info = comic_info([len(files[name]) for name in order])
        book = zipped(tmp_path / "a.cbz", {**files, "ComicInfo.xml": info})
        _, target = colour(book, page="1.jpg", overwrite=True)
        found = contents(target)
        said = re.findall(r'ImageSize="(\d+)"', found["ComicInfo.xml"].decode())
        assert said == [str(len(found[name])) for name in order]


def test_a_page_that_failed_keeps_its_values(tmp_path):
    """Contract: it is still what it was; once it is done, the next run sets it right."""
    files = {**PAGES, "02.jpg": b"broken"}
    info = comic_info([len(data) for data in files.values()])
    book = zipped(tmp_path / "a.cbz", {**files, "ComicInfo.xml": info})
    _, target = colour(book, page="01.jpg")
    said = re.findall(r'ImageSize="(\d+)" ImageWidth="(\d+)"', contents(target)["ComicInfo.xml"].decode())
    assert said[1] == ("6", "1")
    assert said[0] == (str(len(contents(target)["01.jpg"])), "21")


def test_a_book_of_copies_is_still_black_and_white(tmp_path):
    """Contract: pages that are given back as they came are no reason."""

    class Copier:
        settings, pages_at_once = "copy", 1

        def colorize_page(self, page, hints=()):
            return page, "text_only"

    book = zipped(tmp_path / "a.cbz", {**PAGES, "ComicInfo.xml": INFO})
    _, target = colour(book, Copier(), page="01.jpg")
    assert "  <BlackAndWhite>Yes" in contents(target)["ComicInfo.xml"].decode()


def test_pages_under_another_name_are_called_by_it(tmp_path):
    """Contract of --format: in whatever describes the book, by path or by name alone, and only as a whole value."""
    acbf = '<ACBF><page><image href="in/01.jpg"/></page><text>01.jpg is nice</text></ACBF>'
    comet = "<comet><coverImage>01.jpg</coverImage><title>01</title></comet>"
    info = '<ComicInfo><Pages><Page Image="0" Key="in/01.jpg"/></Pages></ComicInfo>'
    files = {f"in/{name}": data for name, data in PAGES.items()}
    book = zipped(tmp_path / "a.cbz", {**files, "a.acbf": acbf, "CoMet.xml": comet, "ComicInfo.xml": info})
    _, target = colour(book, page="in/01.jpg", choice="webp")
    found = {name: data for name, data in contents(target).items() if "jpg" not in name}
    assert found["a.acbf"].decode() == acbf.replace("in/01.jpg", "in/01.webp")
    assert found["CoMet.xml"].decode() == comet.replace(">01.jpg", ">01.webp")
    assert found["ComicInfo.xml"].decode() == info.replace("in/01.jpg", "in/01.webp")


def test_each_description_is_about_its_own_folder(tmp_path):
    """Contract: an omnibus has one in each volume."""
    files = {}
    for volume in ("v1", "v2"):
        for name, data in PAGES.items():
            files[f"{volume}/{name}"] = data if volume == "v1" else page_bytes(7, "JPEG", (50, 60))
        files[f"{volume}/ComicInfo.xml"] = comic_info([5, 5, 5])
    _, target = colour(zipped(tmp_path / "a.cbz", files), page="v1/01.jpg")
    found = contents(target)
    for volume in ("v1", "v2"):
        said = re.findall(r'ImageSize="(\d+)"', found[f"{volume}/ComicInfo.xml"].decode())
        assert said == [str(len(found[f"{volume}/{name}"])) for name in PAGES]


def test_comic_book_info_in_the_comment_stays(tmp_path):
    """Contract: it says nothing of pages."""
    comment = b'{"appID": "ComicBookLover/888", "ComicBookInfo/1.0": {"series": "Own"}}'
    book = zipped(tmp_path / "a.cbz", PAGES)
    with zipfile.ZipFile(book, "a") as archive:
        archive.comment = comment
    _, target = colour(book, page="01.jpg")
    with zipfile.ZipFile(target) as archive:
        assert archive.comment == comment


def test_an_epub_says_of_each_page_what_it_is(tmp_path):
    """Contract: a page whose format cannot be written keeps its name, and the manifest says what it has become."""
    opf = (
        '<package><manifest><item id="a" href="images/1.jpg" media-type="image/jpeg"/>\n'
        "<item media-type='image/gif' href='images/two%20.gif' id='b'/>"
        '<item id="c" href="images/3.png" media-type="image/jpeg"/></manifest></package>'
    )
    book = tmp_path / "a.epub"
    with zipfile.ZipFile(book, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("OEBPS/content.opf", opf)
        archive.writestr("OEBPS/images/1.jpg", page_bytes(1, "JPEG"))
        archive.writestr("OEBPS/images/two .gif", page_bytes(2, "GIF"))
        archive.writestr("OEBPS/images/3.png", page_bytes(3, "JPEG"))  # as its manifest says
    results, target = colour(book, page="OEBPS/images/1.jpg")
    assert {result.status for result in results} == {"colored"}
    found = contents(target)
    assert found.keys() == contents(book).keys()
    assert found["OEBPS/content.opf"].decode() == opf.replace("image/gif", "image/png")
    types = {item.get("href"): item.get("media-type") for item in ElementTree.fromstring(found["OEBPS/content.opf"])[0]}
    for name, type in types.items():
        image = Image.open(io.BytesIO(found["OEBPS/" + name.replace("%20", " ")]))
        assert f"image/{image.format.lower()}" == type


def test_an_epub_whose_parts_are_out_of_order_is_one(tmp_path):
    """Contract: readers do not ask for the order, and pages must keep their names."""
    book = zipped(tmp_path / "a.epub", {"OEBPS/1.jpg": page_bytes(1, "JPEG"), "mimetype": "application/epub+zip\n"})
    _, target = colour(book, page="OEBPS/1.jpg", choice="webp")
    assert target.suffix == ".epub"
    assert is_red(contents(target)["OEBPS/1.jpg"])


def test_a_description_that_cannot_be_read_goes_over(tmp_path):
    """Contract: it is damage like any other, told after the last page."""
    book = zipped(tmp_path / "a.cbz", {**PAGES, "ComicInfo.xml": INFO})
    data = bytearray(book.read_bytes())
    place = data.index(b"PK\1\2", data.index(b"</ComicInfo>"))
    place = data.rindex(b"PK\1\2")
    data[place + 16 : place + 20] = struct.pack("<I", 1)
    book.write_bytes(data)
    results, target = colour(book, page="01.jpg")
    assert [result.status for result in results] == ["colored"] * 3 + ["failed"]
    assert "ComicInfo.xml" in results[-1].error
    assert INFO.encode() in target.read_bytes()
    assert len(open_source(target)) == 3
