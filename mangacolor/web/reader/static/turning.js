/** Which pages stand beside each other, and where keys, clicks and swipes lead. Numbers of pages count from 0. */

const STEPS = [640, 960, 1280, 1920, 2560];

/** The width to ask pages at: one of a few, so that nobody keeps a page in many sizes; 0 is the page's own. */
export const widthFor = (pixels) => STEPS.find((step) => step >= pixels) ?? 0;

/** Whether a page of one width does where another is wanted. */
export const isEnough = (width, wanted) => width === 0 || (wanted !== 0 && width >= wanted);

/**
 * The pages that are shown at once where `page` is among them, in reading order.
 *
 * @param isWide says of a page whether it is as wide as two; such a page stands alone, and pairs begin anew after it,
 *     as in a printed book
 */
export function spread(page, { count, isDouble, isCoverAlone, isWide }) {
  const begin = isCoverAlone ? 1 : 0;
  if (!isDouble || page < begin || isWide(page)) return [page];
  let start = page;
  while (start > begin && !isWide(start - 1)) start--;
  const first = page - ((page - start) % 2);
  const both = [first, first + 1].filter((one) => one < count);
  return both.some(isWide) ? [page] : both;
}

/** What a key does: "next", "previous", "first", "last", or nothing. */
export function turnOfKey({ key, shiftKey }, way) {
  const forward = way === "rtl" ? "ArrowLeft" : "ArrowRight";
  const back = way === "rtl" ? "ArrowRight" : "ArrowLeft";
  if (key === " ") return shiftKey ? "previous" : "next";
  return { [forward]: "next", [back]: "previous", PageDown: "next", PageUp: "previous", Home: "first", End: "last" }[
    key
  ];
}

/** What a click does at a share of the width, from the left: turns at the sides, shows the controls in the middle. */
export function turnOfClick(share, way) {
  if (way === "strip" || (share > 1 / 3 && share < 2 / 3)) return "controls";
  return share < 0.5 === (way === "rtl") ? "next" : "previous";
}

/** What a finger does that went so many pixels: pages are pushed away; nothing where it went down, or hardly at all. */
export function turnOfSwipe(across, down, way) {
  if (Math.abs(across) < 40 || Math.abs(across) < 1.5 * Math.abs(down)) return undefined;
  return across > 0 === (way === "rtl") ? "next" : "previous";
}
