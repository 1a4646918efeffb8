/**
 * The server's OPDS catalogue, read as any other app reads it. Addresses are put on this file's own, so that a token, a
 * series or the path of a proxy before them stays there.
 */

const CATALOG = new URL("../catalog", import.meta.url).href;
const KEY = "urn:mangacolor:";

/** The server said no, or nothing; `status` is 0 where there was no answer at all. */
export class CatalogError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** A feed: its title, its entries, and the path of what follows it; paths are those after `/catalog`. */
export async function feed(path, signal) {
  const text = await ask(CATALOG + path, signal, (answer) => answer.text());
  const { documentElement: root } = new DOMParser().parseFromString(text, "application/xml");
  const start = linkOf(root, "start")?.getAttribute("href");
  if (start === undefined) throw new CatalogError(0, "What the server says is no catalogue.");
  // The server names its paths from the top; what stands before them is known here better than there.
  const own = (link) => link && link.getAttribute("href").slice(start.length);
  return {
    title: textOf(root, "title"),
    next: own(linkOf(root, "next")),
    entries: [...root.querySelectorAll("entry")].map((entry) => readEntry(entry, own)),
  };
}

/** One book by its key; null where it is not there any more. */
export async function book(key, signal) {
  try {
    const { entries } = await feed(`/books/${encodeURIComponent(key)}`, signal);
    return entries[0] ?? null;
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}

export const address = (path) => CATALOG + path;

/**
 * A page of a book, as a picture that can be shown at once; `width` is the most columns it may have, 0 for all.
 *
 * @param isOriginal whether it is wanted as it came; nothing is coloured then
 */
export async function page({ stream }, number, width, isOriginal, signal) {
  const asked = stream.replace("{pageNumber}", number).replace("{maxWidth}", width);
  const path = isOriginal ? `${asked}&original=1` : asked;
  const [blob, outcome] = await ask(CATALOG + path, signal, async (answer) => [
    await answer.blob(),
    answer.headers.get("Mangacolor-Outcome"),
  ]);
  const image = new Image();
  image.draggable = false;
  image.alt = isOriginal ? `Page ${number + 1} as it came` : `Page ${number + 1}`;
  image.src = URL.createObjectURL(blob);
  try {
    await image.decode();
  } catch {
    URL.revokeObjectURL(image.src);
    throw new CatalogError(0, "The browser cannot show this page.");
  }
  return { image, isColoured: isOriginal || outcome !== "failed" };
}

/** Have the coloured book made, unless it is there; gives how far it is, as `progress` does. */
export async function begin(path) {
  const headers = { Prefer: "respond-async" };
  const read = async (answer) => {
    if (answer.status === 202) return answer.json();
    await answer.body.cancel(); // the book itself, which the browser saves by its own means
    return progress(path);
  };
  return ask(CATALOG + path, undefined, read, { headers, cache: "no-store" });
}

/** How far the coloured book is that a path leads to: {state, pages, done, error}; begins nothing. */
export const progress = (path) => ask(`${CATALOG}${path}/progress`, undefined, (answer) => answer.json());

async function ask(where, signal, read, options = {}) {
  let answer, said;
  try {
    answer = await fetch(where, { signal, ...options });
    said = await (answer.ok ? read(answer) : answer.text());
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new CatalogError(0, "The server does not answer.");
  }
  if (!answer.ok) throw new CatalogError(answer.status, refusal(answer.status, said));
  return said;
}

/** What the server says of an error: a sentence in JSON, or a plain one. */
function refusal(status, text) {
  let said = text;
  try {
    said = JSON.parse(text).error ?? "";
  } catch {
    // Not JSON: it is said as it is.
  }
  return said.trim().replaceAll("\n", " ").slice(0, 300) || `The server answered ${status}.`;
}

function readEntry(entry, own) {
  const stream = linkOf(entry, "/opds-pse/stream");
  return {
    key: textOf(entry, "id").replace(KEY, ""),
    title: textOf(entry, "title"),
    text: textOf(entry, "content"),
    path: own(linkOf(entry, "subsection")),
    cover: own(linkOf(entry, "/image/thumbnail")),
    coloured: own(linkOf(entry, "/acquisition")),
    stream: own(stream),
    count: Number(stream?.getAttribute("pse:count") ?? 0),
  };
}

const textOf = (node, name) => node.querySelector(`:scope > ${name}`)?.textContent ?? "";
const linkOf = (node, relation) => node.querySelector(`:scope > link[rel$="${relation}"]`);
