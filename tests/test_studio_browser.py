"""The studio as a person uses it: real browsers, the real server, the real weights, on small drawn pages.

Oracle: docs/studio.md, looked at from outside: pixels that the canvas shows, files that are downloaded (opened by
zipfile and Pillow), names that the browser tells assistive software.
"""

from __future__ import annotations

import colorsys
import io
import json
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

pytest.importorskip("uvicorn", reason="needs the extra `serve`")
pytest.importorskip("selenium", reason="needs the extra `browser`")
from PIL import Image, ImageColor
from selenium.webdriver.common.keys import Keys
from studio_browser import InFirefox, until
from studio_process import studio_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

RED, BLUE = "#d83a2e", "#2f62c8"
SIZE = (480, 360)
ENCODED = 8
"""How far a channel may be off: pages and what changes on them come as JPEG."""

LEFT, RIGHT, LOW = (120, 110), (360, 110), (240, 290)
"""Points of a drawn page: two coats, and a floor."""


EXAMPLES = Path(__file__).parent.parent / "examples" / "pages"
PANELS = [("page_02_street.png", (30, 1080, 570, 1470)), ("page_01_sea.png", (30, 900, 600, 1480))]
FRINGE, FRINGE_SEEN, LOCKS, FACE = (215, 75), (195, 75), [(110, 170), (318, 170)], (215, 265)
"""On the first panel: her fringe where it is clicked and beside the dot, hair in areas of its own, and her face."""
SIDE = (350, 250)
"""Her hair on the second."""


def draw_page(path, shift=0):
    """Two figures in coats of one grey, and a floor; a little elsewhere on every page."""
    width, height = SIZE
    page = np.full((height, width), 255, np.uint8)
    for x in (LEFT[0], RIGHT[0]):
        x += shift
        coat = np.array([[x - 34, 70], [x + 34, 70], [x + 56, 210], [x - 56, 210]], np.int32)
        cv2.fillPoly(page, [coat], 150)
        cv2.polylines(page, [coat], isClosed=True, color=0, thickness=3, lineType=cv2.LINE_AA)
        cv2.circle(page, (x, 42), 26, 255, -1)
        cv2.circle(page, (x, 42), 26, 0, 3, cv2.LINE_AA)
        cv2.circle(page, (x - 9, 40), 3, 0, -1)
        cv2.circle(page, (x + 9, 40), 3, 0, -1)
    cv2.line(page, (0, 240), (width, 240), 0, 3)
    cv2.rectangle(page, (1, 1), (width - 2, height - 2), 0, 3)
    Image.fromarray(page).save(path)
    return path


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    return [draw_page(folder / f"page {number}.png", shift=6 * number) for number in (1, 2, 3)]


@pytest.fixture(scope="module")
def chapter(tmp_path_factory):
    """Two panels of one girl, cut out of the example pages."""
    folder = tmp_path_factory.mktemp("chapter")
    for number, (name, box) in enumerate(PANELS, 1):
        Image.open(EXAMPLES / name).crop(box).save(folder / f"{number}.png")
    return sorted(folder.iterdir())


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with studio_server(tmp_path_factory.mktemp("studio") / "projects") as address:
        yield address


@pytest.fixture
def person(somebody, url):
    """Somebody at the first screen, who has not been here before."""
    somebody.take((1440, 900))
    somebody.open(url)
    somebody.driver.execute_script("localStorage.clear()")
    somebody.driver.refresh()
    yield somebody
    assert not somebody.errors()


def is_like(pixel, color):
    """Whether a pixel is coloured and of about the hue of a colour, as a person would call it."""
    hue, saturation, _ = colorsys.rgb_to_hsv(*(channel / 255 for channel in pixel))
    wanted, _, _ = colorsys.rgb_to_hsv(*(int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)))
    apart = abs(hue - wanted)
    return saturation > 0.3 and min(apart, 1 - apart) < 25 / 360


def test_a_click_fills_an_area_and_its_like_and_undo_takes_it_back(person, chapter):
    person.bring(chapter[0])
    seen = (FRINGE_SEEN, *LOCKS, FACE)
    before = [person.pixel(*at) for at in seen]
    assert not any(is_like(pixel, BLUE) for pixel in before)
    person.choose(BLUE)
    person.click(*FRINGE)
    person.settled()
    person.leave()
    filled = [person.pixel(*at) for at in seen]
    assert is_like(filled[0], BLUE)
    assert all(is_like(pixel, BLUE) for pixel in filled[1:-1]), "hair beyond the lines of the fringe follows"
    assert np.abs(np.subtract(filled[-1], before[-1])).max() <= ENCODED, "the face stays"
    assert person.text("[aria-labelledby=page-title] p") == "1 hint"

    person.with_ctrl("z")
    person.settled()
    after = [person.pixel(*at) for at in seen]
    assert np.abs(np.subtract(after, before)).max() <= ENCODED
    assert not person.named("Undo").is_enabled()
    person.with_ctrl("z", shift=True)
    person.settled()
    assert is_like(person.pixel(*FRINGE_SEEN), BLUE)
    person.with_ctrl("z")
    person.settled()
    person.click(*FRINGE, alone=True)
    person.settled()
    person.leave()
    assert is_like(person.pixel(*FRINGE_SEEN), BLUE)
    assert not any(is_like(person.pixel(*at), BLUE) for at in LOCKS), "with Shift, nothing follows"


def test_a_locked_area_keeps_its_colour(person, pages):
    person.bring(pages[0])
    person.choose(RED)
    person.click(LEFT[0], LEFT[1] + 60)
    person.settled()
    person.keys("l")
    person.click(LEFT[0], LEFT[1] + 60)
    person.settled()
    person.leave()
    kept = person.pixel(*LEFT)
    person.choose(BLUE)
    person.named("Fill").click()
    person.click(RIGHT[0], RIGHT[1] + 60)
    person.settled()
    person.leave()
    assert is_like(person.pixel(*RIGHT), BLUE)
    assert np.abs(np.subtract(person.pixel(*LEFT), kept)).max() <= ENCODED
    assert "1 locked area" in person.text("[aria-labelledby=page-title] p")


def test_a_colour_saved_to_the_series_colours_the_next_page_and_all_is_there_again(person, url, chapter):
    person.bring(*chapter)
    assert person.text(".where-number") == "1 / 2"
    assert not is_like(person.pixel(*FRINGE_SEEN), BLUE)
    person.choose(BLUE)
    person.click(*FRINGE)
    person.settled()
    person.save("Rin", "hair")

    person.named("Approve").click()
    until(lambda: person.text(".where-number") == "2 / 2", what="the page after the approved one")
    person.settled()
    person.leave()
    assert is_like(person.pixel(*SIDE), BLUE), "her hair on the next page follows the palette"

    person.driver.refresh()
    person.settled()
    assert person.text(".where-number") == "2 / 2"
    assert "1 of 2 approved" in person.text(".rail-count")
    person.open(url)
    person.find(".project-link").click()
    person.settled()
    person.driver.execute_script("document.activeElement.blur()")
    person.keys(Keys.PAGE_UP)
    until(lambda: person.text(".where-number") == "1 / 2")
    person.settled()
    assert is_like(person.pixel(*FRINGE_SEEN), BLUE)
    assert person.named("Undo").is_enabled()
    assert person.find(".color-text").get_attribute("value") == BLUE


def test_a_chapter_is_coloured_at_once_and_a_book_and_layers_are_taken_away(person, pages):
    book = pages[0].parent / "chapter.cbz"
    with zipfile.ZipFile(book, "w") as archive:
        for page in pages:
            archive.write(page, page.name)
    person.bring(book)
    person.named("Colour all").click()
    until(lambda: not person.all('.page[data-standing="new"]'), what="every page in colour")
    until(lambda: not person.find(".batch").is_displayed())

    person.with_ctrl("s")
    person.named("As it came").click()
    with zipfile.ZipFile(person.downloaded(".cbz")) as coloured:
        names = [name for name in coloured.namelist() if name.endswith(".png")]
        assert names == [page.name for page in pages]
        seen = [Image.open(io.BytesIO(coloured.read(name))).convert("RGB") for name in names]
    assert all(one.size == SIZE for one in seen)
    assert all(np.ptp(np.asarray(one, int), axis=2).max() > 20 for one in seen), "they are in colour"

    person.with_ctrl("s")
    person.named("OpenRaster").click()
    with zipfile.ZipFile(person.downloaded(".ora")) as layered:
        assert layered.namelist()[0] == "mimetype"
        assert layered.read("mimetype") == b"image/openraster"
        assert layered.getinfo("mimetype").compress_type == zipfile.ZIP_STORED
        stack = ElementTree.fromstring(layered.read("stack.xml"))
        layers = list(stack.iter("layer"))
        pictures = {one.get("src"): Image.open(io.BytesIO(layered.read(one.get("src")))) for one in layers}
        merged = Image.open(io.BytesIO(layered.read("mergedimage.png")))
    assert (int(stack.get("w")), int(stack.get("h"))) == merged.size == SIZE
    assert len(layers) >= 3, "ink, at least one flat, and paper"
    assert layers[0].get("composite-op") == "svg:multiply", "the ink lies on top and is multiplied"
    assert all(picture.size[0] <= SIZE[0] for picture in pictures.values())


def test_the_keyboard_alone_fills_an_area_and_tells_of_its_keys(person, pages):
    person.bring(pages[0])
    person.choose(BLUE)
    person.driver.execute_script("arguments[0].focus()", person.canvas)
    person.keys(Keys.ARROW_DOWN)
    person.keys(*[Keys.ARROW_DOWN] * 6)
    person.keys(Keys.ENTER)
    person.settled()
    hints = person.text("[aria-labelledby=page-title] p")
    assert hints == "1 hint"
    person.keys("?")
    sheet = person.find("dialog[open]").text
    for said in ("Ctrl+Z", "Space (hold)", "Page Down", "C (hold)"):
        assert said in sheet
    person.keys(Keys.ESCAPE)
    until(lambda: not person.all("dialog[open]"))
    shown = person.pixel(*LOW)
    person.driver.execute_script("arguments[0].focus()", person.canvas)
    person.hold("c")
    until(lambda: len(set(person.pixel(*LEFT))) == 1, what="the grey page")
    person.let_go("c")
    until(lambda: person.pixel(*LOW) == shown, what="the page in colour")


def test_everything_has_a_name_and_nothing_comes_from_elsewhere(person, url, pages):
    person.bring(pages[0])
    person.keys("s")
    names = person.names()
    assert len(names) > 30
    assert all(name.strip() for name in names), names
    asked = json.loads(
        person.driver.execute_script("return JSON.stringify(performance.getEntries().map(one => one.name))")
    )
    assert not [one for one in asked if "://" in one and not one.startswith((url, f"blob:{url}"))]


def test_light_and_dark_are_those_of_the_system_or_those_that_are_chosen(person):
    """Contract of theme.css: two colours for every ground, and of the switch: system, light, dark, and around."""

    def ground():
        return person.driver.execute_script("return getComputedStyle(document.body).backgroundColor")

    light, dark = "rgb(233, 233, 231)", "rgb(26, 26, 25)"
    for system in ("dark", "light"):
        person.prefer(system)
        for shown in (dark if system == "dark" else light, light, dark):
            until(lambda shown=shown: ground() == shown, 5, f"{shown} in {system}")
            person.find(".theme-button").click()
    person.prefer(None)


def test_whoever_goes_back_while_a_project_is_opened_stays_there(person, pages):
    person.bring(pages[0])
    project = person.driver.execute_script("return location.hash.split('/')[0]")
    person.driver.execute_script("location.hash = ''")
    until(lambda: person.find(".home").is_displayed())
    script = """
        const [project, done] = arguments;
        const { fetch } = window;
        window.fetch = async (...words) => {
          await new Promise((wait) => setTimeout(wait, 300));
          const answer = await fetch(...words);
          if (words[0].href.endsWith(project.slice(1))) setTimeout(done, 300);
          return answer;
        };
        addEventListener("hashchange", () => setTimeout(() => (location.hash = ""), 50), { once: true });
        location.hash = project;
    """
    person.driver.execute_async_script(script, project)
    assert person.find(".home").is_displayed()
    assert not person.find(".desk").is_displayed()
    assert person.driver.execute_script("return location.hash") == ""


def test_what_goes_wrong_in_a_dialog_is_told_in_it(person, pages):
    """Outside a modal dialog nothing is read out (HTML, `inert`)."""
    person.bring(pages[0])
    person.driver.execute_script("window.fetch = () => Promise.reject(new TypeError('gone'))")
    person.with_ctrl("s")
    person.named("PNG").click()
    until(lambda: person.all("dialog[open] [role=alert]"), what="word of it")
    assert "try again" in person.text("dialog[open] [role=alert]")
    assert person.named("PNG").is_enabled()
    person.keys(Keys.ESCAPE)
    until(lambda: person.all("body > .notes [role=alert]"), what="word of it on the page")


def test_a_reference_that_has_the_focus_keeps_it_while_steps_are_answered(person, pages):
    person.bring(pages[0])
    person.find(".side input[type=file]").send_keys(str(pages[1]))
    reference = until(lambda: person.all(".reference"), what="the reference")[0]
    person.driver.execute_script("arguments[0].focus()", reference)
    person.keys("x")
    person.named("Skipped")
    assert person.driver.execute_script("return document.activeElement === arguments[0]", reference)

    reference.click()
    person.named("Remove").click()
    until(lambda: not person.all(".reference"), what="the reference gone")
    assert person.driver.execute_script("return document.activeElement.tagName") == "BUTTON", "the focus is not lost"


def test_a_toolbar_is_one_stop_and_arrow_keys_move_in_it(person, pages):
    """Oracle: the toolbar pattern of the WAI-ARIA Authoring Practices."""
    person.bring(pages[0])
    stops = person.driver.execute_script(
        "return [...document.querySelectorAll('[role=toolbar]')].filter((one) => one.checkVisibility()).map((one) => "
        "[...one.querySelectorAll('button')].filter((own) => own.tabIndex === 0 && !own.disabled).length)"
    )
    assert stops == [1] * 4
    person.focus(".toolbar button[aria-pressed=true]")
    said = []
    for key in (Keys.ARROW_DOWN, Keys.ARROW_RIGHT, Keys.END, Keys.ARROW_DOWN, Keys.ARROW_UP, Keys.HOME, Keys.ARROW_UP):
        person.keys(key)
        said.append(person.focused().text)
    assert said == ["Brush", "Eraser", "Hand", "Fill", "Hand", "Fill", "Hand"], "undo and redo have nothing to do yet"
    person.keys(Keys.ENTER)
    assert person.named("Hand").get_attribute("aria-pressed") == "true"
    person.keys(Keys.TAB)
    assert person.driver.execute_script("return !document.activeElement.closest('.toolbar')")
    person.driver.switch_to.active_element.send_keys(Keys.SHIFT, Keys.TAB)
    assert person.focused().text == "Hand", "the toolbar knows where it was left"

    person.focus(".review .button-main")
    person.keys(Keys.ARROW_LEFT)
    assert person.focused().accessible_name == "Skip"

    person.keys("f")
    person.click(LEFT[0], LEFT[1] + 60)
    person.settled()
    undo = person.named("Undo")
    person.focus("[aria-label=Undo]")
    person.keys(Keys.ENTER)
    until(lambda: not undo.is_enabled(), what="the step undone")
    assert person.focused().accessible_name == "Redo", "what has the focus is not lost with the last step"


def test_the_pages_are_one_stop_and_arrow_keys_move_among_them(person, pages):
    """Oracle: docs/studio.md, and managing focus by a roving tabindex in the WAI-ARIA Authoring Practices."""

    def at():
        return person.focused().accessible_name.split(",")[0]

    def stops():
        return [one.accessible_name.split(",")[0] for one in person.all(".pages button:not([tabindex='-1'])")]

    def shown():
        return [one.accessible_name.split(",")[0] for one in person.all(".pages [aria-current=page]")]

    person.bring(*pages)
    assert stops() == shown() == ["Page 1"]
    person.focus(".rail-head > .button")
    person.keys(Keys.TAB)
    said = [at()]
    for key in (Keys.ARROW_DOWN, Keys.END, Keys.HOME, Keys.ARROW_UP, Keys.ARROW_LEFT, Keys.ARROW_RIGHT):
        person.keys(key)
        said.append(at())
    assert said == [f"Page {number}" for number in (1, 2, 3, 1, 3, 2, 3)]
    assert shown() == ["Page 1"], "to look along the pages shows none"
    person.keys(Keys.ENTER)
    person.settled()
    assert shown() == stops() == ["Page 3"]

    person.keys(Keys.ARROW_UP)
    person.keys(Keys.TAB)
    assert person.driver.execute_script("return !document.activeElement.closest('.pages')")
    person.driver.switch_to.active_element.send_keys(Keys.SHIFT, Keys.TAB)
    assert at() == "Page 3", "the Tab key comes to the page that is shown"

    person.focus(".canvas")
    person.keys(Keys.PAGE_UP)
    person.settled()
    assert shown() == stops() == ["Page 2"]


def test_a_colour_is_taken_from_a_reference_with_the_keyboard_alone(person, pages, tmp_path):
    person.bring(pages[0])
    cover = Image.new("RGB", (200, 100), RED)
    cover.paste(BLUE, (100, 0, 200, 100))
    cover.save(tmp_path / "cover.png")
    person.find(".side input[type=file]").send_keys(str(tmp_path / "cover.png"))
    until(lambda: person.all(".reference"), what="the reference")
    person.focus(".reference")
    person.keys(Keys.ENTER)
    until(lambda: person.focused().accessible_name == "Picture cover.png", what="the picture to be in focus")
    person.keys(Keys.ARROW_RIGHT, Keys.ARROW_DOWN)
    assert person.text("dialog [role=status]") == f"{BLUE} at 104, 54"
    person.keys(*[Keys.ARROW_LEFT] * 3)
    assert person.text("dialog [role=status]") == f"{RED} at 92, 54"
    person.keys(Keys.ENTER)
    until(lambda: not person.all("dialog[open]"), what="the end of the dialog")
    assert person.find(".color-text").get_attribute("value") == RED
    spoken = person.find("body > [role=status]").get_attribute("textContent")
    assert spoken == f"Colour {RED} picked from cover.png at 92, 54"
    assert person.focused().accessible_name == "Reference cover.png"


def test_steps_wait_while_the_server_cannot_be_reached(person, pages):
    person.bring(pages[0])
    person.go_offline(offline=True)
    person.choose(RED)
    person.click(LEFT[0], LEFT[1] + 60)
    until(lambda: "1 step kept" in person.text(".status"), what="word of the step that waits")
    person.go_offline(offline=False)
    person.settled()
    person.leave()
    assert is_like(person.pixel(*LEFT), RED)
    assert person.text("[aria-labelledby=page-title] p") == "1 hint"
    assert all("ERR_INTERNET_DISCONNECTED" in one for one in person.errors())


def test_on_a_phone_two_fingers_zoom_and_a_tap_fills(person, pages):
    if isinstance(person, InFirefox):
        pytest.skip("Firefox shows no screen of a phone without its developer tools")
    person.take((390, 844), touch=True)
    person.bring(pages[0])
    assert person.driver.execute_script("return document.documentElement.scrollWidth") <= 390
    x, y = person.place(*LEFT)
    box = person.canvas.rect
    x, y = x + box["x"], y + box["y"]

    def touch(kind, *points):
        person.devtools("Input.dispatchTouchEvent", type=kind, touchPoints=[{"x": a, "y": b} for a, b in points])

    scale = float(person.canvas.get_attribute("data-view").split()[0])
    touch("touchStart", (x - 20, y))
    touch("touchStart", (x - 20, y), (x + 20, y))
    touch("touchMove", (x - 50, y), (x + 50, y))
    touch("touchEnd")
    assert float(person.canvas.get_attribute("data-view").split()[0]) == pytest.approx(2.5 * scale, rel=0.02)
    assert "No corrections" in person.driver.execute_script(
        "return document.querySelector('[aria-labelledby=page-title] p').textContent"
    )
    person.driver.execute_script("document.querySelector('.color-text').value = arguments[0]", RED)
    person.driver.execute_script("document.querySelector('.color-text').dispatchEvent(new Event('change'))")
    touch("touchStart", (x, y + 30))
    touch("touchEnd")
    person.settled()
    assert is_like(person.pixel(*LEFT), RED)
    person.named("Colours").click()
    until(lambda: person.find(".side").is_displayed())


def test_a_page_that_was_cut_short_is_opened_and_filled(person, pages, tmp_path):
    path = tmp_path / "cut.png"
    noise = np.random.default_rng(0).integers(0, 30, SIZE[::-1], np.uint8)  # so that the file is not all in one piece
    Image.fromarray(np.maximum(np.asarray(Image.open(pages[0])), 30) - noise).save(path)
    path.write_bytes(path.read_bytes()[:-20000])
    person.bring(path)
    person.choose(BLUE)
    person.click(LEFT[0], LEFT[1] + 60)
    person.settled()
    person.leave()
    assert is_like(person.pixel(*LEFT), BLUE)
    assert not person.all(".note[role=alert]")


def test_files_that_are_no_pages_are_named_and_left_out(person, pages, tmp_path):
    fake, empty = tmp_path / "a fake.png", tmp_path / "empty.png"
    fake.write_bytes(b"this is no picture")
    empty.touch()
    person.bring(fake, empty, pages[0])
    said = [one.text for one in person.all(".note[role=alert]")]
    assert len(said) == 2
    assert "empty.png: empty" in said[0]
    assert "a fake.png is not a picture" in said[1]
    assert person.text(".where-number") == "2 / 2"
    assert person.text(".rail-count") == "0 of 1 approved"
    assert not person.named("Page before").is_enabled()
    assert not person.find('.page[data-standing="unreadable"]').is_enabled()
    assert not person.all('.status[data-kind="problem"]:not([hidden])')


def test_a_window_sees_the_steps_that_come_from_elsewhere(person, pages):
    person.bring(pages[0])
    script = """
        const [x, y, color, done] = arguments;
        const [id] = location.hash.slice(1).split("/");
        const body = JSON.stringify({ kind: "fill", x, y, color });
        const address = `/api/v1/studio/projects/${id}/pages/0/steps`;
        fetch(address, { method: "POST", body }).then((answer) => done(answer.ok));
    """
    assert person.driver.execute_async_script(script, LEFT[0], LEFT[1] + 60, BLUE)
    until(lambda: person.text("[aria-labelledby=page-title] p") == "1 hint", what="word of the step")
    person.settled()
    person.leave()
    assert is_like(person.pixel(*LEFT), BLUE)
    person.with_ctrl("z")
    person.settled()
    assert not is_like(person.pixel(*LEFT), BLUE)


def test_on_small_screens_every_button_below_the_page_is_there_whole(person, pages):
    widths, words = ((520, 600, 768), {}) if isinstance(person, InFirefox) else ((320, 375, 414, 768), {"touch": True})
    script = """
        const inside = (box) => box.left >= 0 && box.right <= innerWidth && box.top >= 0 && box.bottom <= innerHeight;
        return [...document.querySelectorAll(".review button")].map((one) => {
          const box = one.getBoundingClientRect();
          const isOver = one.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
          return inside(box) && isOver && box.width >= 30 && one.scrollWidth <= one.clientWidth;
        })
    """
    person.take((widths[0], 740), **words)
    person.bring(pages[0])
    for width in widths:
        person.take((width, 740), **words)
        until(lambda: all(person.driver.execute_script(script)), 10, f"all buttons at {width} pixels")
        for name in ("Page before", "Next page", "Zoom out", "Zoom in", "Again", "Skip", "Approve"):
            assert person.named(name).is_displayed()
    person.named("Zoom in").click()


def test_a_colour_is_typed_as_hints_have_it_and_what_is_none_is_told(person, pages):
    """Oracle: Pillow, which reads the colours of hints."""
    person.bring(pages[0])
    box = person.find(".color-text")
    for typed in ("navy", "rgb(10,20,30)", "#2f6", "RebeccaPurple", "hsl(120, 100%, 25%)"):
        person.choose(typed)
        assert box.get_attribute("value") == "#{:02x}{:02x}{:02x}".format(*ImageColor.getrgb(typed))
        assert box.get_attribute("aria-invalid") == "false"
    person.choose("bluish")
    assert box.get_attribute("value") == "bluish"
    assert box.get_attribute("aria-invalid") == "true"
    assert "bluish" in person.text("#color-problem")
    person.named("teal").click()
    assert box.get_attribute("aria-invalid") == "false"
    assert not person.text("#color-problem")
    person.keys("f")
    person.click(LEFT[0], LEFT[1] + 60)
    person.settled()
    person.with_ctrl("z")
    said = "return document.querySelector('body > p.unseen').textContent"
    assert person.driver.execute_script(said) == "Undone. No steps left to undo."
    person.with_ctrl("z")
    assert person.driver.execute_script(said) == "There is nothing to undo."


def test_an_export_says_that_it_is_made_and_can_be_cancelled(person, pages):
    person.bring(pages[0])
    person.driver.execute_script("""
        window.fetch = (address, { signal }) => new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(new DOMException("given up", "AbortError")));
        });
    """)
    person.with_ctrl("s")
    person.named("CBZ").click()
    until(lambda: "Making the book as CBZ" in person.text(".export-working"), 10, "word of what is made")
    assert not person.named("PDF").is_enabled()
    person.named("Cancel").click()
    until(lambda: person.named("PDF").is_enabled(), 10, "the formats again")
    assert not person.find(".export-working").is_displayed()
    assert not person.all(".note[role=alert]")


def test_a_colour_goes_from_the_palette_only_after_a_question_and_pages_that_lose_theirs_are_counted(person, pages):
    person.bring(*pages[:2])
    person.named("Colour all").click()

    def coloured():
        return not person.all('.page:is([data-standing="new"], [data-standing="working"])')

    until(coloured, what="every page in colour")
    person.choose(BLUE)
    person.click(LEFT[0], LEFT[1] + 60)
    person.settled()
    person.save("Aki", "coat")
    until(lambda: any("1 page is to be coloured anew" in one.text for one in person.all(".note")), 20, "how many")
    person.named("Colour them now").click()
    until(coloured, what="both pages in colour")
    person.named("Take coat of").click()
    person.named("Cancel").click()
    assert person.all(".character")
    person.named("Take coat of").click()
    person.named("Take out").click()
    until(lambda: not person.all(".character"), what="the colour gone")
