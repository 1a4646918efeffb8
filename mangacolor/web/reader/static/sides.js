/** The two sides of every page, in colour and as it came; pages are asked for on the side that is shown alone. */

import { createLoader } from "./loader.js";

/**
 * @param fetchPage `(number, width, isOriginal, signal)` gives {image, isColoured}
 * @param onChange as for `createLoader`
 */
export function createSides({ fetchPage, onChange }) {
  const side = (isOriginal) =>
    createLoader({ fetchPage: (number, wide, signal) => fetchPage(number, wide, isOriginal, signal), onChange });
  const coloured = side(false);
  const original = side(true);
  let isOriginal = false;
  let wanted = [[], [], 0];
  let width = 0; // that coloured pages were asked for last

  /** As `want` of a loader. */
  function want(pages, next, wide) {
    wanted = [pages, next, wide];
    if (!isOriginal) {
      width = wide;
      original.want([], [], wide);
      coloured.want(pages, next, wide);
      return;
    }
    // A page that is being coloured is waited for, but no other one is begun.
    const begun = pages.filter((number) => coloured.at(number)?.leaving);
    coloured.want(begun, [], width);
    original.want(pages, next, wide);
  }

  /** As `at` of a loader; in place of an original that is on its way comes the coloured page, as `isLate`. */
  function at(number) {
    if (!isOriginal) return coloured.at(number);
    const page = original.at(number);
    if (page?.image || page?.problem) return page;
    const { image } = coloured.at(number) ?? {};
    return image ? { image, isColoured: true, isLate: true } : page;
  }

  return {
    want,
    at,
    retry: (number) => (isOriginal ? original : coloured).retry(number),
    get isOriginal() {
      return isOriginal;
    },
    /** Show pages as they came, or in colour. */
    turnOver() {
      isOriginal = !isOriginal;
      want(...wanted);
    },
    close() {
      coloured.close();
      original.close();
    },
  };
}
