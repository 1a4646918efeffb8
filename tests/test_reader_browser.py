"""A library read in a browser: real browsers, the real server, and a painter that paints red when it is told to.

Oracles: the pixels on the screen (a page in colour is red, and tells its number by the grey of its corner), what the
painter was given, what the browser says that it has asked for, and names as assistive software is told them.
"""

from __future__ import annotations

import io
import re
import time
import zipfile

import pytest

pytest.importorskip("uvicorn", reason="needs the extra `serve`")
pytest.importorskip("selenium", reason="needs the extra `browser`")
from PIL import Image
from reader_server import make_book, reader_server
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from studio_browser import InFirefox, until
from web_stubs import page_bytes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

LEFT, RIGHT = Keys.ARROW_LEFT, Keys.ARROW_RIGHT


@pytest.fixture
def library(tmp_path):
    folder = tmp_path / "library"
    make_book(folder / "Rin" / "Rin 1.cbz", range(1, 7))
    make_book(folder / "Rin" / "Rin 2.cbz", range(11, 14))
    make_book(folder / "Wide.cbz", range(21, 27), wide={24})
    return folder


@pytest.fixture
def server(library):
    with reader_server(library) as one:
        yield one


@pytest.fixture
def person(somebody, server):
    """Somebody at the shelf, who has not been here before."""
    somebody.take((1200, 800))
    enter(somebody, server.url)
    yield somebody
    assert not somebody.errors()


def enter(person, url):
    """Come to the shelf for the first time; what was said of an earlier server that has ended does not count."""
    person.driver.get("about:blank")
    person.errors()
    person.open(f"{url}/read")
    person.driver.execute_script("localStorage.clear(); sessionStorage.clear()")
    person.driver.get("about:blank")
    person.open(f"{url}/read")
    person.find(".shelf > .books .book")


def take_up(person, title):
    """Open a book of the shelf."""

    def found():
        return next((one for one in person.all(".shelf > .books .book-link") if one.text.startswith(title)), None)

    until(found, what=title).click()


def shown(person):
    """The numbers of the pages on the screen, in reading order; nothing while one is waited for."""
    if not person.all(".stage[aria-busy=false]"):
        return None
    found = re.fullmatch(r"Pages? ([\d and]+) of \d+", person.find(".stage").get_attribute("aria-label"))
    return [int(one) for one in found[1].split(" and ")]


def at(person, *numbers):
    until(lambda: shown(person) == list(numbers), what=f"pages {numbers} on the screen, not {shown(person)}")


def screen(person):
    return Image.open(io.BytesIO(person.driver.get_screenshot_as_png())).convert("RGB")


def is_coloured(pixel):
    return pixel[0] > 150 > 90 > pixel[1]


def test_the_shelf_leads_to_a_book_in_colour_and_keys_turn_its_pages_in_both_directions(person, server):
    titles = [one.text for one in person.all(".shelf > .books .book-title")]
    assert sorted(titles) == ["Rin 1", "Rin 2", "Wide"]
    take_up(person, "Rin 1")
    at(person, 1)
    person.keys(Keys.ENTER)  # takes the bars away
    until(lambda: is_coloured(screen(person).getpixel((600, 400))), what="the page in colour")
    person.keys(LEFT)
    at(person, 2)
    person.keys(RIGHT)
    at(person, 1)
    person.keys(" ")
    at(person, 2)
    person.keys(Keys.END)
    at(person, 6)
    person.keys(Keys.HOME)
    at(person, 1)
    assert person.driver.execute_script("return document.title") == "Rin 1 · 1 of 6"
    person.keys(Keys.ESCAPE)
    until(lambda: person.find(".viewer").get_attribute("hidden"), what="the shelf")


def test_clicks_at_the_sides_turn_pages_and_in_the_middle_show_the_controls(person):
    take_up(person, "Rin 1")
    at(person, 1)

    def click(share):
        box = person.find(".stage").rect
        offset = (round(box["width"] * (share - 0.5)), 0)
        ActionChains(person.driver, duration=0).move_to_element_with_offset(
            person.find(".stage"), *offset
        ).click().perform()

    click(0.1)
    at(person, 2)
    assert not person.all(".viewer[data-bars]"), "turning a page takes the controls away"
    click(0.9)
    at(person, 1)
    click(0.5)
    assert person.all(".viewer[data-bars]")
    click(0.5)
    assert not person.all(".viewer[data-bars]")


def test_the_direction_is_switched_for_the_book_and_stays(person, server):
    take_up(person, "Rin 1")
    at(person, 1)
    choose(person, "ltr")
    person.focus(".stage")
    person.keys(RIGHT)
    at(person, 2)
    person.driver.refresh()
    at(person, 2)
    assert person.find(".stage").get_attribute("dir") == "ltr"
    person.keys(LEFT)
    at(person, 1)
    person.open(f"{server.url}/read#all")
    person.driver.refresh()
    take_up(person, "Wide")
    at(person, 1)
    choose(person, "rtl")
    person.open(f"{server.url}/read#all")
    person.driver.refresh()
    take_up(person, "Rin 1")
    at(person, 1)
    assert person.find(".stage").get_attribute("dir") == "ltr", "each book has its own"


def choose(person, value):
    """Choose how pages are shown, as by a click on it."""
    person.driver.execute_script("arguments[0].click()", person.find(f".settings input[value={value}]"))


def test_the_place_is_there_again_after_a_reload_and_on_the_shelf(person, server):
    take_up(person, "Rin 1")
    at(person, 1)
    person.keys(LEFT)
    at(person, 2)
    person.keys(LEFT)
    at(person, 3)
    person.driver.refresh()
    at(person, 3)
    person.driver.get("about:blank")
    person.open(f"{server.url}/read")
    again = person.find(".books-row .book-link")
    assert again.text.split("\n") == ["Rin 1", "Page 3 of 6"]
    again.click()
    at(person, 3)
    person.keys(Keys.END)
    at(person, 6)
    person.keys(Keys.ESCAPE)
    until(lambda: not person.all(".books-row .book"), what="a book that is read leaves the row")


def test_the_end_of_a_book_leads_to_the_next_one(person):
    take_up(person, "Rin 1")
    at(person, 1)
    person.keys(Keys.END)
    at(person, 6)
    person.keys(LEFT)
    following = person.find(".end a")
    assert following.text == "Next: Rin 2"
    person.keys(RIGHT)
    at(person, 6)
    person.keys(LEFT)
    person.find(".end a").click()
    at(person, 1)
    assert person.text(".bar-top .title") == "Rin 2"


def test_a_page_that_does_not_come_says_so_and_retry_brings_it(person, server):
    take_up(person, "Rin 1")
    at(person, 1)
    until(lambda: server.painter.order == [1, 2])
    person.go_offline(offline=True)
    person.keys(Keys.END)
    told = person.find(".leaf-problem")
    assert told.get_attribute("role") == "alert"
    assert told.text.startswith("Page 6: The server does not answer.")
    person.go_offline(offline=False)
    person.named("Retry").click()
    until(lambda: person.all(".leaf img"), what="the page")
    at(person, 6)
    assert not person.all(".leaf-problem")
    said = person.errors()
    assert all("ERR_INTERNET_DISCONNECTED" in one for one in said), said


def test_a_shelf_that_does_not_come_says_so_and_retry_brings_it(person):
    person.go_offline(offline=True)
    person.find('.tab[href="#folders"]').click()
    until(lambda: person.text(".told") == "The server does not answer.")
    person.go_offline(offline=False)
    person.named("Retry").click()
    until(lambda: [one.text for one in person.all(".folder-name")] == ["Rin"])
    assert not person.text(".told")
    said = person.errors()
    assert all("ERR_INTERNET_DISCONNECTED" in one for one in said), said


def test_a_page_that_could_not_be_coloured_is_shown_with_a_word_and_coloured_when_asked_again(person, server):
    server.painter.disliked = {1}
    take_up(person, "Rin 1")
    at(person, 1)
    assert "without colours" in person.text(".leaf-note")
    person.keys(Keys.ENTER)
    until(lambda: len(set(screen(person).getpixel((600, 400)))) == 1, what="the grey page")
    server.painter.disliked = set()
    person.named("Try again").click()
    until(lambda: not person.all(".leaf-note"), what="the page in colour")
    until(lambda: is_coloured(screen(person).getpixel((600, 400))), what="the page in colour")


def test_a_page_turned_away_from_is_not_coloured_and_one_that_waits_says_so(person, server):
    painter = server.painter
    painter.gate.clear()
    take_up(person, "Rin 1")
    until(painter.begun.is_set, what="the first page in work")
    until(lambda: "Colouring page 1" in person.text(".leaf-waiting"))
    person.keys(LEFT)
    until(lambda: server.engine.waiting == 1, what="the second page in the queue")
    person.keys(LEFT)
    until(lambda: server.engine.metrics.left == 1, what="the second page out of the queue")
    until(lambda: server.engine.waiting == 1, what="the third in its place")
    painter.gate.set()
    at(person, 3)
    until(lambda: painter.order == [1, 3, 4], what=f"the pages that are of use, not {painter.order}")


def test_two_pages_beside_each_other_but_those_as_wide_as_two(person):
    take_up(person, "Wide")
    at(person, 1)
    person.keys("d")
    at(person, 1)
    person.keys(LEFT)
    at(person, 2, 3)
    until(lambda: len(person.all(".leaf img")) == 2)
    first, second = (one.rect for one in person.all(".leaf"))
    assert first["x"] >= second["x"] + second["width"] - 1, "the first page is on the right"
    picture = screen(person)
    assert is_coloured(picture.getpixel((500, 400)))
    assert is_coloured(picture.getpixel((700, 400)))
    assert not is_coloured(picture.getpixel((10, 400)))
    person.keys(LEFT)
    at(person, 4)
    person.keys(LEFT)
    at(person, 5, 6)
    person.keys(RIGHT)
    at(person, 4)
    person.keys(RIGHT)
    at(person, 2, 3)


def test_a_long_strip_is_scrolled_and_its_pages_keep_their_room(person):
    take_up(person, "Rin 1")
    at(person, 1)
    choose(person, "strip")
    at(person, 1)
    script = "return [document.querySelector('.stage').scrollHeight, document.querySelectorAll('.leaf img').length]"
    height, pictures = person.driver.execute_script(script)
    assert pictures < 6, "those far away are not asked for"
    person.driver.execute_script("document.querySelectorAll('.leaf')[3].scrollIntoView()")
    at(person, 4)
    now, _ = person.driver.execute_script(script)
    assert abs(now - height) < 0.1 * height, "pages that were not there had nearly their size"
    top = "return document.querySelectorAll('.leaf')[3].getBoundingClientRect().top"
    assert abs(person.driver.execute_script(top)) < 2, "what came above has moved nothing"
    person.driver.refresh()
    at(person, 4)


def test_pages_are_asked_at_one_of_a_few_widths_and_each_once(person):
    take_up(person, "Rin 1")
    at(person, 1)
    person.keys(LEFT)
    at(person, 2)
    person.keys(LEFT)
    at(person, 3)
    script = "return performance.getEntriesByType('resource').map((one) => one.name)"
    until(lambda: any("/pages/3?" in one for one in person.driver.execute_script(script)))
    asked = [one for one in person.driver.execute_script(script) if "/pages/" in one]
    assert [re.search(r"/pages/(\d+)\?width=(\d+)$", one).groups() for one in asked] == [
        (str(number), "1280") for number in range(4)
    ]


def test_a_token_in_the_address_stays_in_it(somebody, library, tmp_path):
    with reader_server(library, token="secret", cache=tmp_path / "cache") as server:
        somebody.take((1200, 800))
        enter(somebody, f"{server.url}/token/secret")
        take_up(somebody, "Rin 1")
        at(somebody, 1)
        somebody.keys(LEFT)
        at(somebody, 2)
        assert somebody.driver.execute_script("return location.pathname") == "/token/secret/read"
        somebody.keys("o")
        look_at(somebody, coloured=False)
        for file in somebody.downloads.iterdir():
            file.unlink()
        somebody.keys(Keys.ENTER)  # brings the bars back
        somebody.named("Download in colour").click()
        assert somebody.downloaded(".cbz").name == "Rin 1.cbz"
        assert not somebody.errors()
        somebody.open(f"{server.url}/read?token=secret")
        somebody.find(".book")
        assert somebody.driver.execute_script("return location.pathname") == "/token/secret/read"


def test_a_search_finds_books_and_folders_have_theirs(person):
    person.find(".search input").send_keys("rin 2")
    until(lambda: [one.text for one in person.all(".shelf > .books .book-title")] == ["Rin 2"])
    person.find('.tab[href="#folders"]').click()
    until(lambda: [one.text for one in person.all(".folder-name")] == ["Rin"])
    person.find(".folder").click()
    until(lambda: [one.text for one in person.all(".shelf > .books .book-title")] == ["Rin 1", "Rin 2"])
    assert person.text(".shelf h1") == "Rin"


def look_at(person, *, coloured, at=(600, 400)):
    """Wait until the page on the screen is in colour, or is not."""
    until(lambda: is_coloured(screen(person).getpixel(at)) == coloured, what="colours" if coloured else "no colours")


def pages_asked(person):
    """The pages that the browser asked for, in order: their numbers from 1 on, negative for those as they came."""
    names = person.driver.execute_script("return performance.getEntriesByType('resource').map((one) => one.name)")
    found = [re.search(r"/pages/(\d+)\?width=\d+(&original=1)?$", one) for one in names]
    return [(-1 if one[2] else 1) * (int(one[1]) + 1) for one in found if one]


def test_the_original_of_a_page_is_shown_by_a_key_and_a_button_and_nothing_is_coloured_for_it(person, server):
    take_up(person, "Rin 1")
    at(person, 1)
    until(lambda: server.painter.order == [1, 2])
    person.keys("o")
    button = person.named("Original page")
    assert button.get_attribute("aria-pressed") == "true"
    look_at(person, coloured=False)
    until(lambda: "as it came" in person.all(".viewer [role=status]")[-1].get_attribute("textContent"))
    assert person.find(".leaf img").get_attribute("alt") == "Page 1 as it came"
    for key in "ooo":
        person.keys(key)
    look_at(person, coloured=True)
    button.click()
    look_at(person, coloured=False)
    assert [one for one in pages_asked(person) if abs(one) == 1] == [1, -1], "each side once"
    person.focus(".stage")
    for number in (2, 3, 4):
        person.keys(LEFT)
        at(person, number)
        look_at(person, coloured=False)
    assert server.painter.order == [1, 2], "pages that are turned to as they came are not coloured"
    assert [one for one in pages_asked(person) if one > 0] == [1, 2]
    person.keys("o")
    assert button.get_attribute("aria-pressed") == "false"
    at(person, 4)
    look_at(person, coloured=True)
    until(lambda: server.painter.order == [1, 2, 4, 5])
    person.keys("o", Keys.ESCAPE)
    take_up(person, "Rin 2")
    at(person, 1)
    look_at(person, coloured=True)
    assert button.get_attribute("aria-pressed") == "false", "a book begins in colour"


def test_the_originals_of_a_pair_and_of_a_long_strip_are_shown(person):
    take_up(person, "Wide")
    at(person, 1)
    person.keys("d", LEFT)
    at(person, 2, 3)
    person.keys("o")
    for place in ((500, 400), (700, 400)):
        look_at(person, coloured=False, at=place)
    person.keys("o")
    for place in ((500, 400), (700, 400)):
        look_at(person, coloured=True, at=place)
    choose(person, "strip")
    person.focus(".stage")
    at(person, 2)
    look_at(person, coloured=True)
    top = "return document.querySelectorAll('.leaf')[1].getBoundingClientRect().top"
    before = person.driver.execute_script(top)
    person.keys("o")
    look_at(person, coloured=False)
    assert abs(person.driver.execute_script(top) - before) < 2, "nothing has moved"
    person.driver.execute_script("document.querySelectorAll('.leaf')[3].scrollIntoView()")
    at(person, 4)
    look_at(person, coloured=False)
    person.keys("o")
    look_at(person, coloured=True)


@pytest.fixture
def keeping(somebody, library, tmp_path):
    """Somebody at the shelf of a server that keeps what it has coloured, and that server."""
    (library / "Pictures").mkdir()
    (library / "Pictures" / "1.png").write_bytes(page_bytes(31))
    with reader_server(library, cache=tmp_path / "cache") as one:
        somebody.take((1200, 800))
        enter(somebody, one.url)
        for file in somebody.downloads.iterdir():
            file.unlink()
        yield somebody, one
        assert not somebody.errors()


def pages_of(path):
    with zipfile.ZipFile(path) as archive:
        return [Image.open(io.BytesIO(archive.read(name))).convert("RGB") for name in archive.namelist()]


def test_a_book_of_the_shelf_is_taken_away_in_colour_once_it_is_whole(keeping):
    """Oracle: the file that arrives, as the standard library and Pillow read it."""
    person, server = keeping
    server.painter.gate.clear()
    assert not [one for one in person.all(".books .button") if "Pictures" in one.accessible_name]
    person.named("Download Rin 2 in colour").click()
    until(lambda: person.text(".taking:not([hidden])") == "Colouring 0 of 3 pages")
    person.driver.refresh()
    until(lambda: person.text(".taking:not([hidden])") == "Colouring 0 of 3 pages", what="the same after a reload")
    assert person.named("Download Rin 2 in colour").get_attribute("aria-disabled") == "true"
    assert not list(person.downloads.iterdir())
    server.painter.gate.set()
    arrived = person.downloaded(".cbz")
    assert arrived.name == "Rin 2.cbz"
    assert [is_coloured(page.getpixel((20, 30))) for page in pages_of(arrived)] == [True] * 3
    assert server.painter.order == [11, 12, 13]
    until(lambda: person.text(".taking:not([hidden])") == "Coloured; the download has begun.")
    arrived.unlink()
    person.driver.refresh()
    person.named("Download Rin 2 in colour").click()
    assert person.downloaded(".cbz").name == "Rin 2.cbz"
    assert server.painter.order == [11, 12, 13], "it is made once"


def test_an_open_book_is_taken_away_and_leaving_it_stops_nothing(keeping):
    person, server = keeping
    take_up(person, "Pictures")
    at(person, 1)
    assert not [
        one for one in person.all(".viewer .button") if "Download" in one.accessible_name and one.is_displayed()
    ]
    person.keys(Keys.ESCAPE)
    take_up(person, "Rin 1")
    at(person, 1)
    until(lambda: server.painter.order == [31, 1, 2])
    server.painter.gate.clear()
    person.named("Download in colour").click()
    until(lambda: re.fullmatch(r"Colouring \d of 6 pages", person.text(".bar-top .taking")))
    person.focus(".stage")
    person.keys(Keys.ESCAPE)
    until(lambda: re.fullmatch(r"Colouring \d of 6 pages", person.text(".shelf .taking:not([hidden])")))
    server.painter.gate.set()
    assert len(pages_of(person.downloaded(".cbz"))) == 6


def test_a_book_that_cannot_be_made_says_so_and_can_be_tried_again(keeping, tmp_path):
    person, _ = keeping
    blocked = tmp_path / "cache" / "books"
    blocked.write_bytes(b"no folder")
    take_up(person, "Rin 2")
    at(person, 1)
    person.named("Download in colour").click()
    until(lambda: person.text(".bar-top .taking").startswith("It could not be coloured: "))
    until(lambda: person.all(".viewer[data-bars]"), what="the bars that say so")
    told = [one.get_attribute("textContent") for one in person.all("body > [role=status]")]
    assert told[0].startswith("It could not be coloured: ")
    blocked.unlink()
    person.named("Download in colour").click()
    assert len(pages_of(person.downloaded(".cbz"))) == 3


def test_the_cover_of_a_book_gets_its_colours_once_its_first_page_was_read(keeping):
    person, server = keeping

    def cover(title):
        titles = [one.text for one in person.all(".shelf > .books .book-title")]
        box = person.all(".shelf > .books .cover")[titles.index(title)].rect
        return screen(person).getpixel((int(box["x"] + box["width"] / 2), int(box["y"] + box["height"] / 2)))

    until(lambda: max(cover("Rin 1")) == min(cover("Rin 1")), what="a grey cover")
    take_up(person, "Rin 1")
    at(person, 1)
    person.keys(Keys.ESCAPE)
    until(lambda: is_coloured(cover("Rin 1")), what="a cover in colour")
    assert not is_coloured(cover("Rin 2"))
    assert set(server.painter.order) == {1, 2}


def test_everything_that_is_used_has_a_name(person):
    def names(css):
        used = person.all(f"{css} :is(a, button, input)")
        return [one.accessible_name for one in used if one.is_displayed()]

    assert {"Library", "Search for words of titles and folders", "All books"} <= set(names("body"))
    assert all(names("body"))
    take_up(person, "Rin 1")
    at(person, 1)
    person.named("How pages").click()
    assert "O the original page" in person.find(".settings-keys").get_attribute("textContent")
    known = {"Original page", "Next page", "Previous page", "Back to the library", "How pages are shown", "Page"}
    assert known <= set(names(".viewer"))
    assert all(names(".viewer"))
    choices = [one.accessible_name for one in person.all(".settings input")]
    assert choices[:3] == ["Right to left", "Left to right", "One long strip"]
    assert all(choices)
    assert person.driver.execute_script("return document.querySelector('.shelf').inert"), "only the book is reached"
    person.keys(Keys.ESCAPE)
    assert person.focused().accessible_name == "How pages are shown", "the focus goes back to where it came from"


def test_nothing_moves_when_pages_come(person, server):
    """Oracle: layout shifts as Chromium counts them; those within half a second of a key are no fault."""
    if isinstance(person, InFirefox):
        pytest.skip("it does not count them")
    person.driver.execute_script(
        "window.moved = []; new PerformanceObserver((list) => window.moved.push(...list.getEntries()"
        ".filter((one) => !one.hadRecentInput).map((one) => one.value)))"
        ".observe({ type: 'layout-shift', buffered: true })"
    )
    server.painter.gate.clear()
    take_up(person, "Rin 1")
    until(lambda: "Colouring page 1" in person.text(".leaf-waiting"))
    time.sleep(0.6)
    server.painter.gate.set()
    at(person, 1)
    choose(person, "strip")
    at(person, 1)
    person.driver.execute_script("document.querySelectorAll('.leaf')[4].scrollIntoView()")
    at(person, 5)
    moved = person.driver.execute_script("return window.moved")
    assert sum(moved) < 0.05, moved


def test_a_finger_pushes_pages_away_on_a_phone(person):
    if isinstance(person, InFirefox):
        pytest.skip("its window is not touched")
    person.take((390, 844), touch=True)
    person.driver.refresh()
    take_up(person, "Rin 1")
    at(person, 1)

    def swipe(*places):
        for kind, place in zip(("touchStart", "touchMove", "touchMove"), places, strict=True):
            person.devtools("Input.dispatchTouchEvent", type=kind, touchPoints=[{"x": place, "y": 400}])
        person.devtools("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    swipe(100, 200, 300)
    at(person, 2)
    swipe(300, 200, 100)
    at(person, 1)
    choose(person, "ltr")
    at(person, 1)
    swipe(300, 200, 100)
    at(person, 2)


def test_behind_the_path_of_another_server_it_reads_all_the_same(somebody, library):
    with reader_server(library, below="/manga/colour") as server:
        somebody.take((1200, 800))
        enter(somebody, server.url)
        take_up(somebody, "Rin 1")
        at(somebody, 1)
        somebody.driver.refresh()
        at(somebody, 1)
        assert server.url.endswith("/manga/colour")
        assert somebody.driver.execute_script("return location.pathname") == "/manga/colour/read"
        assert not somebody.errors()
