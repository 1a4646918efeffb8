/** Shows all pages below each other, as webtoons are read. */

import { h } from "./dom.js";
import { createLeaf } from "./leaf.js";
import { widthFor } from "./turning.js";

/** As `createPaged`; `end` is shown below the last page. */
export function createStrip({ stage, loader, count, sizes, onRetry, onShow, end }) {
  const leaves = Array.from({ length: count }, (_, number) => createLeaf(number, { loader, onRetry }));
  const element = h("div", { class: "strip" }, ...leaves.map((leaf) => leaf.element), end);
  let place = { page: 0, share: 0 }; // the page at the upper edge, and how much of it is above that
  let isAwaited = false;

  /** The last page that begins above a height. */
  function pageAt(height) {
    let [low, high] = [0, count - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (leaves[middle].element.offsetTop <= height) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  function look() {
    isAwaited = false;
    const top = stage.scrollTop;
    const page = pageAt(top + 1);
    const { offsetTop, offsetHeight } = leaves[page].element;
    place = { page, share: offsetHeight ? (top - offsetTop) / offsetHeight : 0 };
    const last = pageAt(top + stage.clientHeight - 1);
    const seen = Array.from({ length: last - page + 1 }, (_, i) => page + i);
    const across = leaves[page].element.clientWidth * devicePixelRatio;
    loader.want(seen, last + 1 < count ? [last + 1] : [], widthFor(across));
    onShow([pageAt(top + stage.clientHeight / 2)]);
  }

  /** Do something to the heights of pages, and stay at the same place of the same page. */
  function standing(change) {
    change();
    const { offsetTop, offsetHeight } = leaves[place.page].element;
    stage.scrollTop = offsetTop + place.share * offsetHeight;
  }

  function soon() {
    if (!isAwaited) requestAnimationFrame(look);
    isAwaited = true;
  }

  function show(page) {
    place = { page, share: 0 };
    standing(() => leaves.forEach((leaf) => leaf.update(sizes.of(leaf.number) ?? sizes.usual)));
    look();
  }

  stage.addEventListener("scroll", soon);
  return {
    element,
    show,
    update(number) {
      standing(() => leaves[number].update(sizes.of(number) ?? sizes.usual));
      soon();
    },
    renew: () => standing(() => leaves.forEach((leaf) => leaf.update(sizes.of(leaf.number) ?? sizes.usual))),
    next: () => show(Math.min(count - 1, place.page + 1)),
    previous: () => show(Math.max(0, place.page - (place.share < 0.02 ? 1 : 0))),
    resized() {
      standing(() => {});
      look();
    },
    close() {
      stage.removeEventListener("scroll", soon);
      leaves.forEach((leaf) => leaf.close());
    },
  };
}
