/** Shows one page at a time, or two beside each other. */

import { h } from "./dom.js";
import { createLeaf } from "./leaf.js";
import { spread, widthFor } from "./turning.js";

const WIDE = 1.15; // width over height from which on a page counts as two

/**
 * @param sizes what is known of the shape of pages: `of(number)` and `usual`, width over height
 * @param onShow called with the numbers of the pages that are shown
 * @param onEnd called when somebody turns the last page
 */
export function createPaged({ stage, loader, view, count, sizes, onRetry, onShow, onEnd }) {
  const element = h("div", { class: "spread" });
  let leaves = [];
  let page = 0;

  const numbers = () => leaves.map((leaf) => leaf.number);

  function pagesAt(number) {
    return spread(number, {
      count,
      isDouble: view.isDouble && stage.clientWidth > stage.clientHeight,
      isCoverAlone: view.isCoverAlone,
      isWide: (one) => sizes.of(one) > WIDE,
    });
  }

  function show(number) {
    page = number;
    const pages = pagesAt(page);
    if (pages.join() !== numbers().join()) {
      leaves.forEach((leaf) => leaf.close());
      leaves = pages.map((one) => createLeaf(one, { loader, onRetry }));
      element.replaceChildren(...leaves.map((leaf) => leaf.element));
      stage.scrollTo(0, 0);
    }
    const last = pages.at(-1);
    loader.want(pages, last + 1 < count ? pagesAt(last + 1) : [], width(pages.length));
    leaves.forEach((leaf) => leaf.update(sizes.usual));
    onShow(pages);
  }

  function width(beside) {
    const across = view.fit === "height" ? stage.clientHeight * sizes.usual : stage.clientWidth / beside;
    return widthFor(across * devicePixelRatio);
  }

  return {
    element,
    show,
    /** Take in what has become of a page; one that is as wide as two wants the screen for itself. */
    update(number) {
      leaves.find((leaf) => leaf.number === number)?.update(sizes.usual);
      if (leaves.length && pagesAt(page).join() !== numbers().join()) show(page);
    },
    /** Take in what has become of all pages. */
    renew: () => leaves.forEach((leaf) => leaf.update(sizes.usual)),
    next() {
      const last = leaves.at(-1).number;
      if (last + 1 < count) show(last + 1);
      else onEnd();
    },
    previous() {
      const first = leaves[0].number;
      if (first > 0) show(pagesAt(first - 1)[0]);
    },
    resized: () => leaves.length && show(page),
    close: () => leaves.forEach((leaf) => leaf.close()),
  };
}
