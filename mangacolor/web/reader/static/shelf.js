/** The library: books that were begun, all books, the newest, folders, and what is searched for. */

import * as catalog from "./catalog.js";
import { h, icon, iconButton, renew } from "./dom.js";
import { createDownload } from "./download.js";
import { begun, forget, placeIn } from "./memory.js";

const BEGUN = 6; // so many are offered to go on with
const TABS = [
  ["all", "All books", "/all"],
  ["new", "Newest", "/new"],
  ["folders", "Folders", ""],
];

/** @param taking takes books away; see taking.js */
export function createShelf(taking) {
  const search = h("input", {
    type: "text",
    role: "searchbox",
    inputMode: "search",
    enterKeyHint: "search",
    placeholder: "Search",
    autocomplete: "off",
    "aria-label": "Search for words of titles and folders",
  });
  const form = h("form", { class: "search", role: "search" }, icon("search"), search);
  const header = h(
    "header",
    { class: "top" },
    h("a", { class: "home-link", href: "#all" }, h("span", { class: "logo" }), "Library"),
    form,
  );
  const goOn = h("section", { "aria-labelledby": "go-on-title" });
  const tabs = h("nav", { class: "tabs", "aria-label": "Shelves" });
  const title = h("h1", { tabIndex: -1 });
  const list = h("ul", {});
  const told = h("p", { class: "told", role: "status" });
  const more = h("button", { type: "button", class: "button more" }, "More books");
  const retry = h("button", { type: "button", class: "button button-main more" }, "Retry");
  const main = h("main", { class: "shelf" }, goOn, tabs, title, list, told, more, retry);
  let place = { name: "all", words: "" };
  let books = []; // in the order of the shelf
  const downloads = new Map(); // of the books that are shown, by key
  let leaving = new AbortController();
  let asked = null; // path and whether what comes is put below what is there

  more.addEventListener("click", () => load(...asked));
  retry.addEventListener("click", () => load(...asked));
  let pause = 0;
  search.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(look, 350);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(pause);
    look();
  });

  function look() {
    const words = search.value.trim();
    const hash = words ? `#search/${encodeURIComponent(words)}` : "#all";
    if (location.hash === hash) return;
    // Letters that are added to a search are no steps back.
    if (place.name === "search") history.replaceState(null, "", hash);
    else history.pushState(null, "", hash);
    dispatchEvent(new Event("hashchange"));
  }

  /** Show a shelf: `name` is that of a tab, "folder" with its key as `words`, or "search" with the words. */
  function show(name, words = "") {
    renewPlaces();
    if (place.name === name && place.words === words && books.length) return;
    place = { name, words };
    tabs.replaceChildren(
      ...TABS.map(([tab, text]) =>
        h("a", { class: "tab", href: `#${tab}`, "aria-current": tab === name && "page" }, text),
      ),
    );
    if (name !== "search") search.value = "";
    else if (document.activeElement !== search) search.value = words;
    const tab = TABS.find(([one]) => one === name);
    title.className = tab ? "unseen" : ""; // its tab says the same to those who see it
    title.textContent = tab ? tab[1] : name === "search" ? `Found for “${words}”` : "";
    const paths = { folder: `/folders/${encodeURIComponent(words)}`, search: `/search?q=${encodeURIComponent(words)}` };
    books = [];
    downloads.clear();
    list.replaceChildren();
    main.scrollTo(0, 0);
    load(tab ? tab[2] : paths[name]);
  }

  async function load(path) {
    leaving.abort();
    leaving = new AbortController();
    const { signal } = leaving;
    more.hidden = retry.hidden = true;
    asked = [path];
    const waits = setTimeout(() => (told.textContent = "Looking through the books …"), 300);
    let feed;
    try {
      feed = await catalog.feed(path, signal);
    } catch (error) {
      if (signal.aborted) return;
      told.textContent = error.message;
      retry.hidden = false;
      return;
    } finally {
      clearTimeout(waits);
    }
    if (signal.aborted) return;
    if (place.name === "folder") title.textContent = feed.title;
    add(feed);
  }

  function add({ entries, next }) {
    const isFolders = place.name === "folders";
    const found = isFolders ? entries.filter(({ path }) => path?.startsWith("/folders/")) : entries;
    list.className = isFolders ? "folders" : "books";
    list.append(...found.map(isFolders ? folder : (book) => card(book, { download: downloadOf(book) })));
    books.push(...found);
    told.textContent = books.length || next ? "" : empty();
    more.hidden = !next;
    asked = [next];
  }

  function downloadOf(book) {
    if (!book.coloured) return null;
    const download = createDownload(taking, `Download ${book.title} in colour`);
    download.show(book);
    downloads.set(book.key, download);
    return download;
  }

  taking.listen((key, said, isNews) => {
    downloads.get(key)?.update();
    if (isNews && said?.state === "done") renewCover(key);
  });

  /** Ask for the cover of a book once more: it may have its colours by now. */
  function renewCover(key) {
    renewed.set(key, Date.now());
    const known = books.find((one) => one.key === key);
    const image = list.querySelector(`[data-key="${CSS.escape(key)}"] img`);
    if (known && image) image.src = coverOf(known);
  }

  function empty() {
    if (place.name === "search") return "Nothing is called so.";
    return place.name === "folders" ? "There are no folders." : "There are no books here yet.";
  }

  function folder({ path, title, text }) {
    return h(
      "li",
      {},
      h(
        "a",
        { class: "folder", href: `#folder/${path.split("/").at(-1)}` },
        icon("folder"),
        h("span", { class: "folder-name" }, title),
        h("span", { class: "hint" }, text),
      ),
    );
  }

  /** What can be taken up again; a book that is gone hides itself, and its place is kept for when it is back. */
  function renewPlaces() {
    const cards = begun()
      .slice(0, BEGUN)
      .map(([key, { title, cover }]) => {
        const item = card({ key, title, cover, text: "" }, { onGone: () => item.remove() });
        const drop = iconButton("close", `Forget the place in ${title}`, () => {
          forget(key);
          renewPlaces();
        });
        drop.classList.add("book-drop");
        item.append(drop);
        return item;
      });
    goOn.hidden = !cards.length;
    const row = h("ul", { class: "books books-row" });
    renew(row, cards, title);
    goOn.replaceChildren(h("h2", { id: "go-on-title" }, "Go on reading"), row);
    for (const item of list.querySelectorAll("[data-key]"))
      item.querySelector(".book-place").replaceChildren(...placeOf(item.dataset.key));
  }

  return {
    elements: [header, main],
    show,
    renewCover,
    /** The book after another, where the shelf has them in reading order; else nothing. */
    after: (key) =>
      ["all", "folder"].includes(place.name)
        ? books[books.findIndex((one) => one.key === key) + 1 || books.length]
        : null,
    /** A book that the shelf shows, by its key. */
    known: (key) => books.find((one) => one.key === key && one.stream),
  };
}

const renewed = new Map(); // when covers were asked for once more, by key

/** Browsers show a picture of an address that they have shown before without asking whether it is still the same. */
function coverOf({ key, cover }) {
  const when = renewed.get(key);
  return catalog.address(cover) + (when ? `?seen=${when}` : "");
}

function card({ key, title, text, cover }, { download, onGone = () => {} }) {
  const image = h("img", { src: coverOf({ key, cover }), alt: "", loading: "lazy", draggable: false });
  const frame = h("span", { class: "cover" }, image);
  image.addEventListener("error", () => {
    image.replaceWith(icon("pages"));
    onGone();
  });
  return h(
    "li",
    { class: "book", "data-key": key },
    h(
      "a",
      { class: "book-link", href: `#book/${encodeURIComponent(key)}` },
      frame,
      h("span", { class: "book-title" }, title),
      text && h("span", { class: "hint book-text" }, text),
      h("span", { class: "book-place" }, placeOf(key)),
    ),
    download && [h("div", { class: "book-take" }, download.button), download.told],
  );
}

/** How far somebody is in a book. */
function placeOf(key) {
  const place = placeIn(key);
  if (!place) return [];
  const { page, count, isDone } = place;
  const text = isDone ? "Read" : `Page ${page + 1} of ${count}`;
  return [h("progress", { max: count, value: page + 1, "aria-hidden": "true" }), h("span", { class: "hint" }, text)];
}
