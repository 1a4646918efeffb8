/** Puts the reader together: the address says whether the shelf is shown, or which page of which book. */

import * as catalog from "./catalog.js";
import { h } from "./dom.js";
import { placeIn, wishes } from "./memory.js";
import { createShelf } from "./shelf.js";
import { createTaking, sentence } from "./taking.js";
import { createViewer } from "./viewer.js";

const start = (path) => h("a", { href: catalog.address(path), download: "" }).click();
const taking = createTaking({ begin: catalog.begin, ask: catalog.progress, start, wishes });
const shelf = createShelf(taking);
const viewer = createViewer(taking);
const told = h("p", { class: "unseen", role: "status" }); // of books that are taken away
const notice = h("div", { class: "notice", role: "alert", hidden: true });
let home = "#all"; // the shelf that was shown last
let visits = 0;

document.body.prepend(...shelf.elements, viewer.element, notice, told);
taking.listen((key, said, isNews) => {
  if (isNews && said) told.textContent = sentence(said);
});
taking.resume();
addEventListener("hashchange", route);
route();

/** Go where the address says: `#book/KEY/PAGE`, with pages from 1 on, or a shelf. */
async function route() {
  const visit = ++visits;
  const [name, key, number] = addressed();
  notice.hidden = true;
  if (name !== "book") {
    const isBack = viewer.key;
    viewer.close();
    cover(false);
    home = location.hash || "#all";
    document.title = "Library · mangacolor";
    if (isBack) shelf.renewCover(isBack);
    shelf.show(["all", "new", "folders", "folder", "search"].includes(name) ? name : "all", key);
    if (isBack) document.querySelector(`.shelf [data-key="${CSS.escape(isBack)}"] a`)?.focus({ preventScroll: true });
    return;
  }
  const page = number ? Number(number) - 1 || 0 : begins(key);
  if (viewer.key === key && number) {
    viewer.go(page);
    return;
  }
  let book;
  try {
    book = shelf.known(key) ?? (await catalog.book(key));
  } catch (error) {
    if (visit === visits) refuse(error.message, true);
    return;
  }
  if (visit !== visits) return;
  if (!book?.count) {
    refuse("This book is not there any more.", false);
    return;
  }
  cover(true);
  viewer.open(book, { page, following: shelf.after(key), home });
}

function begins(key) {
  const place = placeIn(key);
  return place && !place.isDone ? place.page : 0;
}

function addressed() {
  try {
    return location.hash.slice(1).split("/").map(decodeURIComponent);
  } catch {
    return []; // such as #%
  }
}

/** Let nobody reach the shelf while a book lies over it. */
function cover(isCovered) {
  for (const element of shelf.elements) element.inert = isCovered;
}

function refuse(text, mayRetry) {
  viewer.close();
  cover(false);
  notice.replaceChildren(
    h("p", {}, text),
    ...(mayRetry ? [h("button", { type: "button", class: "button button-main", on: { click: route } }, "Retry")] : []),
    h("a", { class: "button", href: "#all" }, "To the library"),
  );
  notice.hidden = false;
}
