/**
 * Fetches the pages that are looked at, and the next ones, one by one, once those have come. What nobody waits for any
 * more is let go of, so that the server does not colour it.
 */

import { isEnough } from "./turning.js";

const KEPT = 8;

/**
 * @param fetchPage `(number, width, signal)` gives {image, isColoured}
 * @param onChange called with the number of a page that came, did not come, or is not kept any more
 */
export function createLoader({ fetchPage, onChange }) {
  const kept = new Map(); // by number, looked at last comes last
  let shown = [];
  let ahead = [];
  let width = 0;

  /** Say which pages are looked at, which come next, and how wide they are to be. */
  function want(pages, next, wide) {
    for (const number of pages) {
      const page = kept.get(number);
      kept.delete(number);
      // One that did not come when nobody looked is tried again.
      if (page && (page.image || page.leaving || shown.includes(number))) kept.set(number, page);
    }
    [shown, ahead, width] = [pages, next, wide];
    for (const [number, page] of [...kept]) {
      if (!page.leaving || isWanted(number)) continue;
      page.leaving.abort();
      page.leaving = null;
      if (!page.image) kept.delete(number);
    }
    trim();
    goOn();
  }

  const isWanted = (number) => shown.includes(number) || ahead.includes(number);

  function isDue(number) {
    const page = kept.get(number);
    return !page || !(page.leaving || page.problem || (page.image && isEnough(page.width, width)));
  }

  const isLoading = (number) => Boolean(kept.get(number)?.leaving);

  function goOn() {
    shown.filter(isDue).forEach(load);
    if ([...shown, ...ahead].some(isLoading)) return;
    const next = ahead.find(isDue);
    if (next !== undefined) load(next);
  }

  async function load(number) {
    const page = kept.get(number) ?? { image: null, isColoured: true };
    const leaving = new AbortController();
    Object.assign(page, { problem: null, leaving, since: Date.now() });
    kept.set(number, page);
    onChange(number);
    const wide = width;
    try {
      const came = await fetchPage(number, wide, leaving.signal);
      if (leaving.signal.aborted) return release(came);
      release(page);
      Object.assign(page, came, { width: wide });
    } catch (error) {
      if (leaving.signal.aborted) return;
      page.problem = error.message;
    }
    page.leaving = null;
    trim();
    onChange(number);
    goOn();
  }

  function trim() {
    const old = [...kept.keys()].filter((number) => !isWanted(number));
    for (const number of old.slice(0, Math.max(0, kept.size - KEPT))) {
      release(kept.get(number));
      kept.delete(number);
      onChange(number);
    }
  }

  return {
    want,
    /** What there is of a page: {image, isColoured, problem, leaving, since}; nothing for one that nobody wants. */
    at: (number) => kept.get(number),
    /** Ask for a page once more, which did not come, or came without colours. */
    retry(number) {
      const page = kept.get(number);
      if (page && !page.leaving) load(number);
    },
    close() {
      want([], [], 0);
      for (const page of kept.values()) release(page);
      kept.clear();
    },
  };
}

function release({ image }) {
  if (image) URL.revokeObjectURL(image.src);
}
