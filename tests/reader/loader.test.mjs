/** Oracle: what loader.js says of itself, with a server that answers when it is told to. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { createLoader } from "../../mangacolor/web/reader/static/loader.js";

URL.revokeObjectURL = () => {};
let asked, loader, changed;

const settle = () => new Promise((resolve) => setTimeout(resolve));

beforeEach(() => {
  asked = [];
  changed = [];
  loader = createLoader({
    fetchPage: (number, width, signal) =>
      new Promise((resolve, reject) => {
        const one = { number, width, isAborted: false };
        one.come = (isColoured = true) => resolve({ image: { src: `${number}` }, isColoured });
        one.fail = (text) => reject(new Error(text));
        signal.addEventListener("abort", () => {
          one.isAborted = true;
          reject(Object.assign(new Error("aborted"), { name: "AbortError" }));
        });
        asked.push(one);
      }),
    onChange: (number) => changed.push(number),
  });
});

const numbers = () => asked.map(({ number }) => number);

test("the next page is asked for once the one that is looked at has come", async () => {
  loader.want([0], [1], 640);
  await settle();
  assert.deepEqual(numbers(), [0]);
  asked[0].come();
  await settle();
  assert.deepEqual(numbers(), [0, 1]);
  assert.equal(asked[1].width, 640);
});

test("the next pages of a pair are asked for one after the other", async () => {
  loader.want([0], [1, 2], 640);
  asked[0].come();
  await settle();
  assert.deepEqual(numbers(), [0, 1]);
  asked[1].come();
  await settle();
  assert.deepEqual(numbers(), [0, 1, 2]);
});

test("a page that is turned away from is let go of, and asked for again by whoever comes back", async () => {
  loader.want([0], [1], 640);
  loader.want([1], [2], 640);
  await settle();
  assert.deepEqual(
    asked.map(({ isAborted }) => isAborted),
    [true, false],
  );
  assert.equal(loader.at(0), undefined);
  loader.want([0], [1], 640);
  assert.deepEqual(numbers(), [0, 1, 0]);
  assert.ok(!asked[1].isAborted, "it is the next page now");
});

test("the page that is fetched ahead is not asked for twice when it is turned to", async () => {
  loader.want([0], [1], 640);
  asked[0].come();
  await settle();
  loader.want([1], [2], 640);
  asked[1].come();
  await settle();
  assert.deepEqual(numbers(), [0, 1, 2]);
  assert.ok(loader.at(1).image);
});

test("a page that fails says why, holds up nothing, and comes when it is tried again", async () => {
  loader.want([0], [1], 640);
  asked[0].fail("The server does not answer.");
  await settle();
  assert.equal(loader.at(0).problem, "The server does not answer.");
  assert.deepEqual(numbers(), [0, 1]);
  loader.retry(0);
  assert.equal(loader.at(0).problem, null);
  asked[2].come();
  await settle();
  assert.ok(loader.at(0).image);
});

test("a page that failed ahead of its time is tried again when it is turned to", async () => {
  loader.want([0], [1], 640);
  asked[0].come();
  await settle();
  asked[1].fail("x");
  await settle();
  loader.want([1], [2], 640);
  assert.deepEqual(numbers(), [0, 1, 1]);
});

test("a wider window asks again and keeps what it shows meanwhile; a narrower one does not ask", async () => {
  loader.want([0], [], 640);
  asked[0].come();
  await settle();
  loader.want([0], [], 1280);
  assert.ok(loader.at(0).image);
  assert.deepEqual(
    asked.map(({ width }) => width),
    [640, 1280],
  );
  asked[1].come();
  await settle();
  loader.want([0], [], 640);
  assert.equal(asked.length, 2);
});

test("few pages are kept", async () => {
  for (let number = 0; number < 30; number++) {
    loader.want([number], [], 640);
    asked.at(-1).come();
    await settle();
  }
  const kept = [...Array(30).keys()].filter((number) => loader.at(number));
  assert.ok(kept.length <= 9 && kept.includes(29) && kept.includes(28));
  loader.close();
  assert.equal(loader.at(29), undefined);
});
