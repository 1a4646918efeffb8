/** Oracle: what sides.js says it asks for, with a server that answers when it is told to. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { createSides } from "../../mangacolor/web/reader/static/sides.js";

URL.revokeObjectURL = () => {};
let asked, sides;

const settle = () => new Promise((resolve) => setTimeout(resolve));

beforeEach(() => {
  asked = [];
  sides = createSides({
    fetchPage: (number, width, isOriginal, signal) =>
      new Promise((resolve, reject) => {
        const one = { number, width, isOriginal, isAborted: false };
        one.name = `${isOriginal ? "plain" : "colour"} ${number}`;
        one.come = () => resolve({ image: { src: one.name }, isColoured: true });
        one.fail = (text) => reject(new Error(text));
        signal.addEventListener("abort", () => {
          one.isAborted = true;
          reject(Object.assign(new Error("aborted"), { name: "AbortError" }));
        });
        asked.push(one);
      }),
    onChange: () => {},
  });
});

const names = () => asked.map(({ name }) => name);
const shown = (number) => sides.at(number)?.image?.src;

async function comeAll() {
  asked.forEach((one) => one.come());
  await settle();
}

test("an original is asked for when it is wanted, and the coloured page is shown until it comes", async () => {
  sides.want([0], [], 640);
  await comeAll();
  assert.deepEqual(names(), ["colour 0"]);
  sides.turnOver();
  assert.deepEqual(names(), ["colour 0", "plain 0"]);
  assert.equal(shown(0), "colour 0");
  assert.ok(sides.at(0).isLate);
  await comeAll();
  assert.equal(shown(0), "plain 0");
  assert.ok(!sides.at(0).isLate);
});

test("turned over and back, nothing is asked for twice", async () => {
  sides.want([0, 1], [], 640);
  await comeAll();
  for (let times = 0; times < 4; times++) {
    sides.turnOver();
    await comeAll();
  }
  assert.deepEqual(names(), ["colour 0", "colour 1", "plain 0", "plain 1"]);
  assert.equal(shown(1), "colour 1");
});

test("pages that are turned to as they came are not coloured before colour is wanted", async () => {
  sides.want([0], [1], 640);
  asked[0].come();
  await settle();
  sides.turnOver();
  assert.ok(asked[1].isAborted, "the next page in colour is let go of");
  await comeAll();
  for (const page of [1, 2]) {
    sides.want([page], [page + 1], 640);
    await comeAll();
    await comeAll();
  }
  assert.deepEqual(
    asked.slice(2).filter(({ isOriginal }) => !isOriginal),
    [],
  );
  sides.turnOver();
  assert.deepEqual(names().slice(-1), ["colour 2"]);
});

test("a page that is being coloured is waited for while its original is shown", async () => {
  sides.want([0], [], 640);
  sides.turnOver();
  assert.ok(!asked[0].isAborted);
  asked[1].come();
  await settle();
  assert.equal(shown(0), "plain 0");
  asked[0].come();
  await settle();
  sides.turnOver();
  assert.equal(shown(0), "colour 0");
  assert.equal(asked.length, 2);
});

test("a wider window asks for the side that is shown alone", async () => {
  sides.want([0], [], 640);
  await comeAll();
  sides.turnOver();
  await comeAll();
  sides.want([0], [], 1280);
  assert.deepEqual(names(), ["colour 0", "plain 0", "plain 0"]);
});

test("an original that does not come says why, and comes when it is tried again", async () => {
  sides.want([0], [], 640);
  await comeAll();
  sides.turnOver();
  asked[1].fail("The server does not answer.");
  await settle();
  assert.equal(sides.at(0).problem, "The server does not answer.");
  sides.retry(0);
  await comeAll();
  assert.equal(shown(0), "plain 0");
});
