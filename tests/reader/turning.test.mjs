/** Oracle: how printed manga and comics are turned, page by page and in pairs. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  isEnough,
  spread,
  turnOfClick,
  turnOfKey,
  turnOfSwipe,
  widthFor,
} from "../../mangacolor/web/reader/static/turning.js";

const pairs = { count: 6, isDouble: true, isCoverAlone: true, isWide: () => false };

test("pairs follow the cover, and a last page stands alone", () => {
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5].map((page) => spread(page, pairs)),
    [[0], [1, 2], [1, 2], [3, 4], [3, 4], [5]],
  );
});

test("without a cover pairs begin at the first page", () => {
  const words = { ...pairs, isCoverAlone: false };
  assert.deepEqual(
    [0, 1, 4, 5].map((page) => spread(page, words)),
    [
      [0, 1],
      [0, 1],
      [4, 5],
      [4, 5],
    ],
  );
});

test("a page as wide as two parts its pair, and no page is shown twice or left out", () => {
  const words = { ...pairs, isWide: (page) => page === 3 };
  const seen = [];
  for (let page = 0; page < words.count; page = seen.at(-1) + 1) seen.push(...spread(page, words));
  assert.deepEqual(seen, [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(spread(3, words), [3]);
  assert.deepEqual(spread(4, words), [4, 5], "pairs begin anew");
  assert.deepEqual(spread(2, { ...words, isWide: (page) => page === 2 }), [2]);
  assert.deepEqual(spread(1, { ...words, isWide: (page) => page === 2 }), [1]);
});

test("one page at a time where two are not wanted", () => {
  assert.deepEqual(spread(3, { ...pairs, isDouble: false }), [3]);
});

test("to the left is onward in manga, to the right in comics", () => {
  const left = { key: "ArrowLeft" };
  assert.equal(turnOfKey(left, "rtl"), "next");
  assert.equal(turnOfKey(left, "ltr"), "previous");
  assert.equal(turnOfKey({ key: "ArrowRight" }, "rtl"), "previous");
  assert.equal(turnOfKey({ key: " " }, "rtl"), "next");
  assert.equal(turnOfKey({ key: " ", shiftKey: true }, "ltr"), "previous");
  assert.equal(turnOfKey({ key: "End" }, "ltr"), "last");
  assert.equal(turnOfKey({ key: "x" }, "ltr"), undefined);
  assert.deepEqual(
    [0.1, 0.5, 0.9].map((share) => turnOfClick(share, "rtl")),
    ["next", "controls", "previous"],
  );
  assert.deepEqual(
    [0.1, 0.5, 0.9].map((share) => turnOfClick(share, "ltr")),
    ["previous", "controls", "next"],
  );
  assert.equal(turnOfClick(0.1, "strip"), "controls");
});

test("a page is pushed away to where its back is, and a finger that goes down turns none", () => {
  assert.equal(turnOfSwipe(120, 10, "rtl"), "next");
  assert.equal(turnOfSwipe(-120, 10, "rtl"), "previous");
  assert.equal(turnOfSwipe(-120, 10, "ltr"), "next");
  assert.equal(turnOfSwipe(60, 90, "ltr"), undefined);
  assert.equal(turnOfSwipe(10, 0, "ltr"), undefined);
});

test("pages are asked at few widths, never at less than is shown", () => {
  const asked = new Set();
  for (let pixels = 100; pixels <= 4000; pixels += 50) {
    const width = widthFor(pixels);
    asked.add(width);
    assert.ok(width === 0 || width >= pixels);
    assert.ok(isEnough(width, width));
  }
  assert.ok(asked.size <= 6);
  assert.ok(isEnough(0, 640) && !isEnough(640, 0) && !isEnough(640, 960) && isEnough(960, 640));
});
