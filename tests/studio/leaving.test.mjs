// Which pictures of pages are asked for, and let go of, while somebody turns pages. Oracle: the contracts in pictures.js,
// with `fetch` stood in for.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { createPictures } from "../../mangacolor/web/studio/static/pictures.js";

const page = (number, words = {}) => ({ number, revision: 0, width: 4, height: 4, colored: false, ...words });
const settle = () => new Promise((resolve) => setTimeout(resolve));
let asked, pictures;

beforeEach(() => {
  asked = [];
  globalThis.fetch = (url, { signal }) =>
    new Promise((_, reject) => {
      const [, number, what] = /pages\/(\d+)\/(\w+)/.exec(url.href);
      const one = { name: `${number} ${what}`, isAborted: false };
      signal.addEventListener("abort", () => {
        one.isAborted = true;
        reject(Object.assign(new Error("aborted"), { name: "AbortError" }));
      });
      asked.push(one);
    });
  pictures = createPictures({ onChange() {}, tell: assert.fail });
  pictures.start({ id: "a" });
});

const waiting = () => asked.filter((one) => !one.isAborted).map((one) => one.name);

test("a page without colours is coloured for nobody once it is turned away from", async () => {
  for (const number of [0, 1, 2]) pictures.open(page(number));
  await settle();
  assert.deepEqual(waiting(), ["0 source", "1 source", "2 source", "2 colored"]);
});

test("whoever comes back asks again, and the page between is let go of", async () => {
  pictures.open(page(0));
  pictures.open(page(1));
  await settle();
  pictures.open(page(0));
  await settle();
  assert.deepEqual(waiting(), ["0 source", "1 source", "0 colored"]);
  assert.equal(asked.filter(({ name }) => name === "0 colored").length, 2);
});

test("a page that the server has in colour comes to its end", async () => {
  pictures.open(page(0, { colored: true }));
  pictures.open(page(1));
  await settle();
  assert.deepEqual(waiting(), ["0 source", "0 colored", "1 source", "1 colored"]);
});

test("an answer about another page takes nothing from the one that is looked at", async () => {
  pictures.open(page(0));
  pictures.open(page(1));
  await pictures.patch({ page: page(0, { revision: 1 }), patch: null, revision: 1 });
  await settle();
  assert.ok(waiting().includes("1 colored"));
});
