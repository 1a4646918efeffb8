/** What this browser keeps: how pages are shown, and where somebody is in which book. */

const PREFIX = "mangacolor.read.";
const BOOKS = 500; // read last; older places are forgotten
const DAY = 86_400_000; // milliseconds after which a wish is none any more

export const USUAL = { way: "rtl", fit: "page", isDouble: false, isCoverAlone: true };

const unkept = new Map(); // what this page alone knows, where the browser keeps nothing

function recall(key) {
  if (unkept.has(key)) return unkept.get(key);
  try {
    return JSON.parse(localStorage.getItem(PREFIX + key)) ?? {};
  } catch {
    return {};
  }
}

function remember(key, value) {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value));
    unkept.delete(key);
  } catch {
    unkept.set(key, value); // private windows may keep nothing
  }
}

/** How pages of a book are shown: the direction as it was chosen for this one, else as it was for the last. */
export function viewOf(key) {
  const { way } = placeIn(key) ?? {};
  return { ...USUAL, ...recall("view"), ...(way && { way }) };
}

export const rememberView = (view) => remember("view", view);

/** Where somebody is in a book: {page, count, title, cover, way, when, isDone}; null for a book that is new. */
export const placeIn = (key) => recall("books")[key] ?? null;

export function rememberPlace(key, place) {
  const books = { ...recall("books"), [key]: { ...place, when: Date.now() } };
  remember("books", Object.fromEntries(Object.entries(books).sort(byDate).slice(0, BOOKS)));
}

export function forget(key) {
  const { [key]: _, ...books } = recall("books");
  remember("books", books);
}

/** Books that were begun and not finished, as [key, place], the one read last first. */
export const begun = () =>
  Object.entries(recall("books"))
    .filter(([, { page, isDone }]) => page > 0 && !isDone)
    .sort(byDate);

/** Books that are to be taken away in colour, of the series that the address names. */
export const wishes = {
  all() {
    const fresh = Object.entries(recall(wishesKey())).filter(([, { when }]) => Date.now() - when < DAY);
    return Object.fromEntries(fresh.map(([key, { path }]) => [key, path]));
  },
  add: (key, path) => remember(wishesKey(), { ...recall(wishesKey()), [key]: { path, when: Date.now() } }),
  drop(key) {
    const { [key]: dropped, ...others } = recall(wishesKey());
    remember(wishesKey(), others);
    return Boolean(dropped);
  },
};

const wishesKey = () => `wishes${/\/as\/[^/]+/.exec(location.pathname)?.[0] ?? ""}`;

const byDate = ([, one], [, other]) => other.when - one.when;
