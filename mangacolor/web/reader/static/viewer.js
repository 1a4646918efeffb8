/** A book that is open: its pages, the controls around them, and what keys, clicks and fingers do. */

import * as catalog from "./catalog.js";
import { createControls } from "./controls.js";
import { h } from "./dom.js";
import { createDownload } from "./download.js";
import { rememberPlace, rememberView, viewOf } from "./memory.js";
import { createPaged } from "./paged.js";
import { createSides } from "./sides.js";
import { createStrip } from "./strip.js";
import { turnOfClick, turnOfKey, turnOfSwipe } from "./turning.js";

const USUAL_RATIO = 0.7; // of pages that nobody has seen yet
const BARS = 4000; // milliseconds that the controls lie over the first page, if nobody uses them

const isZoomed = () => visualViewport?.scale > 1.05;

/** @param taking takes books away; see taking.js */
export function createViewer(taking) {
  const stage = h("div", { class: "stage", tabIndex: 0, role: "group" });
  const said = h("p", { class: "unseen", role: "status" });
  const download = createDownload(taking);
  const controls = createControls({ onView, onTurn, onGo, onOriginal, download });
  const element = h("main", { class: "viewer", hidden: true }, stage, ...controls.elements, said);
  let reading = null; // {book, following, home, view, loader, mode, sizes, page, isAtEnd}
  let touch = null;
  let barsGo = 0;

  /**
   * Open a book at a page.
   *
   * @param following the book after this one, or nothing
   * @param home address of the shelf
   */
  function open(book, { page, following, home }) {
    close();
    const ratios = new Map();
    const sizes = { of: (number) => ratios.get(number), usual: USUAL_RATIO };
    const loader = createSides({
      fetchPage: (...words) => catalog.page(book, ...words),
      onChange(number) {
        const { image } = loader.at(number) ?? {};
        if (image) {
          ratios.set(number, image.naturalWidth / image.naturalHeight);
          if (ratios.get(number) < 1) sizes.usual = ratios.get(number);
        }
        reading?.mode.update(number);
        tell();
      },
    });
    reading = { book, following, home, loader, sizes, view: viewOf(book.key), isAtEnd: false };
    element.hidden = false;
    controls.open(book, home);
    controls.original(false);
    download.show(book);
    begin(Math.min(Math.max(0, page), book.count - 1));
    showBars(true);
    barsGo = setTimeout(() => {
      if (!controls.isOpen) showBars(false); // those that have the focus stay
    }, BARS);
    stage.focus({ preventScroll: true });
  }

  /** Lay the pages out as they are to be shown now. */
  function begin(page) {
    const { book, view, loader, sizes, mode } = reading;
    mode?.close();
    const create = view.way === "strip" ? createStrip : createPaged;
    const onRetry = (number) => {
      loader.retry(number);
      stage.focus();
    };
    const count = book.count;
    reading.mode = create({ stage, loader, view, count, sizes, onRetry, onShow, onEnd, end: endCard() });
    stage.replaceChildren(reading.mode.element);
    Object.assign(stage.dataset, { way: view.way, fit: view.fit });
    stage.dir = view.way === "rtl" ? "rtl" : "ltr";
    controls.view(view);
    reading.mode.show(page);
  }

  function onShow(pages) {
    const { book, view } = reading;
    const isLast = pages.at(-1) === book.count - 1;
    if (reading.isAtEnd) stage.replaceChildren(reading.mode.element);
    Object.assign(reading, { page: pages[0], pages, isAtEnd: false });
    controls.shows(pages);
    tell();
    const { key, title, cover, count } = book;
    const place = `${view.way} ${pages}`;
    if (place === reading.place) return; // a strip says at every step of the wheel where it is
    reading.place = place;
    rememberPlace(key, { page: pages[0], count, title, cover, way: view.way, isDone: isLast });
    document.title = `${title} · ${pages[0] + 1} of ${count}`;
    try {
      history.replaceState(history.state, "", `#book/${encodeURIComponent(key)}/${pages[0] + 1}`);
    } catch {
      // Safari takes a hundred in half a minute; the place is remembered all the same.
    }
  }

  /** Say to those who do not see the page which it is, and whether it is there. */
  function tell() {
    if (!reading?.pages || reading.isAtEnd) return;
    const numbers = reading.pages.map((page) => page + 1);
    const known = reading.pages.map((page) => reading.loader.at(page));
    const isWaiting = known.some((page) => page?.isLate || (!page?.image && !page?.problem));
    const { isOriginal } = reading.loader;
    const text = `${numbers.length > 1 ? "Pages" : "Page"} ${numbers.join(" and ")} of ${reading.book.count}`;
    stage.setAttribute("aria-label", text);
    stage.setAttribute("aria-busy", isWaiting);
    const waits = isOriginal ? "being fetched" : "being coloured";
    const now = `${text}${isOriginal ? ", as it came" : ""}${isWaiting ? `, ${waits}` : ""}`;
    if (said.textContent !== now) said.textContent = now;
  }

  function endCard() {
    const { following, home } = reading;
    return h(
      "section",
      { class: "end", "aria-label": "The end" },
      h("p", { class: "end-title" }, "The end"),
      following &&
        h(
          "a",
          { class: "button button-main", href: `#book/${encodeURIComponent(following.key)}` },
          `Next: ${following.title}`,
        ),
      h("a", { class: "button", href: home }, "Back to the library"),
    );
  }

  function onEnd() {
    if (reading.isAtEnd) return;
    reading.isAtEnd = true;
    const card = endCard();
    stage.replaceChildren(card);
    said.textContent = "The end of the book";
    showBars(true);
  }

  function onView(change) {
    const { view, page } = reading;
    reading.view = { ...view, ...change };
    rememberView(reading.view);
    begin(page);
  }

  function onOriginal() {
    reading.loader.turnOver();
    controls.original(reading.loader.isOriginal);
    reading.mode.renew();
    tell();
  }

  taking.listen((key, said, isNews) => {
    if (reading?.book.key !== key) return;
    download.update();
    if (isNews && said?.state === "failed") showBars(true);
  });

  function onGo(page) {
    reading.mode.show(Math.min(Math.max(0, page), reading.book.count - 1));
  }

  function onTurn(turn) {
    const { mode, book, isAtEnd } = reading;
    if (turn === "first") onGo(0);
    else if (turn === "last") onGo(book.count - 1);
    else if (isAtEnd && turn === "previous") onGo(book.count - 1);
    else if (!isAtEnd) mode[turn]();
  }

  function showBars(isShown = !("bars" in element.dataset)) {
    clearTimeout(barsGo);
    if (isShown) element.dataset.bars = "";
    else {
      delete element.dataset.bars;
      controls.toggle(false);
    }
  }

  function turn(way) {
    showBars(false);
    onTurn(way);
  }

  function close() {
    if (!reading) return;
    const { mode, loader } = reading;
    reading = null;
    mode.close();
    loader.close();
    stage.replaceChildren();
    element.hidden = true;
  }

  // Keys

  addEventListener("keydown", (event) => {
    if (!reading || event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    const { target, key } = event;
    if (target.closest("input")) return;
    const isOnControl = target.closest("button, a");
    if (isOnControl && (key === " " || key === "Enter")) return;
    if (key === "Escape") {
      if (controls.isOpen) controls.toggle(false);
      else location.hash = reading.home;
    } else if (key === "f" || key === "F") controls.fullScreen();
    else if ((key === "d" || key === "D") && reading.view.way !== "strip") onView({ isDouble: !reading.view.isDouble });
    else if (key === "o" || key === "O") onOriginal();
    else if (key === "Enter") showBars();
    else if (!turnByKey(event)) return;
    event.preventDefault();
  });

  /** Whether a key has turned the page; a long strip, and a page that is higher than the window, are scrolled first. */
  function turnByKey(event) {
    const { way } = reading.view;
    const wanted = turnOfKey(event, way);
    const isScroll = [" ", "PageDown", "PageUp"].includes(event.key);
    if (!wanted || (way === "strip" && isScroll)) return false;
    if (isScroll && scrolled(wanted)) return true;
    turn(wanted);
    return true;
  }

  function scrolled(wanted) {
    const left = wanted === "next" ? stage.scrollHeight - stage.clientHeight - stage.scrollTop : stage.scrollTop;
    if (left < 2) return false;
    stage.scrollBy({ top: (wanted === "next" ? 0.9 : -0.9) * stage.clientHeight });
    return true;
  }

  // Mouse and fingers

  stage.addEventListener("click", (event) => {
    if (!reading || event.target.closest("button, a") || touch === "turned") return;
    const { left, width } = stage.getBoundingClientRect();
    const wanted = turnOfClick((event.clientX - left) / width, reading.view.way);
    if (controls.isOpen) controls.toggle(false);
    else if (wanted === "controls") showBars();
    else turn(wanted);
  });

  stage.addEventListener("pointerdown", (event) => {
    const isSwipe = event.pointerType !== "mouse" && event.isPrimary && !isZoomed();
    touch = isSwipe ? { x: event.clientX, y: event.clientY } : null;
  });

  stage.addEventListener("pointerup", (event) => {
    if (!reading || !touch || touch === "turned" || !event.isPrimary) return;
    const wanted = turnOfSwipe(event.clientX - touch.x, event.clientY - touch.y, reading.view.way);
    const isFree = reading.view.way !== "strip" && stage.scrollWidth <= stage.clientWidth + 1;
    touch = null;
    if (!wanted || !isFree) return;
    touch = "turned"; // some browsers call it a click as well
    turn(wanted);
  });

  stage.addEventListener("pointercancel", () => {
    touch = null;
  });

  // A page that was zoomed into is moved by the finger in every direction.
  visualViewport?.addEventListener("resize", () => stage.toggleAttribute("data-zoomed", isZoomed()));

  new ResizeObserver(() => {
    if (reading && !reading.isAtEnd) reading.mode.resized();
  }).observe(stage);

  return {
    element,
    open,
    close,
    /** Go to a page of the book that is open. */
    go: onGo,
    get key() {
      return reading?.book.key;
    },
  };
}
