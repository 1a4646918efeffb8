/** Oracle: what a browser's storage holds, one that keeps nothing among them. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { placeIn, rememberPlace, wishes } from "../../mangacolor/web/reader/static/memory.js";

const PATH = "/books/a/coloured";
const HOUR = 3_600_000;
let kept;

beforeEach(() => {
  kept = new Map();
  globalThis.location = { pathname: "/read" };
  globalThis.localStorage = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
  };
});

test("a wish is kept until it is dropped, which only one can do", () => {
  wishes.add("a", PATH);
  assert.deepEqual(wishes.all(), { a: PATH });
  assert.ok(wishes.drop("a"));
  assert.ok(!wishes.drop("a"));
  assert.deepEqual(wishes.all(), {});
});

test("wishes are those of the series that the address names", () => {
  wishes.add("a", PATH);
  globalThis.location = { pathname: "/token/secret/as/rin/read" };
  assert.deepEqual(wishes.all(), {});
  wishes.add("b", PATH);
  assert.ok([...kept.keys()].every((key) => !key.includes("secret")), "no token is written down");
  globalThis.location = { pathname: "/read" };
  assert.deepEqual(wishes.all(), { a: PATH });
});

test("a wish of the day before yesterday is none any more", (context) => {
  context.mock.timers.enable({ apis: ["Date"], now: 1e12 });
  wishes.add("a", PATH);
  context.mock.timers.tick(23 * HOUR);
  assert.deepEqual(wishes.all(), { a: PATH });
  context.mock.timers.tick(25 * HOUR);
  assert.deepEqual(wishes.all(), {});
});

test("where the browser keeps nothing, the page remembers until it is left", () => {
  globalThis.localStorage = {
    getItem: () => null,
    setItem() {
      throw new Error("QuotaExceededError");
    },
  };
  wishes.add("a", PATH);
  rememberPlace("a", { page: 3 });
  assert.deepEqual(wishes.all(), { a: PATH });
  assert.equal(placeIn("a").page, 3);
  assert.ok(wishes.drop("a"));
});
